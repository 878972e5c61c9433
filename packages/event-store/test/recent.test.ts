import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { recent } from "../src/internal/recent.ts"

const key = fc.constantFrom("a", "b", "c", "d", "e", "f")
const step = fc.record({ act: fc.constantFrom("set", "set", "set", "delete" as const), key })

describe("the entries that were set last", () => {
  it("are kept, and no others, whatever is set again or deleted", () => {
    fc.assert(
      fc.property(fc.nat(4), fc.array(step, { maxLength: 200 }), (most, steps) => {
        const kept = recent<number>(most)
        let model: ReadonlyArray<readonly [string, number]> = []
        for (const [value, { act, key }] of steps.entries()) {
          model = model.filter(([other]) => other !== key)
          if (act === "set") {
            kept.set(key, value)
            model = most === 0 ? [] : [...model, [key, value] as const].slice(-most)
          } else kept.delete(key)
          for (const known of "abcdef") assert.strictEqual(kept.get(known), new Map(model).get(known))
        }
      }),
    )
  })
})
