import * as ShiftedClock from "@paylog/telegram-emulator/ShiftedClock"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

const sleeping = Effect.fnUntraced(function* (duration: Duration.Input) {
  const { advance, clock } = yield* ShiftedClock.make
  const fiber = yield* Effect.sleep(duration).pipe(
    Effect.andThen(Clock.currentTimeMillis),
    Effect.provideService(Clock.Clock, clock),
    Effect.forkChild({ startImmediately: true }),
  )
  return { advance, fiber }
})

describe("the shifted clock", () => {
  it.effect("goes with the clock around it", () =>
    Effect.gen(function* () {
      const { fiber } = yield* sleeping("1 minute")
      yield* TestClock.adjust("59 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(fiber), 60_000)
    }),
  )

  it.effect("wakes who sleeps when it is put forward far enough", () =>
    Effect.gen(function* () {
      const { advance, fiber } = yield* sleeping("1 minute")
      yield* advance(Duration.seconds(30))
      yield* TestClock.adjust("29 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* advance(Duration.seconds(1))
      assert.strictEqual(yield* Fiber.join(fiber), 60_000)
    }),
  )
})
