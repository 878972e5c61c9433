/** Health and metrics of the bot as a process, over real HTTP. */
import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as Deliveries from "@paylog/payments/Deliveries"
import * as Invoices from "@paylog/payments/Invoices"
import * as OpenItems from "@paylog/payments/OpenItems"
import * as Work from "@paylog/payments/Work"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { Effect } from "effect"
import { eventually } from "./support/eventually.ts"
import { startProcess } from "./support/process.ts"
import { openOrder, pay, person } from "./support/shop.ts"
import { world } from "./support/world.ts"

type Running = Effect.Success<ReturnType<typeof startProcess>>

/** The ports that it listens on, once there are so many. */
const ports = Effect.fnUntraced(function* ({ output }: Running, count = 1) {
  const found = () =>
    [...output.log.matchAll(/Listening on http:\/\/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port))
  yield* eventually(() => found().length === count)
  return found()
})

const get = (port: number | undefined, path: string) =>
  Effect.promise(async () => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    return { status: response.status, text: await response.text() }
  })

const status = (port: number | undefined, path: string) => Effect.map(get(port, path), ({ status }) => status)

const becomesReady = (port: number | undefined) =>
  eventually(() => Effect.map(status(port, "/health/ready"), (code) => code === 200))

/** The value of a metric, added up over all that have this label; `undefined` when there is none. */
const metric = (port: number | undefined, name: string, label = "") =>
  Effect.map(get(port, "/metrics"), ({ text }) => {
    const lines = text.split("\n").filter((one) => /^\w+/.exec(one)?.[0] === name && one.includes(label))
    return lines.length === 0 ? undefined : lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0)
  })

const becomes = (port: number | undefined, name: string, label: string, isSo: (value: number) => boolean) =>
  eventually(() => Effect.map(metric(port, name, label), (value) => value !== undefined && isSo(value))).pipe(
    Effect.catch(() =>
      Effect.flatMap(metric(port, name, label), (value) => Effect.die(`${name} ${label} is ${value}`)),
    ),
  )

const webhook = (port: number) => ({
  TELEGRAM_WEBHOOK_URL: `http://127.0.0.1:${port}/telegram/hook`,
  TELEGRAM_WEBHOOK_SECRET: "a-secret-of-24-characters",
})

layer(world(), { excludeTestServices: true })("the bot's health", (it) => {
  it.effect("is served while it polls: it lives, and is ready once all that runs for ever does", () =>
    Effect.gen(function* () {
      const [port] = yield* ports(yield* startProcess())
      assert.strictEqual(yield* status(port, "/health/live"), 200)
      yield* becomesReady(port)
      const { text } = yield* get(port, "/health/ready")
      assert.deepStrictEqual(Object.keys(JSON.parse(text)), ["ready", "position"])
      assert.strictEqual(yield* status(port, "/telegram/hook"), 404)
      yield* becomes(port, "paylog_bot_poller_leads", "", (leads) => leads === 1)
    }).pipe(Effect.scoped),
  )

  it.effect("is on the webhook's port, or on a port of its own when told to", () =>
    Effect.gen(function* () {
      const [port] = yield* ports(yield* startProcess(webhook(1)))
      yield* becomesReady(port)
      assert.strictEqual(yield* status(port, "/telegram/hook"), 405)
      const both = yield* ports(yield* startProcess({ ...webhook(1), BOT_ADMIN_PORT: "0" }), 2)
      const codes = yield* Effect.forEach(both, (one) => status(one, "/metrics"))
      assert.deepStrictEqual(
        codes.toSorted((a, b) => a - b),
        [200, 404],
      )
      const [admin, open] = codes[0] === 200 ? both : both.toReversed()
      yield* becomesReady(admin)
      assert.strictEqual(yield* status(admin, "/telegram/hook"), 404)
      assert.strictEqual(yield* status(open, "/telegram/hook"), 405)
      assert.strictEqual(yield* status(open, "/health/live"), 404)
    }).pipe(Effect.scoped),
  )

  it.effect("is not ready, and says which loop is silent, before Telegram could be asked who the bot is", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      yield* emulator.armFault({ kind: "ServerError", method: "getMe", times: "always" })
      const [port] = yield* ports(yield* startProcess())
      const waits = JSON.stringify({ ready: false, silent: ["inbox"] })
      yield* eventually(() => Effect.map(get(port, "/health/ready"), ({ text }) => text === waits))
      assert.strictEqual(yield* status(port, "/health/ready"), 503)
      assert.strictEqual(yield* status(port, "/health/live"), 200)
      yield* emulator.clearFaults
      yield* becomesReady(port)
    }).pipe(Effect.scoped),
  )

  it.effect("is not ready while it misses tables, and lives; that a newer program has migrated does not stop it", () =>
    Effect.gen(function* () {
      const [port] = yield* ports(yield* startProcess())
      yield* becomesReady(port)
      const { query } = yield* Database
      const rename = (from: string, to: string) =>
        query({
          name: `rename-${to}`,
          text: `update paylog.migrations set "set" = '${to}' where "set" = '${from}'`,
        })
      yield* rename("bot", "of-tomorrow")
      yield* eventually(() => Effect.map(status(port, "/health/ready"), (code) => code === 503))
      assert.strictEqual(yield* status(port, "/health/live"), 200)
      yield* rename("of-tomorrow", "bot")
      yield* becomesReady(port)
      yield* query({
        name: "migrate-newer",
        text: `insert into paylog.migrations ("set", file, sha256) values ('bot', '9999_of_tomorrow.sql', sha256('')) returning file`,
      })
      assert.strictEqual(yield* status(port, "/health/ready"), 200)
      yield* query({ name: "forget-newer", text: "delete from paylog.migrations where file = '9999_of_tomorrow.sql'" })
    }).pipe(Effect.scoped),
  )

  it.effect("counts what waits, what Telegram refused, what was set aside, and what is not delivered", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      const runner = yield* FollowerRunner
      yield* Effect.forkScoped(runner.run(Work.follower))
      yield* Effect.forkScoped(runner.run(OpenItems.follower))
      const [port] = yield* ports(yield* startProcess({ TELEGRAM_RATE: "20", TELEGRAM_CHAT_RATE: "1000" }))
      yield* becomesReady(port)
      assert.strictEqual(yield* metric(port, "paylog_bot_pace_per_second"), 20)
      yield* becomes(port, "paylog_bot_queue_messages", 'priority="answer"', (n) => n === 0)

      const ada = yield* person()
      yield* emulator.armFault({ kind: "TooManyRequests", retryAfter: 3, method: "sendMessage", chat: ada.id })
      yield* ada.send("/help")
      yield* becomes(port, "paylog_bot_messages_total", 'outcome="TooManyRequests"', (n) => n === 1)
      assert.strictEqual(yield* metric(port, "paylog_bot_queue_messages", 'priority="answer"'), 1)
      assert.isAbove((yield* metric(port, "paylog_bot_queue_oldest_seconds", 'priority="answer"')) ?? 0, 0)
      yield* ada.message("How it works")
      yield* becomes(port, "paylog_bot_messages_total", 'outcome="Shown"', (n) => n === 1)
      yield* becomes(port, "paylog_bot_queue_messages", 'priority="answer"', (n) => n === 0)

      yield* emulator.armFault({ kind: "Reset", applied: true, method: "sendMessage", chat: ada.id, times: 2 })
      yield* ada.send("/orders")
      yield* becomes(port, "paylog_bot_parked_messages", "", (n) => n === 1)

      const bob = yield* person()
      const invoiceId = yield* bob.buy("Hand grinder")
      yield* openOrder(invoiceId)
      const invoice = yield* Invoices.get(invoiceId)
      if (invoice._tag === "Absent") return assert.fail("there is no invoice")
      yield* pay(invoiceId, { orderAmount: invoice.terms.amount })
      yield* becomes(port, "paylog_fulfilments_total", 'outcome="Failed"', (n) => n === 1)
      yield* becomes(port, "paylog_work_items", 'queue="fulfil-invoice"', (n) => n === 0)
      yield* becomes(port, "paylog_open_items", 'kind="Undelivered"', (n) => n === 1)
      yield* bob.message("a person sees to it")

      yield* bob.setBlocked(true)
      const news = { ...invoice.terms, deliveryId: "news", body: `{"screen":{"_tag":"Help"}}` }
      yield* Database.use(({ transaction }) => transaction((sql) => Deliveries.add(sql, news)))
      yield* becomes(port, "paylog_bot_blocked_customers", "", (n) => n === 1)
      yield* becomes(port, "paylog_follower_lag_events", 'follower="deliveries"', (n) => n === 0)
      yield* becomes(port, "paylog_bot_inbox_updates", "", (n) => n === 0)
      assert.strictEqual(yield* metric(port, "paylog_bot_inbox_parked"), 0)
      const text = (yield* get(port, "/metrics")).text
      for (const secret of [(yield* Emulator).token, String(ada.id), "Ada"]) assert.notInclude(text, secret)
    }).pipe(Effect.scoped),
  )
})
