import { describe, it } from "@effect/vitest"
import { assert } from "vitest"
import { type Mix, small, steps } from "../src/Workload.ts"

const take = (mix: Partial<Mix>, count = 1000) =>
  steps({ callers: 1, events: 1, payload: small, ...mix })
    .take(count)
    .toArray()

describe("steps", () => {
  it("append to each stream three to five times, at the version it is at", () => {
    const versions = new Map<string, number>()
    for (const { stream, expected } of take({ events: 5 })) {
      assert.strictEqual(expected, (versions.get(stream) ?? 0) * 5)
      versions.set(stream, (versions.get(stream) ?? 0) + 1)
    }
    const lives = [...versions.values()].slice(0, -1)
    assert.deepStrictEqual(new Set(lives), new Set([3, 4, 5]))
  })

  it("never use a key twice, except to repeat the step before", () => {
    const all = take({ duplicates: true })
    for (const [index, step] of all.entries()) {
      if (step.outcome !== "Duplicate") continue
      assert.deepStrictEqual({ ...step, outcome: "Appended" }, all[index - 1])
    }
    const appended = all.filter(({ outcome }) => outcome === "Appended")
    assert.strictEqual(new Set(appended.map(({ key }) => key)).size, appended.length)
  })

  it.each([
    [{ conflicts: true }, "Conflict"],
    [{ duplicates: true }, "Duplicate"],
  ] as const)("of %o end so about one time in ten", (mix, outcome) => {
    const share = take(mix).filter((step) => step.outcome === outcome).length
    assert.isAtLeast(share, 90)
    assert.isAtMost(share, 110)
  })

  it("that must conflict name a version at which the stream is not, and disturb nobody", () => {
    const versions = new Map<string, number>()
    for (const { stream, expected, outcome } of take({ conflicts: true })) {
      const actual = versions.get(stream) ?? 0
      if (outcome === "Conflict") assert.notStrictEqual(expected, actual)
      else {
        assert.strictEqual(expected, actual)
        versions.set(stream, actual + 1)
      }
    }
  })

  it("on one hot stream name no version", () => {
    const all = take({ hot: true })
    assert.strictEqual(new Set(all.map(({ stream }) => stream)).size, 1)
    assert.isTrue(all.every(({ expected }) => expected === undefined))
  })
})
