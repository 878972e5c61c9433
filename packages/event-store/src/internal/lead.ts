/** What a leader does: reads, applies, moves the bookmark, and parks what cannot be applied, for as long as the lease is its own. */
import { Array as Arr, Clock, Effect, Stream } from "effect"
import type { Database } from "../Database.ts"
import type { EventStore, StoreUnavailable } from "../EventStore.ts"
import type { Follower } from "../Follower.ts"
import { begin, versionOf } from "../Projection.ts"
import { fromFile } from "../Statement.ts"
import { type HeldBookmark, Outdated, passOver } from "./passOver.ts"
import { readAhead } from "./readAhead.ts"

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

/** When so many events come at a time, more are let come: a transaction of many costs little more than one of few. */
const crowd = 32
const gather = "50 millis"

/** Fails when the leader must take the lease anew; never ends otherwise. */
export const lead = <E, R>(
  follower: Follower<E, R>,
  lease: Lease,
  { database, store, leaseMs, batch }: Resources,
): Effect.Effect<void, Outdated | StoreUnavailable, R> => {
  const { name } = follower
  const version = versionOf(follower)
  let position = lease.position
  let keptAt = 0

  const bookmark: HeldBookmark = {
    move: (sql, to) =>
      Effect.map(
        sql.query(moveBookmark, [name, lease.token, position, to, leaseMs, version]),
        (rows) => rows.length > 0,
      ),
    moved: (to) => void (position = to),
    parkedAmong: (sql, streams) =>
      Effect.map(sql.query<{ readonly stream: string }>(parkedAmong, [name, streams]), (rows) =>
        rows.map(({ stream }) => stream),
      ),
    park: (sql, event, reason) =>
      Effect.asVoid(sql.query(parkStream, [name, event.stream, event.position, event.version, reason])),
    keep: Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      if (now - keptAt < leaseMs / 4) return
      const kept = yield* database.query(keepLease, [name, lease.token, leaseMs, version])
      if (kept.length === 0) return yield* new Outdated()
      keptAt = now
    }),
  }
  const { applyOrPark } = passOver(begin(follower), bookmark, database)

  const catchUp = Effect.fnUntraced(function* (read: Effect.Success<ReturnType<typeof readAhead>>) {
    while (true) {
      yield* bookmark.keep
      const events = yield* read(position)
      if (!Arr.isReadonlyArrayNonEmpty(events)) return
      yield* applyOrPark(events, Arr.lastNonEmpty(events).position)
      if (events.length >= batch) continue
      if (events.length >= crowd) yield* Effect.sleep(gather)
      return
    }
  })

  return Effect.scoped(
    Effect.flatMap(readAhead(store.readAll, batch, 1), (read) => Stream.runForEach(store.changes, () => catchUp(read))),
  )
}

const statement = (name: string) => fromFile(new URL(`../../sql/followers/${name}.sql`, import.meta.url))
const keepLease = statement("keep-lease")
const moveBookmark = statement("move-bookmark")
const parkedAmong = statement("parked-among")
const parkStream = statement("park")
