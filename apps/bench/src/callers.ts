/** Callers in a closed loop: each makes its next call when the last one is durable. */
import { Effect } from "effect"
import { Unsound } from "./Scenario.ts"
import { type Mix, type Outcome, type Step, steps } from "./Workload.ts"

/** What the callers of one round were told. */
export interface Tally {
  /** A call each, in milliseconds. */
  readonly latencies: Array<number>
  /** How many appends were acknowledged as new. */
  appended: number
  /** The first answer that was not the right one. */
  wrong: string | undefined
}

export interface Answered extends Tally {
  /** From the first call to the last answer. */
  readonly seconds: number
}

/** Calls of Effects, by a fiber a caller. */
export const fibers = Effect.fnUntraced(function* (
  mix: Mix,
  seconds: number,
  write: (step: Step) => Effect.Effect<Outcome>,
) {
  const { tally, open, seal } = begin(seconds)
  const caller = Effect.gen(function* () {
    for (const step of steps(mix)) {
      const sent = performance.now()
      note(tally, step, yield* write(step), sent)
      if (!open()) return
    }
  })
  yield* Effect.all(
    Array.from({ length: mix.callers }, () => caller),
    { concurrency: "unbounded", discard: true },
  )
  return seal()
})

/** Calls of promises, by an async function a caller, so that no peer pays for our runtime. */
export const promises = (mix: Mix, seconds: number, write: (step: Step) => Promise<Outcome>): Effect.Effect<Answered> =>
  Effect.promise(async () => {
    const { tally, open, seal } = begin(seconds)
    const caller = async () => {
      for (const step of steps(mix)) {
        const sent = performance.now()
        note(tally, step, await write(step), sent)
        if (!open()) return
      }
    }
    await Promise.all(Array.from({ length: mix.callers }, caller))
    return seal()
  })

const begin = (seconds: number) => {
  const tally: Tally = { latencies: [], appended: 0, wrong: undefined }
  const start = performance.now()
  const end = start + seconds * 1000
  return {
    tally,
    open: () => performance.now() < end && tally.wrong === undefined,
    seal: (): Answered => ({ ...tally, seconds: (performance.now() - start) / 1000 }),
  }
}

const note = (tally: Tally, step: Step, outcome: Outcome, sent: number): void => {
  tally.latencies.push(performance.now() - sent)
  if (outcome === "Appended") tally.appended += 1
  if (outcome !== step.outcome)
    tally.wrong ??= `an append to ${step.stream} ended as ${outcome}, not as ${step.outcome}`
}

/** Holds what was answered against the rows that are there. */
export const check = (
  contestant: string,
  { events }: Pick<Mix, "events">,
  { appended, wrong }: Pick<Tally, "appended" | "wrong">,
  rows: number,
): Effect.Effect<void, Unsound> => {
  if (wrong !== undefined) return Effect.fail(new Unsound({ contestant, reason: wrong }))
  return rows === appended * events
    ? Effect.void
    : Effect.fail(
        new Unsound({
          contestant,
          reason: `${appended} appends of ${events} were acknowledged, and ${rows} rows are there`,
        }),
      )
}
