import { assert, it } from "@effect/vitest"
import {
  type OpenOutcome,
  PaymentProvider,
  Probing,
  ProviderRefused,
  ProviderUnavailable,
} from "@paylog/domain/PaymentProvider"
import { Circuit } from "@paylog/payments/Circuit"
import * as guarded from "@paylog/payments/guarded"
import { DateTime, Duration, Effect, Fiber, Layer, Metric } from "effect"
import { TestClock } from "effect/testing"
import { order } from "@paylog/payments/Samples"

type Health = "Well" | "Dead" | "Silent" | "Refusing" | { readonly busyForMs: number }

/** A provider whose health is told, and that remembers each call. */
const provider = (start: Health) => {
  const calls: Array<{ readonly what: string; readonly probing: boolean }> = []
  let health = start
  const answer = <A>(what: string, value: A) =>
    Effect.gen(function* () {
      calls.push({ what, probing: yield* Probing })
      if (health === "Well") return value
      if (health === "Silent") return yield* Effect.never
      if (health === "Refusing") return yield* new ProviderRefused({ provider: "test", reason: "wrong key" })
      if (health === "Dead") return yield* new ProviderUnavailable({ provider: "test", reason: "dead" })
      return yield* new ProviderUnavailable({ provider: "test", reason: "busy", retryAfterMs: health.busyForMs })
    })
  const made = PaymentProvider.of({
    name: "test",
    capabilities: {
      cancelOrder: false,
      refund: false,
      listOrders: true,
      payerMustBeKnown: true,
      shortestTimeoutSeconds: 30,
      longestTimeoutSeconds: 60,
    },
    open: () =>
      answer<OpenOutcome>("open", { _tag: "Opened", order: order(time) }).pipe(
        Effect.catchTags({
          ProviderRefused: () => Effect.succeed<OpenOutcome>({ _tag: "Refused", reason: "test" }),
          ProviderUnavailable: ({ reason, retryAfterMs }) =>
            Effect.succeed<OpenOutcome>({
              _tag: "Unknown",
              reason,
              ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
            }),
        }),
      ),
    get: () => answer("get", { order: order(time), status: "Active" as const }),
    list: () => answer("list", []),
    count: Effect.suspend(() => answer("count", 7)),
    verify: () => Effect.die("unused"),
  })
  return {
    calls,
    become: (next: Health) => void (health = next),
    layer: guarded.layer(Layer.succeed(PaymentProvider, made)),
  }
}

const time = DateTime.makeUnsafe(0)

const request = {
  externalId: "x",
  amount: { currency: "USD", scale: 2, minor: 1n },
  description: "xxxxx",
  timeoutSeconds: 30,
  payer: "1",
}
const open = PaymentProvider.use((provider) => provider.open(request))
const get = PaymentProvider.use((provider) => Effect.result(provider.get("1")))
const isOpen = Effect.map(
  Metric.value(Metric.withAttributes(guarded.isOpen, { provider: "test" })),
  ({ value }) => value,
)

it.effect("sends at most one call in 5 s to a provider that is dead for 10 minutes, and closes by itself", () => {
  const dead = provider("Dead")
  return Effect.gen(function* () {
    for (let second = 0; second < 600; second++) {
      yield* Effect.all([get, get, PaymentProvider.use((port) => Effect.result(port.list(0, 1)))])
      yield* TestClock.adjust("1 second")
    }
    assert.isAtMost(dead.calls.length, 6 + 600 / 5)
    assert.isAbove(dead.calls.length, 100)
    assert.isTrue(dead.calls.slice(6).every(({ probing }) => probing))
    assert.strictEqual(yield* isOpen, 1)

    dead.become("Well")
    yield* TestClock.adjust("5 seconds")
    assert.strictEqual((yield* get)._tag, "Success")
    assert.strictEqual(yield* isOpen, 0)
    const before = dead.calls.length
    yield* Effect.all([get, get, get])
    assert.strictEqual(dead.calls.length, before + 3)
    assert.isFalse(dead.calls.at(-1)?.probing)
  }).pipe(Effect.provide(dead.layer))
})

it.effect("opens by failures in a row, not by failures", () => {
  const mixed = provider("Well")
  return Effect.gen(function* () {
    for (let round = 0; round < 20; round++) {
      mixed.become(round % 5 === 4 ? "Well" : "Dead")
      yield* get
    }
    assert.strictEqual(mixed.calls.length, 20)
    mixed.become("Refusing")
    for (let round = 0; round < 20; round++) yield* get
    assert.strictEqual(mixed.calls.length, 40)
    assert.strictEqual(yield* isOpen, 0)
  }).pipe(Effect.provide(mixed.layer))
})

it.effect("leaves a provider alone at once when it asks for a pause, for as long as it says", () => {
  const busy = provider({ busyForMs: 30_000 })
  return Effect.gen(function* () {
    assert.deepStrictEqual(yield* open, { _tag: "Unknown", reason: "busy", retryAfterMs: 30_000 })
    yield* TestClock.adjust("29 seconds")
    const outcome = yield* open
    assert.deepStrictEqual(outcome, { _tag: "NotTried", retryAfterMs: 1000 })
    assert.strictEqual(busy.calls.length, 1)
    busy.become({ busyForMs: 0 })
    yield* TestClock.adjust("1 second")
    yield* get
    yield* TestClock.adjust("4 seconds")
    yield* get
    assert.strictEqual(busy.calls.length, 2)
    busy.become({ busyForMs: Duration.toMillis("3 days") })
    yield* TestClock.adjust("1 second")
    yield* get
    busy.become("Well")
    yield* TestClock.adjust("10 minutes")
    assert.strictEqual((yield* get)._tag, "Success")
  }).pipe(Effect.provide(busy.layer))
})

it.effect("never opens an order to look whether the provider answers", () => {
  const dead = provider("Dead")
  return Effect.gen(function* () {
    for (let tries = 0; tries < 5; tries++) assert.strictEqual((yield* open)._tag, "Unknown")
    for (let second = 0; second < 60; second++) {
      assert.strictEqual((yield* open)._tag, "NotTried")
      assert.strictEqual((yield* Effect.result(Circuit.use(({ admit }) => admit)))._tag, "Failure")
      yield* TestClock.adjust("1 second")
    }
    assert.deepStrictEqual([...new Set(dead.calls.slice(5).map(({ what }) => what))], ["count"])
    dead.become("Well")
    yield* TestClock.adjust("5 seconds")
    assert.strictEqual((yield* open)._tag, "Opened")
  }).pipe(Effect.provide(dead.layer))
})

it.effect("lets another call look when the one that looked was given up", () => {
  const dead = provider("Dead")
  return Effect.gen(function* () {
    for (let tries = 0; tries < 5; tries++) yield* get
    yield* TestClock.adjust("5 seconds")
    dead.become("Silent")
    const stuck = yield* Effect.forkChild(get)
    yield* TestClock.adjust("1 minute")
    yield* get
    assert.strictEqual(dead.calls.length, 6)
    yield* Fiber.interrupt(stuck)
    dead.become("Well")
    assert.strictEqual((yield* get)._tag, "Failure")
    yield* TestClock.adjust("5 seconds")
    assert.strictEqual((yield* get)._tag, "Success")
  }).pipe(Effect.provide(dead.layer))
})
