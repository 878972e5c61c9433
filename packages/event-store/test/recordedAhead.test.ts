import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as EventStoreMemory from "../src/EventStoreMemory.ts"
import { recordedAhead } from "../src/recordedAhead.ts"
import { grow } from "./support/World.ts"

it.effect("tells how far the log's time is ahead after the clock was set back, and nothing otherwise", () =>
  Effect.gen(function* () {
    assert.strictEqual(yield* recordedAhead, 0)
    yield* TestClock.setTime(60_000)
    yield* grow(2, () => "a")
    assert.strictEqual(yield* recordedAhead, 0)
    yield* TestClock.setTime(50_000)
    assert.strictEqual(yield* recordedAhead, 10_000)
    yield* TestClock.setTime(61_000)
    assert.strictEqual(yield* recordedAhead, 0)
  }).pipe(Effect.provide(EventStoreMemory.layer)),
)
