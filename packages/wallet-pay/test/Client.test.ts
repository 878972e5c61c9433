import * as Client from "@paylog/wallet-pay/Client"
import { Probing } from "@paylog/domain/PaymentProvider"
import type * as Wire from "@paylog/wallet-pay/Wire"
import { assert, describe, it } from "@effect/vitest"
import { type Duration, Effect, Fiber, Random, Redacted, Result } from "effect"
import { TestClock } from "effect/testing"
import { envelope, preview, type Reply, type Seen, stub } from "./stubs.ts"

const order: Wire.CreateOrderRequest = {
  amount: { currencyCode: "USD", amount: "1.00" },
  externalId: "inv_1",
  description: "A pot of tea",
  timeoutSeconds: 3600,
  customerTelegramUserId: "9007199254740993",
}

const config = { baseUrl: "https://pay.example/", apiKey: Redacted.make("store_key") }

/** Runs `use` against a provider that answers by `reply`; gives the result and the requests that were made. */
const against = <A, E>(
  reply: (request: Seen, earlier: number) => Reply,
  use: (client: Client.Client) => Effect.Effect<A, E>,
) =>
  Effect.gen(function* () {
    const { seen, layer } = stub(reply)
    const result = yield* Client.make(config).pipe(Effect.flatMap(use), Effect.result, Effect.provide(layer))
    return { result, seen }
  })

const bodies: Record<string, string> = {
  SUCCESS: envelope("SUCCESS", preview()),
  ALREADY: envelope("ALREADY", preview()),
  "SUCCESS, no data": envelope("SUCCESS"),
  "SUCCESS, half a preview": envelope("SUCCESS", { id: "1" }),
  CONFLICT: envelope("CONFLICT"),
  "CONFLICT, strange data": envelope("CONFLICT", { id: [] }),
  ACCESS_DENIED: envelope("ACCESS_DENIED"),
  INVALID_REQUEST: envelope("INVALID_REQUEST"),
  INTERNAL_ERROR: envelope("INTERNAL_ERROR"),
  "another status": envelope("PENDING"),
  "a key twice": `${envelope("SUCCESS", preview()).slice(0, -1)},"status":"CONFLICT"}`,
  empty: "",
  null: "null",
  html: "<html>Bad gateway</html>",
}

/** A row per body, a column per class of HTTP statuses; `reads` has the outcome and the number of requests. */
const cells = (table: string) => {
  const [head = "", ...rows] = table.trim().split("\n")
  const columns = head.trim().split(/\s+/)
  return rows.flatMap((row) => {
    const [name = "", outcomes = ""] = row.split("|").map((part) => part.trim())
    const expected = outcomes.split(/\s+/)
    assert.lengthOf(expected, columns.length, row)
    return columns.flatMap((statuses, column) =>
      statuses.split(",").map((status) => ({ status: Number(status), name, expected: expected[column] ?? "" })),
    )
  })
}

describe("creating an order", () => {
  const table = cells(`
                            200,201  302,307,308  400,401,403  404,409,422  408,429,500,502,503
    SUCCESS                 | Created  Unknown      Unknown      Unknown      Unknown
    ALREADY                 | Created  Unknown      Created      Created      Unknown
    SUCCESS, no data        | Unknown  Unknown      Unknown      Unknown      Unknown
    SUCCESS, half a preview | Unknown  Unknown      Unknown      Unknown      Unknown
    CONFLICT                | Conflict Unknown      Conflict     Conflict     Unknown
    CONFLICT, strange data  | Conflict Unknown      Conflict     Conflict     Unknown
    ACCESS_DENIED           | Refused  Unknown      Refused      Refused      Unknown
    INVALID_REQUEST         | Refused  Unknown      Refused      Refused      Unknown
    INTERNAL_ERROR          | Unknown  Unknown      Unknown      Unknown      Unknown
    another status          | Unknown  Unknown      Refused      Unknown      Unknown
    a key twice             | Unknown  Unknown      Refused      Unknown      Unknown
    empty                   | Unknown  Unknown      Refused      Unknown      Unknown
    null                    | Unknown  Unknown      Refused      Unknown      Unknown
    html                    | Unknown  Unknown      Refused      Unknown      Unknown
  `)

  it.effect.each(table)("$status with $name is $expected, after one request", ({ status, name, expected }) =>
    Effect.gen(function* () {
      const { result, seen } = yield* against(
        () => ({ status, body: bodies[name] ?? "", headers: { "retry-after": "1" } }),
        (client) => client.createOrder(order),
      )
      assert.strictEqual(Result.getOrThrow(result)._tag, expected)
      assert.lengthOf(seen, 1)
    }),
  )

  it.effect("an answer without content says nothing about the order", () =>
    Effect.gen(function* () {
      const { result } = yield* against(
        () => ({ status: 204, body: "" }),
        (client) => client.createOrder(order),
      )
      assert.strictEqual(Result.getOrThrow(result)._tag, "Unknown")
    }),
  )

  it.effect("reads ids that are numbers over 2^53, and any digits of seconds", () =>
    Effect.gen(function* () {
      const body = envelope("SUCCESS", preview({ createdDateTime: "2026-01-01T00:00:00.123456789Z" }))
      const { result } = yield* against(
        () => ({ status: 200, body: body.replace('"2703383946854401"', "10030467668508673") }),
        (client) => client.createOrder(order),
      )
      const outcome = Result.getOrThrow(result)
      assert.strictEqual(outcome._tag === "Created" && outcome.preview.id, "10030467668508673")
    }),
  )

  it.effect("sends the key, JSON and the ids as numbers, and no trace header", () =>
    Effect.gen(function* () {
      const { seen } = yield* against(
        () => ({ status: 500, body: "" }),
        (client) => client.createOrder(order),
      )
      assert.deepStrictEqual(seen, [
        {
          method: "POST",
          url: "https://pay.example/wpay/store-api/v1/order",
          headers: {
            accept: "application/json",
            "content-length": "163",
            "content-type": "application/json",
            "wpay-store-api-key": "store_key",
          },
          body:
            '{"amount":{"currencyCode":"USD","amount":"1.00"},"externalId":"inv_1","description":"A pot of tea",' +
            '"timeoutSeconds":3600,"customerTelegramUserId":9007199254740993}',
        },
      ])
    }).pipe(Effect.withSpan("parent")),
  )
})

describe("reading", () => {
  // "Value" is one of the three successes; a number says how many requests were made.
  const table = cells(`
                            200,201        302,307,308    400,401,403,404,409 408,429,500,502,503
    SUCCESS                 | Value:1        Unavailable:1  Refused:1           Unavailable:3
    SUCCESS, no data        | Unavailable:1  Unavailable:1  Refused:1           Unavailable:3
    SUCCESS, half a preview | Unavailable:1  Unavailable:1  Refused:1           Unavailable:3
    INVALID_REQUEST         | Refused:1      Unavailable:1  Refused:1           Unavailable:3
    INTERNAL_ERROR          | Unavailable:3  Unavailable:1  Refused:1           Unavailable:3
    CONFLICT                | Unavailable:1  Unavailable:1  Refused:1           Unavailable:3
    empty                   | Unavailable:1  Unavailable:1  Refused:1           Unavailable:3
    html                    | Unavailable:1  Unavailable:1  Refused:1           Unavailable:3
  `)

  it.effect.each(table)("$status with $name is $expected", ({ status, name, expected }) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(
        against(
          () => ({ status, body: bodies[name] ?? "" }),
          (client) => client.getPreview("2703383946854401"),
        ),
      )
      yield* TestClock.adjust("1 minute")
      const { result, seen } = yield* Fiber.join(fiber)
      const failure = Result.isSuccess(result) ? undefined : result.failure
      const outcome = failure?._tag.replace("Provider", "") ?? "Value"
      assert.strictEqual(`${outcome}:${seen.length}`, expected)
      const saysSo = outcome === "Refused" && (status === 404 || (status < 300 && name === "INVALID_REQUEST"))
      assert.strictEqual(failure?._tag === "ProviderRefused" && failure.noSuchOrder === true, saysSo)
    }),
  )

  it.effect("gives the preview, the lines and the count", () =>
    Effect.gen(function* () {
      const answers: Record<string, unknown> = {
        "/wpay/store-api/v1/order/preview?id=2703383946854401": preview(),
        "/wpay/store-api/v1/reconciliation/order-list?offset=3&count=2": { items: [{ id: 1 }, "strange"] },
        "/wpay/store-api/v1/reconciliation/order-amount": { totalAmount: 5 },
      }
      const { result, seen } = yield* against(
        ({ url }) => ({ status: 200, body: envelope("SUCCESS", answers[url.replace("https://pay.example", "")]) }),
        (client) =>
          Effect.all([client.getPreview("2703383946854401"), client.getOrderList(3, 2), client.getOrderAmount]),
      )
      const [order, lines, count] = Result.getOrThrow(result)
      assert.strictEqual(order.number, "9aeb581c")
      assert.deepStrictEqual(lines, [{ id: 1 }, "strange"])
      assert.strictEqual(count, 5)
      assert.deepStrictEqual(
        seen.map(({ method, body }) => ({ method, body })),
        Array.from({ length: 3 }, () => ({ method: "GET", body: "" })),
      )
    }),
  )

  it.effect(
    "does not believe an answer about another order, with more lines than asked for, or a count that is none",
    () =>
      Effect.gen(function* () {
        const wrong: ReadonlyArray<readonly [unknown, (client: Client.Client) => Effect.Effect<unknown, unknown>]> = [
          [preview({ id: "2703383946854400" }), (client) => client.getPreview("2703383946854401")],
          [{ items: [{}, {}, {}] }, (client) => client.getOrderList(0, 2)],
          [{ items: {} }, (client) => client.getOrderList(0, 2)],
          ...[-1, 1.5, "5", 2 ** 53, null].map(
            (totalAmount) => [{ totalAmount }, (client: Client.Client) => client.getOrderAmount] as const,
          ),
        ]
        for (const [data, use] of wrong) {
          const { result } = yield* against(() => ({ status: 200, body: envelope("SUCCESS", data) }), use)
          assert.isTrue(Result.isFailure(result), JSON.stringify(data))
        }
      }),
  )
})

describe("repeating reads", () => {
  /** Starts a read that meets `replies` in turn; gives how many requests were made as time goes by. */
  const reading = (replies: ReadonlyArray<Reply>) =>
    Effect.gen(function* () {
      const { seen, layer } = stub((_request, earlier) => replies[earlier] ?? { status: 500, body: "" })
      const fiber = yield* Client.make(config).pipe(
        Effect.flatMap((client) => client.getOrderAmount),
        Effect.result,
        Effect.provide(layer),
        Effect.forkChild,
      )
      const requestsAfter = (duration: Duration.Input) => Effect.map(TestClock.adjust(duration), () => seen.length)
      return { requestsAfter, result: Fiber.join(fiber) }
    })
  const fine: Reply = { status: 200, body: envelope("SUCCESS", { totalAmount: 7 }) }
  const busy = (retryAfter?: string): Reply => ({
    status: 429,
    body: "",
    headers: retryAfter === undefined ? {} : { "retry-after": retryAfter },
  })

  it.effect("waits longer each time, with jitter, and gives up after the third try", () =>
    Effect.gen(function* () {
      const { requestsAfter, result } = yield* reading([])
      assert.strictEqual(yield* requestsAfter("239 millis"), 1)
      assert.strictEqual(yield* requestsAfter("121 millis"), 2) // 300 ms ± 20 %
      assert.strictEqual(yield* requestsAfter("359 millis"), 2)
      assert.strictEqual(yield* requestsAfter("361 millis"), 3) // 600 ms ± 20 %
      assert.strictEqual(yield* requestsAfter("1 hour"), 3)
      assert.isTrue(Result.isFailure(yield* result))
    }),
  )

  it.effect("spreads the repeats of many clients", () =>
    Effect.gen(function* () {
      const firstDelay = (seed: string) =>
        Effect.gen(function* () {
          const { requestsAfter } = yield* reading([])
          let waitedMs = 0
          while ((yield* requestsAfter("10 millis")) === 1) waitedMs += 10
          return waitedMs
        }).pipe(Random.withSeed(seed))
      const delays = yield* Effect.forEach(["a", "b", "c", "d", "e"], firstDelay)
      assert.isAbove(new Set(delays).size, 2)
    }),
  )

  it.effect("takes the first good answer", () =>
    Effect.gen(function* () {
      const { requestsAfter, result } = yield* reading([busy(), fine])
      assert.strictEqual(yield* requestsAfter("1 hour"), 2)
      assert.deepStrictEqual(yield* result, Result.succeed(7))
    }),
  )

  it.effect.each(["7", " 7 ", "Thu, 01 Jan 1970 00:00:07 GMT"])("waits as long as Retry-After: %s says", (header) =>
    Effect.gen(function* () {
      const { requestsAfter, result } = yield* reading([busy(header), fine])
      assert.strictEqual(yield* requestsAfter("6999 millis"), 1)
      assert.strictEqual(yield* requestsAfter("2 millis"), 2)
      assert.deepStrictEqual(yield* result, Result.succeed(7))
    }),
  )

  it.effect.each(["11", "999999999999999999999", "Fri, 02 Jan 1970 00:00:00 GMT"])(
    "gives up at once when Retry-After: %s is far away",
    (header) =>
      Effect.gen(function* () {
        const { requestsAfter, result } = yield* reading([busy(header), fine])
        assert.strictEqual(yield* requestsAfter("0 millis"), 1)
        assert.isTrue(Result.isFailure(yield* result))
      }),
  )

  it.effect.each<[status: number, header: string | undefined, waitMs: number | undefined]>([
    [429, undefined, 0],
    [429, "3600", 3_600_000],
    [503, "60", 60_000],
    [503, undefined, undefined],
    [500, "soon", undefined],
    [400, "60", undefined],
  ])("tells of %s with Retry-After: %s for how long it asks to be left alone: %s", ([status, header, waitMs]) =>
    Effect.gen(function* () {
      const reply: Reply = { status, body: "", headers: header === undefined ? {} : { "retry-after": header } }
      const created = yield* against(
        () => reply,
        (client) => client.createOrder(order),
      )
      const outcome = yield* Effect.fromResult(created.result)
      assert.strictEqual(outcome._tag === "Unknown" ? outcome.retryAfterMs : undefined, waitMs)
      const read = yield* against(
        () => reply,
        (client) => Effect.provideService(client.getOrderAmount, Probing, true),
      )
      const error = yield* Effect.flip(Effect.fromResult(read.result))
      assert.strictEqual(error._tag === "ProviderUnavailable" ? error.retryAfterMs : undefined, waitMs)
      assert.strictEqual(read.seen.length, 1, "a look is one request")
    }),
  )

  it.effect.each(["", "soon", "-5", "1e9", "Thu, 01 Jan 1970 00:00:00 GMT"])(
    "ignores Retry-After: %s, which says nothing",
    (header) =>
      Effect.gen(function* () {
        const { requestsAfter, result } = yield* reading([busy(header), fine])
        assert.strictEqual(yield* requestsAfter("400 millis"), 2)
        assert.deepStrictEqual(yield* result, Result.succeed(7))
      }),
  )
})
