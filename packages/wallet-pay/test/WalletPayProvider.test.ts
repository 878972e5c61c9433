import * as Money from "@paylog/domain/Money"
import { type OrderRequest, PaymentProvider } from "@paylog/domain/PaymentProvider"
import { maxPage } from "@paylog/wallet-pay/Client"
import * as Evidence from "@paylog/wallet-pay/Evidence"
import * as WalletPayProvider from "@paylog/wallet-pay/WalletPayProvider"
import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  ConfigProvider,
  DateTime,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Redacted,
  References,
  Result,
  Tracer,
} from "effect"
import { HttpClient, HttpClientError } from "effect/http"
import { TestClock } from "effect/testing"
import { inspect } from "node:util"
import { vector } from "./fixtures.ts"
import { envelope, preview, type Reply, type Seen, stub } from "./stubs.ts"

const V1 = vector("V1")

const config: WalletPayProvider.WalletPayConfig = {
  baseUrl: "https://pay.example",
  keys: [{ id: "key_1", secret: Redacted.make(V1.key) }],
  webhookPath: "/webhook/",
  scales: Money.scales,
}

/** Runs `use` with the provider, against Wallet Pay answering by `reply`; gives the result and the requests made. */
const against = <A, E>(
  reply: (request: Seen, earlier: number) => Reply,
  use: (provider: PaymentProvider["Service"]) => Effect.Effect<A, E>,
) =>
  Effect.gen(function* () {
    const { seen, layer } = stub(reply)
    const result = yield* PaymentProvider.use(use).pipe(
      Effect.result,
      Effect.provide(WalletPayProvider.layer(config).pipe(Layer.provide(layer))),
    )
    return { result, seen }
  })

const request: OrderRequest = {
  externalId: "inv_1",
  amount: Money.of("USD", 100n),
  description: "A pot of tea",
  timeoutSeconds: 3_600,
  payer: "5000000001",
}

const order = {
  orderId: "2703383946854401",
  number: "9aeb581c",
  payLink: "https://t.me/wallet?startattach=wpay_order_2703383946854401",
  directPayLink: "https://t.me/wallet/start?startapp=wpay_order-orderId__2703383946854401",
  expiresAt: DateTime.makeUnsafe("2026-01-01T01:00:00Z"),
}

describe("opening an order", () => {
  const opening = (status: string, changes: Readonly<Record<string, unknown>>, asked: OrderRequest = request) =>
    Effect.map(
      against(
        () => ({ status: 200, body: envelope(status, preview(changes)) }),
        (provider) => provider.open(asked),
      ),
      ({ result }) => Result.getOrThrow(result),
    )

  it.effect.each(["SUCCESS", "ALREADY"])("%s gives the order when it is the one that was asked for", (status) =>
    Effect.gen(function* () {
      for (const changes of [
        {},
        { amount: { currencyCode: "USD", amount: "1" } },
        { amount: { currencyCode: "USD", amount: 1 } },
        { autoConversionCurrency: null },
      ]) {
        assert.deepStrictEqual(yield* opening(status, changes), { _tag: "Opened", order })
      }
      const asked = { ...request, autoConversion: "TON" }
      for (const changes of [{}, { autoConversionCurrency: "TON" }]) {
        assert.deepStrictEqual(yield* opening(status, changes, asked), { _tag: "Opened", order })
      }
    }),
  )

  it.effect.each([
    { amount: { currencyCode: "USD", amount: "1.01" } },
    { amount: { currencyCode: "USD", amount: "1.001" } },
    { amount: { currencyCode: "USD", amount: "100" } },
    { amount: { currencyCode: "EUR", amount: "1.00" } },
    { amount: { currencyCode: "GRAM", amount: "1.00" } },
    { amount: { currencyCode: "USD", amount: "-1.00" } },
    { amount: { currencyCode: "USD", amount: "one" } },
    { autoConversionCurrency: "BTC" },
  ])("an order with %j is not ours: a conflict when it existed before, and else unknown", (changes) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* opening("ALREADY", changes), { _tag: "Conflict" })
      assert.strictEqual((yield* opening("SUCCESS", changes))._tag, "Unknown")
    }),
  )

  it.effect("what the contract forbids is refused without a request", () =>
    Effect.gen(function* () {
      const { result, seen } = yield* against(
        () => ({ status: 200, body: envelope("SUCCESS", preview()) }),
        (provider) => provider.open({ ...request, description: "tea" }),
      )
      assert.deepStrictEqual(
        result,
        Result.succeed({ _tag: "Refused", reason: "description must have 5 to 100 characters" }),
      )
      assert.lengthOf(seen, 0)
    }),
  )

  it.effect("repeats nothing by itself, and repeats the identical bytes when asked again", () =>
    Effect.gen(function* () {
      const { seen } = yield* against(
        () => ({ status: 500, body: "" }),
        (provider) => Effect.andThen(provider.open(request), provider.open(request)),
      )
      assert.lengthOf(seen, 2)
      assert.deepStrictEqual(seen[0], seen[1])
    }),
  )
})

describe("reading orders", () => {
  it.effect.each([
    ["ACTIVE", "Active"],
    ["PAID", "Paid"],
    ["EXPIRED", "Expired"],
    ["CANCELLED", "Cancelled"],
  ] as const)("a look-up of an order that is %s", ([status, expected]) =>
    Effect.gen(function* () {
      const { result } = yield* against(
        () => ({ status: 200, body: envelope("SUCCESS", preview({ status })) }),
        (provider) => provider.get(order.orderId),
      )
      assert.deepStrictEqual(result, Result.succeed({ order, status: expected }))
    }),
  )

  const line = (id: number, changes: Readonly<Record<string, unknown>> = {}) => ({
    id,
    status: "ACTIVE",
    amount: { currencyCode: "USD", amount: "1.00" },
    externalId: `inv_${id}`,
    createdDateTime: "2026-01-01T00:00:00Z",
    expirationDateTime: "2026-01-01T01:00:00Z",
    ...changes,
  })

  /** A provider whose list has `total` orders. */
  const listOf = (total: number) => (asked: Seen) => {
    const query = new URL(asked.url).searchParams
    const [offset, count] = [Number(query.get("offset")), Number(query.get("count"))]
    const ids = Array.from({ length: Math.max(0, Math.min(count, total - offset)) }, (_, index) => offset + index)
    return { status: 200, body: envelope("SUCCESS", { items: ids.map((id) => line(id)) }) }
  }

  it.effect.each([
    { total: 0, offset: 0, count: 10, requests: 1 },
    { total: 5, offset: 2, count: 2, requests: 1 },
    { total: 5, offset: 2, count: 10, requests: 1 },
    { total: 5, offset: 9, count: 10, requests: 1 },
    { total: 1000, offset: 3, count: maxPage, requests: 1 },
    { total: 1000, offset: 3, count: maxPage + 1, requests: 2 },
    { total: 1000, offset: 250, count: 10_000, requests: 10 },
    { total: 2 * maxPage, offset: 0, count: 10_000, requests: 3 },
    { total: 5, offset: 0, count: 0, requests: 0 },
  ])("a list of $total from $offset, at most $count: $requests requests", ({ total, offset, count, requests }) =>
    Effect.gen(function* () {
      const { result, seen } = yield* against(listOf(total), (provider) => provider.list(offset, count))
      const expected = Array.from({ length: Math.max(0, Math.min(count, total - offset)) }, (_, i) => [
        offset + i,
        `${offset + i}`,
      ])
      assert.deepStrictEqual(
        Result.getOrThrow(result).map((line) => line._tag === "Understood" && [line.index, line.order.orderId]),
        expected,
      )
      assert.lengthOf(seen, requests)
    }),
  )

  it.effect(
    "a line that is not understood is said to be one, hides no other, and keeps its place and its externalId",
    () =>
      Effect.gen(function* () {
        const items = [line(0), line(1, { status: "REFUNDED" }), { strange: true }, line(3)]
        const { result } = yield* against(
          () => ({ status: 200, body: envelope("SUCCESS", { items }) }),
          (provider) => provider.list(40, 4),
        )
        const lines = Result.getOrThrow(result)
        assert.deepStrictEqual(
          lines.map(({ _tag, index }) => `${index} ${_tag}`),
          ["40 Understood", "41 NotUnderstood", "42 NotUnderstood", "43 Understood"],
        )
        assert.deepStrictEqual(
          lines.map((each) => (each._tag === "NotUnderstood" ? each.externalId : each.order.externalId)),
          ["inv_0", "inv_1", undefined, "inv_3"],
        )
        assert.notInclude(JSON.stringify(lines[1]), "REFUNDED")
      }),
  )

  it.effect("the count", () =>
    Effect.gen(function* () {
      const { result } = yield* against(
        () => ({ status: 200, body: envelope("SUCCESS", { totalAmount: 12 }) }),
        (provider) => provider.count,
      )
      assert.deepStrictEqual(result, Result.succeed(12))
    }),
  )
})

describe("verifying deliveries", () => {
  const headers = { "walletpay-timestamp": V1.timestamp, "walletpay-signature": V1.signature }
  const verify = (delivery: { method?: string; headers?: Record<string, string>; body?: Uint8Array }) =>
    Effect.map(
      against(
        () => ({ status: 500, body: "" }),
        (provider) => provider.verify({ method: "POST", headers, body: V1.body, ...delivery }),
      ),
      ({ result, seen }) => {
        assert.lengthOf(seen, 0)
        return result
      },
    )

  it.effect("the official vector is one payment, and its evidence verifies again", () =>
    Effect.gen(function* () {
      const { evidence, items } = Result.getOrThrow(yield* verify({}))
      assert.deepStrictEqual(
        items.map((item) => item._tag === "Understood" && [item.eventId, item.observation._tag]),
        [["10030477545046017", "PaymentCompleted"]],
      )
      const again = Result.getOrThrow(Evidence.verify(evidence, config.keys))
      assert.deepStrictEqual(
        { ...again, body: Buffer.from(again.body).toString() },
        {
          method: "POST",
          path: "/webhook/",
          timestamp: V1.timestamp,
          signature: V1.signature,
          keyId: "key_1",
          body: Buffer.from(V1.body).toString(),
        },
      )
    }),
  )

  it.effect("a wrong byte, another method, absent, empty or doubled headers: nothing is read", () =>
    Effect.gen(function* () {
      const doubled = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, `${value}, ${value}`]))
      const reasons = yield* Effect.forEach(
        [
          { body: V1.body.subarray(1) },
          { method: "PUT" },
          { method: "post" },
          { headers: {} },
          { headers: { "walletpay-timestamp": V1.timestamp } },
          { headers: { ...headers, "walletpay-signature": "" } },
          { headers: doubled },
        ],
        verify,
      )
      assert.deepStrictEqual(
        reasons.map((result) => (Result.isFailure(result) ? result.failure.reason : "accepted")),
        ["Wrong", "Wrong", "Wrong", "Missing", "Malformed", "Malformed", "Malformed"],
      )
    }),
  )
})

describe("the environment", () => {
  const built = (env: Record<string, string>) =>
    Effect.gen(function* () {
      const { seen, layer } = stub(() => ({ status: 200, body: envelope("SUCCESS", { totalAmount: 1 }) }))
      const ids: Array<string> = []
      const provided = WalletPayProvider.layerConfig((secret) =>
        Effect.sync(() => {
          ids.push(Redacted.value(secret))
          return `key_${ids.length}`
        }),
      ).pipe(Layer.provide([layer, ConfigProvider.layer(ConfigProvider.fromEnv({ env }))]))
      const exit = yield* Effect.exit(
        Effect.flatMap(PaymentProvider, (provider) => provider.count).pipe(Effect.provide(provided)),
      )
      const line = Exit.isFailure(exit) ? String(Cause.squash(exit.cause)) : ""
      return { seen, ids, line }
    })

  it.effect("has defaults for all but the key, also when a variable is empty", () =>
    Effect.gen(function* () {
      const { seen, ids } = yield* built({
        WALLETPAY_API_KEY: "one",
        WALLETPAY_BASE_URL: "",
        WALLETPAY_WEBHOOK_PATH: "",
      })
      assert.deepStrictEqual(ids, ["one"])
      assert.strictEqual(seen[0]?.url, "https://pay.wallet.tg/wpay/store-api/v1/reconciliation/order-amount")
    }),
  )

  it.effect("the first of several keys signs our calls", () =>
    Effect.gen(function* () {
      const { seen, ids } = yield* built({
        WALLETPAY_API_KEY: "new_key, old_key",
        WALLETPAY_BASE_URL: "http://127.0.0.1:8070/",
      })
      assert.deepStrictEqual(ids, ["new_key", "old_key"])
      assert.strictEqual(seen[0]?.headers["wpay-store-api-key"], "new_key")
      assert.strictEqual(seen[0]?.url, "http://127.0.0.1:8070/wpay/store-api/v1/reconciliation/order-amount")
    }),
  )

  const key = { WALLETPAY_API_KEY: "canary_key" }
  it.effect.each<[string, Record<string, string>]>([
    ["WALLETPAY_API_KEY", {}],
    ["WALLETPAY_API_KEY", { WALLETPAY_API_KEY: "" }],
    ["WALLETPAY_API_KEY", { WALLETPAY_API_KEY: "canary_key," }],
    ["WALLETPAY_API_KEY", { WALLETPAY_API_KEY: "canary_key,canary_key" }],
    ["WALLETPAY_API_KEY", { WALLETPAY_API_KEY: "canary_key with a space" }],
    ["WALLETPAY_API_KEY", { WALLETPAY_API_KEY: "canary_key_ключ" }],
    ["WALLETPAY_BASE_URL", { ...key, WALLETPAY_BASE_URL: "pay.wallet.tg" }],
    ["WALLETPAY_BASE_URL", { ...key, WALLETPAY_BASE_URL: "file:///etc/passwd" }],
    ["WALLETPAY_BASE_URL", { ...key, WALLETPAY_BASE_URL: "https://user:canary_key@pay.wallet.tg" }],
    ["WALLETPAY_BASE_URL", { ...key, WALLETPAY_BASE_URL: "https://pay.wallet.tg/?x=1" }],
    ["WALLETPAY_WEBHOOK_PATH", { ...key, WALLETPAY_WEBHOOK_PATH: "webhook" }],
    ["WALLETPAY_WEBHOOK_PATH", { ...key, WALLETPAY_WEBHOOK_PATH: "/webhook?a=1" }],
    ["WALLETPAY_WEBHOOK_PATH", { ...key, WALLETPAY_WEBHOOK_PATH: "/web hook" }],
  ])("names %s when it is wrong (%j), and shows no key", ([name, env]) =>
    Effect.gen(function* () {
      const { line, ids } = yield* built(env)
      assert.include(line, name)
      assert.notInclude(line, "canary_key")
      assert.lengthOf(ids, 0)
    }),
  )
})

describe("secrets", () => {
  it.effect("neither the key nor a payer's id is in any error, outcome, log or span", () =>
    Effect.gen(function* () {
      const [key, payer] = ["canary_store_key_7340184", "7340184555"]
      const kept: Array<unknown> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          kept.push(span)
          return span
        },
      })
      const failing = HttpClient.make((request) =>
        Effect.andThen(
          Effect.logError("a log line of the HTTP client"),
          Effect.fail(
            new HttpClientError.HttpClientError({
              reason: new HttpClientError.TransportError({ request, cause: new Error(`refused ${inspect(request)}`) }),
            }),
          ),
        ),
      )
      const answering = stub(() => ({ status: 401, body: `no such key: ${key}`, headers: { "x-key": key } }))
      const patiently = <A, E>(effect: Effect.Effect<A, E>) =>
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(Effect.exit(effect))
          yield* TestClock.adjust("1 minute")
          kept.push(yield* Fiber.join(fiber))
        })
      const talking = Effect.gen(function* () {
        const keys = [{ id: "key_1", secret: Redacted.make(key) }] as const
        const provider = yield* WalletPayProvider.make({ ...config, keys })
        kept.push(provider)
        yield* patiently(provider.open({ ...request, payer }))
        yield* patiently(provider.open({ ...request, payer: `${payer}x` }))
        yield* patiently(provider.get("1"))
        yield* patiently(provider.list(0, 1))
        yield* patiently(provider.count)
        yield* patiently(provider.verify({ method: "POST", headers: {}, body: new TextEncoder().encode(key) }))
      })
      for (const http of [Layer.succeed(HttpClient.HttpClient, failing), answering.layer]) {
        yield* talking.pipe(
          Effect.provide(http),
          Effect.provideService(Tracer.Tracer, tracer),
          Effect.provide(Logger.layer([Logger.map(Logger.formatJson, (line) => void kept.push(line))])),
          Effect.provideService(References.MinimumLogLevel, "All"),
        )
      }
      const spans = kept.filter((value) => value instanceof Tracer.NativeSpan).map(({ name }) => name)
      assert.includeMembers(spans, [
        "WalletPay.createOrder",
        "WalletPay.getPreview",
        "WalletPay.getOrderList",
        "WalletPay.getOrderAmount",
      ])
      assert.isTrue(kept.some((value) => typeof value === "string" && value.includes("a log line")))
      for (const value of kept) {
        const text = inspect(value, { depth: 30, showHidden: true })
        assert.notInclude(text, key)
        assert.notInclude(text, payer)
      }
    }),
  )
})
