import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import type { Database } from "../src/Database.ts"
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
})
