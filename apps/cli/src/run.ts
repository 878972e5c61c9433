/** One run of the command line, from its words to its exit code. */
import { NodeServices } from "@effect/platform-node"
import { exitCode } from "@paylog/process/runMain"
import { Cause, Console, Effect, Exit } from "effect"
import { Command } from "effect/cli"
import { exitCodes } from "./Ended.ts"
import { paylog } from "./paylog.ts"

/** Results go to stdout, all else to stderr. Succeeds with the exit code; `codeOf` has that of every other end. */
export const run = (words: ReadonlyArray<string>) =>
  Command.runWith(paylog, { version: "0.0.0" })(words).pipe(
    Effect.as<number>(0),
    Effect.catchTags({
      Ended: ({ how, message }) => say(exitCodes[how], message),
      StoreUnavailable: ({ message }) => say(exitCodes.failed, message),
      // What is wrong, or the help that was asked for, is printed by now.
      ShowHelp: ({ errors }) => Effect.succeed(errors.length > 0 ? exitCodes.usage : 0),
    }),
    Effect.provide(NodeServices.layer),
  )

const say = (code: number, message: string) => Effect.as(Console.error(message), code)

export const codeOf = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return Number(exit.value)
  return Cause.hasInterruptsOnly(exit.cause) ? exitCodes.interrupted : exitCode(exit)
}
