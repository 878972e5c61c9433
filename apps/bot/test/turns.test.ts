import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { makeTurns } from "../src/turns.ts"

/** Takes turns as listed: whose, how long it takes to find that out, how long it then lasts. What ended, in order. */
const play = (...calls: ReadonlyArray<readonly [key: string, findMs: number, lastsMs: number]>) =>
  Effect.gen(function* () {
    const turns = makeTurns<string>()
    const ended: Array<string> = []
    const fibers = yield* Effect.forEach(calls, ([key, findMs, lastsMs], i) =>
      Effect.forkChild(
        turns.take(Effect.as(Effect.sleep(findMs), key), () =>
          Effect.andThen(
            Effect.sleep(lastsMs),
            Effect.sync(() => void ended.push(`${key}${i}`)),
          ),
        ),
      ),
    )
    yield* TestClock.adjust("1 minute")
    yield* Effect.forEach(fibers, Fiber.await)
    return ended
  })

describe("turns", () => {
  it.effect("are taken in the order of the calls, whatever it takes to find out whose they are", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* play(["a", 50, 30], ["a", 1, 20], ["a", 1, 1]), ["a0", "a1", "a2"])
    }),
  )

  it.effect("hold up nobody else", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* play(["a", 1, 1000], ["b", 1, 10], ["a", 1, 10], ["b", 1, 10]), [
        "b1",
        "b3",
        "a0",
        "a2",
      ])
    }),
  )

  it.effect("go on after one that failed, was interrupted, or belongs to nobody that can be found", () =>
    Effect.gen(function* () {
      const turns = makeTurns<string>()
      const stuck = yield* Effect.forkChild(turns.take(Effect.succeed("a"), () => Effect.never))
      const failing = yield* Effect.forkChild(Effect.exit(turns.take(Effect.succeed("a"), () => Effect.fail("x"))))
      const lost = yield* Effect.forkChild(Effect.exit(turns.take(Effect.fail("gone"), () => Effect.void)))
      const last = yield* Effect.forkChild(turns.take(Effect.succeed("a"), () => Effect.succeed("mine")))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(stuck)
      yield* Fiber.await(failing)
      yield* Fiber.await(lost)
      assert.strictEqual(yield* Fiber.join(last), "mine")
    }),
  )
})
