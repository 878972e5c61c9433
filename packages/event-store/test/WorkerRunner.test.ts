import { assert, it } from "@effect/vitest"
import { Clock, Data, Effect, Fiber, Logger, Metric, Queue } from "effect"
import { TestClock } from "effect/testing"
import { StoreUnavailable } from "../src/EventStore.ts"
import { RetryAfter, run } from "../src/WorkerRunner.ts"
import { type WorkItem, WorkQueue } from "../src/WorkQueue.ts"

it.effect("completes what it has handled, at most so many items at a time", () =>
  Effect.gen(function* () {
    const { queue, answers, offer } = yield* fake
    let now = 0
    let most = 0
    const fiber = yield* start(queue, {
      concurrency: 3,
      handle: () =>
        Effect.sync(() => (most = Math.max(most, ++now))).pipe(
          Effect.andThen(Effect.sleep("1 second")),
          Effect.andThen(Effect.sync(() => now--)),
          Effect.asVoid,
        ),
    })
    yield* offer(...Array.from({ length: 10 }, (_, index) => ({ key: String(index) })))
    yield* pass(10)
    assert.strictEqual(answers.length, 10)
    assert.isTrue(answers.every((answer) => answer.kind === "completed"))
    assert.strictEqual(most, 3)
    yield* Fiber.interrupt(fiber)
  }),
)

it.effect("claims the next item as soon as one is done, not when all are", () =>
  Effect.gen(function* () {
    const { queue, answers, offer } = yield* fake
    yield* start(queue, {
      concurrency: 2,
      handle: (item) => Effect.sleep(item.key === "slow" ? "8 seconds" : "1 second"),
    })
    yield* offer({ key: "slow" }, ...Array.from({ length: 5 }, (_, index) => ({ key: String(index) })))
    yield* pass(6)
    assert.deepStrictEqual(
      answers.map(({ item }) => item.key),
      ["0", "1", "2", "3", "4"],
    )
  }),
)

it.effect("tries again later and later after failures, after defects too, and goes on with other items", () =>
  Effect.gen(function* () {
    const { queue, answers, offer } = yield* fake
    yield* start(queue, {
      handle: (item) =>
        item.key === "good" ? Effect.void : item.key === "dies" ? Effect.die(new Error("of Jane Roe")) : new Oops(),
    })
    yield* offer({ key: "dies" }, ...[0, 1, 2, 8, 20].map((attempts) => ({ key: "fails", attempts })), { key: "good" })
    yield* pass(1)
    assert.deepStrictEqual(
      answers.map(({ kind, reason }) => [kind, reason]),
      [["retried", "Error"], ...Array.from({ length: 5 }, () => ["retried", "Oops"]), ["completed", undefined]],
    )
    for (const [index, seconds] of [1, 1, 2, 4, 256, 300].entries()) {
      const after = answers[index]?.afterMs ?? 0
      assert.isAtLeast(after, seconds * 800)
      assert.isAtMost(after, seconds * 1200)
    }
  }),
)

it.effect("waits as long as the handler says when it knows", () =>
  Effect.gen(function* () {
    const { queue, answers, offer } = yield* fake
    yield* start(queue, { handle: () => new RetryAfter({ afterMs: 30_000, reason: "flood" }) })
    yield* offer({ key: "a", attempts: 5 })
    yield* pass(1)
    assert.deepInclude(answers[0], { kind: "retried", afterMs: 30_000, reason: "flood" })
  }),
)

it.effect("stops a handler before its claim runs out", () =>
  Effect.gen(function* () {
    const { queue, answers, offer } = yield* fake
    let stopped = false
    yield* start(queue, {
      handle: () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => (stopped = true))),
    })
    yield* offer({ key: "a" })
    yield* pass(8)
    assert.isFalse(stopped)
    yield* pass(1)
    assert.isTrue(stopped)
    assert.deepInclude(answers[0], { kind: "retried", reason: "TimeoutError" })
  }),
)

it.effect("gives claimed items back at once when it is interrupted", () =>
  Effect.gen(function* () {
    const { queue, answers, offer } = yield* fake
    const fiber = yield* start(queue, { concurrency: 2, handle: () => Effect.never })
    yield* offer({ key: "a", attempts: 3 }, { key: "b" }, { key: "unclaimed" })
    yield* pass(1)
    yield* Fiber.interrupt(fiber)
    assert.deepStrictEqual(
      answers.map(({ item, kind, reason, afterMs }) => [item.key, kind, reason, afterMs]),
      [
        ["a", "retried", "stopped", 0],
        ["b", "retried", "stopped", 0],
      ],
    )
  }),
)

it.effect("does not loop over a handler that interrupts itself", () =>
  Effect.gen(function* () {
    const { queue, answers, offer } = yield* fake
    yield* start(queue, { handle: () => Effect.interrupt })
    yield* offer({ key: "a" })
    yield* pass(1)
    assert.isAtLeast(answers[0]?.afterMs ?? 0, 800)
  }),
)

it.effect("waits while the store is out of reach, and goes on when it is back", () =>
  Effect.gen(function* () {
    const { queue, answers, offer, breakFor } = yield* fake
    yield* breakFor(5)
    yield* start(queue, { handle: () => Effect.void })
    yield* offer({ key: "a" })
    yield* pass(1)
    assert.deepStrictEqual(answers, [])
    yield* pass(10)
    assert.strictEqual(answers[0]?.kind, "completed")
  }),
)

it.effect("survives an outcome that cannot be recorded", () =>
  Effect.gen(function* () {
    const { queue, answers, offer, breakFor } = yield* fake
    yield* start(queue, { handle: (item) => (item.key === "a" ? breakFor(1) : Effect.void) })
    yield* offer({ key: "a" }, { key: "b" })
    yield* pass(10)
    assert.deepStrictEqual(
      answers.map(({ item }) => item.key),
      ["b"],
    )
  }),
)

it.effect("says where a handler died, and nothing that may be about a person; counts it", () =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const { queue, answers, offer } = yield* fake
    const before = yield* counted("paylog_work_defects_total")
    yield* start(queue, { handle: () => Effect.die(new TypeError("no chat with Jane Roe")) }).pipe(
      Effect.provide(Logger.layer([Logger.map(Logger.formatLogFmt, (line) => void lines.push(line))])),
    )
    yield* offer({ key: "a" })
    yield* pass(1)
    assert.strictEqual(answers[0]?.reason, "TypeError")
    const log = lines.join("\n")
    assert.include(log, "TypeError")
    assert.include(log, "WorkerRunner.test.ts")
    assert.notInclude(log, "Jane")
    assert.strictEqual((yield* counted("paylog_work_defects_total")) - before, 1)
  }),
)

/** Lets time pass in small steps: whatever is to happen in a step without waiting has turns enough to happen. */
const pass = (seconds: number) => Effect.repeat(TestClock.adjust("50 millis"), { times: seconds * 20 - 1 })

class Oops extends Data.TaggedError("Oops") {}

interface Answer {
  readonly kind: "completed" | "retried"
  readonly item: WorkItem
  readonly reason?: string
  readonly afterMs?: number
}

/** A queue without a database, of items that are due, and what was answered. */
const fake = Effect.gen(function* () {
  const due = yield* Queue.unbounded<WorkItem>()
  const added = yield* Queue.sliding<void>(1)
  const answers: Array<Answer> = []
  let broken = 0
  const reachable = Effect.suspend(() => (broken-- > 0 ? new StoreUnavailable({ reason: "planted" }) : Effect.void))
  const queue = WorkQueue.of({
    add: () => Effect.die("unused"),
    claim: (_, limit) =>
      Effect.andThen(reachable, Queue.size(due)).pipe(
        Effect.flatMap((size) => (size === 0 ? Effect.succeed([]) : Queue.takeN(due, Math.min(size, limit)))),
      ),
    complete: (item) =>
      Effect.as(
        Effect.andThen(
          reachable,
          Effect.sync(() => answers.push({ kind: "completed", item })),
        ),
        true,
      ),
    retryAt: Effect.fnUntraced(function* (item, dueAtMs, reason) {
      yield* reachable
      answers.push({ kind: "retried", item, reason, afterMs: dueAtMs - (yield* Clock.currentTimeMillis) })
      return true
    }),
    awaitDue: (_, atMost) => Effect.asVoid(Effect.timeoutOption(Queue.take(added), atMost)),
    status: Effect.succeed([]),
  })
  let token = 0n
  return {
    queue,
    answers,
    breakFor: (times: number) => Effect.sync(() => void (broken = times)),
    offer: (...items: ReadonlyArray<{ readonly key: string; readonly attempts?: number }>) =>
      Effect.andThen(
        Queue.offerAll(
          due,
          items.map(({ key, attempts = 0 }) => ({ queue: "q", key, attempts, token: ++token })),
        ),
        Queue.offer(added, undefined),
      ),
  }
})

const start = <E>(
  queue: WorkQueue["Service"],
  worker: { readonly concurrency?: number; readonly handle: (item: WorkItem) => Effect.Effect<void, E> },
) =>
  run({ queue: "q", concurrency: 1, lease: "10 seconds", ...worker }).pipe(
    Effect.provideService(WorkQueue, queue),
    Effect.forkScoped,
  )

const counted = (name: string) =>
  Effect.map(Metric.snapshot, (all) => {
    const found = all.find((metric) => metric.id === name && metric.attributes?.["queue"] === "q")
    return found?.type === "Counter" ? Number(found.state.count) : 0
  })
