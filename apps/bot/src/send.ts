/** Sends what is due to customers, in any number of processes, as fast as Telegram bears and no faster. */
import { EventStore } from "@paylog/event-store/EventStore"
import * as Sending from "@paylog/payments/Sending"
import { Duration, Effect, FiberSet, Queue, Stream } from "effect"
import { beat } from "./Loops.ts"
import { patiently } from "./patiently.ts"
import { lease, sendNext } from "./sendNext.ts"

/** Calls under way at a time, in this process. */
const concurrency = 32

/** Somebody else's change is heard of by a wake-up; without one, it is found by then. */
const atMostMs = 10_000

/** Between two claims of which the first found nobody: whoever is due may be held by a transaction, which makes more due. */
const pauseMs = 20

/**
 * Runs for ever. Whoever is due is claimed, the most urgent first, as many as the pace of all processes allows; each claim is
 * one message. While one chat waits, for its own pace or since Telegram said so, nobody else does. A stop lets what is in hand
 * finish.
 */
export const send = Effect.fnUntraced(function* (pace: Sending.Pace) {
  const store = yield* EventStore
  const inHand = yield* FiberSet.make<void>()
  const news = yield* Queue.sliding<void>(1)
  const announce = Effect.asVoid(Queue.offer(news, undefined))
  yield* Effect.forkScoped(Stream.runForEach(store.changes, () => announce))

  const claim = Effect.gen(function* () {
    const free = concurrency - (yield* FiberSet.size(inHand))
    const claims = free > 0 ? yield* Sending.claim(free, lease, pace) : []
    for (const one of claims)
      yield* FiberSet.run(inHand, sendNext(one, pace).pipe(Effect.ensuring(announce), Effect.uninterruptible))
    return { claimed: claims.length, free }
  })

  return yield* beat("sender", atMostMs).pipe(
    Effect.andThen(Effect.uninterruptible(claim)),
    Effect.flatMap(
      Effect.fnUntraced(function* ({ claimed, free }) {
        // Perhaps more can be had at once.
        if (claimed > 0) return 0
        if (free === 0) return atMostMs
        return Math.max(pauseMs, (yield* Sending.nextDueMs(pace)) ?? atMostMs)
      }),
    ),
    patiently("Messages cannot be claimed"),
    Effect.flatMap((ms) =>
      ms <= 0 ? Effect.yieldNow : Effect.timeoutOption(Queue.take(news), Duration.millis(Math.min(ms + 1, atMostMs))),
    ),
    Effect.forever,
  )
}, Effect.scoped)
