/** How a bookmark gets past events: with their effects, or with their streams set aside. */
import { Array as Arr, Effect, Schedule, Schema } from "effect"
import type { Database, Sql } from "../Database.ts"
import { type RecordedEvent, StoreUnavailable } from "../EventStore.ts"
import type { Apply } from "../Follower.ts"
import { apply as applyTo, poison, type Poison } from "./poison.ts"

/** The lease is another's by now, or the bookmark is not where this leader left it. */
export class Outdated extends Schema.TaggedError<Outdated>()("Outdated", {}) {}

/** A statement of the follower had no time left, not one of the bookmark's: the events may be the reason, or the server. */
class TooLong extends Schema.TaggedError<TooLong>()("TooLong", { reason: Schema.String }) {}

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
 * what fails stands alone, is tried again, and its stream is parked. So is what takes longer than a statement may, unless
 * the server is slow at parking too: then that is the store's fault.
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
    Effect.suspend(() => {
      let late: StoreUnavailable | undefined
      const noteLate = (error: StoreUnavailable) => Effect.sync(() => void (late = isLate(error) ? error : undefined))
      return moveTo(to, (sql) =>
        Effect.flatMap(notParked(events, sql), (flowing) =>
          flowing.length === 0
            ? Effect.void
            : Effect.tapErrorTag(applyTo(apply, flowing, sql), "StoreUnavailable", noteLate),
        ),
      ).pipe(
        Effect.catchDefect(poison),
        // Told apart only out here: the transaction is to see that its connection is spoilt.
        Effect.catchTag("StoreUnavailable", (error) =>
          Effect.fail(error === late ? new TooLong({ reason: error.reason }) : error),
        ),
      )
    })

  const park = (event: RecordedEvent, to: bigint, { reason }: Poison | TooLong) =>
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
      ? Effect.catchTag(attempt, ["Poison", "TooLong"], () =>
          Effect.andThen(applyOrPark(first, Arr.lastNonEmpty(first).position), applyOrPark(second, to)),
        )
      : attempt.pipe(
          Effect.retry({ while: ({ _tag }) => _tag === "Poison" || _tag === "TooLong", schedule: twiceMore }),
          Effect.catchTags({
            Poison: (error) => park(first[0], to, error),
            TooLong: (error) =>
              park(first[0], to, error).pipe(
                Effect.timeoutOrElse({
                  duration: atOnce,
                  orElse: () => new StoreUnavailable({ reason: error.reason }),
                }),
              ),
          }),
        )
  }
  return { applyOrPark, moveTo }
}

const twiceMore = Schedule.exponential("10 millis").pipe(Schedule.upTo({ times: 2 }))

/** What a server that is well takes for a few rows, many times over. */
const atOnce = "1 second"

/** SQLSTATE query_canceled, by which the server ends a statement in time, or what `pg` says when the server does not. */
const isLate = ({ reason }: StoreUnavailable): boolean => /^(57014 |Query read timeout$)/.test(reason)
