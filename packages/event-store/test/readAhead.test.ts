import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { type RecordedEvent, StoreUnavailable } from "../src/EventStore.ts"
import { readAhead } from "../src/internal/readAhead.ts"

const event = (position: number): RecordedEvent => ({
  position: BigInt(position),
  stream: "a",
  version: position,
  id: "",
  type: "Happened",
  schemaVersion: 1,
  data: "{}",
  metadata: "{}",
  recordedAtMs: 0,
})

/** A log of so many events, and the positions after which it was read. */
const world = (events: number) => {
  const asked: Array<bigint> = []
  const log = { events, fails: false }
  const readAll = (after: bigint, limit: number) =>
    Effect.suspend(() => {
      asked.push(after)
      if (log.fails) return Effect.fail(new StoreUnavailable({ reason: "test" }))
      const count = Math.max(0, Math.min(limit, log.events - Number(after)))
      return Effect.succeed(Array.from({ length: count }, (_, index) => event(Number(after) + index + 1)))
    })
  return { asked, log, readAll }
}

const positions = (page: ReadonlyArray<RecordedEvent>) => page.map(({ position }) => Number(position))

describe("reading ahead", () => {
  it.effect("asks for the next page while the last one is worked on, until one is not full", () =>
    Effect.gen(function* () {
      const { asked, readAll } = world(5)
      const read = yield* readAhead(readAll, 2, 1)
      assert.deepStrictEqual(positions(yield* read(0n)), [1, 2])
      yield* Effect.yieldNow
      assert.deepStrictEqual(asked, [0n, 2n])
      assert.deepStrictEqual(positions(yield* read(2n)), [3, 4])
      assert.deepStrictEqual(positions(yield* read(4n)), [5])
      yield* Effect.yieldNow
      assert.deepStrictEqual(asked, [0n, 2n, 4n])
    }),
  )

  it.effect("keeps as many pages under way as it is told to, and none after one that is not full", () =>
    Effect.gen(function* () {
      const { asked, log, readAll } = world(7)
      const read = yield* readAhead(readAll, 2, 2)
      assert.deepStrictEqual(positions(yield* read(0n)), [1, 2])
      yield* Effect.yieldNow
      assert.deepStrictEqual(asked, [0n, 2n, 4n])
      assert.deepStrictEqual(positions(yield* read(2n)), [3, 4])
      yield* Effect.yieldNow
      assert.deepStrictEqual(asked, [0n, 2n, 4n, 6n])
      assert.deepStrictEqual(positions(yield* read(4n)), [5, 6])
      // What was written since it was asked for is not in it: that is read the next time.
      log.events = 9
      assert.deepStrictEqual(positions(yield* read(6n)), [7])
      assert.deepStrictEqual(positions(yield* read(7n)), [8, 9])
    }),
  )

  it.effect("reads anew from where it is asked to, and after what failed", () =>
    Effect.gen(function* () {
      const { asked, log, readAll } = world(6)
      const read = yield* readAhead(readAll, 2, 1)
      yield* read(0n)
      assert.deepStrictEqual(positions(yield* read(1n)), [2, 3])
      yield* Effect.yieldNow
      log.fails = true
      yield* read(3n)
      // The page after 5 was asked for, and the log was out of reach.
      yield* Effect.yieldNow
      assert.strictEqual((yield* Effect.flip(read(5n))).reason, "test")
      log.fails = false
      assert.deepStrictEqual(positions(yield* read(5n)), [6])
      assert.deepStrictEqual(asked.slice(-2), [5n, 5n])
    }),
  )

  it.effect("leaves no read behind", () =>
    Effect.gen(function* () {
      const { readAll } = world(4)
      const gone = yield* Deferred.make<void>()
      const slow = (after: bigint, limit: number) =>
        after === 0n ? readAll(after, limit) : Effect.onInterrupt(Effect.never, () => Deferred.succeed(gone, undefined))
      const fiber = yield* Effect.forkChild(
        Effect.scoped(Effect.flatMap(readAhead(slow, 2, 1), (read) => Effect.andThen(read(0n), Effect.yieldNow))),
      )
      yield* Fiber.join(fiber)
      yield* Deferred.await(gone)
    }),
  )
})
