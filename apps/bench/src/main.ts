/** `pnpm bench`: the log and its peers, side by side on one Postgres in one run. How to read it: docs/benchmarks.md. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { Console, DateTime, Effect, FileSystem, Layer, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { loadavg } from "node:os"
import { apart } from "./contestantProcess.ts"
import { formatBudgets, formatHeader, formatScenario } from "./format.ts"
import { Ground } from "./Ground.ts"
import { Report, type ScenarioResult } from "./Result.ts"
import { runScenario } from "./runScenario.ts"
import { scenarios } from "./scenarios/all.ts"
import { surroundings } from "./surroundings.ts"

const Positive = Schema.Finite.check(Schema.isGreaterThan(0))
const Count = Schema.Int.check(Schema.isGreaterThan(0))

const flags = {
  only: Flag.Literals(
    "only",
    scenarios.map(({ name }) => name),
  ).pipe(Flag.withDescription("Run this scenario; may be given several times"), Flag.between(0, scenarios.length)),
  rounds: Flag.Int("rounds").pipe(
    Flag.withDescription("How often everyone works, in turns"),
    Flag.withSchema(Count),
    Flag.withDefault(5),
  ),
  seconds: Flag.Finite("seconds").pipe(
    Flag.withDescription("How long one turn is, where the work has no end of its own"),
    Flag.withSchema(Positive),
    Flag.withDefault(1.25),
  ),
  events: Flag.Int("events").pipe(
    Flag.withDescription("How many events the log has that is read and replayed"),
    Flag.withSchema(Count),
    Flag.withDefault(1_000_000),
  ),
  long: Flag.Boolean("long").pipe(
    Flag.withDescription(
      "Also what takes longer: appends to a log of ten times the events, and the replay of all of them",
    ),
    Flag.withDefault(false),
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Write the result as JSON, to FILE if one is named, else to stdout"),
    Flag.withDefault(false),
  ),
  file: Argument.String("file").pipe(Argument.withDescription("Where --json writes to"), Argument.optional),
}

const bench = Command.make(
  "bench",
  flags,
  Effect.fn("bench")(function* ({ json, file, ...options }) {
    // With JSON on stdout, what is for people goes to stderr.
    const say = json && Option.isNone(file) ? Console.error : Console.log
    const chosen = scenarios.filter(({ name, long }) =>
      options.only.length === 0 ? long !== true || options.long : options.only.includes(name),
    )
    yield* Effect.gen(function* () {
      const head = {
        startedAt: DateTime.formatIso(yield* DateTime.now),
        endedAt: "",
        loadBefore: loadavg()[0] ?? Number.NaN,
        loadAfter: Number.NaN,
        surroundings: yield* surroundings,
        options,
      }
      yield* say(formatHeader(head))
      const results: Array<ScenarioResult> = []
      for (const scenario of chosen) {
        const result = yield* runScenario(apart(scenario), options)
        results.push(result)
        yield* say(formatScenario(result))
      }
      yield* say(formatBudgets(results))
      const endedAt = DateTime.formatIso(yield* DateTime.now)
      const report = encode({ ...head, endedAt, loadAfter: loadavg()[0] ?? Number.NaN, scenarios: results })
      if (!json) return
      if (Option.isNone(file)) return yield* Console.log(report)
      yield* (yield* FileSystem.FileSystem).writeFileString(file.value, `${report}\n`)
    }).pipe(Effect.provide(Ground.layer(options)))
  }),
).pipe(Command.withDescription("Measure the log and its peers side by side"))

const encode = Schema.encodeSync(Schema.fromJsonString(Report))

bench.pipe(
  Command.run({ version: "0.0.0" }),
  Effect.provide(Layer.mergeAll(NodeServices.layer, DevPostgres.layer)),
  NodeRuntime.runMain,
)
