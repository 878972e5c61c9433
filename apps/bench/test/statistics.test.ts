import { describe, it } from "@effect/vitest"
import { assert } from "vitest"
import { percentile, spread } from "../src/statistics.ts"

describe("spread", () => {
  it("is the middle value, and the ends, whatever the order", () => {
    assert.deepStrictEqual(spread([9, 1, 5]), { median: 5, least: 1, largest: 9 })
  })

  it("is the mean of the two in the middle when there are two", () => {
    assert.deepStrictEqual(spread([4, 1, 2, 100]), { median: 3, least: 1, largest: 100 })
  })

  it("of one value is that value", () => {
    assert.deepStrictEqual(spread([7]), { median: 7, least: 7, largest: 7 })
  })

  it("sorts by size, not by text", () => {
    assert.deepStrictEqual(spread([10, 9, 100]), { median: 10, least: 9, largest: 100 })
  })

  it("of nothing is nothing", () => {
    assert.isNaN(spread([]).median)
  })
})

describe("percentile", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1)

  it("is the least value that so many percent do not exceed", () => {
    assert.strictEqual(percentile(hundred, 50), 50)
    assert.strictEqual(percentile(hundred, 99), 99)
    assert.strictEqual(percentile(hundred, 100), 100)
  })

  it("of few values is one of them", () => {
    assert.strictEqual(percentile([3, 8], 50), 3)
    assert.strictEqual(percentile([3, 8], 99), 8)
    assert.strictEqual(percentile([3], 1), 3)
  })

  it("of nothing is nothing", () => {
    assert.isNaN(percentile([], 50))
  })
})
