/** A follower whose effects can be counted: a row for each event, without a constraint that would hide a repetition. */
import { Effect } from "effect"
import { Database, type Sql } from "../../src/Database.ts"
import type { RecordedEvent, StoreUnavailable } from "../../src/EventStore.ts"
import type { Follower } from "../../src/Follower.ts"

export const table = Database.use(({ query }) =>
  query({
    name: "test-probe-table",
    text: `create table probe (
      seq bigint generated always as identity, follower text, runner text, position bigint, stream text, version int,
      written_at timestamptz default clock_timestamp())`,
  }),
)

/** `before` comes after the fence and before the effects. */
export const probe = <E = never>(
  name: string,
  options: {
    readonly runner?: string
    readonly before?: (events: ReadonlyArray<RecordedEvent>) => Effect.Effect<void, E>
    readonly after?: (events: ReadonlyArray<RecordedEvent>, sql: Sql) => Effect.Effect<void, E | StoreUnavailable>
  } = {},
): Follower<E> => ({
  name,
  apply: Effect.fnUntraced(function* (events, sql) {
    if (options.before !== undefined) yield* options.before(events)
    yield* sql.query(
      {
        name: "test-probe",
        text: `insert into probe (follower, runner, position, stream, version)
          select $1, $2, * from unnest($3::bigint[], $4::text[], $5::int[])`,
      },
      [
        name,
        options.runner ?? "",
        events.map((event) => event.position),
        events.map((event) => event.stream),
        events.map((event) => event.version),
      ],
    )
    if (options.after !== undefined) yield* options.after(events, sql)
  }),
})

export interface Seen {
  readonly runner: string
  readonly position: bigint
  readonly stream: string
  readonly version: number
}

/** What a follower has written, in the order in which it did. */
export const seenBy = (follower: string) =>
  Database.use(({ query }) =>
    query<Seen>(
      {
        name: "test-probe-seen",
        text: "select runner, position, stream, version from probe where follower = $1 order by seq",
      },
      [follower],
    ),
  )
