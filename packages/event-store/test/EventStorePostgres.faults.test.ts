/** The log under failures of the network and the server, and several processes at once. */
import { assert, layer } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer } from "effect"
import { everything, type Store, to } from "../src/conformance/law.ts"
import { proxyTo } from "./support/Proxy.ts"
import { storeAt } from "./support/stores.ts"
import { eventually, World } from "./support/World.ts"
import * as Workload from "./support/workload.ts"

/** Reads on until it has seen `count` events, and checks that it sees them all, in order. */
const follow = (store: Store, count: number) =>
  Effect.gen(function* () {
    let seen = 0n
    while (seen < count) {
      for (const event of yield* store.readAll(seen, 100)) {
        assert.strictEqual(event.position, seen + 1n)
        seen = event.position
      }
      yield* Effect.yieldNow
    }
  })

const live = { excludeTestServices: true }

layer(Layer.fresh(World.layer), live)("several processes", (it) => {
  it.effect(
    "append each event once, in one order, under the same keys, without a failing statement or a missed event",
    () =>
      Effect.gen(function* () {
        const { url } = yield* World
        yield* Effect.scoped(
          Effect.gen(function* () {
            const stores = yield* Effect.forEach([1, 2, 3], () => storeAt(url))
            const reader = yield* Effect.forkChild(follow(yield* storeAt(url), 3000))
            const { answered, repeats } = yield* Workload.run(stores, { count: 3000, callers: 64 })
            yield* Fiber.join(reader)
            yield* Workload.assertExact(yield* storeAt(url), answered)
            assert.strictEqual(repeats, 0)
            assert.ok(Workload.makers(answered).every((count) => count === 1))
          }),
        )
        assert.strictEqual(yield* Workload.rollbacks(url), 0)
      }),
  )
})

layer(Layer.fresh(World.layer), live)("a server out of reach", (it) => {
  it.effect("is reported in time when the network is silent, and found again by itself", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const proxy = yield* proxyTo(url)
      const timeouts = { connect: 500, answer: 600, statement: 500 }
      const store = yield* storeAt(proxy.url, { answerWithin: 1000, timeouts })
      yield* store.append(to("a", "none"))
      proxy.silence(true)
      const [elapsed, error] = yield* Effect.timed(Effect.flip(store.append(to("a", 1))))
      assert.deepStrictEqual(error._tag, "StoreUnavailable")
      assert.include(error.message, "no answer in time")
      assert.isBelow(Duration.toMillis(elapsed), 2000)
      proxy.silence(false)
      yield* eventually(Effect.exit(store.append(to("b", "none"))), (exit) => exit._tag === "Success", "5 seconds")
    }),
  )

  it.effect("is reported in time when it refuses connections, and found again by itself", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const proxy = yield* proxyTo(url)
      const store = yield* storeAt(proxy.url, { answerWithin: 700 })
      yield* store.append(to("r", "none"))
      proxy.refuse(true)
      for (const attempt of [store.append(to("r", 1)), Effect.asVoid(store.head), Effect.asVoid(everything(store))]) {
        const error = yield* Effect.flip(attempt)
        assert.strictEqual(error._tag, "StoreUnavailable")
      }
      proxy.refuse(false)
      yield* eventually(Effect.exit(store.append(to("r", "any"))), (exit) => exit._tag === "Success", "5 seconds")
      assert.isAbove(Number(yield* store.head), 1)
    }),
  )
})
