/** A follower reads events in order and writes rows, with its bookmark, in one transaction: exactly once. */
import type { Effect } from "effect"
import type { Sql } from "./Database.ts"
import type { RecordedEvent } from "./EventStore.ts"

export interface Follower<E = never, R = never> {
  /** Stable: the key of its bookmark and its lease. */
  readonly name: string
  /** Only writes through `sql`: no other I/O, so that a rebuild repeats nothing. Events are in order of position. */
  readonly apply: (events: ReadonlyArray<RecordedEvent>, sql: Sql) => Effect.Effect<void, E, R>
}
