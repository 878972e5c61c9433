import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as Quarantine from "../src/Quarantine.ts"
import { ann, at } from "./fixtures.ts"

const command = (...elements: Quarantine.QuarantineDelivery["elements"]): Quarantine.QuarantineDelivery => ({
  _tag: "QuarantineDelivery",
  provider: "wallet-pay",
  elements,
})

const decide = (state: Quarantine.Quarantine, index: number, reason = "The body is no array") =>
  Result.getOrThrow(Quarantine.decide(state, command({ index, reason })))

const after = (...events: ReadonlyArray<Quarantine.QuarantineEvent>): Quarantine.Quarantine =>
  events.reduce(Quarantine.evolve, Quarantine.absent)

const quarantined = (index: number): Quarantine.QuarantineEvent => ({
  _tag: "DeliveryQuarantined",
  provider: "wallet-pay",
  index,
  reason: "The body is no array",
})

describe("a delivery that is not understood", () => {
  it("has a stream by the digest of its body", () => {
    assert.strictEqual(Quarantine.stream("ab".repeat(32)), `quarantine-${"ab".repeat(32)}`)
  })

  it("is quarantined element by element", () => {
    assert.deepStrictEqual(decide(Quarantine.absent, 0), [quarantined(0)])
    assert.deepStrictEqual(decide(after(quarantined(0)), 1), [quarantined(1)])
  })

  it("is quarantined once, whatever the reason is the next time", () => {
    const state = after(quarantined(0), quarantined(1))
    assert.deepStrictEqual(decide(state, 0), [])
    assert.deepStrictEqual(decide(state, 1, "Another reason"), [])
  })

  it("is quarantined with all its elements at once, but for those that are known", () => {
    const all = [0, 1, 2].map((index) => ({ index, reason: "The body is no array" }))
    assert.deepStrictEqual(Result.getOrThrow(Quarantine.decide(after(quarantined(1)), command(...all))), [
      quarantined(0),
      quarantined(2),
    ])
  })

  it("has a reason that can be stored and names no person", () => {
    assert.deepStrictEqual(decide(Quarantine.absent, 0, "user\u0000 5000000001"), [
      { ...quarantined(0), reason: "user\uFFFD #" },
    ])
  })

  it("is resolved element by element, once, and not quarantined again", () => {
    const resolve: Quarantine.ResolveElements = {
      _tag: "ResolveElements",
      elements: [
        { index: 0, as: "Applied" },
        { index: 1, as: "Held" },
      ],
      by: ann,
      reason: "The new version reads it",
      at: at(80),
    }
    const resolved = Result.getOrThrow(Quarantine.decide(after(quarantined(0)), resolve))
    assert.deepStrictEqual(resolved, [
      {
        _tag: "ElementResolved",
        index: 0,
        as: "Applied",
        by: ann,
        reason: "The new version reads it",
        resolvedAt: at(80),
      },
    ])
    const state = after(quarantined(0), ...resolved)
    assert.deepStrictEqual(Result.getOrThrow(Quarantine.decide(state, resolve)), [])
    assert.deepStrictEqual(decide(state, 0), [])
  })
})
