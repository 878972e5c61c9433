import * as Json from "@paylog/wallet-pay/Json"
import * as Wire from "@paylog/wallet-pay/Wire"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted, Result, Schedule, Schema } from "effect"
import { TestClock } from "effect/testing"
import type { Message } from "../src/World.ts"
import type { Received } from "./merchant.ts"
import { apiKey, client, receiver, request, running } from "./merchant.ts"

const decoded = (body: string) =>
  Schema.decodeUnknownSync(Schema.Array(Wire.WebhookMessage))(
    Result.getOrThrow(Json.parse(new TextEncoder().encode(body))),
  )

const keys = (value: object | undefined) => Object.keys(value ?? {}).toSorted()

describe("a webhook", () => {
  it.effect("of a paid order is an array of one ORDER_PAID, signed over the bytes that arrive", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 24, 12))
      const { api, control, received } = yield* running()
      const { json } = yield* api.create(request("tea-1", { customData: "заказ № 7 👛" }))
      yield* control.pay("tea-1", { currency: "USDT" })
      yield* control.idle
      assert.lengthOf(received, 1)
      const webhook = received[0]!
      assert.isTrue(webhook.verifies(apiKey))
      assert.isFalse(webhook.verifies("another-key"))
      assert.isFalse(webhook.verifies(apiKey, "/hooks/wallet/"))
      assert.strictEqual(webhook.path, "/hooks/wallet")
      assert.strictEqual(webhook.contentType, "application/json")
      assert.match(webhook.timestamp, /^[0-9]{15}$/)
      assert.lengthOf(webhook.signature, 44)

      assert.lengthOf(webhook.messages, 1)
      const message = webhook.messages[0]!
      assert.deepStrictEqual(keys(message), ["eventDateTime", "eventId", "payload", "type"])
      assert.strictEqual(message.type, "ORDER_PAID")
      assert.deepStrictEqual(message.payload, {
        id: String(json.data?.["id"]),
        number: json.data?.["number"],
        externalId: "tea-1",
        customData: "заказ № 7 👛",
        orderAmount: { currencyCode: "USD", amount: "12.50" },
        orderCompletedDateTime: "2026-11-24T12:00:00Z",
        selectedPaymentOption: {
          amount: { currencyCode: "USDT", amount: "12.502501" },
          amountFee: { currencyCode: "USDT", amount: "0.125025" },
          amountNet: { currencyCode: "USDT", amount: "12.377476" },
          exchangeRate: "1.0002000400080016",
        },
      })
      assert.isAbove(Number(message.eventId), Number.MAX_SAFE_INTEGER)
      assert.include(webhook.body, `"eventId":${message.eventId}`)
      assert.include(webhook.body, `"id":${message.payload.id}`)
      assert.strictEqual(decoded(webhook.body)[0]?.eventId, message.eventId)
    }),
  )

  for (const [how, status] of [
    ["expire", "EXPIRED"],
    ["cancel", "CANCELLED"],
  ] as const)
    it.effect(`of an order that is ${status} is ORDER_FAILED with that status and without a payment`, () =>
      Effect.gen(function* () {
        const { api, control, received } = yield* running()
        yield* api.create(request("tea-1", { customData: null }))
        yield* control[how]("tea-1")
        yield* control.idle
        const message = received[0]!.messages[0]!
        assert.strictEqual(message.type, "ORDER_FAILED")
        // customData was not given, so it does not come back.
        assert.deepStrictEqual(keys(message.payload), [
          "externalId",
          "id",
          "number",
          "orderAmount",
          "orderCompletedDateTime",
          "status",
        ])
        assert.strictEqual(message.payload["status"], status)
        assert.lengthOf(decoded(received[0]?.body ?? ""), 1)
      }),
    )

  it.effect("of an order closes the list's and the preview's story: all three say the same", () =>
    Effect.gen(function* () {
      const { api, control, received } = yield* running()
      const { json } = yield* api.create(request("tea-1"))
      yield* control.pay("tea-1", { currency: "BTC" })
      yield* control.idle
      const { payload } = received[0]!.messages[0]!
      const item = decodedList((yield* api.list(0, 1)).text)[0]!
      const preview = (yield* api.preview(String(json.data?.["id"]))).json.data ?? {}
      assert.deepStrictEqual(item["selectedPaymentOption"], payload["selectedPaymentOption"])
      assert.strictEqual(item["paymentDateTime"], payload["orderCompletedDateTime"])
      assert.strictEqual(preview["completedDateTime"], payload["orderCompletedDateTime"])
      assert.strictEqual(preview["number"], payload["number"])
    }),
  )

  it.effect("has its keys in another order each time, as real ones do", () =>
    Effect.gen(function* () {
      const { api, control, received } = yield* running()
      for (let i = 0; i < 10; i++) {
        yield* api.create(request(`tea-${i}`))
        yield* control.cancel(`tea-${i}`)
      }
      yield* control.idle
      const orders = new Set(received.map(({ messages }) => Object.keys(messages[0] ?? {}).join()))
      assert.isAbove(orders.size, 1)
    }),
  )

  it.effect("of neighbouring events can have ids that are equal as JavaScript numbers", () =>
    Effect.gen(function* () {
      const { api, control, received } = yield* running({ settings: { orders: { largestIdStep: 1 } } })
      for (const name of ["tea-1", "tea-2", "tea-3", "tea-4"]) yield* api.create(request(name))
      for (const name of ["tea-1", "tea-2", "tea-3", "tea-4"]) yield* control.pay(name)
      yield* control.idle
      const ids = received.map(({ messages }) => messages[0]!.eventId)
      assert.strictEqual(new Set(ids).size, 4)
      assert.isBelow(new Set(ids.map(Number)).size, 4)
    }),
  )
})

const decodedList = (text: string): ReadonlyArray<Readonly<Record<string, unknown>>> => JSON.parse(text).data.items

describe("delivery", () => {
  it.effect("is repeated until 200, at the times of the schedule, each with a new timestamp and signature", () =>
    Effect.gen(function* () {
      const { api, control, received } = yield* running({}, [500, 404, 204, 200])
      yield* api.create(request("tea-1"))
      yield* control.pay("tea-1")
      yield* control.idle
      const seen = [received.length]
      for (const wait of ["999 millis", "1 millis", "2 seconds", "5 seconds", "1 hour"] as const) {
        yield* TestClock.adjust(wait)
        yield* control.idle
        seen.push(received.length)
      }
      assert.deepStrictEqual(seen, [1, 1, 2, 3, 4, 4])
      assert.strictEqual(new Set(received.map(({ timestamp }) => timestamp)).size, 4)
      assert.strictEqual(new Set(received.map(({ signature }) => signature)).size, 4)
      assert.strictEqual(new Set(received.map(({ body }) => body)).size, 1)
      assert.isTrue(received.every((webhook) => webhook.verifies(apiKey)))
      const message = only((yield* control.world).messages)
      assert.strictEqual(message.state, "acknowledged")
      assert.deepStrictEqual(
        message.attempts.map(({ code }) => code),
        [500, 404, 204, 200],
      )
      assert.strictEqual(message.attempts[0]?.answer, "not today")
    }),
  )

  it.effect("is given up after the last attempt of the schedule", () =>
    Effect.gen(function* () {
      const { api, control, received } = yield* running(
        { settings: { webhooks: { retryDelaysMs: [1000, 1000] } } },
        [500],
      )
      yield* api.create(request("tea-1"))
      yield* control.cancel("tea-1")
      yield* control.advance("1 day")
      assert.lengthOf(received, 3)
      const message = only((yield* control.world).messages)
      assert.strictEqual(message.state, "givenUp")
    }),
  )

  it.effect("outlives a receiver that is down, and one that never answers", () =>
    Effect.gen(function* () {
      const { received, origin } = yield* receiver(["hang", 200])
      const { api, control } = yield* running({
        stores: [{ apiKeys: [Redacted.make(apiKey)], webhookUrl: "http://127.0.0.1:1/hook" }],
      })
      yield* api.create(request("tea-1"))
      yield* control.pay("tea-1")
      yield* control.idle
      yield* control.putStore({ webhookUrl: `${origin}/hook` })
      yield* TestClock.adjust("1 second")
      yield* until(() => received.length === 1)
      yield* TestClock.adjust("5 seconds")
      yield* control.idle
      yield* TestClock.adjust("2 seconds")
      yield* control.idle
      const message = only((yield* control.world).messages)
      assert.deepStrictEqual(
        message.attempts.map(({ code, failure }) => code ?? failure),
        ["ECONNREFUSED", "no answer within 5000 ms", 200],
      )
      assert.strictEqual(message.state, "acknowledged")
    }),
  )

  it.effect("takes any 2xx for an acknowledgement only where the settings say so", () =>
    Effect.gen(function* () {
      const { api, control, received } = yield* running({ settings: { webhooks: { anySuccess: true } } }, [204])
      yield* api.create(request("tea-1"))
      yield* control.pay("tea-1")
      yield* control.advance("1 day")
      assert.lengthOf(received, 1)
    }),
  )

  it.effect("does not follow a redirect unless the settings say so; the signed path stays the configured one", () =>
    Effect.gen(function* () {
      const target = yield* receiver()
      const { api, control, received } = yield* running({}, [{ code: 308, redirect: `${target.origin}/hooks/wallet/` }])
      yield* api.create(request("tea-1"))
      yield* control.pay("tea-1")
      yield* control.advance("1 second")
      assert.lengthOf(received, 2)
      assert.lengthOf(target.received, 0)
      yield* control.configure({ webhooks: { followRedirects: true } })
      yield* control.advance("2 seconds")
      assert.lengthOf(target.received, 1)
      assert.isTrue(target.received[0]?.verifies(apiKey, "/hooks/wallet"))
      assert.isFalse(target.received[0]?.verifies(apiKey, "/hooks/wallet/"))
    }),
  )

  it.effect("is not tried for a store without an address", () =>
    Effect.gen(function* () {
      const { control } = yield* running({ stores: [{ apiKeys: [Redacted.make(apiKey)] }] })
      yield* client(control.baseUrl).create(request("tea-1"))
      yield* control.pay("tea-1")
      yield* control.idle
      const message = only((yield* control.world).messages)
      assert.strictEqual(message.state, "noAddress")
      assert.strictEqual((yield* Effect.flip(control.redeliver("tea-1")))._tag, "NotFound")
    }),
  )

  it.effect("ends when the store loses its address", () =>
    Effect.gen(function* () {
      const { api, control, received } = yield* running({}, [500])
      yield* api.create(request("tea-1"))
      yield* control.pay("tea-1")
      yield* control.idle
      yield* control.putStore({ webhookUrl: null })
      yield* control.advance("1 day")
      assert.lengthOf(received, 1)
      assert.strictEqual(only((yield* control.world).messages).state, "noAddress")
    }),
  )

  it.effect("is held and released, or dropped for good, by its mode", () =>
    Effect.gen(function* () {
      const { api, control, received } = yield* running({ settings: { webhooks: { mode: "hold" } } })
      for (const name of ["held", "dropped"]) yield* api.create(request(name))
      yield* control.pay("held")
      yield* control.advance("1 minute")
      assert.lengthOf(received, 0)
      yield* control.configure({ webhooks: { mode: "drop" } })
      yield* control.pay("dropped")
      yield* control.configure({ webhooks: { mode: "deliver" } })
      yield* control.advance("1 day")
      assert.deepStrictEqual(externalIds(received), ["held"])
      yield* control.redeliver("dropped")
      assert.deepStrictEqual(externalIds(received), ["held", "dropped"])
    }),
  )

  it.effect("can come in batches, and in another order", () =>
    Effect.gen(function* () {
      const { api, control, received } = yield* running({
        settings: { webhooks: { mode: "hold", batch: 2, order: "newestFirst", concurrency: 1 } },
      })
      for (const name of ["a", "b", "c"]) yield* api.create(request(name))
      for (const name of ["a", "b", "c"]) yield* control.pay(name)
      yield* control.configure({ webhooks: { mode: "deliver" } })
      yield* control.idle
      assert.deepStrictEqual(
        received.map((webhook) => externalIds([webhook])),
        [["c", "b"], ["a"]],
      )
      assert.isTrue(received.every((webhook) => webhook.verifies(apiKey)))
      assert.lengthOf(decoded(received[0]!.body), 2)
    }),
  )

  it.effect("can come again after it was acknowledged", () =>
    Effect.gen(function* () {
      const { api, control, received } = yield* running({ settings: { webhooks: { duplicates: 2 } } }, [500, 200])
      yield* api.create(request("tea-1"))
      yield* control.pay("tea-1")
      yield* control.advance("1 day")
      assert.lengthOf(received, 4)
      assert.strictEqual(new Set(received.map(({ body }) => body)).size, 1)
    }),
  )

  it.effect("signs with the store's first key, and the query only where the settings say so", () =>
    Effect.gen(function* () {
      const { api, control, received, webhookUrl } = yield* running()
      yield* control.putStore({
        apiKeys: [Redacted.make("new-key"), Redacted.make(apiKey)],
        webhookUrl: `${webhookUrl}?shop=1`,
      })
      yield* api.create(request("tea-1"))
      yield* control.pay("tea-1")
      yield* control.idle
      assert.isTrue(received[0]?.verifies("new-key", "/hooks/wallet"))
      yield* control.configure({ webhooks: { signQuery: true } })
      yield* control.redeliver("tea-1")
      assert.isTrue(received[1]?.verifies("new-key", "/hooks/wallet?shop=1"))
    }),
  )

  it.effect("signs with the first, the last or each key in turn while a store has several, as the settings say", () =>
    Effect.gen(function* () {
      const { api, control, received } = yield* running({ settings: { webhooks: { signingKey: "last" } } })
      yield* control.putStore({ apiKeys: [Redacted.make("new-key"), Redacted.make(apiKey)] })
      yield* api.create(request("tea-1"))
      yield* control.pay("tea-1")
      yield* control.idle
      assert.isTrue(received[0]?.verifies(apiKey))
      yield* control.configure({ webhooks: { signingKey: "alternating" } })
      yield* control.redeliver("tea-1", { times: 4 })
      const signedBy = received
        .slice(1)
        .map(({ verifies }) => (verifies("new-key") ? "new" : verifies(apiKey) && "old"))
      assert.deepStrictEqual(signedBy, ["new", "old", "new", "old"])
    }),
  )

  it.effect("comes again under the new key when the keys change between two attempts", () =>
    Effect.gen(function* () {
      const { api, control, received } = yield* running({}, [500, 200])
      yield* api.create(request("tea-1"))
      yield* control.pay("tea-1")
      yield* control.idle
      yield* control.putStore({ apiKeys: [Redacted.make("new-key")] })
      yield* control.advance("1 second")
      assert.isTrue(received[0]?.verifies(apiKey))
      assert.isTrue(received[1]?.verifies("new-key"))
      assert.strictEqual(received[1]?.body, received[0]?.body)
    }),
  )

  it.effect("can be posted to, or signed over, the path with a slash more or less at its end", () =>
    Effect.gen(function* () {
      const { api, control, received, origin } = yield* running()
      yield* api.create(request("tea-1"))
      yield* control.pay("tea-1")
      yield* control.idle
      for (const [trailingSlash, path] of [
        ["otherPosted", "/a/b?c=/"],
        ["otherPosted", "/a/b/"],
        ["otherSigned", "/a/b"],
        ["otherSigned", "/a/b/"],
      ] as const) {
        yield* control.putStore({ webhookUrl: origin + path })
        yield* control.configure({ webhooks: { trailingSlash } })
        yield* control.redeliver("tea-1")
      }
      const seen = received.slice(1).map(({ path, verifies }) => ({
        path,
        signed: ["/a/b", "/a/b/"].filter((each) => verifies(apiKey, each)),
      }))
      assert.deepStrictEqual(seen, [
        { path: "/a/b/?c=/", signed: ["/a/b"] },
        { path: "/a/b", signed: ["/a/b/"] },
        { path: "/a/b", signed: ["/a/b/"] },
        { path: "/a/b/", signed: ["/a/b"] },
      ])
    }),
  )

  it.effect(
    "states another currency, in the list too, where a payment was made so: a known one or an unheard one",
    () =>
      Effect.gen(function* () {
        const { api, control, received } = yield* running({
          settings: { orders: { currencies: { NOT: { enabled: true } } } },
        })
        for (const statedCurrency of ["NOT", "DOGS"]) {
          yield* api.create(request(statedCurrency))
          yield* control.pay(statedCurrency, { currency: "NOT", statedCurrency })
        }
        yield* control.idle
        const codes = decoded(`[${received.map(({ body }) => body.slice(1, -1)).join(",")}]`).map(
          (message) => message.type === "ORDER_PAID" && message.payload.selectedPaymentOption,
        )
        assert.deepStrictEqual(
          codes.map(
            (option) => option && [option.amount, option.amountFee, option.amountNet].map((m) => m.currencyCode),
          ),
          [Array(3).fill("NOT"), Array(3).fill("DOGS")],
        )
        assert.include((yield* api.list(1, 1)).text, "DOGS")
      }),
  )

  it.effect("is kept as it was sent, with the answer, for whoever listens", () =>
    Effect.gen(function* () {
      const { api, control, received } = yield* running({}, [500, 200])
      yield* api.create(request("tea-1"))
      assert.deepStrictEqual(yield* control.sent(0), [])
      const waiting = yield* Effect.forkChild(control.sent(0, "1 hour"))
      yield* control.pay("tea-1")
      const [first] = yield* Fiber.join(waiting)
      yield* control.redeliver("tea-1", { tamper: "body" })
      const [second, ...none] = yield* control.sent(first?.number ?? 0)
      assert.deepStrictEqual(none, [])
      for (const [sent, arrived] of [
        [first, received[0]],
        [second, received[1]],
      ] as const) {
        assert.deepStrictEqual(
          [sent?.body, sent?.timestamp, sent?.signature],
          [arrived?.body, arrived?.timestamp, arrived?.signature],
        )
      }
      assert.deepStrictEqual(
        [first, second].map((sent) => [sent?.number, sent?.code, sent?.answer, sent?.reason, sent?.signedPath]),
        [
          [1, 500, "not today", "schedule", "/hooks/wallet"],
          [2, 200, undefined, "byHand", "/hooks/wallet"],
        ],
      )
      // After a reset numbers start again, and a listener with an old one misses nothing.
      yield* control.reset
      yield* api.create(request("tea-2"))
      yield* control.pay("tea-2")
      yield* control.idle
      assert.lengthOf(yield* control.sent(2), 1)
    }),
  )

  it.effect("refuses an address whose path a client would send differently", () =>
    Effect.gen(function* () {
      const { control } = yield* running()
      for (const webhookUrl of [
        "ftp://a/b",
        "/hook",
        "http://a/b#c",
        "http://a/ü",
        "http://a/b/../c",
        "http://u:p@a/b",
        "http://",
      ])
        assert.strictEqual((yield* Effect.flip(control.putStore({ webhookUrl })))._tag, "Invalid", webhookUrl)
    }),
  )
})

describe("redelivery by hand", () => {
  it.effect("repeats a message as often as asked, with new or the same timestamp and signature", () =>
    Effect.gen(function* () {
      const { api, control, received } = yield* running()
      yield* api.create(request("tea-1"))
      yield* control.pay("tea-1")
      yield* control.idle
      yield* control.redeliver("tea-1", { times: 2 })
      yield* control.redeliver("tea-1", { times: 2, timestamp: "same" })
      assert.deepStrictEqual(new Set(received.map(({ body }) => body)).size, 1)
      const timestamps = received.map(({ timestamp }) => timestamp)
      assert.strictEqual(new Set(timestamps.slice(0, 3)).size, 3)
      assert.deepStrictEqual(timestamps.slice(2), Array(3).fill(timestamps[2]))
      assert.isTrue(received.every((webhook) => webhook.verifies(apiKey)))
    }),
  )

  it.effect("can spoil each signed part, so that a verifier refuses", () =>
    Effect.gen(function* () {
      const { api, control, received } = yield* running()
      yield* api.create(request("tea-1"))
      yield* control.pay("tea-1")
      yield* control.idle
      for (const tamper of ["body", "timestamp", "signature", "path"] as const) {
        yield* control.redeliver("tea-1", { tamper })
        assert.isFalse(received.at(-1)?.verifies(apiKey), tamper)
        assert.lengthOf(decoded(received.at(-1)?.body ?? ""), 1, tamper)
      }
      yield* control.redeliver("tea-1")
      assert.isTrue(received.at(-1)?.verifies(apiKey))
    }),
  )
})

const only = (messages: ReadonlyMap<string, Message>): Message => {
  assert.strictEqual(messages.size, 1)
  return Array.from(messages.values())[0]!
}

const externalIds = (received: ReadonlyArray<Received>) =>
  received.flatMap(({ messages }) => messages.map(({ payload }) => String(payload["externalId"])))

/** Waits in real time, a few seconds at most, for what another process does. */
const until = (condition: () => boolean) =>
  TestClock.withLive(
    Effect.suspend(() => (condition() ? Effect.void : Effect.fail("not yet"))).pipe(
      Effect.retry({ schedule: Schedule.spaced("5 millis"), times: 800 }),
      Effect.orDie,
    ),
  )
