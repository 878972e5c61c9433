/** `simulator scenario FILE`: plays a scenario against a running simulator, or against one of its own. */
import { NodeHttpClient } from "@effect/platform-node"
import { Config, Console, Effect, FileSystem, Layer, Option, Redacted, References, Result } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Control } from "../Control.ts"
import { Ended } from "../Ended.ts"
import { Remote } from "../Remote.ts"
import { runScenario } from "../runScenario.ts"
import * as Scenario from "../Scenario.ts"
import * as Simulator from "../Simulator.ts"
import { apiKeys as environmentKeys } from "./connection.ts"
import { show } from "./show.ts"

const flags = {
  file: Argument.File("file", { mustExist: true }).pipe(Argument.withDescription("The scenario, in YAML or JSON")),
  url: Flag.String("url").pipe(
    Flag.withDescription("A running simulator; SIMULATOR_URL. Without it, one is started for the scenario"),
    Flag.optional,
  ),
  seed: Flag.String("seed").pipe(
    Flag.withDescription("Wins over the file's; for a simulator that is started"),
    Flag.optional,
  ),
  webhookUrl: Flag.String("webhook-url").pipe(Flag.withDescription("Wins over the file's"), Flag.optional),
  deliveries: Flag.Boolean("deliveries").pipe(
    Flag.withDescription("Prints each delivery at the end"),
    Flag.withDefault(false),
  ),
}

export const scenario = Command.make("scenario", flags, (given) =>
  Effect.gen(function* () {
    const source = yield* Effect.flatMap(FileSystem.FileSystem, (files) => files.readFileString(given.file)).pipe(
      Effect.mapError(() => new Ended({ how: "usage", message: `${given.file} cannot be read` })),
    )
    const parsed = Scenario.parse(source)
    if (Result.isFailure(parsed))
      return yield* new Ended({
        how: "usage",
        message: parsed.failure.map((problem) => `${given.file}: ${problem}`).join("\n"),
      })
    const file = {
      ...parsed.success,
      ...Option.match(given.webhookUrl, { onNone: () => ({}), onSome: (webhookUrl) => ({ webhookUrl }) }),
    }
    const environment = yield* Config.String("SIMULATOR_URL").pipe(Config.option)
    const running = Option.orElse(given.url, () => environment)
    const givenKeys = yield* environmentKeys
    const keys = Option.isNone(running) && givenKeys.length === 0 ? ["a-key-of-the-scenario"] : givenKeys

    const play = Effect.gen(function* () {
      const { sent, apiKeys } = yield* runScenario(file, {
        apiKeys: keys,
        report: ({ line, verb, what }) =>
          Console.log(`ok  ${line === undefined ? "" : `line ${line} `}${verb}: ${what}`),
      })
      if (given.deliveries) for (const delivery of sent) yield* Console.log(show(delivery, apiKeys))
      yield* Console.log(`${file.name ?? given.file}: ${file.steps.length} steps as expected`)
    })
    if (Option.isSome(running))
      return yield* play.pipe(
        Effect.scoped,
        Effect.provide(Remote.layer(running.value).pipe(Layer.provide(NodeHttpClient.layerUndici))),
      )

    const [first = "", ...others] = keys
    const seed = Option.getOrElse(given.seed, () => file.seed)
    const simulator = Simulator.layer({
      clock: file.clock ?? "virtual",
      seed,
      stores: [{ apiKeys: [Redacted.make(first), ...others.map((key) => Redacted.make(key))] }],
    })
    yield* Effect.gen(function* () {
      const { baseUrl, seed } = yield* Control
      yield* Console.log(`seed ${seed}`)
      yield* play.pipe(
        Effect.scoped,
        Effect.provide(Remote.layer(baseUrl).pipe(Layer.provide(NodeHttpClient.layerUndici))),
      )
    }).pipe(
      Effect.provide(simulator),
      // What the simulator logs, the report says in its own words.
      Effect.provideService(References.MinimumLogLevel, "Warn"),
    )
  }),
).pipe(
  Command.withDescription(
    "Plays a scenario: creates, pays, lets time pass, spoils, and checks what the merchant answers",
  ),
)
