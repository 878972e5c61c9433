/** How appends gather into batches, seen without a database: the other side of `send` is played here. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Queue, Scope } from "effect"
import { TestClock } from "effect/testing"
import { event, to } from "../src/conformance/law.ts"
import { type Append, StoreUnavailable } from "../src/EventStore.ts"
import type { Verdicts } from "../src/internal/batch.ts"
import * as GroupCommit from "../src/internal/groupCommit.ts"
import type { Item } from "../src/internal/item.ts"

type Reply = Effect.Effect<Verdicts, StoreUnavailable>

/** A call of `send` that waits for its reply. */
interface Sent {
  readonly keys: ReadonlyArray<string>
  readonly reply: (reply: Reply) => void
}

const writer = Effect.fnUntraced(function* (limits: GroupCommit.Limits = {}) {
  const sent = yield* Queue.unbounded<Sent>()
  let grown = 0
  const send = (items: ReadonlyArray<Item>): Reply =>
    Effect.callback((reply) => {
      Queue.offerUnsafe(sent, { keys: items.map((item) => item.append.key), reply })
    })
  const append = yield* GroupCommit.make(
    send,
    limits,
    Effect.sync(() => void (grown += 1)),
  )
  /** Starts an append, and returns when it waits to be sent. */
  const start = (append_: Append) => Effect.forkChild(append(append_), { startImmediately: true })
  return { append, start, next: Queue.take(sent), size: Queue.size(sent), grown: () => grown }
})

const named = (key: string): Append => ({ ...to(`s-${key}`, "any"), key })

const verdicts = (verdict: Verdicts["verdicts"][number], count: number): Verdicts => ({
  verdicts: Array.from({ length: count }, () => verdict),
  positions: Array.from({ length: count }, (_, n) => BigInt(n + 1)),
  versions: Array.from({ length: count }, () => 1),
})
const appended = (count: number): Reply => Effect.succeed(verdicts("A", count))
const lost: Reply = Effect.fail(new StoreUnavailable({ reason: "lost" }))
const broken: Reply = Effect.die(new Error("broken"))

describe("group commit", () => {
  it.effect("sends one append at once, and what gathers meanwhile as one batch, in order", () =>
    Effect.gen(function* () {
      const { start, next, size, grown } = yield* writer()
      const one = yield* start(named("1"))
      const first = yield* next
      assert.deepStrictEqual(first.keys, ["1"])
      const others = yield* Effect.forEach(["2", "3", "4"], (key) => start(named(key)))
      yield* Effect.yieldNow
      assert.strictEqual(yield* size, 0)
      first.reply(appended(1))
      const second = yield* next
      assert.deepStrictEqual(second.keys, ["2", "3", "4"])
      second.reply(appended(3))
      const results = yield* Effect.forEach([one, ...others], Fiber.join)
      assert.deepStrictEqual(
        results.map((result) => result.firstPosition),
        [1n, 1n, 2n, 3n],
      )
      assert.strictEqual(grown(), 2)
    }),
  )

  it.effect("takes what callers append right after their answer into the next batch, all of them", () =>
    Effect.gen(function* () {
      const { append, next } = yield* writer()
      const caller = (name: string) => Effect.andThen(append(named(`${name}-1`)), append(named(`${name}-2`)))
      const fibers = yield* Effect.forEach(["a", "b", "c"], (name) => Effect.forkChild(caller(name)))
      const first = yield* next
      assert.deepStrictEqual(first.keys, ["a-1", "b-1", "c-1"])
      first.reply(appended(3))
      const second = yield* next
      assert.deepStrictEqual(second.keys, ["a-2", "b-2", "c-2"])
      second.reply(appended(3))
      yield* Effect.forEach(fibers, Fiber.join)
    }),
  )

  it.effect("bounds a batch by the number of events and by size", () =>
    Effect.gen(function* () {
      const { start, next } = yield* writer()
      const many = (key: string, count: number): Append => ({
        ...to(key, "any", ...Array.from({ length: count }, () => event())),
        key,
      })
      const large = (key: string, size: number): Append => ({ ...to(key, "any", event("x".repeat(size))), key })
      yield* start(named("1"))
      const first = yield* next
      for (const append of [many("2", 600), many("3", 400), many("4", 1), large("5", 3e6), large("6", 2e6)]) {
        yield* start(append)
      }
      first.reply(appended(1))
      for (const keys of [["2", "3"], ["4", "5"], ["6"]]) {
        const batch = yield* next
        assert.deepStrictEqual(batch.keys, keys)
        batch.reply(appended(keys.length))
      }
    }),
  )

  it.effect(
    "shares a crowd out among two batches under way, of at most 256, and sends the next one for each answer",
    () =>
      Effect.gen(function* () {
        for (const { callers, first } of [
          { callers: 63, first: [63, 63] },
          { callers: 64, first: [32, 32, 32, 32] },
          { callers: 600, first: [256, 256] },
        ]) {
          const { append, next, size } = yield* writer()
          const twice = (n: number) => Effect.andThen(append(named(`a${n}`)), append(named(`b${n}`)))
          const fibers = yield* Effect.forEach(
            Array.from({ length: callers }, (_, n) => n),
            (n) => Effect.forkChild(twice(n)),
          )
          const sent: Array<number> = []
          let most = 0
          while (sent.reduce((sum, count) => sum + count, 0) < 2 * callers) {
            const { keys, reply } = yield* next
            most = Math.max(most, 1 + (yield* size))
            sent.push(keys.length)
            reply(appended(keys.length))
          }
          yield* Effect.forEach(fibers, Fiber.join)
          assert.deepStrictEqual(sent.slice(0, first.length), first)
          assert.ok(sent.every((count) => count <= 256))
          assert.strictEqual(most, callers < 64 ? 1 : 2)
        }
      }),
  )

  it.effect("sends a second batch while one is under way for many, and not for a few", () =>
    Effect.gen(function* () {
      const { start, next, size } = yield* writer()
      const started = (keys: ReadonlyArray<number>) => Effect.forEach(keys, (key) => start(named(String(key))))
      yield* started([0])
      const first = yield* next
      yield* started(Array.from({ length: 31 }, (_, n) => n + 1))
      for (let turn = 0; turn < 5; turn++) yield* Effect.yieldNow
      assert.strictEqual(yield* size, 0)
      yield* started([32])
      const second = yield* next
      assert.strictEqual(second.keys.length, 32)
      // A third one waits for either.
      yield* started(Array.from({ length: 40 }, (_, n) => n + 33))
      for (let turn = 0; turn < 5; turn++) yield* Effect.yieldNow
      assert.strictEqual(yield* size, 0)
      second.reply(appended(32))
      const third = yield* next
      assert.strictEqual(third.keys.length, 40)
      first.reply(appended(1))
      third.reply(appended(40))
    }),
  )

  it.effect("sends each of two batches again whose answers were lost, and answers the callers of both", () =>
    Effect.gen(function* () {
      const { append, next } = yield* writer()
      const fibers = yield* Effect.forEach(
        Array.from({ length: 64 }, (_, n) => n),
        (n) => Effect.forkChild(append(named(String(n)))),
      )
      const batches = [yield* next, yield* next]
      for (const { reply } of batches) reply(lost)
      const again = [yield* next, yield* next]
      assert.deepStrictEqual(
        again.map(({ keys }) => keys),
        batches.map(({ keys }) => keys),
      )
      for (const { reply } of again) reply(Effect.succeed(verdicts("O", 32)))
      const results = yield* Effect.forEach(fibers, Fiber.join)
      assert.ok(results.every(({ outcome }) => outcome === "Appended"))
    }),
  )

  it.effect("refuses with Overloaded what would not fit into the queue, and takes it later", () =>
    Effect.gen(function* () {
      for (const limits of [{ waiting: 2 }, { waitingBytes: 400 }]) {
        const { append, start, next } = yield* writer(limits)
        yield* start(named("1"))
        const first = yield* next
        yield* start(named("2"))
        yield* start(named("3"))
        const error = yield* Effect.flip(append(named("4")))
        assert.ok(error._tag === "Overloaded" && error.waiting === 2)
        first.reply(appended(1))
        const second = yield* next
        assert.deepStrictEqual(second.keys, ["2", "3"])
        yield* start(named("4"))
        second.reply(appended(2))
        const third = yield* next
        assert.deepStrictEqual(third.keys, ["4"])
        third.reply(appended(1))
      }
    }),
  )

  it.effect("sends a batch again when its answer was lost, and tells what it made itself from what it found", () =>
    Effect.gen(function* () {
      const { start, next } = yield* writer()
      const fibers = yield* Effect.forEach(["own", "other", "new"], (key) => start(named(key)))
      const first = yield* next
      first.reply(lost)
      const second = yield* next
      assert.deepStrictEqual(second.keys, ["own", "other", "new"])
      second.reply(Effect.succeed({ ...verdicts("A", 3), verdicts: ["O", "D", "A"] }))
      const results = yield* Effect.forEach(fibers, Fiber.join)
      assert.deepStrictEqual(
        results.map((result) => result.outcome),
        ["Appended", "Duplicate", "Appended"],
      )
      // Without a lost answer, what has our own ids was made by an earlier call.
      const again = yield* start(named("own"))
      ;(yield* next).reply(Effect.succeed(verdicts("O", 1)))
      assert.strictEqual((yield* Fiber.join(again)).outcome, "Duplicate")
    }),
  )

  it.effect("waits between tries, at most a second, and gives up in time", () =>
    Effect.gen(function* () {
      let reachable = false
      let tries = 0
      const send = (items: ReadonlyArray<Item>) =>
        Effect.suspend(() => {
          tries += 1
          return reachable ? appended(items.length) : lost
        })
      const append = yield* GroupCommit.make(send, { answerWithin: 5000 }, Effect.void)
      const fiber = yield* Effect.forkChild(append(named("1")))
      yield* TestClock.adjust(5000)
      const error = yield* Effect.flip(Fiber.join(fiber))
      assert.strictEqual(error.message, "The log is out of reach: no answer in time (lost)")
      assert.isAtLeast(tries, 8)
      assert.isAtMost(tries, 20)
      reachable = true
      const later = yield* Effect.forkChild(append(named("2")))
      yield* TestClock.adjust(1000)
      yield* Fiber.join(later)
    }),
  )

  it.effect("answers in time those under way and those that wait, while a statement hangs", () =>
    Effect.gen(function* () {
      const { start, next } = yield* writer({ answerWithin: 1000 })
      const one = yield* start(named("1"))
      const hanging = yield* next
      yield* TestClock.adjust(500)
      const two = yield* start(named("2"))
      yield* TestClock.adjust(500)
      assert.strictEqual((yield* Effect.flip(Fiber.join(one)))._tag, "StoreUnavailable")
      assert.isUndefined(two.pollUnsafe())
      yield* TestClock.adjust(500)
      assert.strictEqual((yield* Effect.flip(Fiber.join(two)))._tag, "StoreUnavailable")
      hanging.reply(lost)
      const three = yield* start(named("3"))
      const sent = yield* next
      assert.deepStrictEqual(sent.keys, ["3"])
      sent.reply(appended(1))
      yield* Fiber.join(three)
    }),
  )

  it.effect("finds the append that breaks a batch by halving, and spares the others", () =>
    Effect.gen(function* () {
      const { start, next } = yield* writer()
      const keys = ["1", "2", "3", "4", "5", "6", "7", "8"]
      const fibers = yield* Effect.forEach(keys, (key) => start(named(key)))
      const batches: Array<string> = []
      for (let sends = 0; sends < 7; sends++) {
        const sent = yield* next
        batches.push(sent.keys.join(""))
        sent.reply(sent.keys.includes("6") ? broken : appended(sent.keys.length))
      }
      assert.deepStrictEqual(batches, ["12345678", "1234", "5678", "56", "5", "6", "78"])
      const exits = yield* Effect.forEach(fibers, Fiber.await)
      for (const [index, exit] of exits.entries()) {
        if (keys[index] === "6") assert.ok(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
        else assert.ok(Exit.isSuccess(exit))
      }
    }),
  )

  it.effect(
    "does not send what an interrupted caller took back, and does not stop for one whose append is under way",
    () =>
      Effect.gen(function* () {
        const { start, next } = yield* writer()
        const one = yield* start(named("1"))
        const two = yield* start(named("2"))
        const first = yield* next
        const three = yield* start(named("3"))
        const four = yield* start(named("4"))
        yield* Fiber.interrupt(one)
        yield* Fiber.interrupt(three)
        first.reply(appended(2))
        assert.strictEqual((yield* Fiber.join(two)).firstPosition, 2n)
        const second = yield* next
        assert.deepStrictEqual(second.keys, ["4"])
        second.reply(appended(1))
        yield* Fiber.join(four)
      }),
  )

  it.effect("answers everyone when it is closed, and lets the statement that is under way end first", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { append, start, next } = yield* Scope.provide(writer(), scope)
      const one = yield* start(named("1"))
      const first = yield* next
      const two = yield* start(named("2"))
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
      yield* Effect.yieldNow
      assert.isUndefined(closing.pollUnsafe())
      first.reply(appended(1))
      assert.strictEqual((yield* Fiber.join(one)).outcome, "Appended")
      yield* Fiber.join(closing)
      assert.strictEqual((yield* Effect.flip(Fiber.join(two)))._tag, "StoreUnavailable")
      assert.strictEqual((yield* Effect.flip(append(named("3"))))._tag, "StoreUnavailable")
    }),
  )
})
