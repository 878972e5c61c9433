/** A process with one contestant of a scenario, which works when it is told to: `contestantProcess.ts` starts it. Told over IPC, never in its arguments. */
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Redacted } from "effect"
import type { FromContestant, Need, ToContestant } from "./contestantProcess.ts"
import { type Filled, Ground } from "./Ground.ts"
import { withGarbage } from "./garbage.ts"
import type { Way } from "./sampleInvoice.ts"
import { scenarios } from "./scenarios/all.ts"

const messages: Array<ToContestant> = []
let arrived = () => {}
process.on("message", (message: ToContestant) => {
  messages.push(message)
  arrived()
})
// The parent has gone.
process.on("disconnect", () => process.exit())

const next = Effect.callback<ToContestant>((resume) => {
  arrived = () => {
    const message = messages.shift()
    if (message !== undefined) resume(Effect.succeed(message))
  }
  arrived()
})

const tell = (message: FromContestant) => Effect.sync(() => process.send?.(message))

const unexpected = (message: ToContestant) => Effect.die(new Error(`not now: ${Object.keys(message).join()}`))

/** Logs to be read are the parent's, so that all contestants read the same one. */
const filled = (need: Need): Effect.Effect<Filled> =>
  Effect.gen(function* () {
    yield* tell({ need })
    const message = yield* next
    if (!("filled" in message)) return yield* unexpected(message)
    return { url: Redacted.make(message.filled.url), events: message.filled.events }
  })

const fill = (events: number, way?: Way) => filled({ events, way })

const main = Effect.gen(function* () {
  const start = yield* next
  if (!("scenario" in start)) return yield* unexpected(start)
  const { url, events, long } = start
  const ground = Ground.of({ url: Redacted.make(url), filled: filled("shared"), fill, events, long })
  const scenario = scenarios.find(({ name }) => name === start.scenario)
  const contestants = yield* (scenario?.prepare ?? Effect.succeed([])).pipe(Effect.provideService(Ground, ground))
  const contestant = contestants[start.index]
  if (contestant === undefined) return yield* Effect.die(new Error(`no contestant ${start.index}`))
  yield* tell({ contestants: contestants.map(({ name, about }) => ({ name, about })) })
  while (true) {
    const message = yield* next
    if (!("effort" in message)) return yield* unexpected(message)
    yield* withGarbage(contestant.round(message.effort)).pipe(
      Effect.flatMap(([measurement, garbageMs]) => tell({ measurement: { ...measurement, garbageMs } })),
      Effect.catchTag("Unsound", ({ contestant, reason }) => tell({ unsound: { contestant, reason } })),
    )
  }
})

NodeRuntime.runMain(Effect.scoped(main))
