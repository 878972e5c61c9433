/** A database of its own with the log's schema, and services over it. */
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { Context, type Duration, Effect, Layer, type Redacted, Schedule, Stream } from "effect"
import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { inspect } from "node:util"
import { Database } from "../../src/Database.ts"
import * as DatabasePostgres from "../../src/DatabasePostgres.ts"
import { EventStore, type RecordedEvent } from "../../src/EventStore.ts"
import type { Follower } from "../../src/Follower.ts"
import { FollowerRunner, type FollowerRunnerOptions } from "../../src/FollowerRunner.ts"
import { migrate } from "../../src/Migrations.ts"
import { layerPolling, Wakeups } from "../../src/Wakeups.ts"

/** Where the database of the test is. */
export class World extends Context.Service<World, { readonly url: Redacted.Redacted }>()("test/World") {
  static readonly layer = Layer.effect(
    World,
    Effect.suspend(() => freshDatabase({ template: migrated })),
  ).pipe(Layer.provide(DevPostgres.layer))
}

const folder = new URL("../../sql/migrations/", import.meta.url)
const digest = createHash("sha256")
for (const file of readdirSync(folder).toSorted()) digest.update(readFileSync(new URL(file, folder)))
const migrated = {
  key: `event-store ${digest.digest("hex")}`,
  prepare: (url: Redacted.Redacted) => migrate(url, [{ name: "event-store", folder }]),
}

export const database = (url: Redacted.Redacted) => DatabasePostgres.layer({ url, connections: 4 })

/** The log, read from its table. */
export const log = Layer.effect(
  EventStore,
  Effect.gen(function* () {
    const sql = yield* Database
    const wakeups = yield* Wakeups
    const read = (where: string, values: ReadonlyArray<unknown>) =>
      sql.query<RecordedEvent>(
        {
          name: `test-${where}`,
          text: `select position, stream, version, id, type, schema_version as "schemaVersion", data, metadata,
            extract(epoch from recorded_at)::float8 * 1000 as "recordedAtMs" from paylog.events where ${where}`,
        },
        values,
      )
    return EventStore.of({
      append: () => Effect.die("unused"),
      readStream: (stream, options) =>
        read("stream = $1 and version >= $2 order by version limit $3", [
          stream,
          options?.from ?? 1,
          options?.limit ?? 1_000_000,
        ]),
      readAll: (after, limit) => read("position > $1 order by position limit $2", [after, limit]),
      subscribe: () => Stream.die("unused"),
      head: Effect.map(read("true order by position desc limit 1", []), ([last]) => last?.position ?? 0n),
      readAttachment: () => Effect.die("unused"),
      changes: wakeups.changes,
    })
  }),
)

/** What one process has: a pool, the log, wake-ups, and a runner. */
export const services = (options?: FollowerRunnerOptions, over: typeof database = database) =>
  Layer.unwrap(
    Effect.map(World, ({ url }) =>
      FollowerRunner.layer(options).pipe(
        Layer.provideMerge(log),
        Layer.provideMerge(layerPolling("100 millis")),
        Layer.provideMerge(over(url)),
      ),
    ),
  )

/** Runs a follower as another process would: with services of its own. Interrupt the fiber to stop it. */
export const start = <E>(follower: Follower<E>, options?: FollowerRunnerOptions, over?: typeof database) =>
  FollowerRunner.use((runner) => runner.run(follower)).pipe(
    Effect.provide(services(options, over), { local: true }),
    Effect.forkScoped,
  )

/** Appends events the short way; event n goes to the stream `stream(n)`. Answers the last position. */
export const grow = Effect.fnUntraced(function* (count: number, stream: (n: number) => string) {
  const { query } = yield* Database
  const streams = Array.from({ length: count }, (_, index) => stream(index + 1))
  const [row] = yield* query<{ readonly last: bigint }>(
    {
      name: "test-grow",
      text: `with grown as (
        insert into paylog.events (position, recorded_at, version, schema_version, id, stream, type, data, metadata)
        select
          head.position + new.n, date_trunc('milliseconds', clock_timestamp()),
          (select count(*) from paylog.events where stream = new.stream) + row_number() over (partition by new.stream order by new.n),
          1, gen_random_uuid(), new.stream, 'Grown', '{}', '{}'
        from unnest($1::text[]) with ordinality as new (stream, n),
          (select coalesce(max(position), 0) as position from paylog.events) as head
        returning position
      ) select max(position) as last from grown`,
    },
    [streams],
  )
  return row?.last ?? 0n
})

/** Asks until the answer is right; a defect when it is not in time. */
export const eventually = <A, E, R>(
  ask: Effect.Effect<A, E, R>,
  right: (answer: A) => boolean,
  within: Duration.Input = "10 seconds",
) => {
  let last: A | undefined
  return ask.pipe(
    Effect.tap((answer) => Effect.sync(() => (last = answer))),
    Effect.repeat({ until: right, schedule: Schedule.spaced("20 millis") }),
    Effect.timeoutOrElse({
      duration: within,
      orElse: () => Effect.suspend(() => Effect.die(new Error(`Not in time; the last answer was ${inspect(last)}`))),
    }),
  )
}
