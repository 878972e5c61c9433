/** `paylog`: the command line of operators and auditors. */
import { NodeServices } from "@effect/platform-node"
import { exitCode, runMain } from "@paylog/process/runMain"
import { Cause, Console, Effect, Exit } from "effect"
import { Command } from "effect/cli"
import { exitCodes } from "./Ended.ts"
import { paylog } from "./paylog.ts"

const say = (code: number, message: string) => Effect.as(Console.error(message), code)

runMain(
  paylog.pipe(
    Command.run({ version: "0.0.0" }),
    Effect.as(0),
    Effect.catchTags({
      Ended: ({ how, message }) => say(exitCodes[how], message),
      StoreUnavailable: ({ message }) => say(exitCodes.failed, message),
      // What is wrong, or the help that was asked for, is printed by now.
      ShowHelp: ({ errors }) => Effect.succeed(errors.length > 0 ? exitCodes.usage : 0),
    }),
    Effect.provide(NodeServices.layer),
  ),
  (exit) => {
    if (Exit.isSuccess(exit)) return Number(exit.value)
    return Cause.hasInterruptsOnly(exit.cause) ? exitCodes.interrupted : exitCode(exit)
  },
)
