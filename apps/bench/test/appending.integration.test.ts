import { layer } from "@effect/vitest"
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { Effect, Layer } from "effect"
import { assert } from "vitest"
import { contestant, emmett, insertPool, type Make, paylog } from "../src/appending.ts"
import { promises } from "../src/callers.ts"
import { apart } from "../src/contestantProcess.ts"
import { Ground } from "../src/Ground.ts"
import { connect, count } from "../src/postgres.ts"
import { runScenario } from "../src/runScenario.ts"
import type { Scenario } from "../src/Scenario.ts"
import { scenarios } from "../src/scenarios/all.ts"
import { read } from "../src/scenarios/read.ts"
import { replay } from "../src/scenarios/replay.ts"
import { type Mix, type Outcome, small } from "../src/Workload.ts"

const mix: Mix = { callers: 4, events: 2, payload: small }

const scenario = (...makes: ReadonlyArray<Make>): Scenario => ({
  name: "test",
  title: "a test",
  comparisons: [{ of: "paylog", against: "paylog", figure: "rate" }],
  prepare: Effect.forEach(makes, (make) => make(mix)),
})

const brief = { rounds: 2, seconds: 0.05 }

/** A contestant that answers `outcome` and writes nothing. */
const idle = (outcome: Outcome): Make =>
  Effect.fnUntraced(function* (mix) {
    const { url } = yield* Ground
    const admin = yield* connect(url)
    const write = () => new Promise<Outcome>((resolve) => setImmediate(resolve, outcome))
    return contestant(admin, {
      name: "idle",
      about: "",
      mix,
      empty: Effect.void,
      append: (seconds) => promises(mix, seconds, write),
      rows: count(admin, "select 0 as count"),
    })
  })

const ground = Ground.layer({ events: 4000, long: true }).pipe(Layer.provide(DevPostgres.layer))

layer(ground, { excludeTestServices: true, timeout: 120_000 })("a scenario", (it) => {
  it.effect("measures every contestant in every round, and finds all they acknowledged", () =>
    Effect.gen(function* () {
      const result = yield* runScenario(scenario(paylog, emmett, insertPool), brief)
      assert.deepStrictEqual(
        result.contestants.map(({ name, rounds }) => [name, rounds.length]),
        [
          ["paylog", 2],
          ["emmett", 2],
          ["insert", 2],
        ],
      )
      for (const { rounds } of result.contestants)
        for (const { operations, p50Ms = 0 } of rounds) {
          assert.isAbove(operations, 0)
          assert.isAbove(p50Ms, 0)
        }
    }),
  )

  it.effect("has no result when a contestant acknowledges what it did not write", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(runScenario(scenario(paylog, idle("Appended")), brief))
      assert.match(error.message, /^idle: \d+ appends of 2 were acknowledged, and 0 rows are there$/)
    }),
  )

  it.effect("has no result when an append ends otherwise than it must", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(runScenario(scenario(idle("Conflict")), brief))
      assert.match(error.message, /^idle: an append to .* ended as Conflict, not as Appended$/)
    }),
  )

  it.effect.each([read, replay])("$name sees every event", (scenario) =>
    Effect.gen(function* () {
      const { contestants } = yield* runScenario(scenario, { rounds: 1, seconds: 1 })
      for (const { rounds } of contestants) assert.strictEqual(rounds[0]?.operations, 4000)
    }),
  )

  it.effect("may have a process for each contestant, all on the same log", () =>
    Effect.gen(function* () {
      const { contestants } = yield* runScenario(apart(read), { rounds: 1, seconds: 1 })
      assert.deepStrictEqual(
        contestants.map(({ name, rounds }) => [name, rounds[0]?.operations]),
        [
          ["paylog", 4000],
          ["copy", 4000],
          ["copy, parsed", 4000],
        ],
      )
    }),
  )

  it.effect.each(
    scenarios.filter(({ name }) => /bulk|conflicts|duplicates|hot|two|latency|sealing|load|stored/.test(name)),
  )("$name is sound, and each ratio is one of figures that are there", (scenario) =>
    Effect.gen(function* () {
      const { comparisons } = yield* runScenario(scenario, { rounds: 1, seconds: 0.05 })
      for (const { ratio } of comparisons) assert.isAbove(ratio.median, 0)
    }),
  )
})
