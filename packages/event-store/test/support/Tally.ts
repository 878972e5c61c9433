/** A projection that counts: an event that is applied twice, or not at all, shows for ever. */
import { Effect } from "effect"
import { Database } from "../../src/Database.ts"
import type { RecordedEvent } from "../../src/EventStore.ts"
import type { Projection } from "../../src/Projection.ts"

/** With all that a table may have around it. */
export const tallyTable = Database.use(({ query }) =>
  Effect.forEach(
    [
      `create table public.tally (
        stream  text    primary key,
        events  integer not null check (events > 0),
        last    bigint  not null,
        maker   integer not null default 0,
        constraint tally_last unique (last)
      ) with (fillfactor = 80)`,
      "create index tally_by_events on public.tally (events, stream) where events > 1",
      "comment on table public.tally is 'how many events each stream has'",
      "grant select on public.tally to paylog_read",
      "grant select, insert, update (events, last) on public.tally to paylog_project",
    ],
    (text) => query({ name: "", text }),
    { discard: true },
  ),
)

export interface TallyOptions<E> {
  readonly version?: number
  /** Comes after the fence and before the effects. */
  readonly before?: (events: ReadonlyArray<RecordedEvent>) => Effect.Effect<void, E>
  readonly statement?: string
}

export const tally = <E = never>({ version = 1, before, statement = count }: TallyOptions<E> = {}): Projection<E> => ({
  name: "tally",
  version,
  tables: ["public.tally"],
  apply: Effect.fnUntraced(function* (events, sql) {
    if (before !== undefined) yield* before(events)
    yield* sql.query({ name: `test-tally-${statement.length}`, text: statement }, [
      events.map(({ stream }) => stream),
      events.map(({ position }) => position),
      version,
    ])
  }),
})

const count = `
  insert into public.tally as known (stream, events, last, maker)
  select stream, count(*), max(position), $3
  from unnest($1::text[], $2::bigint[]) as event (stream, position)
  group by stream
  order by stream
  on conflict (stream) do update
    set events = known.events + excluded.events,
        last = excluded.last,
        maker = excluded.maker`

export interface Counted {
  readonly stream: string
  readonly events: number
  readonly last: bigint
  readonly maker: number
}

export const counted = Database.use(({ query }) =>
  query<Counted>({
    name: "test-counted",
    text: "select stream, events, last, maker from public.tally order by stream",
  }),
)

/** What the rows should be: by the log alone. */
export const expected = (maker: number) =>
  Database.use(({ query }) =>
    query<Counted>(
      {
        name: "test-expected",
        text: `select stream, count(*)::int as events, max(position) as last, $1::int as maker
          from paylog.events group by stream order by stream collate "default"`,
      },
      [maker],
    ),
  )

/** Everything about the table but its rows: names, definitions, grants, settings. */
export const about = Database.use(({ query }) =>
  query<{ readonly line: string }>({
    name: "test-about",
    text: `
      select format('%s %s %s %s %s', relname, relkind, relacl, reloptions, obj_description(oid, 'pg_class')) as line
      from pg_class where relnamespace = 'public'::regnamespace
      union all
      select indexdef from pg_indexes where schemaname = 'public'
      union all
      select format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint
      where connamespace = 'public'::regnamespace
      union all
      select format('%s %s %s', attname, attacl, pg_get_expr(adbin, adrelid))
      from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
      where attrelid = 'public.tally'::regclass and attnum > 0
      order by 1`,
  }),
).pipe(Effect.map((lines) => lines.map(({ line }) => line)))
