import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { Database } from "../src/Database.ts"
import { StoreUnavailable } from "../src/EventStore.ts"
import * as StreamReads from "../src/internal/streamReads.ts"

/** Asks for `streams` streams at once, of a server that answers when it has `together` queries; the streams of each query. */
const queries = (streams: number, together: number) =>
  Effect.gen(function* () {
    const asked: Array<number> = []
    const all = yield* Deferred.make<void>()
    const database: Pick<Database["Service"], "query"> = {
      query: (_, values) =>
        Effect.gen(function* () {
          const names = values?.[0]
          asked.push(Array.isArray(names) ? names.length : 0)
          if (asked.length === together) yield* Deferred.succeed(all, undefined)
          yield* Deferred.await(all)
          return []
        }),
    }
    const read = StreamReads.make({ ...database, transaction: () => Effect.die("none") })
    yield* Effect.forEach(Array.from({ length: streams }), (_, index) => read(`s${index % 300}`, 1), {
      concurrency: "unbounded",
    })
    return asked
  })

describe("reads of streams that are asked for together", () => {
  it.effect("are one query when they are few", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* queries(31, 1), [31])
    }),
  )

  it.effect("are two at once when they are many, each with half of the streams", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* queries(65, 2), [32, 33])
    }),
  )

  it.effect("wait while two are under way, and are then one query; not for longer than a second", () =>
    Effect.gen(function* () {
      const asked: Array<{ readonly streams: number; readonly answer: Deferred.Deferred<void, StoreUnavailable> }> = []
      const database: Pick<Database["Service"], "query"> = {
        query: (_, values) =>
          Effect.suspend(() => {
            const names = values?.[0]
            const answer = Deferred.makeUnsafe<void, StoreUnavailable>()
            asked.push({ streams: Array.isArray(names) ? names.length : 0, answer })
            return Effect.as(Deferred.await(answer), [])
          }),
      }
      const read = StreamReads.make({ ...database, transaction: () => Effect.die("none") })
      const ask = Effect.fnUntraced(function* (stream: string) {
        const fiber = yield* Effect.forkChild(Effect.exit(read(stream, 1)))
        for (let turn = 0; turn < 5; turn++) yield* Effect.yieldNow
        return fiber
      })
      const sizes = () => asked.map(({ streams }) => streams)
      yield* ask("a")
      const second = yield* ask("b")
      for (const stream of ["c", "d", "e"]) yield* ask(stream)
      assert.deepStrictEqual(sizes(), [1, 1])
      yield* Deferred.fail(asked[0]!.answer, new StoreUnavailable({ reason: "test" }))
      for (let turn = 0; turn < 5; turn++) yield* Effect.yieldNow
      assert.deepStrictEqual(sizes(), [1, 1, 3])
      for (const stream of ["f", "g"]) yield* ask(stream)
      assert.deepStrictEqual(sizes(), [1, 1, 3])
      yield* Fiber.interrupt(second)
      yield* Deferred.succeed(asked[1]!.answer, undefined)
      for (let turn = 0; turn < 5; turn++) yield* Effect.yieldNow
      assert.deepStrictEqual(sizes(), [1, 1, 3, 2])
      yield* ask("h")
      yield* TestClock.adjust("1 second")
      for (let turn = 0; turn < 5; turn++) yield* Effect.yieldNow
      assert.deepStrictEqual(sizes(), [1, 1, 3, 2, 1])
    }),
  )
})
