import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as Quarantine from "../src/Quarantine.ts"

const command = (index: number, reason = "The body is no array"): Quarantine.QuarantineDelivery => ({
  _tag: "QuarantineDelivery",
  provider: "wallet-pay",
  index,
  reason,
})

const decide = (state: Quarantine.Quarantine, index: number, reason?: string) =>
  Result.getOrThrow(Quarantine.decide(state, command(index, reason)))

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
    assert.deepStrictEqual(decide(Quarantine.fold([quarantined(0)]), 1), [quarantined(1)])
  })

  it("is quarantined once, whatever the reason is the next time", () => {
    const state = Quarantine.fold([quarantined(0), quarantined(1)])
    assert.deepStrictEqual(decide(state, 0), [])
    assert.deepStrictEqual(decide(state, 1, "Another reason"), [])
  })

  it("has a reason that can be stored and names no person", () => {
    assert.deepStrictEqual(decide(Quarantine.absent, 0, "user\u0000 5000000001"), [
      { ...quarantined(0), reason: "user\uFFFD #" },
    ])
  })
})
