import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue, Schema } from "effect"
import type { IncomingHttpHeaders } from "node:http"
import { call, getUpdates, listening, soon, startedUser, withEmulator } from "./support.ts"

interface Delivery {
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A webhook that answers by a script, then 200. */
const hook = Effect.fnUntraced(function* (...script: Array<Answer>) {
  const seen = yield* Queue.unbounded<Delivery>()
  const address = yield* listening((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      Queue.offerUnsafe(seen, { headers: request.headers, text: Buffer.concat(chunks).toString() })
      const { body, headers, status } = script.shift() ?? { status: 200 }
      response.writeHead(status, { ...headers }).end(body)
    })
  })
  return { url: `${address}/hook?x=1`, next: soon(Queue.take(seen)), seen }
})

const messageText = ({ text }: Delivery): string => JSON.parse(text).message.text

const decodeInfo = Schema.decodeUnknownSync(Schema.Record(Schema.String, Schema.Unknown))

const info = Effect.map(call("getWebhookInfo"), ({ body }) => decodeInfo(body.result))

describe("webhooks", () => {
  it.live("gets each update once, with the secret, as UTF-8 JSON", () =>
    Effect.gen(function* () {
      const { send } = yield* Emulator
      const { next, url } = yield* hook()
      const { body } = yield* call("setWebhook", { url, secret_token: "s3cret-_" })
      assert.deepStrictEqual(body, { ok: true, result: true, description: "Webhook was set" })
      const { id } = yield* Effect.flatMap(Emulator, ({ addUser }) => addUser({ firstName: "Аня" }))
      yield* send(id, "Привет 👋")
      const first = yield* next
      assert.strictEqual(messageText(first), "Привет 👋")
      assert.deepInclude(first.headers, {
        "content-type": "application/json",
        "x-telegram-bot-api-secret-token": "s3cret-_",
      })
      yield* send(id, "2")
      assert.strictEqual(messageText(yield* next), "2")
    }).pipe(withEmulator()),
  )

  it.live("gets what waited before it was set, and keeps what it could not deliver for polling", () =>
    Effect.gen(function* () {
      const { send } = yield* Emulator
      const { id } = yield* startedUser
      const { next, url } = yield* hook({ status: 200 }, { status: 500 }, { status: 500 })
      yield* call("setWebhook", { url })
      assert.strictEqual(messageText(yield* next), "/start")
      yield* send(id, "lost")
      yield* next
      yield* next
      assert.deepStrictEqual((yield* call("deleteWebhook")).body, {
        ok: true,
        result: true,
        description: "Webhook was deleted",
      })
      assert.strictEqual((yield* getUpdates())[0]?.message?.text, "lost")
    }).pipe(withEmulator()),
  )

  it.live("is tried again after a failure, which its info tells of", () =>
    Effect.gen(function* () {
      const { advance } = yield* Emulator
      yield* startedUser
      const { next, seen, url } = yield* hook(
        { status: 500 },
        { status: 503, headers: { "retry-after": "3000" } },
        { status: 302, headers: { location: "http://127.0.0.1:9/" } },
      )
      yield* call("setWebhook", { url, max_connections: 500 })
      yield* next
      yield* next
      yield* soon(
        Effect.repeat(info, { until: ({ last_error_message }) => String(last_error_message).includes("503") }),
      )
      assert.deepInclude(yield* info, {
        url,
        pending_update_count: 1,
        max_connections: 100,
        last_error_message: "Wrong response from the webhook: 503 Service Unavailable",
      })
      yield* advance("2900 seconds")
      yield* call("getMe")
      assert.strictEqual(yield* Queue.size(seen), 0)
      yield* advance("100 seconds")
      yield* next
      yield* soon(
        Effect.repeat(info, { until: ({ last_error_message }) => String(last_error_message).includes("302") }),
      )
      yield* advance("1 minute")
      assert.strictEqual(messageText(yield* next), "/start")
      yield* soon(Effect.repeat(info, { until: ({ pending_update_count }) => pending_update_count === 0 }))
    }).pipe(withEmulator()),
  )

  it.live("does what the webhook's answer says, and tells it nothing", () =>
    Effect.gen(function* () {
      const { addUser, send, waitForChat } = yield* Emulator
      const { id } = yield* addUser({ firstName: "Ann" })
      const answer = (method: string, text: string) => ({
        status: 200,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ method, chat_id: id, text }),
      })
      const { next, url } = yield* hook(answer("sendMessage", "from the answer"), answer("deleteWebhook", ""))
      yield* call("setWebhook", { url })
      yield* send(id, "1")
      yield* soon(waitForChat(id, ({ messages }) => messages.some(({ text }) => text === "from the answer")))
      yield* send(id, "2")
      yield* send(id, "3")
      for (const text of ["1", "2", "3"]) assert.strictEqual(messageText(yield* next), text)
      assert.strictEqual((yield* info)["url"], url, "a webhook cannot delete itself by an answer")
    }).pipe(withEmulator()),
  )

  it.live("gets an update again when its answer was lost", () =>
    Effect.gen(function* () {
      const { armFault } = yield* Emulator
      yield* startedUser
      const { next, url } = yield* hook()
      yield* armFault({ kind: "Reset", method: "webhook", applied: true })
      yield* call("setWebhook", { url })
      const first = yield* next
      assert.strictEqual((yield* next).text, first.text)
      yield* soon(Effect.repeat(info, { until: ({ pending_update_count }) => pending_update_count === 0 }))
    }).pipe(withEmulator()),
  )

  it.live("moves to another address at once, and can drop what waits", () =>
    Effect.gen(function* () {
      const { send } = yield* Emulator
      const { id } = yield* startedUser
      const first = yield* hook({ status: 500 }, { status: 500 }, { status: 500 })
      yield* call("setWebhook", { url: first.url })
      yield* first.next
      const second = yield* hook()
      yield* call("setWebhook", { url: second.url, drop_pending_updates: true })
      yield* send(id, "to the second")
      assert.strictEqual(messageText(yield* second.next), "to the second")
      const again = yield* call("setWebhook", { url: second.url })
      assert.strictEqual(again.body.description, "Webhook is already set")
    }).pipe(withEmulator()),
  )

  it.live("is refused with a wrong address or secret", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [object, string]> = [
        [{ url: "nonsense" }, "invalid webhook URL specified"],
        [{ url: "ftp://127.0.0.1/" }, "invalid webhook URL specified"],
        [{ url: "http://127.0.0.1/", secret_token: "a".repeat(257) }, "secret token is too long"],
        [{ url: "http://127.0.0.1/", secret_token: "a b" }, "secret token contains unallowed characters"],
      ]
      for (const [parameters, problem] of cases) {
        const { body } = yield* call("setWebhook", parameters)
        assert.deepStrictEqual(body, { ok: false, error_code: 400, description: `Bad Request: ${problem}` })
      }
      const { transcript } = yield* Emulator
      assert.deepStrictEqual(
        (yield* transcript()).map(({ parameters }) => parameters["secret_token"]),
        [undefined, undefined, "***", "***"],
      )
    }).pipe(withEmulator()),
  )
})
