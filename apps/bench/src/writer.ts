/** A process that appends on demand: `two-processes` starts one or two. It is told where and what over IPC, never in its arguments. */
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Redacted } from "effect"
import { fibers } from "./callers.ts"
import * as Paylog from "./peers/paylog.ts"
import { type Mix, small } from "./Workload.ts"

/** Sent to it: first where the log is, then for each round how long. */
export type ToWriter = { readonly url: string; readonly callers: number } | { readonly seconds: number }

const messages: Array<ToWriter> = []
let arrived = () => {}
process.on("message", (message: ToWriter) => {
  messages.push(message)
  arrived()
})
// The parent has gone.
process.on("disconnect", () => process.exit())

const next = Effect.callback<ToWriter>((resume) => {
  arrived = () => {
    const message = messages.shift()
    if (message !== undefined) resume(Effect.succeed(message))
  }
  arrived()
})

const answer = (message: object) => Effect.sync(() => process.send?.(message))

const main = Effect.gen(function* () {
  const where = yield* next
  if (!("url" in where)) return yield* Effect.die(new Error("first of all the log's address"))
  const mix: Mix = { callers: where.callers, events: 1, payload: small }
  const write = Paylog.writer(yield* Paylog.services(Redacted.make(where.url)), mix)
  yield* answer({ ready: true })
  while (true) {
    const message = yield* next
    if ("seconds" in message) yield* answer(yield* fibers(mix, message.seconds, write))
  }
})

NodeRuntime.runMain(Effect.scoped(main))
