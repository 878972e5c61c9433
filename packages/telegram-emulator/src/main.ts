/** The emulator on its own, until SIGINT or SIGTERM. Configured by HOST, PORT, TELEGRAM_BOT_TOKEN and SEED. */
import { NodeRuntime } from "@effect/platform-node"
import { Cause, Config, Console, Data, Effect, Exit, Redacted, Runtime, Schema } from "effect"
import { defaultToken, Emulator } from "./Emulator.ts"
import { NewBot } from "./World.ts"

/** Ends the program with one line on stderr. */
class CannotStart extends Data.TaggedError("CannotStart")<{ readonly problem: string; readonly exitCode: number }> {
  override readonly [Runtime.errorExitCode] = this.exitCode
}

const settings = Effect.gen(function* () {
  const host = yield* Config.String("HOST").pipe(Config.withDefault("127.0.0.1"))
  const port = yield* Config.Port("PORT").pipe(Config.withDefault(8090))
  const seed = yield* Config.String("SEED").pipe(Config.withDefault("0"))
  const token = Redacted.value(
    yield* Config.Redacted("TELEGRAM_BOT_TOKEN").pipe(Config.withDefault(Redacted.make(defaultToken))),
  )
  return { host, port, seed, bot: { token } }
}).pipe(
  Effect.mapError(({ message }) => new CannotStart({ problem: message.split("\n").join(" "), exitCode: 2 })),
  Effect.filterOrFail(
    ({ bot }) => Schema.is(NewBot)(bot),
    () => new CannotStart({ problem: "TELEGRAM_BOT_TOKEN must be <number>:<secret>", exitCode: 2 }),
  ),
)

const announce = Effect.gen(function* () {
  const { baseUrl, token } = yield* Emulator
  // A token that was given may be a real one.
  const shown = token === defaultToken ? token : "the one given"
  yield* Console.log(`Telegram emulator

  Chat in a browser   ${baseUrl}/
  Bot API root        ${baseUrl}
  Bot token           ${shown}
  Control API         ${baseUrl}/emulator/openapi.json`)
})

const serve = Effect.flatMap(settings, (settings) =>
  Effect.andThen(announce, Effect.never).pipe(
    Effect.provide(Emulator.layer(settings)),
    Effect.catchTag("ServeError", ({ cause }) => new CannotStart({ problem: String(cause), exitCode: 1 })),
  ),
)

serve.pipe(
  Effect.tapError(({ problem }) => Console.error(`telegram-emulator: ${problem}`)),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    // Being told to stop is how this program ends well.
    teardown: (exit, done) =>
      Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) ? done(0) : Runtime.defaultTeardown(exit, done),
  }),
)
