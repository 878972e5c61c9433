/** How every Paylog process starts and ends. */
import { NodeRuntime } from "@effect/platform-node"
import { Cause, Config, Effect, Exit, Layer, Logger, Option, References } from "effect"
import { describe } from "./configError.ts"

/** What a process may do with its exit code: 0 done or stopped by a signal, 1 failed, 2 wrongly configured. */
export const exitCode = <A, E>(exit: Exit.Exit<A, E>): number => {
  if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return 0
  return Option.isSome(configError(exit.cause)) ? 2 : 1
}

/**
 * Runs `program` as the process. SIGINT and SIGTERM interrupt it; its finalizers run, and the code is then 0. A missing or
 * wrong environment variable is one line on stderr that names it, and code 2. Logs are one JSON object a line, on
 * stderr; stdout belongs to the program. `codeOf` is for a program whose exit code says more.
 */
export const runMain = <A, E>(
  program: Effect.Effect<A, E>,
  codeOf: (exit: Exit.Exit<unknown, unknown>) => number = exitCode,
): void =>
  program.pipe(
    Effect.tapCause((cause) => (isExpected(cause) ? Effect.void : Effect.logFatal("The process failed", cause))),
    Effect.provide(logs),
    // Outside of the logs, whose level may be what is wrong.
    Effect.tapCause((cause) =>
      Effect.sync(() => Option.map(configError(cause), (line) => process.stderr.write(`${line}\n`))),
    ),
    NodeRuntime.runMain({
      disableErrorReporting: true,
      teardown: (exit, onExit) => onExit(codeOf(exit)),
    }),
  )

const isExpected = (cause: Cause.Cause<unknown>): boolean =>
  Cause.hasInterruptsOnly(cause) || Option.isSome(configError(cause))

const logs = Layer.unwrap(
  Effect.gen(function* () {
    const level = yield* Config.LogLevel("LOG_LEVEL").pipe(Config.withDefault("Info"))
    return Layer.mergeAll(
      Logger.layer([Logger.withConsoleError(Logger.formatJson)]),
      Layer.succeed(References.MinimumLogLevel, level),
      // Nobody listens to spans: each would be built, and its place in the code looked up, for nothing.
      Layer.succeed(References.TracerEnabled, false),
    )
  }),
)

/** The line that says what is wrong with the environment, when that is why the process ended. */
export const configError = (cause: Cause.Cause<unknown>): Option.Option<string> => {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause))
  return error instanceof Config.ConfigError ? Option.some(describe(error)) : Option.none()
}
