import { Effect, Schedule } from "effect"
import type { StoreUnavailable } from "../EventStore.ts"

/** Tries again for as long as the store is out of reach, at first after 100 ms, then ever more rarely, at most each 5 s. */
export const untilReachable =
  (complaint: string) =>
  <A, R>(self: Effect.Effect<A, StoreUnavailable, R>): Effect.Effect<A, never, R> =>
    self.pipe(
      Effect.tapError((error) => Effect.logWarning(`${complaint}: ${error.reason}`)),
      Effect.retry(backoff),
      Effect.orDie, // never: the schedule has no end
    )

const backoff = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")]).pipe(Schedule.jittered)
