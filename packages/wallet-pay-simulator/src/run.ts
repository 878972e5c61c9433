/** One run of the command line, from its words to its exit code. */
import { NodeServices } from "@effect/platform-node"
import { exitCode } from "@paylog/process/runMain"
import { Console, DateTime, Effect, Exit, Logger } from "effect"
import { CliError, Command } from "effect/cli"
import { listen } from "./cli/listen.ts"
import { scenario } from "./cli/scenario.ts"
import { serve } from "./cli/serve.ts"
import { trigger } from "./cli/trigger.ts"
import { exitCodes } from "./Ended.ts"

const simulator = serve.pipe(Command.withSubcommands([trigger, listen, scenario]))

const logs = Logger.layer([
  Logger.withConsoleLog(
    Logger.make(
      ({ date, message }) =>
        `${DateTime.formatIso(DateTime.fromDateUnsafe(date)).slice(11, 19)} ${[message].flat().join(" ")}`,
    ),
  ),
])

/** Succeeds with the exit code; `codeOf` has that of every other end. */
export const run = (words: ReadonlyArray<string>) =>
  Command.runWith(simulator, { version: "0.0.0" })(words).pipe(
    Effect.as<number>(0),
    Effect.catchTags({
      Ended: ({ how, message }) => say(exitCodes[how], message),
      ServeError: ({ cause }) => say(exitCodes.failed, cause instanceof Error ? cause.message : "cannot listen"),
    }),
    // The command has already explained a usage error, which ends like a wrong variable.
    Effect.catchIf(CliError.isCliError, (error) =>
      Effect.succeed(error._tag === "ShowHelp" && error.errors.length === 0 ? 0 : exitCodes.usage),
    ),
    Effect.provide([NodeServices.layer, logs]),
  )

const say = (code: number, message: string) => Effect.as(Console.error(message), code)

export const codeOf = (exit: Exit.Exit<unknown, unknown>): number =>
  Exit.isSuccess(exit) ? Number(exit.value) : exitCode(exit)
