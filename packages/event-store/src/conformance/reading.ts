/** Laws of reading and subscribing. */
import { Deferred, Effect, Fiber, Stream } from "effect"
import assert from "node:assert/strict"
import { everything, law, several, type Store, to, together, versionsOf } from "./law.ts"

const positions = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => BigInt(from + n))

const take = (store: Store, after: bigint, count: number) =>
  store.subscribe(after).pipe(
    Stream.map((event) => event.position),
    Stream.take(count),
    Stream.runCollect,
    Effect.timeout("20 seconds"),
  )

export const reading = [
  law(
    "finds an empty log empty",
    Effect.fnUntraced(function* (store) {
      assert.equal(yield* store.head, 0n)
      assert.deepEqual(yield* store.readAll(0n, 10), [])
      assert.deepEqual(yield* store.readStream("a"), [])
      assert.deepEqual(yield* store.readStream("a", { direction: "Backwards" }), [])
    }),
  ),

  law(
    "reads a stream forwards and backwards, from a version, up to a limit",
    Effect.fnUntraced(function* (store) {
      yield* store.append(to("a", "none", ...several(3)))
      yield* store.append(to("b", "none", ...several(2)))
      yield* store.append(to("a", 3, ...several(2)))
      const read = (options: Parameters<Store["readStream"]>[1]) =>
        Effect.map(store.readStream("a", options), versionsOf)
      assert.deepEqual(yield* read({}), [1, 2, 3, 4, 5])
      assert.deepEqual(yield* read({ from: 3 }), [3, 4, 5])
      assert.deepEqual(yield* read({ from: 2, limit: 2 }), [2, 3])
      assert.deepEqual(yield* read({ limit: 2 }), [1, 2])
      assert.deepEqual(yield* read({ limit: 0 }), [])
      assert.deepEqual(yield* read({ from: 6 }), [])
      assert.deepEqual(yield* read({ direction: "Backwards" }), [5, 4, 3, 2, 1])
      assert.deepEqual(yield* read({ direction: "Backwards", limit: 1 }), [5])
      assert.deepEqual(yield* read({ direction: "Backwards", from: 3 }), [3, 2, 1])
      assert.deepEqual(yield* read({ direction: "Backwards", from: 4, limit: 2 }), [4, 3])
      assert.deepEqual(yield* read({ direction: "Backwards", from: 9 }), [5, 4, 3, 2, 1])
      assert.deepEqual(yield* read({ direction: "Backwards", from: 0 }), [])
    }),
  ),

  law(
    "reads all streams in order of position, after one, up to a limit",
    Effect.fnUntraced(function* (store) {
      for (const stream of ["a", "b", "a", "c"]) yield* store.append(to(stream, "any", ...several(2)))
      const read = (after: bigint, limit: number) =>
        Effect.map(store.readAll(after, limit), (events) => events.map((event) => event.position))
      assert.deepEqual(yield* read(0n, 100), positions(1, 8))
      assert.deepEqual(yield* read(0n, 3), positions(1, 3))
      assert.deepEqual(yield* read(5n, 2), positions(6, 7))
      assert.deepEqual(yield* read(8n, 2), [])
      assert.deepEqual(yield* read(99n, 2), [])
      assert.equal(yield* store.head, 8n)
      const a = (yield* store.readAll(0n, 100)).filter((event) => event.stream === "a")
      assert.deepEqual(a, yield* store.readStream("a"))
    }),
  ),

  law(
    "subscribes from the beginning, or from the middle, and goes on with what is appended later",
    Effect.fnUntraced(function* (store) {
      yield* store.append(to("a", "any", ...several(5)))
      const all = yield* Effect.forkChild(take(store, 0n, 9))
      const some = yield* Effect.forkChild(take(store, 3n, 6))
      const later = yield* Effect.forkChild(take(store, 7n, 2))
      yield* store.append(to("b", "any", ...several(2)))
      yield* store.append(to("a", "any", ...several(2)))
      assert.deepEqual(yield* Fiber.join(all), positions(1, 9))
      assert.deepEqual(yield* Fiber.join(some), positions(4, 9))
      assert.deepEqual(yield* Fiber.join(later), positions(8, 9))
    }),
  ),

  law(
    "subscribes without gap, repetition or disorder while many append",
    Effect.fnUntraced(function* (store) {
      const count = 1500
      const readers = yield* Effect.forkChild(
        Effect.forEach([0n, 0n, 700n], (after) => take(store, after, count - Number(after)), together),
      )
      yield* Effect.forEach(
        Array.from({ length: count / 2 }, (_, n) => `s-${n % 17}`),
        (stream) => store.append(to(stream, "any", ...several(2))),
        { concurrency: 24 },
      )
      assert.deepEqual(yield* Fiber.join(readers), [positions(1, count), positions(1, count), positions(701, count)])
      assert.equal((yield* everything(store)).length, count)
    }),
  ),

  law(
    "reports a change at once, and again after an append",
    Effect.fnUntraced(function* (store) {
      const first = yield* Deferred.make<void>()
      const grown = yield* store.changes.pipe(
        Stream.tap(() => Deferred.succeed(first, undefined)),
        Stream.mapEffect(() => store.head),
        Stream.filter((head) => head > 0n),
        Stream.runHead,
        Effect.timeout("20 seconds"),
        Effect.forkChild,
      )
      yield* Deferred.await(first)
      yield* store.append(to("a", "any"))
      assert.deepEqual((yield* Fiber.join(grown))._tag, "Some")
    }),
  ),
]
