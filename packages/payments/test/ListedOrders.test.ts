import { assert, describe, it } from "@effect/vitest"
import * as Money from "@paylog/domain/Money"
import { type ListLine, PaymentProvider, ProviderRefused, ProviderUnavailable } from "@paylog/domain/PaymentProvider"
import * as ListedOrders from "@paylog/payments/ListedOrders"
import { DateTime, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { at } from "@paylog/payments/Samples"

const first = at("2026-03-01T00:00:00Z")
const minute = (n: number) => DateTime.add(first, { minutes: n })

/** Order n is created in minute n; of some lines nothing can be read. */
const lineOf = (index: number): ListLine =>
  index % 7 === 3
    ? { _tag: "NotUnderstood", index, externalId: undefined, reason: "strange" }
    : {
        _tag: "Understood",
        index,
        order: {
          externalId: `x-${index}`,
          orderId: `${index}`,
          status: "Active",
          orderAmount: Money.of("USD", 1n),
          createdAt: minute(index),
          expiresAt: minute(index + 30),
          payment: undefined,
        },
      }

interface Behaviour {
  readonly count: number
  /** What the list has, when it is not what was counted. */
  readonly ends?: number
  readonly fails?: (call: number) => ProviderUnavailable | ProviderRefused | undefined
}

const providerOf = ({ count, ends = count, fails = () => undefined }: Behaviour) => {
  const calls: Array<readonly [number, number]> = []
  const layer = Layer.mock(PaymentProvider)({
    name: "test",
    capabilities: {
      cancelOrder: false,
      refund: false,
      listOrders: true,
      payerMustBeKnown: false,
      shortestTimeoutSeconds: 1,
      longestTimeoutSeconds: 1,
    },
    count: Effect.succeed(count),
    list: (offset, wanted) =>
      Effect.suspend(() => {
        calls.push([offset, wanted])
        const failure = fails(calls.length)
        return failure === undefined
          ? Effect.succeed(
              Array.from({ length: Math.max(0, Math.min(wanted, ends - offset)) }, (_, n) => lineOf(offset + n)),
            )
          : Effect.fail(failure)
      }),
  })
  return { calls, layer }
}

const read = (behaviour: Behaviour, range: ListedOrders.Range = { from: undefined, until: undefined }) => {
  const { calls, layer } = providerOf(behaviour)
  return Effect.map(ListedOrders.read(range).pipe(Effect.provide(layer)), ({ lines, count }) => ({
    lines,
    count,
    calls,
  }))
}

describe("the provider's list", () => {
  it.effect("is read whole, in pages, up to the count at the start", () =>
    Effect.gen(function* () {
      const { lines, calls } = yield* read({ count: 1001, ends: 1500 })
      assert.deepStrictEqual(
        lines.map(({ index }) => index),
        Array.from({ length: 1001 }, (_, n) => n),
      )
      assert.deepStrictEqual(calls, [
        [0, 400],
        [400, 400],
        [800, 201],
      ])
      assert.deepStrictEqual((yield* read({ count: 0 })).lines, [])
    }),
  )

  it.effect("has every line of a range, with few calls and few others", () =>
    Effect.gen(function* () {
      for (const [from, until] of [
        [0, 10],
        [2999, 3001],
        [3000, 3400],
        [9990, 20_000],
        [20_000, 20_001],
      ] as const) {
        const { lines, calls } = yield* read({ count: 10_000 }, { from: minute(from), until: minute(until) })
        const indexes = new Set(lines.map(({ index }) => index))
        for (let index = from; index < Math.min(until, 10_000); index++) assert.isTrue(indexes.has(index), `${index}`)
        assert.isAtMost(calls.length, 17)
        assert.isAtMost(lines.length, until - from + 800)
      }
      for (let from = 0; from <= 101; from++) {
        const { lines } = yield* read({ count: 100 }, { from: minute(from), until: undefined })
        const missing = Array.from({ length: 100 }, (_, n) => n).filter(
          (index) => index >= from && lines.every((line) => line.index !== index),
        )
        assert.deepStrictEqual(missing, [], `from ${from}`)
      }
    }),
  )

  it.effect("is no list when it ends before its count", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read({ count: 500, ends: 450 }))
      assert.strictEqual(error.message, "The provider counts 500 orders, and its list ends after 450")
    }),
  )

  it.effect("is asked again no sooner than the provider says, within reason", () =>
    Effect.gen(function* () {
      for (const [asked, waited] of [
        [90_000, 90_000],
        [86_400_000, 300_000],
      ] as const) {
        const busy = new ProviderUnavailable({ provider: "test", reason: "HTTP 429", retryAfterMs: asked })
        const { calls, layer } = providerOf({ count: 10, fails: (call) => (call === 1 ? busy : undefined) })
        const reading = yield* Effect.forkChild(
          ListedOrders.read({ from: undefined, until: undefined }).pipe(Effect.provide(layer)),
        )
        yield* TestClock.adjust(waited - 1)
        const before = calls.length
        yield* TestClock.adjust(1)
        assert.lengthOf((yield* Fiber.join(reading)).lines, 10)
        assert.strictEqual(calls.length, before + 1)
      }
    }),
  )

  it.effect("is asked again for a while when the provider stumbles, and not when it refuses", () =>
    Effect.gen(function* () {
      const unavailable = new ProviderUnavailable({ provider: "test", reason: "HTTP 503" })
      const reading = yield* Effect.forkChild(
        read({ count: 500, fails: (call) => (call % 2 === 1 ? unavailable : undefined) }),
      )
      yield* TestClock.adjust("2 minutes")
      assert.lengthOf((yield* Fiber.join(reading)).lines, 500)
      const never = yield* Effect.forkChild(Effect.flip(read({ count: 500, fails: () => unavailable })))
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(yield* Fiber.join(never), unavailable)
      const refused = new ProviderRefused({ provider: "test", reason: "HTTP 401" })
      assert.strictEqual(yield* Effect.flip(read({ count: 500, fails: () => refused })), refused)
    }),
  )
})
