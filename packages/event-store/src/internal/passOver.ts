/** How a bookmark gets past events: with their effects, or with their streams set aside. */
import { Array as Arr, Effect, Schedule, Schema } from "effect"
import type { Database, Sql } from "../Database.ts"
import type { RecordedEvent, StoreUnavailable } from "../EventStore.ts"
import type { Apply } from "../Follower.ts"
import { apply as applyTo, poison, type Poison } from "./poison.ts"

/** The lease is another's by now, or the bookmark is not where this leader left it. */
export class Outdated extends Schema.TaggedError<Outdated>()("Outdated", {}) {}

/** A bookmark under a lease: a live follower's, or that of a shard of a rebuild. */
export interface HeldBookmark {
  /**
   * The fence, first in its transaction: moves the bookmark from where this leader left it, and keeps it locked. False when
   * it is not there, or the lease is another's.
   */
  readonly move: (sql: Sql, to: bigint) => Effect.Effect<boolean, StoreUnavailable>
  /** The move is committed. */
  readonly moved: (to: bigint) => void
  /** Which of the streams are parked. Asked after the fence, so that a replay of one is over or has not begun. */
  readonly parkedAmong: (
    sql: Sql,
    streams: ReadonlyArray<string>,
  ) => Effect.Effect<ReadonlyArray<string>, StoreUnavailable>
  readonly park: (sql: Sql, event: RecordedEvent, reason: string) => Effect.Effect<void, StoreUnavailable>
  /** Before each try: what fails extends no lease, and those who wait for it must not see it run out meanwhile. */
  readonly keep: Effect.Effect<void, Outdated | StoreUnavailable>
}

/**
 * Applies the events and moves the bookmark to `to`, which is not before the last of them: all at once, or by halves, until
 * what fails stands alone, is tried again, and its stream is parked.
 */
export const passOver = <E, R>(apply: Apply<E, R>, bookmark: HeldBookmark, database: Database["Service"]) => {
  /** One transaction: the fence, which is the bookmark's move, and what goes with it. */
  const moveTo = <E2, R2>(to: bigint, effects: (sql: Sql) => Effect.Effect<void, E2, R2>) =>
    database
      .transaction((sql) =>
        Effect.flatMap(bookmark.move(sql, to), (moved): Effect.Effect<void, E2 | Outdated, R2> =>
          moved ? effects(sql) : new Outdated(),
        ),
      )
      .pipe(Effect.tap(() => Effect.sync(() => bookmark.moved(to))))

  const notParked = Effect.fnUntraced(function* (events: ReadonlyArray<RecordedEvent>, sql: Sql) {
    const parked = new Set(yield* bookmark.parkedAmong(sql, [...new Set(events.map((event) => event.stream))]))
    return parked.size === 0 ? events : events.filter((event) => !parked.has(event.stream))
  })

  const applyAll = (events: ReadonlyArray<RecordedEvent>, to: bigint) =>
    moveTo(to, (sql) =>
      Effect.flatMap(notParked(events, sql), (flowing) =>
        flowing.length === 0 ? Effect.void : applyTo(apply, flowing, sql),
      ),
    ).pipe(Effect.catchDefect(poison))

  const park = (event: RecordedEvent, to: bigint, { reason }: Poison) =>
    moveTo(to, (sql) => bookmark.park(sql, event, reason)).pipe(
      Effect.andThen(Effect.logError(`Parked the stream ${event.stream} at position ${event.position}: ${reason}`)),
    )

  const applyOrPark = (
    events: Arr.NonEmptyReadonlyArray<RecordedEvent>,
    to: bigint,
  ): Effect.Effect<void, Outdated | StoreUnavailable, R> => {
    const [first, second] = Arr.splitAtNonEmpty(events, events.length >> 1)
    const attempt = Effect.andThen(bookmark.keep, applyAll(events, to))
    return Arr.isArrayNonEmpty(second)
      ? Effect.catchTag(attempt, "Poison", () =>
          Effect.andThen(applyOrPark(first, Arr.lastNonEmpty(first).position), applyOrPark(second, to)),
        )
      : attempt.pipe(
          Effect.retry({ while: ({ _tag }) => _tag === "Poison", schedule: twiceMore }),
          Effect.catchTag("Poison", (error) => park(first[0], to, error)),
        )
  }
  return { applyOrPark, moveTo }
}

const twiceMore = Schedule.exponential("10 millis").pipe(Schedule.upTo({ times: 2 }))
