/** The switch: in one transaction, the new rows take the place of the live ones. */
import { Clock, Effect } from "effect"
import type { Sql } from "../Database.ts"
import type { StoreUnavailable } from "../EventStore.ts"
import type { ParkedStream } from "../FollowerRunner.ts"
import { fromFile } from "../Statement.ts"
import { Outdated } from "./passOver.ts"
import { apply, poison } from "./poison.ts"
import { checkAlike, endRebuild, type Job, lock } from "./rebuildJob.ts"

export type Turn =
  | { readonly _tag: "Switched"; readonly position: bigint; readonly parked: ReadonlyArray<ParkedStream> }
  /** Streams that the live rows have, and the new ones would not. */
  | { readonly _tag: "Parked"; readonly parked: ReadonlyArray<ParkedStream> }
  /** The live version is too far ahead again, or what it has applied fails here: another pass first. */
  | { readonly _tag: "Behind" }
  /** Somebody has had a lock on the live table for as long as we may let others wait behind us. */
  | { readonly _tag: "Blocked" }

/**
 * The live bookmark is locked first, so that its leader stands still, before its table is; the leader takes them in the same
 * order. Every wait for a lock is bounded: who reads meanwhile waits behind ours.
 */
export const switchOver = Effect.fnUntraced(function* <E>(job: Job<E>) {
  const { database, projection, settings } = job
  const early = yield* database.query<ParkedStream>(newlyParked, [projection.name])
  if (early.length > 0) return parked(early)
  for (const shadow of job.shadows) yield* database.query({ name: "", text: `analyze ${shadow}` })
  return yield* database
    .transaction((sql) =>
      Effect.gen(function* () {
        yield* sql.query(waitAtMost, [settings.lockMs])
        const rebuild = yield* lock(sql, projection.name, settings.holder)
        if (rebuild?.token !== job.token) return yield* new Outdated()
        yield* sql.query(keepRebuild, [projection.name, job.token, settings.leaseMs])
        const position = yield* catchUpWithLive(job, sql)
        if (position === undefined) return behind
        const late = yield* sql.query<ParkedStream>(newlyParked, [projection.name])
        if (late.length > 0) return parked(late)
        yield* sql.query({ name: "", text: `lock table ${job.tables.join(", ")} in access exclusive mode` })
        yield* checkAlike(sql, job.tables, job.shadows)
        yield* sql.query(putInPlace, [job.tables, job.shadows])
        yield* sql.query(unparkLive, [projection.name])
        yield* sql.query(parkLive, [projection.name])
        const still = yield* sql.query<ParkedStream>(listParked, [projection.name])
        yield* sql.query(endRebuild, [projection.name])
        yield* sql.query(putBookmark, [projection.name, projection.version, position])
        return { _tag: "Switched", position, parked: still } satisfies Turn
      }),
    )
    .pipe(
      Effect.catchDefect(poison),
      Effect.catchTags({
        Poison: () => Effect.succeed(behind),
        StoreUnavailable: (error) => (isBlocked(error) ? Effect.succeed(blocked) : Effect.fail(error)),
      }),
    )
})

const behind: Turn = { _tag: "Behind" }
const blocked: Turn = { _tag: "Blocked" }
const parked = (parked: ReadonlyArray<ParkedStream>): Turn => ({ _tag: "Parked", parked })

/** Up to where the new rows are then, at least where the live ones are; `undefined`: that is too much for this transaction. */
const catchUpWithLive = Effect.fnUntraced(function* <E>(job: Job<E>, sql: Sql) {
  const { projection, store, settings } = job
  const [live] = yield* sql.query<{ readonly position: bigint }>(lockBookmark, [projection.name, settings.leaseMs])
  const reached = job.reached()
  if (live === undefined || live.position <= reached) return reached
  const missing = Number(live.position - reached)
  if (missing > most) return undefined
  const events = yield* store.readAll(reached, missing)
  const flowing = events.filter(({ stream }) => !job.aside.has(stream))
  if (flowing.length > 0) yield* apply(projection.apply, flowing, job.shadowed(sql))
  return live.position
})

/** So many events are applied in an instant. */
const most = 2000

/** SQLSTATE lock_not_available and deadlock_detected. */
const isBlocked = (error: StoreUnavailable): boolean => /^(55P03|40P01) /.test(error.reason)

/** Whether so long has passed since now. */
export const isOverdue = (patienceMs: number) =>
  Effect.map(Clock.currentTimeMillis, (since) => Effect.map(Clock.currentTimeMillis, (now) => now - since > patienceMs))

const statement = (name: string) => fromFile(new URL(`../../sql/projections/${name}.sql`, import.meta.url))
const newlyParked = statement("newly-parked")
const waitAtMost = statement("wait-at-most")
const keepRebuild = statement("keep-rebuild")
const putInPlace = statement("put-in-place")
const unparkLive = statement("unpark-live")
const parkLive = statement("park-live")
const putBookmark = statement("put-bookmark")
const lockBookmark = fromFile(new URL("../../sql/followers/lock-bookmark.sql", import.meta.url))
const listParked = statement("list-rebuild-parked")
