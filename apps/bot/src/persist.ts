/** Repeating calls to Telegram. */
import { Context, Effect, Random, Result } from "effect"
import type { Failure } from "./Telegram.ts"

/** The wait after a first failure, in milliseconds: of a call, and half of that of handling an update. */
export const FirstWait = Context.Reference<number>("bot/FirstWait", { defaultValue: () => 500 })

/** How long to wait after a call's `failures`-th failure in a row: what Telegram says, else doubled each time, give or take a fifth. */
export const waitMs = Effect.fnUntraced(function* (failure: Failure, failures: number, atMostMs: number) {
  if (failure._tag === "TooManyRequests") return failure.afterMs
  // Whoever else polls may be about to stop, as when a new version takes over.
  const first = (yield* FirstWait) * (failure._tag === "Conflict" ? 4 : 1)
  return Math.min(atMostMs, first * 2 ** Math.min(failures - 1, 20)) * (yield* Random.nextBetween(0.8, 1.2))
})

/** Calls until it succeeds, at most half a minute apart. Only for what may be done twice. */
export const persist = Effect.fnUntraced(function* <A, R>(what: string, call: Effect.Effect<A, Failure, R>) {
  for (let failures = 1; ; failures++) {
    const outcome = yield* Effect.result(call)
    if (Result.isSuccess(outcome)) return outcome.success
    const failure = outcome.failure
    const ms = yield* waitMs(failure, failures, 30_000)
    const why = "reason" in failure ? `${failure._tag}, ${failure.reason}` : failure._tag
    yield* Effect.logWarning(`${what} failed (${why}); next try in ${Math.round(ms / 100) / 10} s`)
    yield* Effect.sleep(ms)
  }
})
