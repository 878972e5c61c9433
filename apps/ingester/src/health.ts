/** Can the ingester take deliveries? Ready while the log answers and may be written to; with how far each follower is behind. */
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { recordedAhead } from "@paylog/event-store/recordedAhead"
import { WorkQueue } from "@paylog/event-store/WorkQueue"
import * as OpenItems from "@paylog/payments/OpenItems"
import * as Sweep from "@paylog/payments/Sweep"
import * as Process from "@paylog/process/health"
import { Gate } from "@paylog/sealer/Gate"
import { Effect } from "effect"

const ready = Effect.gen(function* () {
  yield* (yield* Gate).check
  const head = yield* (yield* EventStore).head
  const followers = yield* (yield* FollowerRunner).status
  return {
    position: head.toString(),
    followers: followers.map(({ follower, position, lagEvents, lagMs, parked }) => ({
      follower,
      position: position.toString(),
      lagEvents: lagEvents.toString(),
      lagMs,
      parkedStreams: parked.length,
    })),
  }
})

/** Followers, queues, open items, the sweep and the time of the log. */
const refresh = Effect.gen(function* () {
  const { status: followers } = yield* FollowerRunner
  const { status: queues } = yield* WorkQueue
  yield* Effect.all([followers, queues, OpenItems.totals, Sweep.status, recordedAhead], { concurrency: 4 })
})

/** `/health/live`, `/health/ready`, `/metrics`. */
export const health = Process.health({ ready, refresh })
