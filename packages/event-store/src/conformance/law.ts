/** What the laws are made of. */
import { Effect, type Scope } from "effect"
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import {
  type Append,
  type AppendError,
  EventStore,
  type ExpectedVersion,
  type NewEvent,
  type RecordedEvent,
  type VersionConflict,
} from "../EventStore.ts"
import { openWindow } from "./window.ts"

export type Store = EventStore["Service"]

/** One promise of the port, and a check that throws or fails when an implementation does not keep it. */
export interface Law {
  /** A sentence. */
  readonly title: string
  /** Needs a log that nobody else appends to meanwhile, and real time: it may wait for another fiber. */
  readonly check: Effect.Effect<void, unknown, EventStore>
}

/** A law sees a log that looks empty; `whole` is the log as it is. */
export const law = <E>(
  title: string,
  check: (store: Store, whole: Store) => Effect.Effect<void, E, Scope.Scope>,
): Law => ({
  title,
  check: Effect.scoped(EventStore.use((whole) => Effect.flatMap(openWindow(whole), (window) => check(window, whole)))),
})

export const event = (data: unknown = {}, type = "Happened"): NewEvent => ({
  id: randomUUID(),
  type,
  schemaVersion: 1,
  data: JSON.stringify(data),
  metadata: "{}",
})

/** An append of one stream under a new key. */
export const to = (stream: string, expected: ExpectedVersion, ...events: ReadonlyArray<NewEvent>): Append => {
  const [first = event(), ...others] = events
  return { key: randomUUID(), streams: [{ stream, expected, events: [first, ...others] }] }
}

/** `count` events, so that the first `to` needs none of its own. */
export const several = (count: number): ReadonlyArray<NewEvent> => Array.from({ length: count }, (_, n) => event({ n }))

export const versionsOf = (events: ReadonlyArray<RecordedEvent>): ReadonlyArray<number> => events.map((e) => e.version)

/** All of the log, by pages. Checks on the way that positions have no gap. */
export const everything = Effect.fnUntraced(function* (store: Store) {
  const events: Array<RecordedEvent> = []
  while (true) {
    const page = yield* store.readAll(BigInt(events.length), 500)
    if (page.length === 0) return events
    for (const event of page) {
      events.push(event)
      assert.equal(event.position, BigInt(events.length), "positions have no gap")
    }
  }
})

/** The versions of each stream, in the order of the log, are 1, 2, 3 … */
export const assertDense = (events: ReadonlyArray<RecordedEvent>): void => {
  const last = new Map<string, number>()
  for (const { stream, version } of events) {
    assert.equal(version, (last.get(stream) ?? 0) + 1, `versions of ${stream} have no gap`)
    last.set(stream, version)
  }
}

export const assertConflict = (
  error: AppendError,
  expected: Pick<VersionConflict, "stream" | "expected" | "actual">,
): void => {
  assert.ok(error._tag === "VersionConflict", error.message)
  assert.deepEqual({ stream: error.stream, expected: error.expected, actual: error.actual }, expected)
}

export const together = { concurrency: "unbounded" } as const
