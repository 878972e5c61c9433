/** Starts processes that append, and has them all append at once. */
import { Effect, Redacted } from "effect"
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import type { Answered } from "./callers.ts"
import type { ToWriter } from "./writer.ts"

/** A process with `callers` callers, connected, for as long as the scope lives. */
export const start = Effect.fnUntraced(function* (url: Redacted.Redacted, callers: number) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => fork(fileURLToPath(new URL("writer.ts", import.meta.url)), { serialization: "advanced" })),
    (child) =>
      Effect.promise(async () => {
        if (child.exitCode !== null) return
        child.kill("SIGTERM")
        await once(child, "exit")
      }),
  )
  const ask = <A>(message: ToWriter) =>
    Effect.callback<A>((resume) => {
      const ended = () => resume(Effect.die(new Error("a writing process has ended")))
      child.once("message", (answer: A) => {
        child.off("exit", ended)
        resume(Effect.succeed(answer))
      })
      child.once("exit", ended)
      child.send(message)
    })
  yield* ask({ url: Redacted.value(url), callers })
  return (seconds: number) => ask<Answered>({ seconds })
})

/** What several writers answered, as if it were one. */
export const together = (answers: ReadonlyArray<Answered>): Answered => ({
  latencies: answers.flatMap(({ latencies }) => latencies),
  appended: answers.reduce((sum, { appended }) => sum + appended, 0),
  wrong: answers.find(({ wrong }) => wrong !== undefined)?.wrong,
  seconds: Math.max(...answers.map(({ seconds }) => seconds)),
})
