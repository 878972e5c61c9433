/** A follower reads events in order and writes rows, with its bookmark, in one transaction: exactly once. */
import type { Effect } from "effect"
import type { Sql } from "./Database.ts"
import type { RecordedEvent, StoreUnavailable } from "./EventStore.ts"

/**
 * Writes what the events mean. Events are in order of position; a batch never mixes events of a stream that is set aside
 * with others. Only writes through `sql`: no other I/O. A failure or a defect is the events' fault and may park a stream;
 * `StoreUnavailable` is nobody's, and the batch is tried again.
 */
export type Apply<E = never, R = never> = (
  events: ReadonlyArray<RecordedEvent>,
  sql: Sql,
) => Effect.Effect<void, E | StoreUnavailable, R>

/**
 * What it writes may be acted upon by others: due work, messages. So its rows are never built anew; those of a
 * `Projection`, which is a follower too, can be.
 */
export interface Follower<E = never, R = never> {
  /** Stable: the key of its bookmark and its lease. */
  readonly name: string
  readonly apply: Apply<E, R>
}
