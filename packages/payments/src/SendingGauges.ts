/** What waits to be sent, as gauges. */
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { Effect, Metric } from "effect"
import { Priority } from "./Deliveries.ts"
import * as Sending from "./Sending.ts"

interface Waiting {
  readonly priority: number
  readonly messages: number
  readonly oldestSeconds: number
}

/** Measures them: three look-ups by partial indexes, whose cost grows with what waits and what was set aside. */
export const refresh = Effect.fn("SendingGauges.refresh")(function* (pace: Sending.Pace) {
  const database = yield* Database
  const waiting = yield* database.query<Waiting>(queueStatement)
  for (const [label, priority] of Object.entries(Priority)) {
    const found = waiting.find((row) => row.priority === priority)
    yield* Metric.update(Metric.withAttributes(messages, { priority: label }), found?.messages ?? 0)
    yield* Metric.update(Metric.withAttributes(oldest, { priority: label }), found?.oldestSeconds ?? 0)
  }
  const { blocked, parked } = yield* Sending.status
  yield* Metric.update(blockedCustomers, Number(blocked))
  yield* Metric.update(parkedMessages, Number(parked))
  yield* Metric.update(perSecond, pace.perSecond)
  yield* Metric.update(waits, yield* Sending.paceWaitSeconds(pace))
})

const queueStatement = Statement.fromFile(new URL("../sql/sending/queue.sql", import.meta.url))

const messages = Metric.gauge("paylog_bot_queue_messages", {
  description: "Messages and edits that wait to be sent, by how urgent they are",
})
const oldest = Metric.gauge("paylog_bot_queue_oldest_seconds", {
  description: "How long the oldest of them has waited",
})
const parkedMessages = Metric.gauge("paylog_bot_parked_messages", {
  description: "Messages that were set aside, and wait for a person",
})
const blockedCustomers = Metric.gauge("paylog_bot_blocked_customers", {
  description: "Customers who have blocked the bot: their messages wait until they write again",
})
const perSecond = Metric.gauge("paylog_bot_pace_per_second", {
  description: "Messages a second that all processes together may send",
})
const waits = Metric.gauge("paylog_bot_pace_wait_seconds", {
  description: "How long nobody may be sent anything: the pace is used up, or Telegram said that the bot is too fast",
})
