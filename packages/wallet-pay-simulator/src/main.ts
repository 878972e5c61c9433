#!/usr/bin/env node
/** `npx -y pnpm simulator`: Wallet Pay on this machine, and the commands that drive it. */
import { NodeServices } from "@effect/platform-node"
import { runMain } from "@paylog/process/runMain"
import { Console, DateTime, Effect, Logger } from "effect"
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

const endWith = (code: number) =>
  Effect.sync(() => {
    process.exitCode = code
  })

Command.run(simulator, { version: "0.0.0" }).pipe(
  Effect.catchTags({
    Ended: ({ how, message }) => Effect.andThen(Console.error(message), endWith(exitCodes[how])),
    ServeError: ({ cause }) =>
      Effect.andThen(
        Console.error(cause instanceof Error ? cause.message : "cannot listen"),
        endWith(exitCodes.failed),
      ),
  }),
  // The command has already explained a usage error, which ends like a wrong variable.
  Effect.catchIf(CliError.isCliError, (error) =>
    endWith(error._tag === "ShowHelp" && error.errors.length === 0 ? 0 : exitCodes.usage),
  ),
  Effect.provide([NodeServices.layer, logs]),
  runMain,
)
