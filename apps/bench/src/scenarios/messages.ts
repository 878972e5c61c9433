/** From a signed webhook until its customer's message is edited: ingester, bot and emulated Telegram as processes, at Telegram's limits. */
import { Database } from "@paylog/event-store/Database"
import { EventStore, type NewEvent } from "@paylog/event-store/EventStore"
import * as Customers from "@paylog/payments/Customers"
import * as Deliveries from "@paylog/payments/Deliveries"
import * as Sending from "@paylog/payments/Sending"
import { Effect, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import { randomBytes, randomUUID } from "node:crypto"
import { Ground } from "../Ground.ts"
import { type Call, startBot, telegram } from "../messages/telegram.ts"
import * as Paylog from "../peers/paylog.ts"
import { connect, run, sql } from "../postgres.ts"
import { sampleInvoice, sampleMetadata } from "../sampleInvoice.ts"
import { type Contestant, type Effort, type Scenario, Unsound } from "../Scenario.ts"
import { Connection } from "../webhooks/Connection.ts"
import { delivery, path, secret } from "../webhooks/deliveries.ts"
import { start } from "../webhooks/serverProcess.ts"

const chats = 300

/** Of the provider, to the ingester. */
const connections = 16

const ingester = new URL("../../../ingester/src/main.ts", import.meta.url)

/** Up to where an invoice's history waits for its payment; its order is open until 2036. */
const awaiting = sampleInvoice.slice(0, 3)

const contestants = Effect.gen(function* () {
  const ground = yield* Ground
  const { url } = yield* ground.fill(0)
  yield* run(yield* connect(url), sql("deliver-nothing"))
  const services = yield* Paylog.services(url)
  const { addUser, calls, root } = yield* telegram
  const server = yield* start(ingester, {
    DATABASE_URL: Redacted.value(url),
    WALLETPAY_API_KEY: secret,
    WALLETPAY_WEBHOOK_PATH: path,
    // Nobody is there: no order has to be opened, and none is asked after.
    WALLETPAY_BASE_URL: "http://127.0.0.1:9",
    POLL_FIRST: "1 hour",
    POLL_AT_MOST: "1 hour",
    SWEEP_EVERY: "1 hour",
    HOST: "127.0.0.1",
    PORT: "0",
  })
  yield* startBot(root, Redacted.value(url))
  const customers = yield* Effect.forEach(Array.from({ length: chats }), (_, n) =>
    Effect.gen(function* () {
      const id = 5_000_000_000 + n
      yield* addUser(id)
      return yield* Customers.identify({ telegramUserId: String(id), chatId: String(id), language: "en" })
    }).pipe(Effect.provideContext(services), Effect.provide(SecureRandom.layerWebCrypto), Effect.orDie),
  )

  /** Invoices that wait for their payment, those of a chat apart from each other; by the customer's chat. */
  const issue = Effect.fnUntraced(function* (count: number) {
    const store = yield* EventStore
    const run = randomBytes(5).toString("hex")
    const invoices = Array.from({ length: count }, (_, n) => ({
      id: `inv_${run}${n.toString().padStart(10, "0")}`,
      customer: customers[n % chats],
    }))
    yield* Effect.forEach(
      invoices,
      ({ id, customer }) => {
        const [first, ...others] = awaiting.map(({ type, data }): NewEvent => ({
          id: randomUUID(),
          type,
          schemaVersion: 1,
          data: data
            .replaceAll("inv_00000000000000000000", id)
            .replaceAll("cus_k3v0q8w1z6m2x9b4t7ra", customer?.customerId ?? "")
            .replaceAll("2026-01-01T12:30", "2036-01-01T12:30"),
          metadata: sampleMetadata,
        }))
        if (first === undefined) throw new Error("The sample invoice has no events")
        const events = [first, ...others] as const
        return Effect.orDie(
          store.append({
            key: `bench/${id}`,
            streams: [{ stream: `invoice-${id}`, expected: "none", events }],
          }),
        )
      },
      { concurrency: 16, discard: true },
    )
    return invoices
  })

  /** Until nothing is to be sent. */
  const quiet = Effect.gen(function* () {
    for (let still = 0; still < 5; yield* Effect.sleep("200 millis")) {
      const { waiting } = yield* Effect.orDie(Sending.status)
      still = waiting === 0n ? still + 1 : 0
    }
  })

  let sent = 0
  const pay = async (perSecond: number, ids: ReadonlyArray<string>) => {
    const acceptedAt = new Map<string, number>()
    const wrong: Array<number> = []
    // New ones: the server closes those that were idle for a while.
    const idle = await Promise.all(Array.from({ length: connections }, () => Connection.open(server.port)))
    const begun = performance.now()
    const underWay: Array<Promise<void>> = []
    const one = async (connection: Connection, id: string, request: Buffer): Promise<void> => {
      const status = await connection.send(request)
      acceptedAt.set(id, performance.timeOrigin + performance.now())
      if (status !== 200) wrong.push(status)
      idle.push(connection)
    }
    for (const [n, id] of ids.entries()) {
      const due = begun + (n * 1000) / perSecond
      const request = delivery(id, ++sent)
      while (due > performance.now() || idle.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      const connection = idle.pop()
      if (connection === undefined) continue
      underWay.push(one(connection, id, request))
    }
    await Promise.all(underWay)
    for (const connection of idle) connection.close()
    return { acceptedAt, wrong, seconds: (performance.now() - begun) / 1000 }
  }

  const at = (name: string, about: string, perSecond: number, news: boolean) =>
    ({
      name,
      about,
      round: Effect.fnUntraced(function* ({ seconds, rehearsal }: Effort) {
        const unsound = (reason: string) => new Unsound({ contestant: name, reason })
        const invoices = yield* issue(Math.ceil(Math.min(chats, perSecond * (rehearsal ? 2 : seconds))))
        yield* quiet
        const before = (yield* calls(0)).at(-1)?.number ?? 0
        if (news)
          yield* Effect.orDie(
            Effect.flatMap(Database, ({ transaction }) =>
              transaction((sql) =>
                Deliveries.broadcast(sql, { broadcastId: randomUUID(), body: '{"screen":{"_tag":"Help"}}' }),
              ),
            ),
          )
        const {
          acceptedAt,
          wrong,
          seconds: lasted,
        } = yield* Effect.promise(() =>
          pay(
            perSecond,
            invoices.map(({ id }) => id),
          ),
        )
        if (wrong.length > 0) return yield* unsound(`a webhook was answered with ${wrong[0]}`)
        yield* quiet
        const made = yield* calls(before)
        const refused = made.filter(({ answer }) => answer?.error_code === 429)
        if (refused.length > 0) return yield* unsound(`${refused.length} calls were too fast`)

        // In a chat, invoices are paid, and shown as paid, one after the other.
        const receipts = new Map<string, Array<Call>>()
        const seen = new Set<string>()
        for (const call of made) {
          const chat = call.parameters["chat_id"] ?? ""
          const message = `${chat} ${call.parameters["message_id"]}`
          if (call.method !== "editMessageText" || seen.has(message)) continue
          if (!/Paid/.test(call.parameters["text"] ?? "")) continue
          seen.add(message)
          receipts.set(chat, [...(receipts.get(chat) ?? []), call])
        }
        const latencies: Array<number> = []
        let last = 0
        for (const { id, customer } of invoices) {
          const receipt = receipts.get(customer?.chatId ?? "")?.shift()
          const accepted = acceptedAt.get(id)
          if (receipt === undefined || accepted === undefined) return yield* unsound(`${id} was not shown as paid`)
          latencies.push(receipt.atMs - accepted)
          last = Math.max(last, receipt.atMs)
        }
        const helps = made.filter(
          ({ method, parameters }) => method === "sendMessage" && /How/.test(parameters["text"] ?? ""),
        )
        if (news && helps.filter(({ atMs }) => atMs > last).length < chats / 2)
          return yield* unsound("news did not wait for receipts")
        return { operations: latencies.length, seconds: lasted, latencies }
      }, Effect.provideContext(services)),
    }) satisfies Contestant

  return [
    at("20 a second", `payments of ${chats} chats, from 200 to the edit's arrival at Telegram`, 20, false),
    at("50 a second", "twice as many as may be sent, and news to everybody before: receipts go first", 50, true),
  ] satisfies ReadonlyArray<Contestant>
})

export const messages: Scenario = {
  name: "messages",
  apart: true,
  title: "from a signed webhook until its customer's message is edited, at 25 messages a second",
  comparisons: [{ of: "50 a second", against: "20 a second", figure: "p99" }],
  prepare: contestants,
}
