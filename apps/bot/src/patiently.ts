import type { StoreUnavailable } from "@paylog/event-store/EventStore"
import { Effect, Schedule } from "effect"

/** Tries again for as long as the store is out of reach: after 100 ms at first, then ever more rarely, at most each 5 s. */
export const patiently =
  (complaint: string) =>
  <A, R>(self: Effect.Effect<A, StoreUnavailable, R>): Effect.Effect<A, never, R> =>
    self.pipe(
      Effect.tapError(({ reason }) => Effect.logWarning(`${complaint}: ${reason}`)),
      Effect.retry(backoff),
      Effect.orDie, // never: the schedule has no end
    )

const backoff = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")]).pipe(Schedule.jittered)
