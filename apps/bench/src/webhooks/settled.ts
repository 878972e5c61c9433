/** That a round does no other round's work: it begins when nothing is left to do of what came before. */
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { WorkQueue } from "@paylog/event-store/WorkQueue"
import { Duration, Effect } from "effect"
import { Unsound } from "../Scenario.ts"

/** Waits until every follower is at the head and nothing is due in these queues; `Unsound` says what still is when `patience` ends. */
export const settled = Effect.fnUntraced(function* (
  contestant: string,
  queues: ReadonlyArray<string>,
  patience: Duration.Duration = Duration.minutes(5),
) {
  const runner = yield* FollowerRunner
  const work = yield* WorkQueue
  const left = Effect.gen(function* () {
    const followers = yield* runner.status
    const due = yield* work.status
    return [
      ...followers
        .filter(({ lagEvents }) => lagEvents > 0n)
        .map(({ follower, lagEvents }) => `the follower ${follower} is ${lagEvents} events behind`),
      ...due
        .filter(({ queue, oldestDueMs }) => queues.includes(queue) && oldestDueMs > 0)
        .map(({ queue, items }) => `the queue ${queue} has work that is due, of ${items} items`),
    ]
  }).pipe(Effect.orDie)
  yield* untilNothing(contestant, left, patience)
})

/** Looks every 200 ms until `left` finds nothing; what it found last is the reason why there is no result. */
export const untilNothing = Effect.fnUntraced(function* <E, R>(
  contestant: string,
  left: Effect.Effect<ReadonlyArray<string>, E, R>,
  patience: Duration.Duration,
) {
  let found: ReadonlyArray<string> = ["nothing could be looked at"]
  yield* left.pipe(
    Effect.tap((now) => Effect.sync(() => (found = now))),
    Effect.delay("200 millis"),
    Effect.repeat({ until: (now) => now.length === 0 }),
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () =>
        Effect.suspend(
          () => new Unsound({ contestant, reason: `after ${Duration.format(patience)}, ${found.join(", and ")}` }),
        ),
    }),
  )
})
