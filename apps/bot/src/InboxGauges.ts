/** What Telegram has told the bot and is not handled, as gauges. */
import { Database } from "@paylog/event-store/Database"
import { fromFile } from "@paylog/event-store/Statement"
import { Effect, Metric } from "effect"

interface Status {
  readonly waiting: number
  readonly oldestSeconds: number
  readonly parked: number
}

/** Measures them: look-ups by partial indexes. */
export const refresh = Effect.fnUntraced(function* (botId: number) {
  const [status] = yield* (yield* Database).query<Status>(inboxStatus, [botId])
  yield* Metric.update(waiting, status?.waiting ?? 0)
  yield* Metric.update(oldest, status?.oldestSeconds ?? 0)
  yield* Metric.update(parked, status?.parked ?? 0)
})

const inboxStatus = fromFile(new URL("../sql/inbox-status.sql", import.meta.url))

const waiting = Metric.gauge("paylog_bot_inbox_updates", {
  description: "Updates that are stored and not yet handled",
})
const oldest = Metric.gauge("paylog_bot_inbox_oldest_seconds", {
  description: "How long ago the oldest of them came",
})
const parked = Metric.gauge("paylog_bot_inbox_parked", {
  description: "Updates that were set aside since handling them kept failing, and wait for a person",
})
