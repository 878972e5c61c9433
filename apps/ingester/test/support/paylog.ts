/** The operator's command line as a real process. */
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../../../cli/src/main.ts", import.meta.url))

/** Runs it to its end. */
export const paylog = (args: ReadonlyArray<string>, env: Record<string, string>) =>
  Effect.promise(
    () =>
      new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
        execFile(process.execPath, [main, ...args], { env }, (error, out, err) =>
          resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err }),
        )
      }),
  )

/** Two people of the staff. */
export const twoPeople = (env: Record<string, string>) =>
  Effect.forEach(["Ada", "Bob"], (name) =>
    Effect.map(paylog(["staff", "add", name, "--role", "owner"], env), ({ out }) => out.trim()),
  )

/** One proposes, another person reads and approves it. Answers with what was proposed. */
export const byTwo = Effect.fnUntraced(function* (
  command: ReadonlyArray<string>,
  [first = "", second = ""]: ReadonlyArray<string>,
  env: Record<string, string>,
) {
  const asked = yield* paylog([...command, "--by", first, "--reason", "a test", "--json"], env)
  if (asked.code !== 0) return yield* Effect.die(new Error(`${command.join(" ")}: ${asked.err}`))
  const proposal: { readonly proposalId: string; readonly digest: string; readonly kept?: number } = JSON.parse(
    asked.out,
  )
  const { proposalId, digest } = proposal
  const approve = [
    "checkpoint",
    "approve",
    proposalId,
    "--digest",
    digest,
    "--by",
    second,
    "--reason",
    "I have read it",
  ]
  const approved = yield* paylog(approve, env)
  if (approved.code !== 0) return yield* Effect.die(new Error(`approve: ${approved.err}`))
  return proposal
})
