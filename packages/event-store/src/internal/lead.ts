/** What a leader does: reads, applies, moves the bookmark, and parks what cannot be applied, for as long as the lease is its own. */
import { Array as Arr, Clock, Effect, Schedule, Schema, Stream } from "effect"
import type { Database, Sql } from "../Database.ts"
import type { EventStore, RecordedEvent, StoreUnavailable } from "../EventStore.ts"
import type { Follower } from "../Follower.ts"
import { fromFile } from "../Statement.ts"
import { apply, poison, type Poison } from "./poison.ts"

/** What runners work with. */
export interface Resources {
  readonly database: Database["Service"]
  readonly store: EventStore["Service"]
  readonly leaseMs: number
  /** At most so many events a transaction. */
  readonly batch: number
}

export interface Lease {
  readonly token: bigint
  readonly position: bigint
}

/** The lease is another's by now, or the bookmark is not where this leader left it. */
export class Outdated extends Schema.TaggedError<Outdated>()("Outdated", {}) {}

/** Fails when the leader must take the lease anew; never ends otherwise. */
export const lead = <E, R>(
  follower: Follower<E, R>,
  lease: Lease,
  { database, store, leaseMs, batch }: Resources,
): Effect.Effect<void, Outdated | StoreUnavailable, R> => {
  let position = lease.position
  let keptAt = 0

  const keep = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    if (now - keptAt < leaseMs / 4) return
    const kept = yield* database.query(keepLease, [follower.name, lease.token, leaseMs])
    if (kept.length === 0) return yield* new Outdated()
    keptAt = now
  })

  /** One transaction: the fence, which is the bookmark's move, and what goes with it. */
  const moveOver = <E2, R2>(last: RecordedEvent, effects: (sql: Sql) => Effect.Effect<void, E2, R2>) =>
    database
      .transaction((sql) =>
        Effect.gen(function* () {
          const moved = yield* sql.query(moveBookmark, [follower.name, lease.token, position, last.position, leaseMs])
          if (moved.length === 0) return yield* new Outdated()
          yield* effects(sql)
        }),
      )
      .pipe(Effect.tap(() => Effect.sync(() => (position = last.position))))

  /** Asked after the fence has locked the bookmark, so that a replay of a stream is over or has not begun. */
  const notParked = Effect.fnUntraced(function* (events: Arr.NonEmptyReadonlyArray<RecordedEvent>, sql: Sql) {
    const streams = [...new Set(events.map((event) => event.stream))]
    const rows = yield* sql.query<{ readonly stream: string }>(parkedAmong, [follower.name, streams])
    if (rows.length === 0) return events
    const parked = new Set(rows.map((row) => row.stream))
    return events.filter((event) => !parked.has(event.stream))
  })

  const applyAll = (events: Arr.NonEmptyReadonlyArray<RecordedEvent>) =>
    moveOver(Arr.lastNonEmpty(events), (sql) =>
      Effect.flatMap(notParked(events, sql), (flowing) =>
        flowing.length === 0 ? Effect.void : apply(follower, flowing, sql),
      ),
    ).pipe(Effect.catchDefect(poison))

  const park = (event: RecordedEvent, { reason }: Poison) =>
    moveOver(event, (sql) =>
      Effect.asVoid(sql.query(parkStream, [follower.name, event.stream, event.position, event.version, reason])),
    ).pipe(
      Effect.andThen(Effect.logError(`Parked the stream ${event.stream} at position ${event.position}: ${reason}`)),
    )

  /**
   * All of them, or by halves, until what fails stands alone, is tried again, and is parked. What fails extends no lease, so
   * it is kept in between: those who wait for it must not see it run out each time before the culprit is found.
   */
  const applyOrPark = (
    events: Arr.NonEmptyReadonlyArray<RecordedEvent>,
  ): Effect.Effect<void, Outdated | StoreUnavailable, R> => {
    const [first, second] = Arr.splitAtNonEmpty(events, events.length >> 1)
    const attempt = Effect.andThen(keep, applyAll(events))
    return Arr.isArrayNonEmpty(second)
      ? Effect.catchTag(attempt, "Poison", () => Effect.andThen(applyOrPark(first), applyOrPark(second)))
      : attempt.pipe(
          Effect.retry({ while: ({ _tag }) => _tag === "Poison", schedule: twiceMore }),
          Effect.catchTag("Poison", (error) => park(first[0], error)),
        )
  }

  const catchUp = Effect.gen(function* () {
    while (true) {
      yield* keep
      const events = yield* store.readAll(position, batch)
      if (!Arr.isReadonlyArrayNonEmpty(events)) return
      yield* applyOrPark(events)
      if (events.length < batch) return
    }
  })

  return Stream.runForEach(store.changes, () => catchUp)
}

const twiceMore = Schedule.exponential("10 millis").pipe(Schedule.upTo({ times: 2 }))

const statement = (name: string) => fromFile(new URL(`../../sql/followers/${name}.sql`, import.meta.url))
const keepLease = statement("keep-lease")
const moveBookmark = statement("move-bookmark")
const parkedAmong = statement("parked-among")
const parkStream = statement("park")
