import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { onceAMinute } from "../src/onceAMinute.ts"

it.effect("says the first at once, and then once a minute how many there were since", () =>
  Effect.gen(function* () {
    const said: Array<number> = []
    const tell = onceAMinute((times) => Effect.sync(() => said.push(times)))
    for (let second = 0; second < 130; second++) {
      yield* tell
      yield* TestClock.adjust("1 second")
    }
    assert.deepStrictEqual(said, [1, 60, 60])
  }),
)
