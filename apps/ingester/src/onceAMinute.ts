import { Clock, Effect } from "effect"

/** What anybody can cause as often as they like: said at once, and then once a minute at most, with how often it was since. */
export const onceAMinute = <A, E, R>(say: (times: number) => Effect.Effect<A, E, R>): Effect.Effect<void, E, R> => {
  let saidAt = -Infinity
  let times = 0
  return Effect.flatMap(Clock.currentTimeMillis, (now) => {
    times++
    // A clock that was set back silences nothing for longer.
    if (Math.abs(now - saidAt) < 60_000) return Effect.void
    const since = times
    saidAt = now
    times = 0
    return Effect.asVoid(say(since))
  })
}
