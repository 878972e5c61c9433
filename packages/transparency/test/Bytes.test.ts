import { assert, describe, it } from "vitest"
import { concat, equal } from "../src/Bytes.ts"

const bytes = (...values: ReadonlyArray<number>) => Uint8Array.from(values)

describe("bytes", () => {
  it("stand one after the other", () => {
    assert.deepStrictEqual(concat(bytes(1), bytes(), bytes(2, 3)), bytes(1, 2, 3))
    assert.deepStrictEqual(concat(), bytes())
  })

  it("are equal when they are the same in number and value", () => {
    assert.isTrue(equal(bytes(1, 2), bytes(1, 2)))
    assert.isFalse(equal(bytes(1, 2), bytes(1, 3)))
    assert.isFalse(equal(bytes(1, 2), bytes(1, 2, 3)))
  })
})
