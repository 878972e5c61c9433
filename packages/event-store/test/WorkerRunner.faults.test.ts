import { assert, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Logger, Random } from "effect"
import { Database } from "../src/Database.ts"
import { layerListen } from "../src/Wakeups.ts"
import { run } from "../src/WorkerRunner.ts"
import { WorkQueue } from "../src/WorkQueue.ts"
import * as WorkQueuePostgres from "../src/WorkQueuePostgres.ts"
import { database, eventually, World } from "./support/World.ts"

it.live("has one worker at an item, and does what was asked last, though workers stall, die and come back", () =>
  Effect.gen(function* () {
    const queue = yield* WorkQueue
    const { transaction } = yield* Database
    const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`)
    /** What was asked of a key and, when handled, what the last handler saw. */
    const asked = new Map<string, number>()
    const done = new Map<string, number>()
    const inside = new Map<string, number>()
    let most = 0
    let stalls = 0

    const worker = Effect.provide(
      run({
        queue: "q",
        concurrency: 5,
        lease: "2 seconds",
        retry: { first: "20 millis", atMost: "200 millis" },
        handle: ({ key }) =>
          Effect.gen(function* () {
            const now = (inside.get(key) ?? 0) + 1
            inside.set(key, now)
            most = Math.max(most, now)
            const seen = asked.get(key) ?? 0
            const luck = yield* Random.next
            if (luck < 0.1) stalls++
            // A stall outlasts the lease; the runner stops it before that.
            yield* Effect.sleep(luck < 0.1 ? "3 seconds" : luck * 30)
            if (luck > 0.9) return yield* Effect.die(new Error("planted"))
            done.set(key, seen)
          }).pipe(Effect.ensuring(Effect.sync(() => inside.set(key, (inside.get(key) ?? 0) - 1)))),
      }),
      process,
      { local: true },
    )
    let workers = yield* Effect.all(Array.from({ length: 4 }, () => Effect.forkScoped(worker)))
    for (let round = 0; round < 60; round++) {
      const renewed = (yield* Random.shuffle(keys)).slice(0, 8)
      const now = yield* Clock.currentTimeMillis
      yield* transaction((sql) =>
        Effect.andThen(
          Effect.sync(() => renewed.forEach((key) => asked.set(key, (asked.get(key) ?? 0) + 1))),
          queue.add(
            sql,
            "q",
            renewed.map((key) => ({ key, dueAtMs: now })),
          ),
        ),
      )
      yield* Effect.sleep("40 millis")
      if (round % 10 === 9) {
        const [first, ...others] = workers
        if (first !== undefined) yield* Fiber.interrupt(first)
        workers = [...others, yield* Effect.forkScoped(worker)]
      }
    }
    yield* eventually(queue.status, (queues) => queues.length === 0, "60 seconds")
    assert.deepStrictEqual(done, asked)
    assert.strictEqual(most, 1)
    assert.isAbove(stalls, 10)
  }).pipe(
    Effect.scoped,
    Effect.provide(process.pipe(Layer.provideMerge(World.layer), Layer.provideMerge(Logger.layer([])))),
  ),
)

const process = Layer.unwrap(
  Effect.map(World, ({ url }) =>
    WorkQueuePostgres.layer.pipe(Layer.provide(layerListen(url)), Layer.provideMerge(database(url))),
  ),
)
