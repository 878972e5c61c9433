import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { iso, second } from "../src/Instant.ts"
import { defaults } from "../src/Settings.ts"
import { Store } from "../src/Store.ts"
import { request, running } from "./merchant.ts"

describe("the simulator's time", () => {
  it.effect("expires an order when its lifetime is over, not a moment before, and announces it", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 24, 12))
      const { api, control, received } = yield* running()
      yield* api.create(request("tea-1", { timeoutSeconds: 60 }))
      yield* control.advance("59999 millis")
      assert.strictEqual((yield* control.order("tea-1")).state.status, "ACTIVE")
      yield* control.advance("1 millis")
      const { payload } = received[0]!.messages[0]!
      assert.strictEqual(payload["status"], "EXPIRED")
      assert.strictEqual(payload["orderCompletedDateTime"], "2026-11-24T12:01:00Z")
    }),
  )

  it("expired an order when its lifetime was over, however late that is noticed", () => {
    const store = new Store({ name: "s", apiKeys: [Redacted.make("k")], webhookUrl: undefined, mayCreateOrders: true })
    const fields = { ...request("tea-1", { timeoutSeconds: 60 }), timeoutSeconds: 60, customerTelegramUserId: "1" }
    store.create(fields, defaults.orders, () => ({ id: "1", number: "A" }), 0)
    assert.deepStrictEqual(
      store.expire(3600 * second).map(({ state }) => state),
      [{ status: "EXPIRED", at: 60 * second }],
    )
  })

  it.effect("follows Effect's clock by itself", () =>
    Effect.gen(function* () {
      const { api, control, received } = yield* running()
      yield* api.create(request("tea-1", { timeoutSeconds: 30 }))
      yield* TestClock.adjust("30 seconds")
      yield* control.idle
      assert.strictEqual(received[0]?.messages[0]?.type, "ORDER_FAILED")
    }),
  )

  it.effect("lets expiries and retries on the way happen in order, each at its own time", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 24, 12))
      const { api, control } = yield* running({ settings: { webhooks: { retryDelaysMs: [1000, 1000] } } }, [500])
      for (const [name, timeoutSeconds] of [
        ["late", 600],
        ["soon", 60],
        ["never", 864_000],
      ] as const)
        yield* api.create(request(name, { timeoutSeconds }))
      yield* control.advance("1 hour")
      const messages = Array.from((yield* control.world).messages.values())
      assert.deepStrictEqual(
        messages.map(({ attempts }) => attempts.map(({ at }) => at.slice(11, 19))),
        [
          ["12:01:00", "12:01:01", "12:01:02"],
          ["12:10:00", "12:10:01", "12:10:02"],
        ],
      )
      assert.strictEqual(iso(yield* control.now), "2026-11-24T13:00:00Z")
    }),
  )

  it.effect("lets an order be paid up to its last moment, and not after", () =>
    Effect.gen(function* () {
      const { api, control } = yield* running()
      for (const name of ["in-time", "too-late"]) yield* api.create(request(name, { timeoutSeconds: 60 }))
      yield* control.advance("59999 millis")
      yield* control.pay("in-time")
      yield* control.advance("1 millis")
      const refusal = yield* Effect.flip(control.pay("too-late"))
      assert.strictEqual(refusal.message, `order ${(yield* control.order("too-late")).id} is EXPIRED`)
    }),
  )

  it.effect("lets an open order be paid after its time without moving the clock of others", () =>
    Effect.gen(function* () {
      const { api, control, received } = yield* running()
      for (const name of ["late", "next"]) yield* api.create(request(name, { timeoutSeconds: 60 }))
      const before = yield* control.now
      const late = yield* control.pay("late", { late: true })
      yield* control.idle
      assert.strictEqual(yield* control.now, before)
      assert.deepInclude(late.state, { status: "PAID", at: late.expiresAt + second })
      assert.deepStrictEqual(
        received
          .flatMap(({ messages }) => messages)
          .map(({ type, payload }) => [type, payload["orderCompletedDateTime"]]),
        [
          ["ORDER_FAILED", iso(late.expiresAt)],
          ["ORDER_PAID", iso(late.expiresAt + second)],
        ],
      )
      const next = yield* control.pay("next")
      assert.deepInclude(next.state, { status: "PAID", at: before })
      // Nothing happens to it a second time when its time comes.
      yield* control.advance("2 minutes")
      assert.strictEqual((yield* control.order("late")).state.status, "PAID")
      assert.lengthOf(
        received.flatMap(({ messages }) => messages),
        3,
      )
    }),
  )

  it("prints a date with as many digits as it needs, which is why clients may not count them", () => {
    assert.strictEqual(iso(1_795_521_600_000_000), "2026-11-24T12:00:00Z")
    assert.strictEqual(iso(1_795_521_600_250_000), "2026-11-24T12:00:00.250Z")
    assert.strictEqual(iso(1_795_521_600_000_980), "2026-11-24T12:00:00.000980Z")
  })
})
