/** SIGKILL of every process of Postgres, again and again, while several stores append. */
import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, Layer, type Redacted } from "effect"
import { everything } from "../src/conformance/law.ts"
import { EventStore } from "../src/EventStore.ts"
import { migrations } from "../src/EventStorePostgres.ts"
import { FollowerRunner } from "../src/FollowerRunner.ts"
import { migrate } from "../src/Migrations.ts"
import { ciOrFull } from "./support/full.ts"
import { mortalServer } from "./support/MortalServer.ts"
import { probe, seenBy, table } from "./support/Probe.ts"
import { unguarded } from "./support/sabotaged.ts"
import { connected, rows } from "./support/sql.ts"
import { storeAt } from "./support/stores.ts"
import { servicesAt } from "./support/World.ts"
import * as Workload from "./support/workload.ts"

const live = { excludeTestServices: true }

/** Appends without end, and answers what was acknowledged once it is told to stop. */
const underLoad = Effect.fnUntraced(function* (url: Redacted.Redacted) {
  const stores = yield* Effect.forEach([1, 2], () => storeAt(url))
  const rounds: Array<Effect.Success<ReturnType<typeof Workload.run>>> = []
  const state = { begun: 0, stopped: false }
  const each = Effect.sync(() => void (state.begun += 1))
  const loop = Effect.gen(function* () {
    while (!state.stopped) rounds.push(yield* Workload.run(stores, { count: 500, callers: 24, each }))
  })
  const fiber = yield* Effect.forkScoped(loop)
  return {
    /** How many calls have begun: grows while the server lives. */
    begun: () => state.begun,
    stop: Effect.suspend(() => {
      state.stopped = true
      return Effect.map(Fiber.join(fiber), () => ({
        answered: rounds.flatMap((round) => round.answered),
        slowestMs: Math.max(...rounds.map((round) => round.slowestMs)),
      }))
    }),
  }
})

layer(Layer.empty, live)("a server that is killed under load", (it) => {
  const kills = ciOrFull(10, 50)

  it.effect(
    `has every acknowledged append, once and where it was said to be, over ${kills} kills`,
    () =>
      Effect.gen(function* () {
        const server = yield* mortalServer
        yield* migrate(server.url(), [migrations])
        const load = yield* underLoad(server.url())
        for (let kill = 0; kill < kills; kill++) {
          yield* growsBy(load, 300)
          yield* server.dieAndRise
        }
        yield* growsBy(load, 300)
        const { answered, slowestMs } = yield* load.stop
        yield* Workload.assertExact(yield* storeAt(server.url()), answered)
        assert.isBelow(slowestMs, 10_000)
      }),
    3_600_000,
  )

  it.effect(
    "has what followers write from it, each event once, though their commits do not wait for the disk",
    () =>
      Effect.gen(function* () {
        const server = yield* mortalServer
        yield* migrate(server.url(), [migrations])
        yield* Effect.gen(function* () {
          yield* table
          const runner = yield* FollowerRunner
          yield* Effect.forkScoped(runner.run(probe("f")))
          const load = yield* underLoad(server.url())
          for (let kill = 0; kill < 5; kill++) {
            yield* growsBy(load, 300)
            yield* server.dieAndRise
          }
          yield* load.stop
          const head = yield* EventStore.use((store) => store.head)
          yield* runner.awaitBookmark("f", head, "30 seconds")
          const seen = yield* seenBy("f")
          assert.deepStrictEqual(
            seen.map(({ position }) => position),
            Array.from({ length: Number(head) }, (_, index) => BigInt(index + 1)),
          )
        }).pipe(Effect.provide(servicesAt(server.url())))
      }),
    300_000,
  )

  it.effect(
    "is seen to lose some where commits do not wait for the disk",
    () =>
      Effect.gen(function* () {
        const server = yield* mortalServer
        yield* migrate(server.url(), [migrations])
        const client = yield* connected(server.url())
        yield* rows(client, unguarded)
        yield* rows(client, "alter role postgres set synchronous_commit = off")
        yield* rows(client, "alter system set wal_writer_delay = '2s'")
        yield* rows(client, "select pg_reload_conf()")
        let lost = 0
        for (let kill = 0; kill < 5 && lost === 0; kill++) {
          const load = yield* underLoad(server.url())
          yield* growsBy(load, 300)
          yield* server.dieAndRise
          const { answered } = yield* load.stop
          const log = new Set((yield* everything(yield* storeAt(server.url()))).map(({ data }) => data))
          lost = answered.filter(({ append }) => !log.has(append.streams[0].events[0].data)).length
        }
        assert.isAbove(lost, 0)
      }),
    300_000,
  )
})

const growsBy = (load: { readonly begun: () => number }, count: number) => {
  const target = load.begun() + count
  return Effect.sleep("10 millis").pipe(
    Effect.repeat({ until: () => load.begun() >= target }),
    Effect.timeout("30 seconds"),
  )
}
