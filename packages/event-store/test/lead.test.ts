import { it } from "@effect/vitest"
import { Effect, Layer, Queue, Stream } from "effect"
import { TestClock } from "effect/testing"
import { assert } from "vitest"
import type { Database, Sql } from "../src/Database.ts"
import { EventStore, type RecordedEvent } from "../src/EventStore.ts"
import * as EventStoreMemory from "../src/EventStoreMemory.ts"
import { lead } from "../src/internal/lead.ts"

const event = (position: number): RecordedEvent => ({
  position: BigInt(position),
  stream: `s-${position}`,
  version: 1,
  id: "",
  type: "Happened",
  schemaVersion: 1,
  data: "{}",
  metadata: "{}",
  recordedAtMs: 0,
})

/** A server that lets every bookmark be moved, and has nothing parked. */
const query: Sql["query"] = ({ name }) =>
  // oxlint-disable-next-line no-unsafe-type-assertion -- rows of whatever is asked for
  Effect.succeed((name.startsWith("parked-among") ? [] : [{}]) as never)
const database: Database["Service"] = { query, transaction: (use) => use({ query }) }

/** A leader of a log to which `come` events come at each sign that it has grown; how many it applied at a time. */
const following = Effect.fnUntraced(function* (come: number) {
  const signs = yield* Queue.unbounded<void>()
  const applied: Array<number> = []
  let head = 0
  const store: EventStore["Service"] = {
    ...(yield* EventStore),
    changes: Stream.fromQueue(signs),
    readAll: (after) =>
      Effect.sync(() => Array.from({ length: head - Number(after) }, (_, n) => event(Number(after) + n + 1))),
  }
  const apply = (events: ReadonlyArray<RecordedEvent>) => Effect.sync(() => void applied.push(events.length))
  yield* Effect.forkChild(
    lead({ name: "f", apply }, { token: 1n, position: 0n }, { database, store, leaseMs: 3000, batch: 1000 }),
  )
  const grow = Effect.suspend(() => {
    head += come
    return Effect.andThen(Queue.offer(signs, undefined), Effect.repeat(Effect.yieldNow, { times: 50 }))
  })
  return { applied, grow }
})

const test = <A, E>(effect: Effect.Effect<A, E, EventStore>) =>
  effect.pipe(Effect.provide(EventStoreMemory.layer.pipe(Layer.fresh)))

it.effect("applies few events as soon as they come", () =>
  test(
    Effect.gen(function* () {
      const { applied, grow } = yield* following(5)
      yield* grow
      yield* grow
      yield* grow
      assert.deepStrictEqual(applied, [5, 5, 5])
    }),
  ),
)

it.effect("lets more events come when many do, for 50 ms", () =>
  test(
    Effect.gen(function* () {
      const { applied, grow } = yield* following(40)
      yield* grow
      yield* grow
      yield* grow
      assert.deepStrictEqual(applied, [40])
      yield* TestClock.adjust("49 millis")
      assert.deepStrictEqual(applied, [40])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(applied, [40, 80])
    }),
  ),
)
