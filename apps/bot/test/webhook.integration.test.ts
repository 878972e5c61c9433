import { assert, layer } from "@effect/vitest"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { Effect, Option, Redacted } from "effect"
import { createServer, request as httpRequest } from "node:http"
import { connect } from "node:net"
import { count, eventually } from "./support/eventually.ts"
import { openOrder, pay, person, startBot } from "./support/shop.ts"
import { world } from "./support/world.ts"

const secret = "a-secret-of-24-characters"
const path = "/telegram/hook"

const freePort = Effect.promise(
  () =>
    new Promise<number>((resolve) => {
      const server = createServer().listen(0, "127.0.0.1", () => {
        const address = server.address()
        server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
)

/** The bot behind a webhook; where that is. */
const startWebhook = Effect.gen(function* () {
  const port = yield* freePort
  const url = new URL(`http://127.0.0.1:${port}${path}`)
  yield* startBot({ webhook: Option.some({ url, secret: Redacted.make(secret), host: "127.0.0.1", port }) })
  const listens = Effect.tryPromise(() => fetch(url)).pipe(
    Effect.as(true),
    Effect.orElseSucceed(() => false),
  )
  yield* eventually(() => listens)
  return url
})

const ask = (url: URL, init: { method?: string; headers?: Record<string, string>; body?: string }) =>
  Effect.promise(
    () =>
      new Promise<number>((resolve, reject) => {
        const asking = httpRequest(url, { method: init.method ?? "POST", headers: init.headers ?? {} }, (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        })
        asking.on("error", reject)
        asking.end(init.body)
      }),
  )

const signed = { "x-telegram-bot-api-secret-token": secret, "content-type": "application/json" }

let lastId = 5_000_000
const update = (chat: number, text: string) =>
  JSON.stringify({
    update_id: ++lastId,
    message: {
      message_id: lastId,
      date: 0,
      chat: { id: chat, type: "private", first_name: "Ada" },
      from: { id: chat, is_bot: false, first_name: "Ada", language_code: "en" },
      text,
    },
  })

const stored = count("select count(*) from bot.updates")

layer(world(), { excludeTestServices: true })("the webhook", (it) => {
  it.effect("has Telegram use it, and a customer buys", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      const url = yield* startWebhook
      const set = yield* emulator.waitForCalls((calls) => calls.find(({ method }) => method === "setWebhook"))
      assert.strictEqual(set.parameters["url"], url.href)
      const ada = yield* person()
      const invoiceId = yield* ada.buy("House blend")
      yield* openOrder(invoiceId)
      yield* pay(invoiceId)
      yield* ada.message("Paid. Thank you!")
      assert.isFalse((yield* emulator.transcript()).some(({ method }) => method === "getUpdates"))
    }),
  )

  it.effect("is closed to everybody else, and stores nothing of theirs", () =>
    Effect.gen(function* () {
      const url = yield* startWebhook
      const before = yield* stored
      const body = update(1, "forged")
      const token = (value: string) => ({ method: "POST", headers: { "x-telegram-bot-api-secret-token": value }, body })
      for (const wrong of [
        "",
        secret.slice(0, -1),
        `${secret}x`,
        secret.toUpperCase(),
        "x".repeat(300),
        `${secret}, ${secret}`,
      ])
        assert.strictEqual(yield* ask(url, token(wrong)), 401, wrong)
      assert.strictEqual(yield* ask(url, { body }), 401)
      // Whatever the body is.
      assert.strictEqual(yield* ask(url, { body: "{" }), 401)
      for (const method of ["GET", "PUT", "DELETE"])
        assert.strictEqual(yield* ask(url, { method, headers: signed }), 405, method)
      for (const other of ["/", "/telegram", "/telegram/hook/x"])
        assert.strictEqual(yield* ask(new URL(other, url), { headers: signed, body }), 404, other)
      assert.strictEqual(yield* stored, before)
    }),
  )

  it.effect("refuses what is no update, and what is over 1 MiB", () =>
    Effect.gen(function* () {
      const url = yield* startWebhook
      const before = yield* stored
      for (const body of ["", "{", "null", "[]", "{}", '{"update_id":"1"}', '{"update_id":1.5}'])
        assert.strictEqual(yield* ask(url, { headers: signed, body }), 400, body)
      const large = update(1, "x".repeat(1024 * 1024))
      assert.strictEqual(
        yield* ask(url, { headers: { ...signed, "content-length": String(large.length) }, body: large }),
        413,
      )
      assert.strictEqual(yield* stored, before)
      // Just under it is fine.
      assert.strictEqual(yield* ask(url, { headers: signed, body: update(2, "x".repeat(1000 * 1000)) }), 200)
    }),
  )

  it.effect("serves nobody in a group, and never writes there", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      const url = yield* startWebhook
      const ada = yield* person()
      yield* ada.send("/help")
      yield* ada.message("How it works")
      const group = {
        update_id: ++lastId,
        message: {
          message_id: 1,
          date: 0,
          chat: { id: -1001, type: "group", title: "Friends" },
          from: { id: ada.id, is_bot: false, first_name: "Ada" },
          text: "/orders",
          entities: [{ type: "bot_command", offset: 0, length: 7 }],
        },
      }
      assert.strictEqual(yield* ask(url, { headers: signed, body: JSON.stringify(group) }), 200)
      const handled = "select count(*) from bot.updates where chat_id = -1001 and handled_at is not null"
      yield* eventually(() => Effect.map(count(handled), (n) => n === 1))
      yield* ada.send("/orders")
      yield* ada.message("You have not ordered anything yet.")
      assert.lengthOf((yield* ada.chat).messages, 4)
      assert.isFalse((yield* emulator.transcript()).some(({ parameters }) => parameters["chat_id"] === "-1001"))
    }),
  )

  it.effect("stores an update that is told three times once", () =>
    Effect.gen(function* () {
      const url = yield* startWebhook
      const before = yield* stored
      const body = update(3, "again")
      const answers = yield* Effect.forEach([1, 2, 3], () => ask(url, { headers: signed, body }), { concurrency: 3 })
      assert.deepStrictEqual(answers, [200, 200, 200])
      assert.strictEqual(yield* stored, before + 1)
    }),
  )

  it.effect("gets Cyrillic whole, wherever the network cuts it", () =>
    Effect.gen(function* () {
      const url = yield* startWebhook
      const text = "Ёж 👛 да"
      const body = Buffer.from(update(4, text))
      const from = body.indexOf(Buffer.from("Ё"))
      const head = [
        `POST ${path} HTTP/1.1`,
        `host: ${url.host}`,
        `x-telegram-bot-api-secret-token: ${secret}`,
        `content-length: ${body.length}`,
        "connection: close",
      ].join("\r\n")
      // Every update has an id of its own, and all ids have as many digits.
      for (let cut = from; cut < from + Buffer.byteLength(text); cut++) {
        const bytes = Buffer.from(update(4, text))
        const answer = yield* Effect.promise(
          () =>
            new Promise<string>((resolve) => {
              const socket = connect(Number(url.port), "127.0.0.1").setNoDelay(true)
              socket.on("data", (data) => resolve(data.toString()))
              socket.write(`${head}\r\n\r\n`)
              socket.write(bytes.subarray(0, cut))
              setTimeout(() => socket.write(bytes.subarray(cut)), 20)
            }),
        )
        assert.match(answer, /^HTTP\/1.1 200 /)
      }
      const whole = `select count(*) from bot.updates where body -> 'message' ->> 'text' = '${text}'`
      assert.strictEqual(yield* count(whole), Buffer.byteLength(text))
    }),
  )

  it.effect("takes emoji, U+0000 and half characters, as people send them", () =>
    Effect.gen(function* () {
      const url = yield* startWebhook
      for (const text of ["\u0000", "\ud83d", "👛".repeat(2000)])
        assert.strictEqual(yield* ask(url, { headers: signed, body: update(5, text) }), 200)
      const handled = "select count(*) from bot.updates where chat_id = 5 and handled_at is not null"
      yield* eventually(() => Effect.map(count(handled), (n) => n === 3))
    }),
  )
})
