/** Contestants in turns: a rehearsal each, then rounds in which everyone works once, each round begun by another. */
import { Console, Effect, type Scope } from "effect"
import { withGarbage } from "./garbage.ts"
import type { Ground } from "./Ground.ts"
import { type Round, type ScenarioResult, toResult, toRound } from "./Result.ts"
import type { Scenario, Unsound } from "./Scenario.ts"

export interface Rounds {
  readonly rounds: number
  /** Of one contestant's turn, where its work has no end of its own. */
  readonly seconds: number
}

/** The result, or the first reason why there is none. What a machine does to one contestant it does to the next as well. */
export const runScenario = (
  scenario: Scenario,
  { rounds, seconds }: Rounds,
): Effect.Effect<ScenarioResult, Unsound, Ground> =>
  Effect.scoped(
    Effect.gen(function* (): Effect.fn.Return<ScenarioResult, Unsound, Ground | Scope.Scope> {
      yield* Console.error(`bench: ${scenario.name}: ${scenario.title}`)
      const contestants = yield* scenario.prepare
      for (const { round } of contestants) yield* round({ seconds: Math.min(1, seconds), rehearsal: true })
      const measured: ReadonlyArray<Array<Round>> = contestants.map(() => [])
      for (let round = 0; round < Math.min(rounds, scenario.atMostRounds ?? rounds); round++) {
        for (let turn = 0; turn < contestants.length; turn++) {
          const index = (round + turn) % contestants.length
          const contestant = contestants[index]
          if (contestant === undefined) continue
          const [measurement, garbageMs] = yield* withGarbage(contestant.round({ seconds, rehearsal: false }))
          measured[index]?.push(toRound(measurement, measurement.garbageMs ?? garbageMs))
        }
      }
      return toResult(scenario, contestants, measured)
    }),
  )
