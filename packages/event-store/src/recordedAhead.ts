/** Is the log's time ahead of ours? A recorded time never goes back, so after a clock was set back it stands still. */
import { Clock, Effect, Metric } from "effect"
import { EventStore } from "./EventStore.ts"

/** By how many milliseconds the last event's recorded time is ahead of this process's clock; 0 when it is not. Refreshes the gauge. Two reads. */
export const recordedAhead = Effect.gen(function* () {
  const { head, readAll } = yield* EventStore
  const position = yield* head
  const [last] = position > 0n ? yield* readAll(position - 1n, 1) : []
  const now = yield* Clock.currentTimeMillis
  const aheadMs = last === undefined ? 0 : Math.max(0, last.recordedAtMs - now)
  yield* Metric.update(ahead, aheadMs / 1000)
  return aheadMs
})

const ahead = Metric.gauge("paylog_log_ahead_seconds", {
  description: "How far the last event's recorded time is ahead of this process's clock",
})
