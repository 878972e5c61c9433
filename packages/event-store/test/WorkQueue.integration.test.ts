import { assert, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Layer, type Redacted, Result } from "effect"
import { Database } from "../src/Database.ts"
import { layerListen, layerPolling } from "../src/Wakeups.ts"
import { type WorkItem, WorkQueue } from "../src/WorkQueue.ts"
import * as WorkQueuePostgres from "../src/WorkQueuePostgres.ts"
import { observed, sessionless } from "./support/Sabotage.ts"
import { database, eventually, settled, World } from "./support/World.ts"

it.live("gives an item to one worker at a time, and only when it is due", () =>
  test(
    Effect.gen(function* () {
      const queue = yield* WorkQueue
      const keys = Array.from({ length: 400 }, (_, index) => String(index))
      yield* add(["later", -60_000], ...keys.map((key) => [key, 0] as const))
      const worker = Effect.gen(function* () {
        const mine: Array<string> = []
        while (true) {
          const items = yield* queue.claim("q", 7, "1 minute")
          if (items.length === 0) return mine
          mine.push(...items.map(keyOf))
        }
      })
      const workers = yield* Effect.all([worker, worker, worker, worker], { concurrency: 4 })
      assert.deepStrictEqual(workers.flat().toSorted(), keys.toSorted())
    }),
  ),
)

it.live("is in order of due time within a claim", () =>
  test(
    Effect.gen(function* () {
      const queue = yield* WorkQueue
      yield* add(["third", 10], ["first", 1000], ["second", 100])
      assert.deepStrictEqual((yield* queue.claim("q", 9, "1 minute")).map(keyOf), ["first", "second", "third"])
    }),
  ),
)

it.live("hands an item on when its lease runs out, and refuses what the first worker does late", () =>
  test(
    Effect.gen(function* () {
      const queue = yield* WorkQueue
      yield* add(["a", 0])
      const [first] = yield* queue.claim("q", 1, "50 millis")
      const [second] = yield* eventually(queue.claim("q", 1, "1 minute"), (items) => items.length === 1)
      assert.strictEqual(first?.attempts, 0)
      assert.strictEqual(second?.attempts, 1)
      assert.isFalse(yield* queue.complete(known(first)))
      assert.isFalse(yield* queue.retryAt(known(first), 0, "late"))
      assert.isTrue(yield* queue.complete(known(second)))
      assert.deepStrictEqual(yield* queue.status, [])
    }),
  ),
)

it.live("refuses a late answer also when the item was completed and added again in between", () =>
  test(
    Effect.gen(function* () {
      const queue = yield* WorkQueue
      yield* add(["a", 0])
      const [stalled] = yield* queue.claim("q", 1, "0 millis")
      const [other] = yield* queue.claim("q", 1, "1 minute")
      yield* queue.complete(known(other))
      yield* add(["a", 0])
      const [anew] = yield* queue.claim("q", 1, "1 minute")
      assert.isFalse(yield* queue.complete(known(stalled)))
      assert.isTrue(yield* queue.complete(known(anew)))
    }),
  ),
)

it.live("keeps an item that is renewed while it is claimed: with its worker until that answers, then due anew", () =>
  test(
    Effect.gen(function* () {
      const queue = yield* WorkQueue
      for (const answer of [queue.complete, (item: WorkItem) => queue.retryAt(item, Infinity, "no")]) {
        yield* add(["a", 0])
        const [first] = yield* queue.claim("q", 1, "1 minute")
        yield* add(["a", 0])
        assert.deepStrictEqual(yield* queue.claim("q", 1, "1 minute"), [])
        assert.isFalse(yield* answer(known(first)))
        const [second] = yield* queue.claim("q", 1, "1 minute")
        assert.deepInclude(second, { key: "a", attempts: 0 })
        assert.isTrue(yield* queue.complete(known(second)))
      }
    }),
  ),
)

it.live("gives an item back until it is due again, and counts the attempts and their reasons", () =>
  test(
    Effect.gen(function* () {
      const queue = yield* WorkQueue
      yield* add(["a", 0], ["b", 5000])
      for (const item of yield* queue.claim("q", 2, "1 minute")) {
        yield* queue.retryAt(item, item.key === "a" ? 0 : (yield* Clock.currentTimeMillis) + 60_000, "Busy")
      }
      const [a, ...others] = yield* queue.claim("q", 2, "1 minute")
      assert.deepInclude(a, { key: "a", attempts: 1 })
      assert.deepStrictEqual(others, [])
      const [status] = yield* queue.status
      assert.deepInclude(status, { queue: "q", items: 2n, held: 1n, failing: 1n, reasons: "Busy" })
      yield* add(["a", 0], ["b", 0])
      const [renewed] = yield* queue.status
      assert.deepInclude(
        renewed,
        { queue: "q", items: 2n, failing: 0n, reasons: "" },
        "what is added anew has not failed",
      )
    }),
  ),
)

it.live("adds with the caller's transaction or not at all; of a key given twice the earlier time counts", () =>
  test(
    Effect.gen(function* () {
      const queue = yield* WorkQueue
      const { transaction } = yield* Database
      const now = yield* Clock.currentTimeMillis
      const failed = yield* transaction((sql) =>
        Effect.andThen(queue.add(sql, "q", [{ key: "a", dueAtMs: now }]), Effect.fail("changed my mind")),
      ).pipe(Effect.result)
      assert.isTrue(Result.isFailure(failed))
      assert.deepStrictEqual(yield* queue.status, [])
      yield* transaction((sql) =>
        queue.add(sql, "q", [
          { key: "a", dueAtMs: now + 60_000 },
          { key: "a", dueAtMs: now - 1 },
        ]),
      )
      assert.deepStrictEqual((yield* queue.claim("q", 2, "1 minute")).map(keyOf), ["a"])
    }),
  ),
)

it.live("lets two transactions renew the same keys in opposite orders without a deadlock", () =>
  test(
    Effect.gen(function* () {
      const queue = yield* WorkQueue
      const { transaction } = yield* Database
      const keys = Array.from({ length: 50 }, (_, index) => ({ key: String(index), dueAtMs: 0 }))
      yield* Effect.forEach(
        Array.from({ length: 40 }, (_, index) => index),
        (index) => transaction((sql) => queue.add(sql, "q", index % 2 === 0 ? keys : keys.toReversed())),
        { concurrency: 4 },
      )
      assert.strictEqual((yield* queue.status)[0]?.items, 50n)
    }),
  ),
)

it.live("wakes a waiting worker when the adding transaction commits, and when an item comes due", () => {
  let looks = 0
  const counting: typeof database = (url) =>
    observed(database(url), ({ name }) => {
      if (name.startsWith("next-due")) looks++
    })
  return test(
    Effect.gen(function* () {
      const queue = yield* WorkQueue
      const waits = Effect.timed(queue.awaitDue("q", "20 seconds"))
      const fiber = yield* Effect.forkChild(waits)
      // It has looked at the start, and when the connection that listens was there.
      yield* settled(Effect.sync(() => looks))
      yield* add(["a", 0], ["b", -500])
      const [committed] = yield* Fiber.join(fiber)
      assert.isBelow(Duration.toMillis(committed), 5000)
      assert.deepStrictEqual((yield* queue.claim("q", 2, "1 minute")).map(keyOf), ["a"])
      const [due] = yield* waits
      assert.isBelow(Duration.toMillis(due), 5000)
      assert.deepStrictEqual((yield* queue.claim("q", 2, "1 minute")).map(keyOf), ["b"])
    }),
    (url) => layerListen(url, "1 hour"),
    counting,
  )
})

it.live("needs nothing of a session", () =>
  test(
    Effect.gen(function* () {
      const queue = yield* WorkQueue
      yield* add(["a", 0], ["b", 0])
      const [a, b] = yield* queue.claim("q", 2, "1 minute")
      assert.isTrue(yield* queue.complete(known(a)))
      assert.isTrue(yield* queue.retryAt(known(b), 0, "again"))
      yield* queue.awaitDue("q", "1 minute")
      assert.strictEqual((yield* queue.status)[0]?.items, 1n)
    }),
    undefined,
    sessionless,
  ),
)

const keyOf = (item: WorkItem) => item.key

const known = (item: WorkItem | undefined): WorkItem => {
  if (item === undefined) throw new Error("Nothing was claimed")
  return item
}

/** Items of the queue "q", each with how many milliseconds ago it was due. */
const add = Effect.fnUntraced(function* (...items: ReadonlyArray<readonly [key: string, agoMs: number]>) {
  const queue = yield* WorkQueue
  const { transaction } = yield* Database
  const now = yield* Clock.currentTimeMillis
  yield* transaction((sql) =>
    queue.add(
      sql,
      "q",
      items.map(([key, agoMs]) => ({ key, dueAtMs: now - agoMs })),
    ),
  )
})

const test = <A, E>(
  effect: Effect.Effect<A, E, Database | WorkQueue>,
  wakeups: (url: Redacted.Redacted) => ReturnType<typeof layerListen> = () => layerPolling("100 millis"),
  over = database,
) =>
  effect.pipe(
    Effect.provide(
      Layer.unwrap(
        Effect.map(World, ({ url }) =>
          WorkQueuePostgres.layer.pipe(Layer.provide(wakeups(url)), Layer.provideMerge(over(url))),
        ),
      ).pipe(Layer.provide(World.layer)),
    ),
  )
