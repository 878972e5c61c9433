import { assert, it } from "@effect/vitest"
import { Data, Deferred, Effect, Fiber, Layer, Logger, type Scope } from "effect"
import { randomUUID } from "node:crypto"
import { Database } from "../src/Database.ts"
import * as DatabasePostgres from "../src/DatabasePostgres.ts"
import { type EventStore, StoreUnavailable } from "../src/EventStore.ts"
import { FollowerRunner, type FollowerRunnerOptions } from "../src/FollowerRunner.ts"
import { WorkQueue } from "../src/WorkQueue.ts"
import * as WorkQueuePostgres from "../src/WorkQueuePostgres.ts"
import { probe, type Seen, seenBy, table } from "./support/Probe.ts"
import { hesitant, sessionless, unfenced } from "./support/Sabotage.ts"
import { elsewhere } from "./support/sql.ts"
import { database, eventually, grow, services, start, World } from "./support/World.ts"

it.live("applies every event once, in order, and those that come later as they come", () =>
  test(
    Effect.gen(function* () {
      const runner = yield* FollowerRunner
      yield* grow(1500, inTurn)
      yield* start(probe("f"), quick)
      yield* runner.awaitBookmark("f", 1500n, "10 seconds")
      const last = yield* grow(3, inTurn)
      yield* runner.awaitBookmark("f", last, "5 seconds")
      assert.deepStrictEqual(
        (yield* seenBy("f")).map((row) => row.position),
        positions(1503),
      )
    }),
  ),
)

it.live(
  "does not wait for the disk, since what it writes follows from the log; its session's next transaction does",
  () =>
    test(
      Effect.gen(function* () {
        const runner = yield* FollowerRunner
        const ask = { name: "test-setting", text: "select current_setting('synchronous_commit') as setting" }
        const seen: Array<unknown> = []
        yield* grow(1, inTurn)
        yield* start(
          { name: "f", apply: (_, sql) => Effect.map(sql.query(ask), (rows) => void seen.push(...rows)) },
          quick,
        )
        yield* runner.awaitBookmark("f", 1n, "5 seconds")
        assert.deepStrictEqual(seen, [{ setting: "off" }])
        const { query } = yield* Database
        const after = yield* Effect.all(
          Array.from({ length: 8 }, () => query(ask)),
          { concurrency: 8 },
        )
        assert.deepStrictEqual([...new Set(after.flat().map((row) => JSON.stringify(row)))], ['{"setting":"on"}'])
      }),
    ),
)

it.live("tells who waits for a bookmark how far the follower has come, when it is not far enough in time", () =>
  test(
    Effect.gen(function* () {
      const runner = yield* FollowerRunner
      yield* grow(5, inTurn)
      yield* start(probe("f"), quick)
      yield* runner.awaitBookmark("f", 5n, "5 seconds")
      const error = yield* Effect.flip(runner.awaitBookmark("f", 6n, "100 millis"))
      assert.strictEqual(error._tag, "NotCaughtUp")
      assert.include(error.message, "at position 5, not yet at 6")
    }),
  ),
)

it.live("parks the stream of an event that fails, and no other; a replay after the fix equals a clean run", () =>
  test(
    Effect.gen(function* () {
      const runner = yield* FollowerRunner
      let broken = true
      const f = probe("f", {
        before: (events) =>
          broken && events.some((event) => event.stream === "b" && event.version === 3)
            ? Effect.fail(new Boom({ message: "cannot make sense of it" }))
            : Effect.void,
      })
      yield* grow(40, inTurn)
      yield* start(f, quick)
      yield* start(probe("clean"), quick)
      yield* runner.awaitBookmark("f", 40n, "10 seconds")
      const last = yield* grow(8, inTurn)
      yield* runner.awaitBookmark("f", last, "10 seconds")
      yield* runner.awaitBookmark("clean", last, "10 seconds")

      const clean = yield* seenBy("clean")
      const without = clean.filter((row) => row.stream !== "b" || row.version < 3)
      assert.deepStrictEqual(yield* seenBy("f"), without)
      const [, status] = yield* runner.status
      assert.strictEqual(status?.position, last)
      assert.strictEqual(status?.lagEvents, 0n)
      assert.deepStrictEqual(
        status?.parked.map(({ stream, position, reason }) => ({ stream, position, reason })),
        [{ stream: "b", position: 10n, reason: "Boom: cannot make sense of it" }],
      )

      const still = yield* Effect.flip(runner.replay(f, "b"))
      assert.deepInclude(still, { _tag: "StillFailing", stream: "b", reason: "Boom: cannot make sense of it" })
      assert.deepStrictEqual(yield* seenBy("f"), without)

      broken = false
      assert.strictEqual(yield* runner.replay(f, "b"), 10)
      const more = yield* grow(4, inTurn)
      yield* runner.awaitBookmark("f", more, "5 seconds")
      yield* runner.awaitBookmark("clean", more, "5 seconds")
      assert.deepStrictEqual(byStream(yield* seenBy("f")), byStream(yield* seenBy("clean")))
      assert.deepStrictEqual(
        (yield* runner.status).flatMap(({ parked }) => parked),
        [],
      )
      assert.strictEqual((yield* Effect.flip(runner.replay(f, "b")))._tag, "NotParked")
    }),
  ),
)

it.live("replays a parked stream that is longer than a batch, in order", () =>
  test(
    Effect.gen(function* () {
      const { replay, awaitBookmark } = yield* FollowerRunner
      let broken = true
      const f = probe("f", { before: () => (broken ? Effect.fail(new Boom({ message: "all" })) : Effect.void) })
      yield* grow(40, () => "a")
      yield* start(f, quick)
      yield* awaitBookmark("f", 40n, "10 seconds")
      assert.deepStrictEqual(yield* seenBy("f"), [])
      broken = false
      assert.strictEqual(yield* replay(f, "a"), 40)
      assert.deepStrictEqual(
        (yield* seenBy("f")).map((row) => row.version),
        Array.from({ length: 40 }, (_, index) => index + 1),
      )
    }),
    { ...quick, batch: 8 },
  ),
)

it.live("loses no event of a stream that is replayed while the leader comes to it", () =>
  test(
    Effect.gen(function* () {
      const runner = yield* FollowerRunner
      let broken = true
      yield* grow(4, inTurn)
      const parking = probe("f", {
        before: (events) =>
          broken && events.some(({ stream }) => stream === "a") ? Effect.fail(new Boom({ message: "a" })) : Effect.void,
      })
      yield* start(parking, long)
      yield* runner.awaitBookmark("f", 4n, "5 seconds")
      broken = false

      const reached = yield* Deferred.make<void>()
      const gate = yield* Deferred.make<void>()
      const slow = probe("f", {
        before: () => Effect.andThen(Deferred.succeed(reached, undefined), Deferred.await(gate)),
      })
      const replay = yield* Effect.forkChild(runner.replay(slow, "a"))
      yield* Deferred.await(reached)
      yield* grow(1, () => "a")
      // The leader has come to the new event, and waits for the replay to let go of the bookmark.
      yield* eventually(waitingForLocks, (count) => count > 0n)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(replay)
      yield* runner.awaitBookmark("f", 5n, "5 seconds")
      assert.deepStrictEqual(
        (yield* seenBy("f")).filter(({ stream }) => stream === "a").map(({ version }) => version),
        [1, 2],
      )
    }),
    long,
  ),
)

it.live("parks a stream whose effects fail only at the commit", () =>
  test(
    Effect.gen(function* () {
      const runner = yield* FollowerRunner
      const { query } = yield* Database
      yield* query({
        name: "test-deferred",
        text: "create table checked (n int, constraint checked_n unique (n) deferrable initially deferred)",
      })
      yield* query({ name: "test-deferred-first", text: "insert into checked values (7)" })
      yield* grow(16, inTurn)
      const f = probe("f", {
        after: (events, sql) =>
          Effect.asVoid(
            sql.query({ name: "test-deferred-more", text: "insert into checked select unnest($1::int[])" }, [
              events.map((event) => Number(event.position)),
            ]),
          ),
      })
      yield* start(f, quick)
      yield* runner.awaitBookmark("f", 16n, "10 seconds")
      const [status] = yield* runner.status
      assert.deepStrictEqual(
        status?.parked.map(({ stream, position }) => ({ stream, position })),
        [{ stream: "c", position: 7n }],
      )
      assert.strictEqual((yield* seenBy("f")).length, 16 - 3)
    }),
  ),
)

it.live("finds the culprit also when that takes longer than a lease, and another waits for it to run out", () =>
  test(
    Effect.gen(function* () {
      const { awaitBookmark, status } = yield* FollowerRunner
      const slow = probe("f", {
        before: (events) =>
          events.some(({ position }) => position === 1n)
            ? Effect.andThen(Effect.sleep("400 millis"), Effect.fail(new Boom({ message: "slowly" })))
            : Effect.void,
      })
      yield* grow(40, inTurn)
      yield* start(slow, quick)
      yield* start(slow, quick)
      yield* awaitBookmark("f", 40n, "20 seconds")
      assert.strictEqual((yield* status)[0]?.parked.length, 1)
    }),
  ),
)

it.live("parks nothing because the store is out of reach, and goes on when it is back", () =>
  test(
    Effect.gen(function* () {
      const runner = yield* FollowerRunner
      let failures = 0
      const f = probe("f", {
        before: () => (failures++ < 12 ? Effect.fail(new StoreUnavailable({ reason: "planted" })) : Effect.void),
      })
      yield* grow(8, inTurn)
      yield* start(f, quick)
      yield* runner.awaitBookmark("f", 8n, "20 seconds")
      assert.isAbove(failures, 12)
      assert.deepStrictEqual(
        (yield* runner.status).flatMap(({ parked }) => parked),
        [],
      )
      assert.deepStrictEqual(
        (yield* seenBy("f")).map((row) => row.position),
        positions(8),
      )
    }),
  ),
)

it.live(
  "parks nothing for a table that is not there, a right that is missing or a disk that fails, and goes on when mended",
  () =>
    test(
      Effect.gen(function* () {
        const { awaitBookmark, status } = yield* FollowerRunner
        const broken = {
          "42P01": "select 1 from not_there",
          "42501": "do $$ begin raise insufficient_privilege; end $$",
          "58030": "do $$ begin raise io_error; end $$",
          XX001: "do $$ begin raise data_corrupted; end $$",
        }
        let tries = 0
        let text: string = broken["42P01"]
        const f = probe("f", {
          after: (_, sql) => Effect.suspend(() => (tries++, Effect.asVoid(sql.query({ name: "", text })))),
        })
        yield* grow(2, inTurn)
        yield* start(f, quick)
        for (const [code, statement] of Object.entries(broken)) {
          text = statement
          const before = tries
          yield* eventually(
            Effect.sync(() => tries),
            (now) => now > before + 4,
          )
          assert.deepInclude((yield* status)[0], { position: 0n, parked: [] }, code)
        }
        text = "select 1"
        yield* awaitBookmark("f", 2n, "10 seconds")
        assert.strictEqual((yield* seenBy("f")).length, 2)
      }),
    ),
)

it.live("parks the stream of an event whose statement takes too long, and no other", () =>
  test(
    Effect.gen(function* () {
      const runner = yield* FollowerRunner
      yield* grow(40, inTurn)
      yield* start(sleepy("b"), quick, impatient(300))
      yield* runner.awaitBookmark("f", 40n, "20 seconds")
      const [status] = yield* runner.status
      assert.deepStrictEqual(
        status?.parked.map(({ stream, position, reason }) => ({ stream, position, reason })),
        [{ stream: "b", position: 2n, reason: "57014 canceling statement due to statement timeout" }],
      )
      assert.deepStrictEqual(
        (yield* seenBy("f")).map((row) => row.position),
        positions(40).filter((position) => position % 4n !== 2n),
      )
    }),
  ),
)

it.live("parks nothing for a statement that takes too long where the server is slow at everything", () =>
  test(
    Effect.gen(function* () {
      const { query } = yield* Database
      const { status } = yield* FollowerRunner
      const slowly = `create function slowly() returns trigger language plpgsql as
        $$ begin perform pg_sleep(1.1); return new; end $$`
      yield* query({ name: "", text: slowly })
      yield* query({
        name: "",
        text: "create trigger slowly before insert on paylog.parked for each row execute function slowly()",
      })
      yield* grow(1, () => "b")
      let tries = 0
      yield* start(
        sleepy("b", () => tries++),
        quick,
        impatient(1300),
      )
      yield* eventually(
        Effect.sync(() => tries),
        (tries) => tries > 3,
        "20 seconds",
      )
      assert.deepInclude((yield* status)[0], { position: 0n, parked: [] })
    }),
  ),
)

it.live("refuses what a stalled leader does when it wakes after another has taken over", () =>
  test(
    Effect.gen(function* () {
      const seen = yield* seenAfterStall(database)
      assert.deepStrictEqual(
        seen.map(({ position }) => position),
        positions(40),
      )
      assert.isTrue(seen.every(({ runner }) => runner === "next"))
    }),
  ),
)

it.live("control: without the fence, what a stalled leader does late is there twice", () =>
  test(
    Effect.gen(function* () {
      assert.strictEqual((yield* seenAfterStall(unfenced)).length, 80)
    }),
  ),
)

it.live("lets another take over from a leader that stalls in the middle of its transaction", () =>
  test(
    Effect.gen(function* () {
      const { awaitBookmark } = yield* FollowerRunner
      const reached = yield* Deferred.make<void>()
      let stalls = true
      const stalling = probe("f", {
        runner: "stalling",
        before: () => (stalls ? Effect.andThen(Deferred.succeed(reached, undefined), Effect.never) : Effect.void),
      })
      yield* grow(40, inTurn)
      yield* start(stalling, quick)
      yield* Deferred.await(reached)
      stalls = false
      yield* start(probe("f", { runner: "next" }), quick)
      yield* awaitBookmark("f", 40n, "5 seconds")
      const seen = yield* seenBy("f")
      assert.deepStrictEqual(
        seen.map(({ position }) => position),
        positions(40),
      )
      assert.isTrue(seen.every(({ runner }) => runner === "next"))
    }),
  ),
)

it.live("hands the lease over at once when it is interrupted", () =>
  test(
    Effect.gen(function* () {
      const { awaitBookmark, status } = yield* FollowerRunner
      const first = yield* start(probe("f", { runner: "first" }), long)
      yield* awaitBookmark("f", yield* grow(4, inTurn), "5 seconds")
      yield* start(probe("f", { runner: "second" }), long)
      const before = (yield* status)[0]?.holder
      assert.isDefined(before)
      yield* Fiber.interrupt(first)
      yield* awaitBookmark("f", yield* grow(4, inTurn), "5 seconds")
      assert.notStrictEqual((yield* status)[0]?.holder, before)
      assert.deepStrictEqual(
        (yield* seenBy("f")).map(({ runner, position }) => ({ runner, position })),
        positions(8).map((position) => ({ runner: position <= 4n ? "first" : "second", position })),
      )
    }),
  ),
)

it.live("needs nothing of a session: leads, parks, replays and takes over when each statement may meet a new one", () =>
  test(
    Effect.gen(function* () {
      let broken = true
      const f = probe("f", {
        before: (events) =>
          broken && events.some(({ stream }) => stream === "a") ? Effect.fail(new Boom({ message: "a" })) : Effect.void,
      })
      yield* grow(40, inTurn)
      const first = yield* start(f, steady, sessionless)
      yield* start(f, steady, sessionless)
      yield* Effect.gen(function* () {
        const { awaitBookmark, replay } = yield* FollowerRunner
        yield* awaitBookmark("f", 40n, "30 seconds")
        yield* Fiber.interrupt(first)
        broken = false
        assert.strictEqual(yield* replay(f, "a"), 10)
        yield* awaitBookmark("f", yield* grow(40, inTurn), "30 seconds")
      }).pipe(Effect.provide(services(steady, sessionless), { local: true }))
      assert.deepStrictEqual(
        (yield* seenBy("f")).map(({ position }) => position).toSorted((a, b) => Number(a - b)),
        positions(80),
      )
    }),
  ),
)

it.live("needs no more rights than paylog_project has", () =>
  test(
    Effect.gen(function* () {
      const { url } = yield* World
      const { query } = yield* Database
      const role = `test_${randomUUID().replaceAll("-", "")}`
      const command = (text: string) => query({ name: "", text })
      yield* Effect.acquireRelease(command(`create role ${role} login password '${role}' in role paylog_project`), () =>
        Effect.andThen(command(`drop owned by ${role}`), command(`drop role ${role}`)).pipe(Effect.orDie),
      )
      yield* command(`grant select, insert on probe to ${role}`)
      const limited = elsewhere(url, (to) => {
        to.username = role
        to.password = role
      })
      let broken = true
      const f = probe("f", {
        before: (events) =>
          broken && events.some(({ stream }) => stream === "a") ? Effect.fail(new Boom({ message: "a" })) : Effect.void,
      })
      yield* grow(8, inTurn)
      yield* Effect.gen(function* () {
        const { run, awaitBookmark, replay, status } = yield* FollowerRunner
        const fiber = yield* Effect.forkChild(run(f))
        yield* awaitBookmark("f", 8n, "10 seconds")
        yield* Fiber.interrupt(fiber)
        broken = false
        assert.strictEqual(yield* replay(f, "a"), 2)
        assert.strictEqual((yield* status)[0]?.holder, undefined)
        const queue = yield* WorkQueue
        yield* Database.use(({ transaction }) => transaction((sql) => queue.add(sql, "q", [{ key: "k", dueAtMs: 0 }])))
        const [item] = yield* queue.claim("q", 1, "1 minute")
        assert.isTrue(item !== undefined && (yield* queue.complete(item)))
      }).pipe(
        Effect.provide(WorkQueuePostgres.layer.pipe(Layer.provideMerge(services(quick, () => database(limited)))), {
          local: true,
        }),
      )
    }),
  ),
)

class Boom extends Data.TaggedError("Boom")<{ readonly message: string }> {}

/** Streams a, b, c, d, in turn. */
const inTurn = (n: number) => "dabc".charAt(n % 4)
const positions = (count: number) => Array.from({ length: count }, (_, index) => BigInt(index + 1))
/** Never runs out, and is never prolonged. */
const long = { lease: "10 minutes", retake: "100 millis" } as const
const steady = { lease: "3 seconds", retake: "100 millis" } as const
const quick = { lease: "1 second", retake: "100 millis" } as const

/** A database and one process's services for one test; what it starts ends before the database does. */
const test = <A, E>(
  effect: Effect.Effect<A, E, World | Database | EventStore | FollowerRunner | Scope.Scope>,
  options?: FollowerRunnerOptions,
) =>
  Effect.scoped(Effect.andThen(table, effect)).pipe(
    Effect.provide(
      services(options ?? quick).pipe(Layer.provideMerge(World.layer), Layer.provideMerge(Logger.layer([]))),
    ),
  )

/** Its statement takes for ever when the stream is among the events'. */
const sleepy = (stream: string, tried: () => unknown = () => {}) =>
  probe("f", {
    after: (events, sql) =>
      Effect.suspend(() => {
        tried()
        return events.some((event) => event.stream === stream)
          ? Effect.asVoid(sql.query({ name: "test-sleepy", text: "select pg_sleep(60)" }))
          : Effect.void
      }),
  })

const impatient =
  (statement: number): typeof database =>
  (url) =>
    DatabasePostgres.layer({ url, connections: 4, timeouts: { statement } })

const byStream = (rows: ReadonlyArray<Seen>) => Map.groupBy(rows, ({ stream }) => stream)

const waitingForLocks = Database.use(({ query }) =>
  query<{ readonly waiting: bigint }>({
    name: "test-waiting",
    text: "select count(*) as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  }),
).pipe(Effect.map(([row]) => row?.waiting ?? 0n))

/** A leader stalls when its first transaction is about to begin; another takes over; then the first wakes and goes on. */
const seenAfterStall = Effect.fnUntraced(function* (over: typeof database) {
  const reached = yield* Deferred.make<void>()
  const gate = yield* Deferred.make<void>()
  const tried = yield* Deferred.make<void>()
  const stall = Effect.andThen(Deferred.succeed(reached, undefined), Deferred.await(gate))
  yield* grow(40, inTurn)
  yield* start(probe("f", { runner: "late" }), quick, hesitant(stall, Deferred.succeed(tried, undefined), over))
  yield* Deferred.await(reached)
  yield* start(probe("f", { runner: "next" }), quick)
  yield* FollowerRunner.use((runner) => runner.awaitBookmark("f", 40n, "10 seconds"))
  yield* Deferred.succeed(gate, undefined)
  yield* Deferred.await(tried)
  return yield* seenBy("f")
})
