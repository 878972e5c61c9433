import { assert, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Logger, Redacted, type Scope, Stream } from "effect"
import { Database } from "../src/Database.ts"
import { layerListen, Wakeups } from "../src/Wakeups.ts"
import { database, eventually, settled, World } from "./support/World.ts"

it.live("tells each reader of every process of a signal", () =>
  test(
    Effect.gen(function* () {
      const here = yield* listening("1 hour")
      const there = yield* listening("1 hour")
      yield* eventually(listeners, (pids) => pids.length === 2)
      const counts = yield* Effect.all([
        count(here.changes),
        count(here.changes),
        count(there.changes),
        count(there.changes),
      ])
      const before = yield* settled(now(counts))
      yield* here.signal
      yield* eventually(now(counts), (after) => after.every((n, index) => n > (before[index] ?? 0)))
    }),
  ),
)

it.live("tells of added work apart, so that no queue is asked because the log grows", () =>
  test(
    Effect.gen(function* () {
      const here = yield* listening("1 hour")
      yield* eventually(listeners, (pids) => pids.length === 1)
      const log = yield* count(here.changes)
      const work = yield* count(here.workAdded)
      const [, before = 0] = yield* settled(now([log, work]))
      yield* here.signal
      yield* eventually(now([log]), ([n = 0]) => n > 1)
      assert.strictEqual((yield* settled(now([work])))[0], before)
      const [grown = 0] = yield* now([log])
      const { query } = yield* Database
      yield* query({ name: "test-add-work", text: "select pg_notify('paylog', 'work')" })
      yield* eventually(now([work]), ([n = 0]) => n > before)
      assert.strictEqual((yield* settled(now([log])))[0], grown)
    }),
  ),
)

it.live("merges a thousand signals into few, for readers that are busy and for those that are not", () =>
  test(
    Effect.gen(function* () {
      const here = yield* listening("1 hour")
      const there = yield* listening("1 hour")
      yield* eventually(listeners, (pids) => pids.length === 2)
      const counts = yield* Effect.all([count(here.changes), count(there.changes), count(there.changes, "300 millis")])
      const before = yield* settled(now(counts))
      const [elapsed] = yield* Effect.timed(
        Effect.repeat(Effect.andThen(here.signal, Effect.sleep("1 millis")), { times: 1000 }),
      )
      const after = yield* settled(now(counts))
      const told = after.map((n, index) => n - (before[index] ?? 0))
      const ms = Duration.toMillis(elapsed)
      // One each 10 ms, or as often as the reader is free; the first and the last of them besides.
      for (const [index, every] of [10, 10, 300].entries()) {
        assert.isAtMost(told[index] ?? Infinity, 3 + ms / every)
        assert.isAtLeast(told[index] ?? 0, 2)
      }
    }),
  ),
)

it.live("is covered by polling while its connection is dead, and comes back", () =>
  test(
    Effect.gen(function* () {
      const here = yield* listening("100 millis")
      const there = yield* listening("1 hour")
      const polled = yield* count(here.changes)
      const told = yield* count(there.changes)
      const killed = yield* eventually(listeners, (pids) => pids.length === 2)
      const { query } = yield* Database
      yield* query({ name: "test-terminate", text: "select pg_terminate_backend(unnest($1::int[]))" }, [killed])
      const [before] = yield* now([polled])
      yield* eventually(now([polled]), ([after]) => (after ?? 0) > (before ?? 0) + 2)
      yield* eventually(listeners, (pids) => pids.length === 2 && pids.every((pid) => !killed.includes(pid)))
      const [untold] = yield* settled(now([told]))
      yield* here.signal
      yield* eventually(now([told]), ([after]) => (after ?? 0) > (untold ?? 0))
    }),
  ),
)

it.live("never fails, and polls, when the server cannot be reached", () =>
  Effect.scoped(
    Effect.gen(function* () {
      const nowhere = Redacted.make("postgres://nobody:nothing@127.0.0.1:1/none")
      const wakeups = yield* Effect.map(Layer.build(layerListen(nowhere, "50 millis")), Context.get(Wakeups))
      const counts = [yield* count(wakeups.changes)]
      yield* wakeups.signal
      yield* eventually(now(counts), ([n]) => (n ?? 0) > 3)
    }),
  ).pipe(Effect.provide(Logger.layer([]))),
)

/** What one process has. */
const listening = Effect.fnUntraced(function* (pollEvery: Duration.Input) {
  const { url } = yield* World
  return Context.get(yield* Layer.build(Layer.fresh(layerListen(url, pollEvery))), Wakeups)
})

interface Count {
  n: number
}

/** Counts what a reader is told; a busy one takes `busy` for each. */
const count = Effect.fnUntraced(function* (signals: Stream.Stream<void>, busy: Duration.Input = 0) {
  const counted: Count = { n: 0 }
  yield* signals.pipe(
    Stream.runForEach(() =>
      Effect.suspend(() => {
        counted.n++
        return Effect.sleep(busy)
      }),
    ),
    Effect.forkScoped,
  )
  return counted
})

const now = (counts: ReadonlyArray<Count>) => Effect.sync(() => counts.map(({ n }) => n))

const listeners = Database.use(({ query }) =>
  query<{ readonly pid: number }>({
    name: "test-listeners",
    text: `select pid from pg_stat_activity
      where datname = current_database() and application_name = 'paylog wake-ups' and state = 'idle' and query <> ''`,
  }),
).pipe(Effect.map((rows) => rows.map(({ pid }) => pid)))

const test = <A, E>(effect: Effect.Effect<A, E, World | Database | Scope.Scope>) =>
  Effect.scoped(effect).pipe(
    Effect.provide(
      Layer.unwrap(Effect.map(World, ({ url }) => database(url))).pipe(
        Layer.provideMerge(World.layer),
        Layer.provideMerge(Logger.layer([])),
      ),
    ),
  )
