import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { setImmediate } from "node:timers/promises"
import { call, request, running } from "./merchant.ts"

/** A simulator with these faults queued over its control API. */
const faulty = Effect.fnUntraced(function* (...faults: ReadonlyArray<object>) {
  const { api, control } = yield* running()
  const queued = yield* call("POST", `${control.baseUrl}/simulator/faults`, JSON.stringify(faults))
  assert.strictEqual(queued.code, 200, queued.text)
  const create = api.create(request("tea-1"))
  const orders = Effect.map(control.world, ({ stores }) => stores.get("default")!.orders.length)
  return { api, control, create, orders }
})

/** Fails when the connection is cut before an answer. */
const isCut = <A>(effect: Effect.Effect<A>) =>
  Effect.map(Effect.exit(effect), (exit) => Exit.isFailure(exit) && Cause.hasDies(exit.cause))

describe("a fault", () => {
  for (const when of ["before", "after"] as const) {
    const opened = when === "after" ? 1 : 0
    it.effect(`answers 500 or 429 ${when} the order is created`, () =>
      Effect.gen(function* () {
        for (const code of [500, 429]) {
          const { create, orders, api } = yield* faulty({
            on: "create",
            when,
            kind: "answer",
            code,
            headers: { "retry-after": "3" },
          })
          const answer = yield* create
          assert.strictEqual(answer.code, code)
          assert.strictEqual(answer.headers.get("retry-after"), "3")
          assert.strictEqual(yield* orders, opened)
          // The identical request settles what became of the first.
          assert.strictEqual((yield* api.create(request("tea-1"))).json.status, opened === 1 ? "ALREADY" : "SUCCESS")
        }
      }),
    )

    it.effect(`cuts the connection ${when} the order is created`, () =>
      Effect.gen(function* () {
        const { create, orders } = yield* faulty({ on: "create", when, kind: "reset" })
        assert.isTrue(yield* isCut(create))
        assert.strictEqual(yield* orders, opened)
      }),
    )

    it.effect(`never answers ${when} the order is created, until the client gives up`, () =>
      Effect.gen(function* () {
        const { create, control, orders } = yield* faulty({ on: "create", when, kind: "stall" })
        const call = yield* Effect.forkChild(create)
        const isTaken = Effect.map(
          control.world,
          ({ faults, stores }) => faults.length === 0 && stores.get("default")!.orders.length === opened,
        )
        yield* Effect.repeat(
          Effect.andThen(
            Effect.promise(() => setImmediate()),
            isTaken,
          ),
          { until: (taken) => taken },
        )
        yield* TestClock.adjust("1 hour")
        assert.isUndefined(call.pollUnsafe())
        yield* Fiber.interrupt(call)
        assert.strictEqual(yield* orders, opened)
      }),
    )
  }

  it.effect("can hold a connection for a while and then cut it", () =>
    Effect.gen(function* () {
      const { create, orders } = yield* TestClock.withLive(
        faulty({ on: "create", when: "after", kind: "stall", ms: 20 }),
      )
      assert.isTrue(yield* isCut(create))
      assert.strictEqual(yield* orders, 1)
    }),
  )

  it.effect("can be an answer of any body", () =>
    Effect.gen(function* () {
      const { create } = yield* faulty({ kind: "answer", code: 200, body: `{"status":"INTERNAL_ERROR"}` })
      const answer = yield* create
      assert.strictEqual(`${answer.code} ${answer.json.status}`, "200 INTERNAL_ERROR")
    }),
  )

  it.effect("can be an answer that is cut in half, huge, late, or dripping", () =>
    Effect.gen(function* () {
      const { create, api } = yield* TestClock.withLive(
        faulty(
          { on: "create", when: "after", kind: "malformed" },
          { on: "create", kind: "huge", bytes: 1_000_000 },
          { on: "count", kind: "delay", ms: 10 },
          { on: "count", kind: "drip", ms: 1 },
        ),
      )
      const half = yield* create
      assert.strictEqual(half.code, 200)
      assert.match(half.text, /^\{"status":"SUCCESS","data":\{"id":"/)
      assert.throws(() => JSON.parse(half.text))
      const huge = yield* create
      assert.lengthOf(huge.text, 1_000_000)
      assert.strictEqual(JSON.parse(huge.text).status, "SUCCESS")
      for (const _ of ["delay", "drip"])
        assert.deepStrictEqual((yield* api.count).json, { status: "SUCCESS", data: { totalAmount: 1 } })
    }),
  )

  it.effect("can lay other values over the true answer, each line of a list included", () =>
    Effect.gen(function* () {
      const { api, create } = yield* faulty(
        { on: "create", kind: "overlay", json: { data: { id: 7, amount: { amount: "0.01" } } } },
        { on: "list", kind: "overlay", json: { data: { items: { status: "REFUNDED" } } } },
      )
      const { data } = (yield* create).json
      assert.strictEqual(data?.["id"], 7)
      assert.deepStrictEqual(data?.["amount"], { currencyCode: "USD", amount: "0.01" })
      yield* api.create(request("tea-2"))
      const { text } = yield* api.list(0, 10)
      assert.deepStrictEqual(text.match(/"status":"REFUNDED"/g)?.length, 2)
      assert.match(text, /"id":100304[0-9]{11},/)
    }),
  )

  it.effect("waits for the call that it is for, and happens as often as it says", () =>
    Effect.gen(function* () {
      const { api, control } = yield* faulty(
        { on: "list", kind: "answer", code: 500, times: 2 },
        { kind: "answer", code: 503 },
      )
      assert.strictEqual((yield* api.count).code, 503)
      assert.strictEqual((yield* api.count).code, 200)
      assert.deepStrictEqual(
        [(yield* api.list(0, 1)).code, (yield* api.list(0, 1)).code, (yield* api.list(0, 1)).code],
        [500, 500, 200],
      )
      yield* control.inject({ on: "any", when: "before", times: 1, kind: "answer", code: 500 })
      assert.strictEqual((yield* call("DELETE", `${control.baseUrl}/simulator/faults`)).code, 200)
      assert.strictEqual((yield* api.count).code, 200)
    }),
  )

  it.effect("is not used up by a call without a key", () =>
    Effect.gen(function* () {
      const { api, control } = yield* faulty({ kind: "answer", code: 500 })
      yield* call("GET", `${control.baseUrl}/wpay/store-api/v1/reconciliation/order-amount`)
      assert.strictEqual((yield* api.count).code, 500)
    }),
  )

  it.live("does not keep the simulator from ending", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { create, orders } = yield* faulty({ on: "create", when: "after", kind: "stall" })
        yield* Effect.forkDetach(Effect.ignoreCause(create))
        yield* Effect.repeat(
          Effect.andThen(
            Effect.promise(() => setImmediate()),
            orders,
          ),
          { until: (opened) => opened === 1 },
        )
      }),
    ),
  )
})
