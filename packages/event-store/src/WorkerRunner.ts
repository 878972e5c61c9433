/** Runs workers: claims due items and handles each with no transaction open. */
import { Cause, Clock, Duration, Effect, Exit, FiberSet, Metric, Queue, Random, Schema } from "effect"
import { untilReachable } from "./internal/untilReachable.ts"
import { faultOf } from "./faultOf.ts"
import { type WorkItem, WorkQueue } from "./WorkQueue.ts"

/** What a handler fails with when it knows when to try again: what a `Retry-After` or a rate limit said, say. */
export class RetryAfter extends Schema.TaggedError<RetryAfter>()("RetryAfter", {
  afterMs: Schema.Finite,
  /** Shown in status: no secrets, no personal data. */
  reason: Schema.String,
}) {}

export interface Worker<E, R> {
  readonly queue: string
  /** At most so many items at a time, in this process. */
  readonly concurrency: number
  /** How long a claim holds. A handler that takes nine tenths of it is interrupted, and the item tried again later. */
  readonly lease: Duration.Input
  /** The wait after a first failure and the longest one; doubled in between, give or take a fifth. Default: 1 s, 5 min. */
  readonly retry?: { readonly first: Duration.Input; readonly atMost: Duration.Input }
  /** Run whenever the queue was looked at: each 10 s at least, unless all handlers are busy, each of them for a lease at most. */
  readonly onLook?: Effect.Effect<void>
  /**
   * Does the work: I/O, and its outcome as a command with an idempotency key, since an item is handled again after a
   * crash, a stall or a time-out. No transaction is open. Success removes the item; `RetryAfter` says when to try again;
   * after any other failure or defect the wait grows. Of an error only its name and places in the code are kept.
   */
  readonly handle: (item: WorkItem) => Effect.Effect<void, E, R>
}

/**
 * Works off a queue for ever. While the store is out of reach it waits; a handler never ends it. Interruption stops the
 * handlers and gives their items back at once.
 */
export const run = Effect.fnUntraced(function* <E, R>(
  worker: Worker<E, R>,
): Effect.fn.Return<never, never, R | WorkQueue> {
  return yield* Effect.scoped(loop(worker)).pipe(Effect.annotateLogs({ queue: worker.queue }))
})

const loop = Effect.fnUntraced(function* <E, R>(worker: Worker<E, R>) {
  const queue = yield* WorkQueue
  const leaseMs = Duration.toMillis(worker.lease)
  const firstMs = Duration.toMillis(worker.retry?.first ?? "1 second")
  const atMostMs = Duration.toMillis(worker.retry?.atMost ?? "5 minutes")
  const finished = yield* Queue.sliding<void>(1)
  const handlers = yield* FiberSet.make<void>()
  let busy = 0
  let stopping = false
  yield* Effect.addFinalizer(() => Effect.sync(() => (stopping = true)))

  const count = (metric: Metric.Counter<number>, n = 1) =>
    Metric.update(Metric.withAttributes(metric, { queue: worker.queue }), n)

  const retryAt = Effect.fnUntraced(function* (item: WorkItem, afterMs: number, reason: string) {
    const now = yield* Clock.currentTimeMillis
    if (yield* queue.retryAt(item, now + afterMs, reason)) yield* count(retried)
  })

  const settle = Effect.fnUntraced(function* (item: WorkItem, exit: Exit.Exit<void, unknown>) {
    if (Exit.isSuccess(exit)) {
      if (yield* queue.complete(item)) yield* count(done)
      return
    }
    if (stopping && Cause.hasInterrupts(exit.cause)) return yield* retryAt(item, 0, "stopped")
    const error = Cause.squash(exit.cause)
    if (error instanceof RetryAfter) return yield* retryAt(item, error.afterMs, error.reason)
    const { name: reason, at } = faultOf(error)
    if (Cause.hasDies(exit.cause)) yield* count(defects)
    yield* Effect.logWarning(`Attempt ${item.attempts + 1} failed: ${reason}`, at)
    const jitter = yield* Random.nextBetween(0.8, 1.2)
    yield* retryAt(item, Math.min(atMostMs, firstMs * 2 ** item.attempts) * jitter, reason)
  })

  const handle = (item: WorkItem, forMs: number) =>
    Effect.uninterruptibleMask((restore) =>
      restore(Effect.timeout(worker.handle(item), forMs)).pipe(
        Effect.exit,
        Effect.flatMap((exit) => settle(item, exit)),
        // The claim runs out by itself, and the item is then claimed again.
        Effect.catchCause((cause) => Effect.logWarning(`Outcome not recorded: ${faultOf(Cause.squash(cause)).name}`)),
        Effect.ensuring(
          Effect.suspend(() => {
            busy--
            return Queue.offer(finished, undefined)
          }),
        ),
        Effect.annotateLogs({ key: item.key }),
      ),
    )

  /** Uninterruptible: what is claimed has a handler, which gives it back. */
  const claim = Effect.uninterruptible(
    Effect.gen(function* () {
      const free = worker.concurrency - busy
      if (free === 0) return "full"
      const claimedAt = yield* Clock.currentTimeMillis
      const items = yield* queue.claim(worker.queue, free, worker.lease)
      // The lease began after the question was sent, however late the answer comes.
      const forMs = claimedAt + leaseMs * 0.9 - (yield* Clock.currentTimeMillis)
      busy += items.length
      yield* count(claimed, items.length)
      if (worker.onLook !== undefined) yield* worker.onLook
      for (const item of items) yield* FiberSet.run(handlers, handle(item, forMs))
      return items.length === free ? "full" : "idle"
    }),
  )

  return yield* claim.pipe(
    untilReachable("Cannot claim"),
    Effect.flatMap((state) =>
      state === "full"
        ? Queue.take(finished)
        : Effect.raceFirst(Queue.take(finished), queue.awaitDue(worker.queue, "10 seconds")),
    ),
    Effect.forever,
  )
})

/** An error's message may quote what a person wrote; its name and its places in the code cannot. */
const counter = (name: string, description: string) =>
  Metric.counter(`paylog_work_${name}_total`, { description, incremental: true })
const claimed = counter("claimed", "Items claimed")
const done = counter("done", "Items handled and removed")
const retried = counter("retried", "Items given back to be tried again")
const defects = counter("defects", "Handlers that ended with a defect")
