/**
 * Each contestant in a process of its own, of which one works at a time. In one process they would share the code of `pg`,
 * compiled for all of them, and the heap of whoever has most in it; in life nobody runs four clients in one.
 */
import { Effect, Redacted, Scope } from "effect"
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { type Filled, Ground } from "./Ground.ts"
import type { Way } from "./sampleInvoice.ts"
import { type Contestant, type Effort, type Measurement, type Scenario, Unsound } from "./Scenario.ts"

export type ToContestant =
  | {
      readonly scenario: string
      readonly index: number
      readonly url: string
      readonly events: number
      readonly long: boolean
    }
  | { readonly filled: { readonly url: string; readonly events: number } }
  | { readonly effort: Effort }

/** A log to be read: the one that all scenarios share, or another. */
export type Need = "shared" | { readonly events: number; readonly way: Way | undefined }

export type FromContestant =
  | { readonly need: Need }
  | { readonly contestants: ReadonlyArray<Pick<Contestant, "name" | "about">> }
  | { readonly measurement: Measurement }
  | { readonly unsound: Pick<Unsound, "contestant" | "reason"> }

/** The scenario with its contestants in processes of their own, unless it says that they are. */
export const apart = (scenario: Scenario): Scenario =>
  scenario.apart === true ? scenario : { ...scenario, prepare: contestants(scenario) }

const contestants = Effect.fnUntraced(function* (scenario: Scenario) {
  const ground = yield* Ground
  const logs = new Map<string, Filled>()
  // Closed after the processes are: none of them sees its database go.
  const scope = yield* Scope.fork(yield* Effect.scope)
  const log = Effect.fnUntraced(function* (need: Need) {
    if (need === "shared") return yield* ground.filled
    const { events, way } = need
    const name = `${events} ${way}`
    const known = logs.get(name) ?? (yield* Scope.provide(ground.fill(events, way), scope))
    logs.set(name, known)
    return known
  })
  const first = yield* start(scenario, 0, log)
  const others = yield* Effect.forEach(first.names.slice(1), (_, index) => start(scenario, index + 1, log))
  return [first, ...others].map(({ ask, names }, index): Contestant => ({
    ...(names[index] ?? { name: "", about: "" }),
    round: Effect.fnUntraced(function* (effort) {
      const answer = yield* ask({ effort })
      if ("measurement" in answer) return answer.measurement
      return yield* "unsound" in answer ? new Unsound(answer.unsound) : Effect.die(new Error("not asked for"))
    }),
  }))
})

/** Connected and ready, for as long as the scope lives. */
const start = Effect.fnUntraced(function* (
  { name: scenario, execArgv = [] }: Scenario,
  index: number,
  log: (need: Need) => Effect.Effect<Filled>,
) {
  const { url, events, long } = yield* Ground
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      fork(fileURLToPath(new URL("contestant.ts", import.meta.url)), {
        serialization: "advanced",
        execArgv: [...execArgv],
      }),
    ),
    (child) =>
      Effect.promise(async () => {
        if (child.exitCode !== null) return
        child.kill("SIGTERM")
        await once(child, "exit")
      }),
  )
  const ask = (message: ToContestant) =>
    Effect.callback<FromContestant>((resume) => {
      const ended = () => resume(Effect.die(new Error(`a contestant's process of ${scenario} has ended`)))
      child.once("message", (answer: FromContestant) => {
        child.off("exit", ended)
        resume(Effect.succeed(answer))
      })
      child.once("exit", ended)
      child.send(message)
    })
  let answer = yield* ask({ scenario, index, url: Redacted.value(url), events, long })
  while ("need" in answer) {
    const filled = yield* log(answer.need)
    answer = yield* ask({ filled: { url: Redacted.value(filled.url), events: filled.events } })
  }
  if (!("contestants" in answer)) return yield* Effect.die(new Error("not asked for"))
  return { ask, names: answer.contestants }
})
