import { assert, it } from "@effect/vitest"
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { Clock, Data, Deferred, Effect, Fiber, Layer, Logger, Redacted, type Scope } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { randomUUID } from "node:crypto"
import { Database } from "../src/Database.ts"
import { EventStore } from "../src/EventStore.ts"
import type { Follower } from "../src/Follower.ts"
import * as EventStorePostgres from "../src/EventStorePostgres.ts"
import { FollowerRunner, type FollowerRunnerOptions } from "../src/FollowerRunner.ts"
import { migrate } from "../src/Migrations.ts"
import type { Projection } from "../src/Projection.ts"
import * as Rebuild from "../src/Rebuild.ts"
import { probe, table as probeTable } from "./support/Probe.ts"
import { lenient } from "./support/Sabotage.ts"
import { connected, elsewhere, rows } from "./support/sql.ts"
import { about, counted, expected, tally, tallyTable } from "./support/Tally.ts"
import { database, eventually, grow, services, servicesAt, settled, start, World } from "./support/World.ts"

it.live("makes equal rows in a table of the same names, grants and settings, and leaves nothing else behind", () =>
  test(
    Effect.gen(function* () {
      yield* lead(tally())
      yield* caughtUp(yield* grow(200, among(30)))
      const before = { rows: yield* counted, about: yield* about }
      const done = yield* Rebuild.run(tally(), small)
      assert.deepInclude(done, { position: 200n, from: 1, to: 1, switched: true, parked: [] })
      assert.deepStrictEqual(yield* counted, before.rows)
      assert.deepStrictEqual(yield* about, before.about)
      assert.deepStrictEqual(yield* Rebuild.unfinished, [])
      yield* caughtUp(yield* grow(50, among(30)))
      assert.deepStrictEqual(yield* counted, yield* expected(1))
    }),
  ),
)

it.live("repairs rows that were lost or changed", () =>
  test(
    Effect.gen(function* () {
      const leader = yield* lead(tally())
      yield* caughtUp(yield* grow(100, among(10)))
      yield* Fiber.interrupt(leader)
      yield* command("delete from public.tally where stream < 's5'")
      yield* command("update public.tally set events = events + 1")
      yield* Rebuild.run(tally(), small)
      assert.deepStrictEqual(yield* counted, yield* expected(1))
    }),
  ),
)

it.live("lets appends, the live version and readers go on; no reader meets an error, or less than there was", () =>
  test(
    Effect.gen(function* () {
      const { url } = yield* World
      yield* lead(tally())
      yield* caughtUp(yield* grow(1000, among(50)))
      const growth = yield* grow(20, among(60)).pipe(
        Effect.andThen(Effect.sleep("5 millis")),
        Effect.forever,
        Effect.forkChild,
      )
      const seen = { reads: 0, least: Number.POSITIVE_INFINITY, last: 0 }
      const reading = (text: string, name?: string) =>
        Effect.gen(function* () {
          const client = yield* connected(url)
          while (true) {
            const [row] = (yield* Effect.promise(() =>
              client.query<{ total: bigint }>({ text, ...(name === undefined ? {} : { name }) }),
            )).rows
            const total = Number(row?.total)
            seen.reads++
            seen.least = Math.min(seen.least, total)
          }
        }).pipe(Effect.scoped, Effect.forkScoped)
      const readers = [
        yield* reading("select coalesce(sum(events), 0) as total from public.tally"),
        yield* reading("select coalesce(sum(events), 0) as total from public.tally", "prepared"),
        yield* reading(
          "select coalesce(sum(events), 0)::int8 as total from public.tally where stream >= ''",
          "by index",
        ),
      ]
      for (let round = 0; round < 5; round++) {
        const before = seen.reads
        const { position } = yield* Rebuild.run(tally(), { shards: 2 })
        const [leader] = yield* FollowerRunner.use(({ status }) => status)
        assert.isAtLeast(Number(leader?.position), Number(position))
        yield* eventually(
          Effect.sync(() => seen.reads),
          (reads) => reads > before + 10,
        )
      }
      yield* Fiber.interrupt(growth)
      for (const reader of readers) assert.isUndefined(reader.pollUnsafe(), "no reader has failed")
      assert.isAtLeast(seen.least, 1000)
      yield* caughtUp(yield* EventStore.use(({ head }) => head))
      assert.deepStrictEqual(yield* counted, yield* expected(1))
    }),
  ),
)

it.live("does not make others wait long behind a reader who keeps the table, and says so in the end", () =>
  test(
    Effect.gen(function* () {
      const { url } = yield* World
      yield* lead(tally())
      yield* caughtUp(yield* grow(40, inTurn))
      const long = yield* connected(url)
      yield* rows(long, "begin")
      yield* rows(long, "select from public.tally")
      const rebuild = yield* Effect.forkChild(
        Effect.flip(Rebuild.run(tally(), { ...small, waitForReaders: "100 millis", patience: "2 seconds" })),
      )
      let longest = 0
      yield* Effect.gen(function* () {
        const from = yield* Clock.currentTimeMillis
        yield* counted
        longest = Math.max(longest, (yield* Clock.currentTimeMillis) - from)
      }).pipe(Effect.repeat({ until: () => rebuild.pollUnsafe() !== undefined }))
      assert.strictEqual((yield* Fiber.join(rebuild))._tag, "SwitchBlocked")
      assert.isBelow(longest, 2000, "a reader waited")
      yield* caughtUp(yield* grow(10, inTurn))

      yield* rows(long, "commit")
      assert.isTrue((yield* Rebuild.run(tally(), small)).switched)
      assert.deepStrictEqual(yield* counted, yield* expected(1))
    }),
  ),
)

it.live("takes the version of whoever follows first", () =>
  test(
    Effect.gen(function* () {
      yield* lead(tally({ version: 3 }))
      yield* caughtUp(yield* grow(4, inTurn))
      assert.strictEqual((yield* status)?.version, 3)
      assert.strictEqual((yield* status)?.waiting, undefined)
    }),
  ),
)

it.live(
  "lets another version wait, and say once what to do, until its rows are in place; then the old one waits",
  () => {
    const lines: Array<string> = []
    const logs = Logger.make(({ message }) => void lines.push(String(message)))
    return test(
      Effect.gen(function* () {
        const [one, two] = [tally(), tally({ version: 2 })]
        yield* lead(one)
        yield* caughtUp(yield* grow(40, inTurn))
        const runner = yield* FollowerRunner
        yield* Effect.forkScoped(runner.run(two))
        yield* eventually(status, (now) => now?.waiting === 2)
        yield* caughtUp(yield* grow(40, inTurn))
        assert.deepInclude(yield* status, { version: 1, waiting: 2, position: 80n })
        assert.deepStrictEqual(yield* counted, yield* expected(1))
        assert.include(yield* PrometheusMetrics.format(), `paylog_follower_waits_for_rebuild{follower="tally"} 1`)
        const still = yield* Effect.flip(runner.replay(two, "a"))
        assert.strictEqual(still._tag, "NotParked")

        assert.deepInclude(yield* Rebuild.run(two, small), { from: 1, to: 2, switched: true })
        yield* caughtUp(yield* grow(40, inTurn))
        assert.deepStrictEqual(yield* counted, yield* expected(2))
        assert.deepInclude(yield* status, { version: 2, waiting: undefined })
        assert.strictEqual(lines.filter((line) => line.includes('run "paylog rebuild tally"')).length, 1)
        yield* eventually(
          Effect.sync(() => lines.filter((line) => line.includes("Start the newer program instead")).length),
          (count) => count === 1,
        )
      }),
      { lease: "1 second", retake: "50 millis" },
      Logger.layer([logs]),
    )
  },
)

it.live("refuses what a leader of the old version does after the switch", () =>
  test(
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* afterSwitch(database), [])
    }),
  ),
)

it.live("control: without the version in the fence, the old version goes on writing to the new rows", () =>
  test(
    Effect.gen(function* () {
      assert.isNotEmpty(yield* afterSwitch(lenient))
    }),
  ),
)

it.live("does not switch when a stream fails that the live rows have, lists it, and goes on after a fix", () =>
  test(
    Effect.gen(function* () {
      let broken = true
      const two = tally({
        version: 2,
        before: (events) =>
          broken && events.some(({ stream, version }) => stream === "b" && version === 3)
            ? Effect.fail(new Boom({ message: "cannot make sense of it" }))
            : Effect.void,
      })
      yield* lead(tally())
      yield* caughtUp(yield* grow(40, inTurn))
      const refused = yield* Effect.flip(Rebuild.run(two, small))
      assert.strictEqual(refused._tag, "RebuildParked")
      if (refused._tag !== "RebuildParked") return
      assert.deepStrictEqual(
        refused.parked.map(({ stream, position, reason }) => ({ stream, position, reason })),
        [{ stream: "b", position: 10n, reason: "Boom: cannot make sense of it" }],
      )
      assert.deepInclude((yield* Rebuild.unfinished)[0], { follower: "tally", version: 2, running: false, parked: 1n })
      yield* caughtUp(yield* grow(40, inTurn))
      assert.deepStrictEqual(yield* counted, yield* expected(1))
      assert.strictEqual((yield* Effect.flip(Rebuild.run(two, small)))._tag, "RebuildParked")
      assert.strictEqual((yield* Effect.flip(Rebuild.run(tally({ version: 3 }), small)))._tag, "OtherRebuild")

      broken = false
      const done = yield* Rebuild.run(two, small)
      assert.deepInclude(done, { switched: true, parked: [] })
      assert.deepStrictEqual(yield* counted, yield* expected(2))
    }),
  ),
)

it.live("switches when no more is parked than in the live rows, and keeps that parked", () =>
  test(
    Effect.gen(function* () {
      let broken = true
      const failing = (version: number) =>
        tally({
          version,
          before: (events) =>
            broken && events.some(({ stream }) => stream === "a")
              ? Effect.fail(new Boom({ message: `by ${version}` }))
              : Effect.void,
        })
      yield* lead(failing(1))
      yield* caughtUp(yield* grow(40, inTurn))
      const done = yield* Rebuild.run(failing(2), small)
      assert.deepStrictEqual(
        done.parked.map(({ stream, reason }) => ({ stream, reason })),
        [{ stream: "a", reason: "Boom: by 2" }],
      )
      assert.deepStrictEqual(
        (yield* status)?.parked.map(({ stream, reason }) => ({ stream, reason })),
        [{ stream: "a", reason: "Boom: by 2" }],
      )
      broken = false
      const runner = yield* FollowerRunner
      assert.deepInclude(yield* Effect.flip(runner.replay(failing(1), "a")), {
        _tag: "VersionDiffers",
        live: 2,
        own: 1,
      })
      assert.strictEqual(yield* runner.replay(failing(2), "a"), 10)
      assert.deepStrictEqual(yield* counted, yield* expected(2))
    }),
  ),
)

it.live("refuses to switch when a stream that is parked in both would lose what the live rows have of it", () =>
  test(
    Effect.gen(function* () {
      const failingFrom = (first: number, version: number) =>
        tally({
          version,
          before: (events) =>
            events.some((event) => event.stream === "a" && event.version >= first)
              ? Effect.fail(new Boom({ message: `by ${version}` }))
              : Effect.void,
        })
      yield* lead(failingFrom(8, 1))
      yield* caughtUp(yield* grow(40, inTurn))
      const before = yield* counted
      const refused = yield* Effect.flip(Rebuild.run(failingFrom(2, 2), small))
      assert.strictEqual(refused._tag, "RebuildParked")
      if (refused._tag !== "RebuildParked") return
      assert.deepStrictEqual(
        refused.parked.map(({ stream, reason }) => ({ stream, reason })),
        [{ stream: "a", reason: "Boom: by 2" }],
      )
      assert.deepStrictEqual(yield* counted, before)
      yield* Rebuild.drop("tally")
      assert.isTrue((yield* Rebuild.run(failingFrom(9, 2), small)).switched)
      assert.strictEqual((yield* counted).find(({ stream }) => stream === "a")?.events, 8)
    }),
  ),
)

it.live("is one at a time, and takes over from one that ended", () =>
  test(
    Effect.gen(function* () {
      const reached = yield* Deferred.make<void>()
      let stalls = true
      const stalling = tally({
        before: () => (stalls ? Effect.andThen(Deferred.succeed(reached, undefined), Effect.never) : Effect.void),
      })
      yield* grow(40, inTurn)
      const first = yield* Effect.forkScoped(Rebuild.run(stalling, { ...small, lease: "2 seconds" }))
      yield* Deferred.await(reached)
      const options = { ...small, lease: "2 seconds" } as const
      assert.strictEqual((yield* Effect.flip(Rebuild.run(tally(), options)))._tag, "RebuildRunning")
      assert.strictEqual((yield* Effect.flip(Rebuild.drop("tally")))._tag, "RebuildRunning")
      stalls = false
      yield* Fiber.interrupt(first)
      assert.isTrue((yield* Rebuild.run(tally(), options)).switched)
      assert.deepStrictEqual(yield* counted, yield* expected(1))
    }),
  ),
)

it.live("builds and waits for the switch when told so; goes on from there; or is dropped with all it made", () =>
  test(
    Effect.gen(function* () {
      yield* lead(tally())
      yield* caughtUp(yield* grow(40, inTurn))
      const before = yield* about
      const two = tally({ version: 2 })
      assert.deepInclude(yield* Rebuild.run(two, { ...small, switch: false }), { switched: false, position: 40n })
      assert.deepStrictEqual(yield* counted, yield* expected(1))
      assert.strictEqual((yield* Rebuild.unfinished)[0]?.position, 40n)
      yield* Rebuild.drop("tally")
      assert.deepStrictEqual(yield* about, before)
      assert.deepStrictEqual(yield* Rebuild.unfinished, [])
      assert.strictEqual((yield* Effect.flip(Rebuild.drop("tally")))._tag, "NoRebuild")

      yield* Rebuild.run(two, { ...small, switch: false })
      yield* caughtUp(yield* grow(40, inTurn))
      assert.deepInclude(yield* Rebuild.run(two, { ...small, shards: 5 }), { switched: true, position: 80n })
      assert.deepStrictEqual(yield* counted, yield* expected(2))
    }),
  ),
)

it.live("reads each event once, whatever the number of shards, and tells how far it is", () =>
  test(
    Effect.gen(function* () {
      yield* grow(500, among(40))
      const store = yield* EventStore
      let read = 0
      const counting = EventStore.of({
        ...store,
        readAll: (after, limit) =>
          Effect.tap(store.readAll(after, limit), (events) => Effect.sync(() => (read += events.length))),
      })
      const told: Array<Rebuild.Progress> = []
      yield* Rebuild.run(tally(), { ...small, shards: 7, onProgress: (progress) => void told.push(progress) }).pipe(
        Effect.provideService(EventStore, counting),
      )
      assert.strictEqual(read, 500)
      assert.deepStrictEqual(told.at(-1), { done: 500, total: 500 })
      assert.isTrue(told.every(({ done }, index) => done >= (told[index - 1]?.done ?? 0)))
      assert.deepStrictEqual(yield* counted, yield* expected(1))
    }),
  ),
)

it.live("says which right is missing", () =>
  test(
    Effect.gen(function* () {
      const { url } = yield* World
      const role = `test_${randomUUID().replaceAll("-", "")}`
      yield* Effect.acquireRelease(command(`create role ${role} login password '${role}' in role paylog_project`), () =>
        Effect.orDie(command(`drop role ${role}`)),
      )
      const limited = elsewhere(url, (to) => {
        to.username = role
        to.password = role
      })
      const error = yield* Effect.flip(
        Rebuild.run(tally(), small).pipe(
          Effect.provide(
            services(quick, () => database(limited)),
            { local: true },
          ),
        ),
      )
      assert.strictEqual(error._tag, "NotRebuildable")
      assert.include(error.message, `the role ${role} does not own public.tally`)
      assert.include(error.message, "DATABASE_OWNER_URL")
    }),
  ),
)

it.live("may be made by a member of the role that owns the tables, to which they go on to belong", () =>
  Effect.gen(function* () {
    const [owner, member] = [`own_${randomUUID().slice(0, 8)}`, `mem_${randomUUID().slice(0, 8)}`]
    // The group roles are there once any database of this server was migrated by one who may make them.
    yield* World
    const { url } = yield* freshDatabase()
    const superuser = yield* connected(url)
    const as = (name: string) =>
      elsewhere(url, (to) => {
        to.username = name
        to.password = name
      })
    yield* Effect.acquireRelease(
      rows(
        superuser,
        `create role ${owner} login password '${owner}'; create role ${member} login password '${member}' in role ${owner}`,
      ),
      () => rows(superuser, `drop owned by ${owner}, ${member}; drop role ${member}; drop role ${owner}`),
    )
    const { pathname } = new URL(Redacted.value(url))
    yield* rows(
      superuser,
      `grant create on database ${pathname.slice(1)} to ${owner}; grant create on schema public to ${owner}`,
    )
    yield* migrate(as(owner), [EventStorePostgres.migrations])
    yield* Effect.andThen(tallyTable, grow(40, inTurn)).pipe(
      Effect.provide(servicesAt(as(owner), quick), { local: true }),
    )
    yield* Effect.gen(function* () {
      const before = yield* about
      assert.isTrue((yield* Rebuild.run(tally(), small)).switched)
      assert.deepStrictEqual(yield* counted, yield* expected(1))
      assert.deepStrictEqual(yield* about, before)
    }).pipe(Effect.provide(servicesAt(as(member), quick), { local: true }))
    const [{ tableowner } = { tableowner: "" }] = yield* rows<{ tableowner: string }>(
      superuser,
      "select tableowner from pg_tables where tablename = 'tally'",
    )
    assert.strictEqual(tableowner, owner)
  }).pipe(Effect.scoped, Effect.provide([World.layer, DevPostgres.layer, Logger.layer([])])),
)

it.live("refuses a projection that writes to anything but its tables by their full names", () =>
  test(
    Effect.gen(function* () {
      yield* probeTable
      yield* grow(8, inTurn)
      const wrong = [
        "insert into tally (stream, events, last, maker) select s, 1, p, $3 from unnest($1::text[], $2::bigint[]) as e (s, p) on conflict do nothing",
        "with gone as (delete from probe where stream = any($1)) select $2::bigint[], $3::int",
        "update only public.tallying set events = 1 where stream = any($1) and last = any($2) and maker = $3",
      ]
      for (const statement of wrong) {
        const error = yield* Effect.flip(Rebuild.run(tally({ statement }), small))
        assert.strictEqual(error._tag, "NotRebuildable", statement)
        assert.match(error.message, /writes to (tally|probe|public\.tallying), which is none/)
      }
      yield* Rebuild.drop("tally")
    }),
  ),
)

it.live("does not take back what a migration has done to the table since the rebuild was begun", () =>
  test(
    Effect.gen(function* () {
      yield* lead(tally())
      yield* caughtUp(yield* grow(40, inTurn))
      const changes = [
        "alter table public.tally add column note text",
        "create index tally_note on public.tally (note)",
        "alter table public.tally add constraint tally_note_short check (length(note) < 9)",
        "alter table public.tally alter column note set default ''",
      ]
      for (const change of changes) {
        yield* Rebuild.run(tally(), { ...small, switch: false })
        yield* command(change)
        const before = yield* about
        const error = yield* Effect.flip(Rebuild.run(tally(), small))
        assert.strictEqual(error._tag, "NotRebuildable", change)
        assert.include(error.message, "public.tally has been changed since")
        assert.deepStrictEqual(yield* about, before)
        yield* Rebuild.drop("tally")
      }
      const before = yield* about
      yield* Rebuild.run(tally(), small)
      assert.deepStrictEqual(yield* about, before)
    }),
  ),
)

it.live("refuses a table that others hang on to, and says who", () =>
  test(
    Effect.gen(function* () {
      yield* grow(8, inTurn)
      const hangers = [
        ["create view seen as select stream from public.tally", "drop view seen", /view or rule of public\.seen/],
        [
          "create table child (stream text references public.tally)",
          "drop table child",
          /foreign key child_stream_fkey/,
        ],
        [
          "create trigger t before update on public.tally execute function paylog.refuse_change()",
          "drop trigger t on public.tally",
          /the trigger t/,
        ],
        [
          "alter table public.tally add column n bigint generated always as identity",
          "alter table public.tally drop column n",
          /the column n counts up/,
        ],
        [
          "alter table public.tally enable row level security",
          "alter table public.tally disable row level security",
          /row security/,
        ],
      ] as const
      for (const [hang, release, reason] of hangers) {
        yield* command(hang)
        const error = yield* Effect.flip(Rebuild.run(tally(), small))
        assert.strictEqual(error._tag, "NotRebuildable", hang)
        assert.match(error.message, reason)
        yield* command(release)
      }
      const none: Projection = { ...tally(), tables: ["public.nothing"] }
      assert.match((yield* Effect.flip(Rebuild.run(none, small))).message, /no table public\.nothing/)
      const quoted: Projection = { ...tally(), tables: ['public."Tally"'] }
      assert.match((yield* Effect.flip(Rebuild.run(quoted, small))).message, /no name for a table/)
      assert.isTrue((yield* Rebuild.run(tally(), small)).switched)
    }),
  ),
)

it("takes no follower whose rows others act upon", () => {
  const acting: Follower = probe("acting")
  // @ts-expect-error It has no version and no tables.
  const refused = Rebuild.run(acting)
  assert.isTrue(Effect.isEffect(refused))
})

class Boom extends Data.TaggedError("Boom")<{ readonly message: string }> {}

const small = { batch: 16, shards: 2 } as const
const quick = { lease: "1 second", retake: "100 millis" } as const

/** Streams a, b, c, d, in turn. */
const inTurn = (n: number) => "dabc".charAt(n % 4)
const among = (count: number) => (n: number) => `s${(n * 7919) % count}`

const command = (text: string) => Database.use(({ query }) => query({ name: "", text }))
const lead = <E>(projection: Projection<E>, over?: typeof database) => start(projection, quick, over)
const caughtUp = (position: bigint) =>
  FollowerRunner.use((runner) => runner.awaitBookmark("tally", position, "20 seconds"))
const status = FollowerRunner.use((runner) => runner.status).pipe(Effect.map(([first]) => first))

/** What the old version has written to the new rows, when events come after the switch and nobody else leads. */
const afterSwitch = Effect.fnUntraced(function* (over: typeof database) {
  yield* lead(tally(), over)
  yield* caughtUp(yield* grow(40, inTurn))
  yield* Rebuild.run(tally({ version: 2 }), small)
  yield* grow(40, inTurn)
  yield* settled(Effect.map(status, (now) => now?.position))
  return (yield* counted).filter(({ maker }) => maker === 1)
})

const test = <A, E>(
  effect: Effect.Effect<A, E, World | Database | EventStore | FollowerRunner | Scope.Scope>,
  options: FollowerRunnerOptions = quick,
  logs = Logger.layer([]),
) =>
  Effect.scoped(Effect.andThen(tallyTable, effect)).pipe(
    Effect.provide(services(options).pipe(Layer.provideMerge(World.layer), Layer.provideMerge(logs))),
  )
