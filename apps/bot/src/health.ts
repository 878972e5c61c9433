/** Can the bot serve, and what does it count? */
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { WorkQueue } from "@paylog/event-store/WorkQueue"
import * as OpenItems from "@paylog/payments/OpenItems"
import type { Pace } from "@paylog/payments/Sending"
import * as SendingGauges from "@paylog/payments/SendingGauges"
import { health as healthOf, NotReady } from "@paylog/process/health"
import { Gate } from "@paylog/sealer/Gate"
import { Effect } from "effect"
import * as InboxGauges from "./InboxGauges.ts"
import { Loops } from "./Loops.ts"

export interface HealthSettings {
  readonly botId: number
  readonly pace: Pace
  /** Succeeds while the database has this program's tables. */
  readonly schema: Effect.Effect<void, unknown>
}

/** `/health/live`, `/health/ready`, `/metrics`. */
export const health = ({ botId, pace, schema }: HealthSettings) =>
  healthOf({
    /** The log answers and may be written to, the tables are there, and every loop is at work. Telegram may be out of reach. */
    ready: Effect.gen(function* () {
      const silent = yield* (yield* Loops).silent
      if (silent.length > 0) return yield* new NotReady({ why: { silent } })
      yield* (yield* Gate).check
      const [head] = yield* Effect.all([(yield* EventStore).head, schema], { concurrency: 2 })
      return { position: head.toString() }
    }),
    refresh: Effect.gen(function* () {
      const { status: followers } = yield* FollowerRunner
      const { status: queues } = yield* WorkQueue
      const gauges = [followers, queues, OpenItems.totals, SendingGauges.refresh(pace), InboxGauges.refresh(botId)]
      yield* Effect.all(gauges, { concurrency: 5, discard: true })
    }),
  })
