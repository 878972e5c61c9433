import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { beat, layer, Loops } from "../src/Loops.ts"

it.effect("a loop is silent until it is heard of, and when it is not heard of again in time", () =>
  Effect.gen(function* () {
    const silent = Effect.flatMap(Loops, ({ silent }) => silent)
    assert.deepStrictEqual(yield* silent, ["inbox", "sender"])
    yield* beat("inbox", "1 second")
    yield* beat("sender", "1 minute")
    assert.deepStrictEqual(yield* silent, [])
    yield* TestClock.adjust("22 seconds")
    assert.deepStrictEqual(yield* silent, ["inbox"])
    yield* beat("inbox", "1 second")
    assert.deepStrictEqual(yield* silent, [])
    yield* TestClock.adjust("1 hour")
    assert.deepStrictEqual(yield* silent, ["inbox", "sender"])
  }).pipe(Effect.provide(layer(["inbox", "sender"]))),
)

it.effect("nobody watches without the layer", () =>
  Effect.gen(function* () {
    yield* beat("inbox", "1 second")
    assert.deepStrictEqual(yield* (yield* Loops).silent, [])
  }),
)
