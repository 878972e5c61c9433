import { RetryAfter } from "@paylog/event-store/WorkerRunner"
import { DateTime, Duration, Effect } from "effect"

/** Ends a work item for now: it is due again at that time. The reason is shown in status. */
export const comeBackAt = Effect.fnUntraced(function* (at: DateTime.Utc, reason: string) {
  const wait = DateTime.distance(yield* DateTime.now, at)
  return yield* new RetryAfter({ afterMs: Math.max(0, Duration.toMillis(wait)), reason })
})
