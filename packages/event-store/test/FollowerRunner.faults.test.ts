import { assert, it } from "@effect/vitest"
import { Data, Deferred, type Duration, Effect, Fiber, Layer, Logger, Random, Redacted, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { Database } from "../src/Database.ts"
import type { EventStore } from "../src/EventStore.ts"
import { FollowerRunner } from "../src/FollowerRunner.ts"
import { probe, type Seen, seenBy, table } from "./support/Probe.ts"
import { hesitant } from "./support/Sabotage.ts"
import { database, eventually, grow, services, start, World } from "./support/World.ts"

it.live("misses and repeats nothing when its process is killed or frozen, and another takes over within 5 s", () =>
  test(
    Effect.gen(function* () {
      const children = yield* Effect.all(
        Array.from({ length: 7 }, () => spawned),
        { concurrency: 2 },
      )
      const processes = new Map(children.map((child) => [String(child.pid), child]))
      const growth = yield* growing(25)
      const frozen: Array<ChildProcess> = []
      for (const signal of ["SIGKILL", "SIGSTOP", "SIGKILL", "SIGSTOP", "SIGKILL", "SIGSTOP"] as const) {
        // In the middle of its work: a leader that has just written.
        const runner = yield* eventually(latest, (runner) => processes.has(runner), "30 seconds")
        yield* Effect.sleep(yield* Random.nextBetween(0, 100))
        const leader = processes.get(runner)
        leader?.kill(signal)
        if (leader !== undefined && signal === "SIGSTOP") frozen.push(leader)
        processes.delete(runner)
        yield* eventually(latest, (next) => next !== runner, "30 seconds")
      }
      for (const child of frozen) child.kill("SIGCONT")
      yield* Effect.sleep("1 second")
      yield* assertOnceInOrder(yield* growth.stop)
      const gaps = yield* takeOvers
      assert.isAtLeast(gaps.length, 6)
      assert.isTrue(
        gaps.every((seconds) => seconds <= 5),
        `Took over after ${gaps.join(", ")} s`,
      )
    }),
  ),
)

it.live("has one leader at a time, whatever happens to eight competitors, fifty times", () =>
  test(
    Effect.gen(function* () {
      let inside = 0
      let most = 0
      const compete = Effect.gen(function* () {
        const name = String(yield* Random.nextInt)
        const follower = probe("f", {
          runner: name,
          before: () =>
            Effect.suspend(() => {
              most = Math.max(most, ++inside)
              return Effect.sleep("1 millis")
            }),
          after: () => Effect.sync(() => void inside--),
        })
        let stalled: Deferred.Deferred<void> | undefined
        const untilWoken = Effect.suspend(() => (stalled === undefined ? Effect.void : Deferred.await(stalled)))
        const stalling = hesitant(untilWoken, Effect.void, database)
        const fiber = yield* start(follower, { lease: "500 millis", retake: "50 millis", batch: 16 }, stalling)
        return {
          name,
          stop: Fiber.interrupt(fiber),
          stall: Effect.map(Deferred.make<void>(), (deferred) => void (stalled = deferred)),
          wake: Effect.suspend(() => (stalled === undefined ? Effect.void : Deferred.succeed(stalled, undefined))),
        }
      })
      const competitors = new Map<string, Effect.Success<typeof compete>>()
      const enter = Effect.map(compete, (competitor) => competitors.set(competitor.name, competitor))
      yield* Effect.repeat(enter, { times: 7 })
      const growth = yield* growing(20)
      const anotherThan = (runner: string) =>
        eventually(latest, (next) => next !== runner && competitors.has(next), "30 seconds")
      let leader = yield* anotherThan("")
      for (let change = 0; change < 50; change++) {
        const competitor = competitors.get(leader)
        if (competitor === undefined) throw new Error(`Nobody knows ${leader}`)
        if (change % 3 === 0) {
          yield* competitor.stall
          leader = yield* anotherThan(leader)
          yield* competitor.wake
        } else {
          yield* competitor.stop
          inside = 0
          competitors.delete(leader)
          yield* enter
          leader = yield* anotherThan(leader)
        }
      }
      yield* assertOnceInOrder(yield* growth.stop)
      assert.strictEqual(most, 1)
      assert.isAtLeast((yield* takeOvers).length, 50)
    }),
  ),
)

it.live("keeps other streams flowing while every hundredth event fails, and is as if none had after a replay", () =>
  test(
    Effect.gen(function* () {
      const { awaitBookmark, replay, status } = yield* FollowerRunner
      let broken = true
      const f = probe("f", {
        before: (events) =>
          broken && events.some(({ position }) => position % 100n === 50n) ? new Boom() : Effect.void,
      })
      yield* start(f)
      yield* start(probe("clean"))
      const growth = yield* growing(20, 200, "100 millis")
      yield* awaitBookmark("clean", 1500n, "60 seconds")
      const last = yield* growth.stop
      yield* awaitBookmark("f", last, "20 seconds")
      yield* awaitBookmark("clean", last, "20 seconds")
      // Compared with a follower that meets no failure, since the machine may be busy.
      assert.isBelow((yield* lagOf("f")) - (yield* lagOf("clean")), 2)

      const parked = (yield* status).find(({ follower }) => follower === "f")?.parked ?? []
      assert.isAtLeast(parked.length, 12)
      broken = false
      for (const { stream } of parked) yield* replay(f, stream)
      const [mine, clean] = [yield* seenBy("f"), yield* seenBy("clean")]
      assert.strictEqual(mine.length, clean.length)
      const byStream = Map.groupBy(mine, ({ stream }) => stream)
      for (const [stream, rows] of Map.groupBy(clean, ({ stream }) => stream)) {
        assert.deepStrictEqual(byStream.get(stream), rows)
      }
    }),
  ),
)

class Boom extends Data.TaggedError("Boom") {}

/** Appends to so many streams, a few at a time, until it is told to stop; then answers the last position. */
const growing = Effect.fnUntraced(function* (atATime: number, streams = 7, pause: Duration.Input = "30 millis") {
  const state = { stopped: false }
  const loop = Effect.gen(function* () {
    let last = 0n
    while (!state.stopped) {
      const first = yield* Random.nextIntBetween(0, streams)
      last = yield* grow(atATime, (n) => `s${(first + n) % streams}`)
      yield* Effect.sleep(pause)
    }
    return last
  })
  const fiber = yield* Effect.forkScoped(loop)
  return {
    stop: Effect.suspend(() => {
      state.stopped = true
      return Fiber.join(fiber)
    }),
  }
})

/** The follower comes to the last position, and has written 1, 2, 3 … up to it; else says the first place where it has not. */
const assertOnceInOrder = Effect.fnUntraced(function* (last: bigint) {
  yield* FollowerRunner.use(({ awaitBookmark }) => awaitBookmark("f", last, "30 seconds"))
  const rows: ReadonlyArray<Seen> = yield* seenBy("f")
  const at = rows.findIndex(({ position }, index) => position !== BigInt(index + 1))
  const wrong = at < 0 ? [] : rows.slice(Math.max(0, at - 1), at + 2)
  assert.deepStrictEqual({ rows: BigInt(rows.length), wrong }, { rows: last, wrong: [] })
})

/** Who wrote last. */
const latest = Database.use(({ query }) =>
  query<{ readonly runner: string }>({
    name: "test-latest",
    text: "select runner from probe order by seq desc limit 1",
  }),
).pipe(Effect.map(([row]) => row?.runner ?? ""))

/** How long nothing was written each time the runner changed, in seconds. */
const takeOvers = Database.use(({ query }) =>
  query<{ readonly seconds: number }>({
    name: "test-take-overs",
    text: `select seconds from (
        select runner, lag(runner) over (order by seq) as before,
          extract(epoch from written_at - lag(written_at) over (order by seq))::float8 as seconds
        from probe where follower = 'f') as row
      where runner <> before`,
  }),
).pipe(Effect.map((rows) => rows.map(({ seconds }) => seconds)))

/** How long the event that waited longest did, in seconds. */
const lagOf = (follower: string) =>
  Database.use(({ query }) =>
    query<{ readonly seconds: number }>(
      {
        name: "test-lag",
        text: `select max(extract(epoch from probe.written_at - events.recorded_at))::float8 as seconds
          from probe join paylog.events using (position) where follower = $1`,
      },
      [follower],
    ),
  ).pipe(Effect.map(([row]) => row?.seconds ?? Infinity))

/** A process that runs the follower, once it does; killed with the scope, frozen or not. */
const spawned = Effect.flatMap(World, ({ url }) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const script = fileURLToPath(new URL("support/follower-process.ts", import.meta.url))
      const child = spawn(process.execPath, [script, Redacted.value(url)], { stdio: ["ignore", "pipe", "inherit"] })
      await once(child.stdout, "data")
      return child
    }),
    (child) =>
      Effect.promise(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        child.kill("SIGKILL")
        await once(child, "exit")
      }),
  ),
)

const test = <A, E>(effect: Effect.Effect<A, E, World | Database | EventStore | FollowerRunner | Scope.Scope>) =>
  Effect.scoped(Effect.andThen(table, effect)).pipe(
    Effect.provide(services().pipe(Layer.provideMerge(World.layer), Layer.provideMerge(Logger.layer([])))),
  )
