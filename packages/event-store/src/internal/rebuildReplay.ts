import { Effect } from "effect"
import { fromFile } from "../Statement.ts"
import { Outdated } from "./passOver.ts"
import { apply, poison } from "./poison.ts"
import type { Job, Parked } from "./rebuildJob.ts"
import { shardOf } from "./shardOf.ts"

/** Tries again what the rebuild has parked, with the code as it is now: each stream up to where its shard is, or it stays parked. */
export const replayParked = Effect.fnUntraced(function* <E>(job: Job<E>) {
  yield* Effect.forEach(yield* job.parked, (parked) =>
    replay(job, parked).pipe(
      Effect.catchTag("Poison", ({ reason }) =>
        Effect.logWarning(`The stream ${parked.stream} still fails in the rebuild: ${reason}`).pipe(
          Effect.andThen(Effect.sync(() => job.aside.add(parked.stream))),
        ),
      ),
    ),
  )
})

/** In one transaction: whoever waits for it is this rebuild alone. */
const replay = <E>({ projection, database, store, shards, token, shadowed }: Job<E>, { stream, version }: Parked) =>
  database
    .transaction((sql) =>
      Effect.gen(function* () {
        const shard = shardOf(stream, shards.length)
        const [at] = yield* sql.query<{ readonly position: bigint }>(lockShard, [projection.name, shard, token])
        if (at === undefined) return yield* new Outdated()
        for (let from = version; ; from += page) {
          const read = yield* store.readStream(stream, { from, limit: page })
          const events = read.filter(({ position }) => position <= at.position)
          if (events.length > 0) yield* apply(projection.apply, events, shadowed(sql))
          if (events.length < page) break
        }
        yield* sql.query(unpark, [projection.name, stream])
      }),
    )
    .pipe(Effect.catchDefect(poison))

const page = 1000

const lockShard = fromFile(new URL("../../sql/projections/lock-shard.sql", import.meta.url))
const unpark = fromFile(new URL("../../sql/projections/unpark-in-rebuild.sql", import.meta.url))
