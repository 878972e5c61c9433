import * as Json from "@paylog/wallet-pay/Json"
import * as Wire from "@paylog/wallet-pay/Wire"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import type { Answer } from "./merchant.ts"
import { call, client, request, running } from "./merchant.ts"

/** The answer must be what the adapter's schema of the contract reads. */
const decoded = <A, I>(schema: Schema.Codec<A, I>, answer: Answer): A =>
  Schema.decodeUnknownSync(schema)(Result.getOrThrow(Json.parse(new TextEncoder().encode(answer.text))))

const outcome = ({ code, json }: Answer) => `${code} ${json.status ?? "-"}${json.data === undefined ? "" : " data"}`

describe("create", () => {
  it.effect("opens an order: SUCCESS with a preview", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 24, 12))
      const { api, control } = yield* running()
      const answer = yield* api.create(request("tea-1", { autoConversionCurrency: "TON" }))
      const { status, data } = decoded(Wire.CreateOrderResponse, answer)
      assert.strictEqual(`${answer.code} ${status}`, "200 SUCCESS")
      const raw = answer.json.data ?? {}
      assert.deepStrictEqual(
        { ...raw, id: "", number: "", payLink: "", directPayLink: "" },
        {
          id: "",
          status: "ACTIVE",
          number: "",
          amount: { currencyCode: "USD", amount: "12.50" },
          autoConversionCurrency: "TON",
          createdDateTime: "2026-11-24T12:00:00Z",
          expirationDateTime: "2026-11-24T13:00:00Z",
          payLink: "",
          directPayLink: "",
        },
      )
      assert.isString(raw["id"])
      assert.isAbove(Number(data?.id), Number.MAX_SAFE_INTEGER)
      assert.match(String(raw["number"]), /^[A-Z0-9]{8}$/)
      assert.strictEqual(raw["payLink"], `${control.baseUrl}/order/${data?.id}`)
    }),
  )

  it.effect("repeated with the same parameters gives the same order: ALREADY", () =>
    Effect.gen(function* () {
      const { api } = yield* running()
      const first = yield* api.create(request("tea-1"))
      const again = yield* api.create(request("tea-1"))
      assert.strictEqual(outcome(again), "200 ALREADY data")
      assert.deepStrictEqual(again.json.data, first.json.data)
      assert.strictEqual((yield* api.count).json.data?.["totalAmount"], 1)
    }),
  )

  it.effect("repeated with another parameter: CONFLICT without data, and no second order", () =>
    Effect.gen(function* () {
      const { api } = yield* running()
      yield* api.create(request("tea-1"))
      assert.strictEqual(outcome(yield* api.create(request("tea-1", { timeoutSeconds: 60 }))), "200 CONFLICT")
      assert.strictEqual((yield* api.count).json.data?.["totalAmount"], 1)
    }),
  )

  it.effect("repeated fifty times at once opens one order", () =>
    Effect.gen(function* () {
      const { api } = yield* running()
      const answers = yield* Effect.all(
        Array.from({ length: 50 }, () => api.create(request("tea-1"))),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(new Set(answers.map(({ json }) => json.data?.["id"])).size, 1)
      assert.strictEqual(answers.filter(({ json }) => json.status === "SUCCESS").length, 1)
      assert.strictEqual((yield* api.count).json.data?.["totalAmount"], 1)
    }),
  )

  it.effect("after the order closed, is answered as the settings say", () =>
    Effect.gen(function* () {
      const { api, control } = yield* running()
      yield* api.create(request("tea-1"))
      yield* control.expire("tea-1")
      assert.strictEqual(outcome(yield* api.create(request("tea-1"))), "200 ALREADY data")
      yield* control.configure({ orders: { repeatAfterClose: "CONFLICT" } })
      assert.strictEqual(outcome(yield* api.create(request("tea-1"))), "200 CONFLICT")
      yield* control.configure({ orders: { repeatAfterClose: "INVALID_REQUEST" } })
      assert.strictEqual(outcome(yield* api.create(request("tea-1"))), "400 INVALID_REQUEST")
    }),
  )

  it.effect("is refused for a store that may not create orders: ACCESS_DENIED", () =>
    Effect.gen(function* () {
      const { api, control } = yield* running()
      yield* control.putStore({ mayCreateOrders: false })
      assert.strictEqual(outcome(yield* api.create(request("tea-1"))), "200 ACCESS_DENIED")
      yield* control.configure({ answers: { accessDenied: 403 } })
      assert.strictEqual(outcome(yield* api.create(request("tea-1"))), "403 ACCESS_DENIED")
    }),
  )

  it.effect("with a request outside the limits: INVALID_REQUEST that names the field", () =>
    Effect.gen(function* () {
      const { api } = yield* running()
      const answer = yield* api.create(request("tea-1", { description: "tea" }))
      assert.strictEqual(outcome(answer), "400 INVALID_REQUEST")
      assert.include(answer.json.message, "description")
      assert.strictEqual((yield* api.count).json.data?.["totalAmount"], 0)
    }),
  )

  it.effect("with a body that is not a JSON object, or not declared as JSON: INVALID_REQUEST", () =>
    Effect.gen(function* () {
      const { api, control } = yield* running()
      for (const body of ["", "null", "[]", "7", "{", '{"a":1,"a":2}', "\uFEFF{}", "x".repeat(300_000)])
        assert.strictEqual(outcome(yield* api.create(body)), "400 INVALID_REQUEST", body.slice(0, 20))
      const tea = JSON.stringify(request("tea-1"))
      assert.strictEqual(outcome(yield* api.create(tea, "text/plain")), "400 INVALID_REQUEST")
      assert.strictEqual(outcome(yield* api.create(tea, "application/json; charset=utf-8")), "200 SUCCESS data")
      yield* control.configure({ answers: { requireJson: false } })
      assert.strictEqual(outcome(yield* api.create(tea, "text/plain")), "200 ALREADY data")
    }),
  )

  it.effect("has links as the settings spell them, the real ones included", () =>
    Effect.gen(function* () {
      const { api } = yield* running({
        publicUrl: "https://pay.example/sim",
        settings: { links: { directPayLink: "https://t.me/wallet/start?startapp=wpay_order-orderId__{id}" } },
      })
      const { json } = yield* api.create(request("tea-1"))
      const { id, payLink, directPayLink } = json.data ?? {}
      assert.strictEqual(payLink, `https://pay.example/sim/order/${String(id)}`)
      assert.strictEqual(directPayLink, `https://t.me/wallet/start?startapp=wpay_order-orderId__${String(id)}`)
    }),
  )
})

describe("getPreview", () => {
  it.effect("shows each status, with the time of completion once there is one", () =>
    Effect.gen(function* () {
      const { api, control } = yield* running()
      const ids: Record<string, string> = {}
      for (const name of ["ACTIVE", "PAID", "EXPIRED", "CANCELLED"])
        ids[name] = String((yield* api.create(request(name))).json.data?.["id"])
      yield* control.pay("PAID", { currency: "TON" })
      yield* control.expire("EXPIRED")
      yield* control.cancel("CANCELLED")
      for (const [name, id] of Object.entries(ids)) {
        const answer = yield* api.preview(id)
        const { status, data } = decoded(Wire.GetPreviewResponse, answer)
        assert.strictEqual(`${answer.code} ${status}`, "200 SUCCESS")
        assert.strictEqual(data?.id, id)
        assert.strictEqual(data?.status, name)
        assert.strictEqual(data?.completedDateTime === undefined, name === "ACTIVE")
        // The contract keeps these out of a preview.
        for (const absent of ["externalId", "customData", "customerTelegramUserId", "selectedPaymentOption"])
          assert.notProperty(answer.json.data, absent)
      }
    }),
  )

  it.effect("of an order that the store does not have is 404, or what the settings say", () =>
    Effect.gen(function* () {
      const { api, control } = yield* running()
      assert.strictEqual((yield* api.preview("2703383946854401")).code, 404)
      yield* control.configure({ answers: { unknownOrder: 200 } })
      assert.strictEqual(outcome(yield* api.preview("2703383946854401")), "200 INVALID_REQUEST")
    }),
  )

  it.effect("without an id, or with one that is no number, is INVALID_REQUEST", () =>
    Effect.gen(function* () {
      const { api } = yield* running()
      for (const query of ["", "?id=", "?id=abc", "?id=1&id=2", "?ID=1"])
        assert.strictEqual(outcome(yield* api.get(`order/preview${query}`)), "400 INVALID_REQUEST", query)
    }),
  )
})

describe("getOrderList and getOrderAmount", () => {
  it.effect("list an order with its payment, ids as JSON numbers", () =>
    Effect.gen(function* () {
      const { api, control } = yield* running()
      const { json } = yield* api.create(request("tea-1", { customData: "secret", autoConversionCurrency: "USDT" }))
      yield* api.create(request("tea-2"))
      yield* control.pay("tea-1", { currency: "USDT" })
      const answer = yield* api.list(0, 10)
      const { status, data } = decoded(Wire.GetOrderListResponse, answer)
      assert.strictEqual(`${answer.code} ${status}`, "200 SUCCESS")
      assert.include(answer.text, `"id":${String(json.data?.["id"])},`)
      assert.deepStrictEqual(
        data?.items.map((item) => [item.externalId, item.status, item.selectedPaymentOption?.amountFee.amount]),
        [
          ["tea-1", "PAID", "0.125025"],
          ["tea-2", "ACTIVE", undefined],
        ],
      )
      assert.notInclude(answer.text, "customData")
      assert.notInclude(answer.text, "payLink")
    }),
  )

  it.effect("page through any number of orders, dense and in the order of creation", () =>
    Effect.gen(function* () {
      const { api, control } = yield* running()
      const store = (yield* control.world).stores.get("default")!
      const ids: Array<string> = []
      for (let i = 0; i < 2500; i++) {
        const fields = { ...request(`tea-${i}`), customerTelegramUserId: "1" }
        const created = yield* control.create(store, fields)
        if (created._tag === "Success") ids.push(created.order.id)
      }
      assert.strictEqual((yield* api.count).json.data?.["totalAmount"], 2500)
      const seen: Array<string> = []
      for (let offset = 0; offset < 2600; offset += 700)
        seen.push(...(yield* listed(api, offset, 700)).map(({ id }) => id))
      assert.deepStrictEqual(seen, ids)
      assert.deepStrictEqual(
        ids.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)),
        ids,
      )
      assert.lengthOf(yield* listed(api, 2499, 10_000), 1)
      assert.lengthOf(yield* listed(api, 2500, 10_000), 0)
      assert.lengthOf(yield* listed(api, 0, 0), 0)
    }),
  )

  it.effect("need an offset from 0 and a count from 0 to 10000", () =>
    Effect.gen(function* () {
      const { api } = yield* running()
      assert.strictEqual(outcome(yield* api.list("9223372036854775807", 10_000)), "200 SUCCESS data")
      for (const [offset, count] of [
        [-1, 10],
        ["9223372036854775808", 10],
        ["", 10],
        ["1.5", 1],
        [0, 10_001],
        [0, -1],
        [0, "ten"],
      ] as const)
        assert.strictEqual(outcome(yield* api.list(offset, count)), "400 INVALID_REQUEST", `${offset} ${count}`)
      assert.strictEqual(outcome(yield* api.get("reconciliation/order-list?offset=0")), "400 INVALID_REQUEST")
      assert.strictEqual(outcome(yield* api.get("reconciliation/order-list?count=1")), "400 INVALID_REQUEST")
    }),
  )

  it.effect("count every order ever created, whatever became of it", () =>
    Effect.gen(function* () {
      const { api, control } = yield* running()
      for (const name of ["a", "b", "c"]) yield* api.create(request(`tea-${name}`))
      yield* control.cancel("tea-a")
      yield* control.expire("tea-b")
      assert.deepStrictEqual(decoded(Wire.GetOrderAmountResponse, yield* api.count).data, { totalAmount: 3 })
    }),
  )
})

const listed = (api: ReturnType<typeof client>, offset: number, count: number) =>
  Effect.map(api.list(offset, count), (answer) => decoded(Wire.GetOrderListResponse, answer).data?.items ?? [])

describe("the key", () => {
  it.effect("must be a store's: otherwise 401", () =>
    Effect.gen(function* () {
      const { control } = yield* running()
      for (const key of ["", "another-key", "a-store-ke", "a-store-keyx"]) {
        const api = client(control.baseUrl, key)
        const calls = [api.create(request("tea-1")), api.preview("1"), api.list(0, 1), api.count]
        for (const answer of yield* Effect.all(calls)) assert.strictEqual(answer.code, 401, key)
      }
      const without = yield* call("GET", `${control.baseUrl}/wpay/store-api/v1/reconciliation/order-amount`)
      assert.strictEqual(without.code, 401)
    }),
  )

  it.effect("separates stores: each has its own orders, externalIds and count", () =>
    Effect.gen(function* () {
      const { control, api } = yield* running()
      yield* control.putStore({ name: "second", apiKeys: [Redacted.make("second-key")] })
      const second = client(control.baseUrl, "second-key")
      const first = yield* api.create(request("tea-1"))
      assert.strictEqual(outcome(yield* second.create(request("tea-1", { timeoutSeconds: 60 }))), "200 SUCCESS data")
      assert.strictEqual((yield* second.preview(String(first.json.data?.["id"]))).code, 404)
      assert.strictEqual((yield* second.count).json.data?.["totalAmount"], 1)
    }),
  )

  it.effect("may be one of several while keys are rotated", () =>
    Effect.gen(function* () {
      const { control, api } = yield* running()
      yield* control.putStore({ apiKeys: [Redacted.make("new-key"), Redacted.make("a-store-key")] })
      assert.strictEqual((yield* api.count).code, 200)
      assert.strictEqual((yield* client(control.baseUrl, "new-key").count).code, 200)
      yield* control.putStore({ apiKeys: [Redacted.make("new-key")] })
      assert.strictEqual((yield* api.count).code, 401)
    }),
  )
})

describe("the other answers", () => {
  it.effect("are 429 past the rate limit, until its window has passed", () =>
    Effect.gen(function* () {
      const { control, api } = yield* running({
        settings: { answers: { rateLimit: { requests: 2, seconds: 10, retryAfterSeconds: 10 } } },
      })
      assert.deepStrictEqual([(yield* api.count).code, (yield* api.count).code], [200, 200])
      const limited = yield* api.count
      assert.strictEqual(limited.code, 429)
      assert.strictEqual(limited.headers.get("retry-after"), "10")
      yield* control.advance("10 seconds")
      assert.strictEqual((yield* api.count).code, 200)
    }),
  )

  it.effect("have the body that the settings say", () =>
    Effect.gen(function* () {
      const { control } = yield* running()
      const { count } = client(control.baseUrl, "wrong")
      assert.strictEqual(outcome(yield* count), "401 INVALID_REQUEST")
      yield* control.configure({ answers: { errorBody: "empty" } })
      assert.strictEqual((yield* count).text, "")
      yield* control.configure({ answers: { errorBody: "html" } })
      assert.match((yield* count).text, /^<html>/)
      yield* control.configure({ answers: { errorBody: "text", message: "No." } })
      assert.strictEqual((yield* count).text, "No.")
    }),
  )

  it.effect("are 404 for other paths, methods, cases and trailing slashes", () =>
    Effect.gen(function* () {
      const { control } = yield* running()
      for (const [method, path] of [
        ["GET", "/wpay/store-api/v1/order"],
        ["POST", "/wpay/store-api/v1/order/"],
        ["POST", "/wpay/store-api/v1/Order"],
        ["POST", "/wpay/store-api/v1/order/preview"],
        ["GET", "/wpay/store-api/v1/order/cancel"],
        ["GET", "/wpay//store-api/v1/reconciliation/order-amount"],
      ] as const)
        assert.strictEqual((yield* call(method, control.baseUrl + path)).code, 404, `${method} ${path}`)
    }),
  )
})

describe("a seeded simulator", () => {
  it.effect("gives the same ids, numbers and key in each run, and others for another seed", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 24, 12))
      const run = (seed: string) =>
        Effect.scoped(
          Effect.gen(function* () {
            const { control } = yield* running({ seed, stores: [{}] })
            const store = (yield* control.world).stores.get("default")!
            const key = Redacted.value(store.profile.apiKeys[0])
            const { json } = yield* client(control.baseUrl, key).create(request("tea-1"))
            yield* control.pay("tea-1")
            const [message] = (yield* control.world).messages.values()
            return [key, json.data?.["id"], json.data?.["number"], message?.json]
          }),
        )
      assert.deepStrictEqual(yield* run("one"), yield* run("one"))
      assert.notDeepEqual(yield* run("one"), yield* run("two"))
    }),
  )

  it.effect("starts its sequence anew on reset", () =>
    Effect.gen(function* () {
      const { control, api } = yield* running()
      const first = yield* api.create(request("tea-1"))
      yield* control.advance("1 day")
      yield* control.reset
      assert.strictEqual((yield* api.count).json.data?.["totalAmount"], 0)
      assert.deepStrictEqual((yield* api.create(request("tea-1"))).json, first.json)
    }),
  )
})
