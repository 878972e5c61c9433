/** What it costs to seal the log while it is written to, how far the tree is behind, and how fast it catches up. */
import type { Sealing as Settings } from "@paylog/sealer/environment"
import * as Gate from "@paylog/sealer/Gate"
import { layerFolder } from "@paylog/sealer/OutsideStore"
import * as Sealer from "@paylog/sealer/Sealer"
import * as Sealing from "@paylog/sealer/Sealing"
import * as Tiles from "@paylog/sealer/Tiles"
import * as Note from "@paylog/transparency/Note"
import { Context, Duration, Effect, Fiber, Layer, Option, References, Schedule, type Scope } from "effect"
import { randomUUID } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { check, fibers } from "../callers.ts"
import { fill } from "../fill.ts"
import { Ground } from "../Ground.ts"
import * as Paylog from "../peers/paylog.ts"
import { connect, count, run, sql } from "../postgres.ts"
import type { Contestant, Scenario } from "../Scenario.ts"
import { type Mix, small, type Step } from "../Workload.ts"

const mix: Mix = { callers: 64, events: 1, payload: small }

/** A new log's key and a folder for its checkpoints, as `LOG_ORIGIN` and the others give them, at their defaults. */
const settings = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "paylog-bench-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true, force: true })),
  )
  const origin = `bench/${randomUUID()}`
  const { signerKey, verifierKey } = yield* Effect.promise(() => Note.generate(origin))
  const [signer, verifier] = yield* Effect.promise(() =>
    Promise.all([Note.signer(signerKey), Note.verifier(verifierKey)]),
  )
  return {
    keys: { origin, signer, verifiers: [verifier] },
    store: layerFolder(folder),
    signing: { every: 1000, after: Duration.minutes(1) },
  } satisfies Settings
})

const contestants = Effect.gen(function* () {
  const { url, events } = yield* Ground
  /** To be caught up with. */
  const behind = Math.min(100_000, events)
  const admin = yield* connect(url)
  const services = yield* Paylog.services(url)
  const rows = count(admin, "select count(*) from paylog.events")

  const empty = Effect.gen(function* () {
    yield* run(admin, sql("empty-log"))
    yield* run(admin, sql("empty-tree"))
    yield* run(admin, "checkpoint")
  })

  /** The log as the ingester has it: the gate before it, and in the same process whoever seals, signs and publishes. */
  const sealed = Effect.gen(function* () {
    const one = yield* settings
    const gated = yield* Layer.build(Gate.layer().pipe(Layer.provideMerge(Sealing.outside(one)))).pipe(
      Effect.provideContext(services),
    )
    yield* Effect.forkScoped(
      // It says when it has published.
      Sealing.run(Option.some(one)).pipe(
        Effect.provideContext(services),
        Effect.provideService(References.MinimumLogLevel, "Warn"),
      ),
    )
    yield* Context.get(gated, Gate.Gate).check.pipe(Effect.retry(Schedule.spaced("20 millis")), Effect.orDie)
    return Context.merge(services, gated)
  })

  const size = Effect.orDie(Tiles.size.pipe(Effect.provideContext(services)))

  const appends = (
    name: string,
    about: string,
    log: Effect.Effect<Paylog.Services, never, Scope.Scope>,
  ): Contestant => ({
    name,
    about,
    round: Effect.fnUntraced(function* ({ seconds }) {
      yield* empty
      const answered = yield* fibers(mix, seconds, Paylog.writer(yield* log, mix))
      yield* check(name, mix, answered, yield* rows)
      return { operations: answered.latencies.length, seconds: answered.seconds, latencies: answered.latencies }
    }, Effect.scoped),
  })

  /** Every 10 ms, an acknowledged event is waited for. */
  const lag: Contestant = {
    name: "until sealed",
    about: "the same; from an append's acknowledgement until the event is in the tree",
    round: Effect.fnUntraced(function* ({ seconds }) {
      yield* empty
      const write = Paylog.writer(yield* sealed, mix)
      let acknowledged = 0
      const counting = (step: Step) => Effect.tap(write(step), () => Effect.sync(() => (acknowledged += 1)))
      const latencies: Array<number> = []
      let waiting: ReadonlyArray<{ readonly event: number; readonly since: number }> = []
      const look = Effect.gen(function* () {
        waiting = [...waiting, { event: acknowledged, since: performance.now() }]
        const events = yield* size
        const now = performance.now()
        for (const { event, since } of waiting) if (event <= events) latencies.push(now - since)
        waiting = waiting.filter(({ event }) => event > events)
        return waiting.length
      })
      const begun = performance.now()
      const looking = yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced("10 millis")))
      const answered = yield* fibers(mix, seconds, counting)
      yield* Fiber.interrupt(looking)
      yield* Effect.repeat(look, { until: (left) => left === 0, schedule: Schedule.spaced("10 millis") })
      yield* check("until sealed", mix, answered, yield* rows)
      return { operations: acknowledged, seconds: (performance.now() - begun) / 1000, latencies }
    }, Effect.scoped),
  }

  const catchUp: Contestant = {
    name: "catching up",
    about: `a log of ${behind} events that is sealed from its beginning`,
    round: Effect.fnUntraced(function* () {
      yield* empty
      yield* fill(url, behind)
      const begun = performance.now()
      yield* Effect.forkScoped(Sealer.run().pipe(Effect.provideContext(services)))
      yield* Effect.repeat(size, { until: (now) => now >= behind, schedule: Schedule.spaced("10 millis") })
      return { operations: behind, seconds: (performance.now() - begun) / 1000 }
    }, Effect.scoped),
  }

  return [
    appends("unsealed", "64 callers, nothing seals", Effect.succeed(services)),
    appends("sealed", "the same, while this process seals, signs and publishes, behind the gate", sealed),
    lag,
    catchUp,
  ]
})

export const sealing: Scenario = {
  name: "sealing",
  title: "64 callers, one small event each, while the log is sealed",
  comparisons: [
    { of: "sealed", against: "unsealed", figure: "rate", budget: { must: 0.95, goal: 0.98 } },
    { of: "sealed", against: "unsealed", figure: "p50" },
    { of: "sealed", against: "unsealed", figure: "p99" },
  ],
  prepare: contestants,
}
