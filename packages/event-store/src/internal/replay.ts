import { Effect, Schema } from "effect"
import type { StoreUnavailable } from "../EventStore.ts"
import type { Follower } from "../Follower.ts"
import { versionOf } from "../Projection.ts"
import { fromFile } from "../Statement.ts"
import type { Resources } from "./lead.ts"
import { apply, poison, type Poison } from "./poison.ts"

/** The follower's rows are of another version than this program's. */
export class OtherVersion extends Schema.TaggedError<OtherVersion>()("OtherVersion", { live: Schema.Int }) {}

/**
 * One transaction: the next events of a parked stream, at most `batch`, up to the bookmark; un-parks the stream when they
 * are the last. The bookmark is locked, so the leader does not move on meanwhile: what it has passed over is applied here,
 * and what it has not, it applies itself. `undefined`: not parked.
 */
export const replayBatch = <E, R>(
  follower: Follower<E, R>,
  stream: string,
  { database, store, leaseMs, batch }: Resources,
): Effect.Effect<
  { readonly applied: number; readonly done: boolean } | undefined,
  Poison | OtherVersion | StoreUnavailable,
  R
> =>
  database
    .transaction((sql) =>
      Effect.gen(function* () {
        const [bookmark] = yield* sql.query<{ readonly position: bigint; readonly version: number }>(lockBookmark, [
          follower.name,
          leaseMs,
        ])
        const [parked] = yield* sql.query<{ readonly version: number }>(parkedFrom, [follower.name, stream])
        if (bookmark === undefined || parked === undefined) return undefined
        if (bookmark.version !== versionOf(follower)) return yield* new OtherVersion({ live: bookmark.version })
        const waiting = yield* store.readStream(stream, { from: parked.version, limit: batch })
        const events = waiting.filter((event) => event.position <= bookmark.position)
        const done = events.length < batch
        if (events.length > 0) yield* apply(follower.apply, events, sql)
        if (done) yield* sql.query(unpark, [follower.name, stream])
        else yield* sql.query(parkedThrough, [follower.name, stream, parked.version + events.length])
        return { applied: events.length, done }
      }),
    )
    .pipe(Effect.catchDefect(poison))

const statement = (name: string) => fromFile(new URL(`../../sql/followers/${name}.sql`, import.meta.url))
const lockBookmark = statement("lock-bookmark")
const parkedFrom = statement("parked-from")
const parkedThrough = statement("parked-through")
const unpark = statement("unpark")
