import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as Unmatched from "../src/Unmatched.ts"
import { at, payment, ton } from "./fixtures.ts"

const record = (externalId: string, other: Parameters<typeof payment>[0] = {}): Unmatched.RecordUnmatched => ({
  _tag: "RecordUnmatched",
  externalId,
  payment: payment(other),
})

const decide = (state: Unmatched.Unmatched, command: Unmatched.RecordUnmatched) =>
  Result.getOrThrow(Unmatched.decide(state, command))

const received: Unmatched.UnmatchedEvent = { _tag: "PaymentReceived", ...payment() }
const unmatched: Unmatched.UnmatchedEvent = { _tag: "PaymentUnmatched", externalId: "JDF23NN", reason: "NoSuchInvoice" }

describe("a payment that matches no invoice", () => {
  it("has a stream of its own", () => {
    assert.strictEqual(Unmatched.stream(payment()), "unmatched-wallet-pay-10030467668508673")
  })

  it("is recorded with the id that it names", () => {
    assert.deepStrictEqual(decide(Unmatched.absent, record("JDF23NN")), [received, unmatched])
  })

  it.each(["", "Иван Петров", "x".repeat(65), "a b", "a@b.c"])("is recorded without its id when that is '%s'", (id) => {
    assert.deepStrictEqual(decide(Unmatched.absent, record(id)), [
      received,
      { _tag: "PaymentUnmatched", reason: "NoSuchInvoice" },
    ])
  })

  it("is recorded once, however often it is told", () => {
    const state = [received, unmatched].reduce(Unmatched.evolve, Unmatched.absent)
    assert.deepStrictEqual(decide(state, record("JDF23NN")), [])
    assert.deepStrictEqual(decide(state, record("JDF23NN", { completedAt: at(11) })), [])
  })

  it("is recorded again when its amounts are stated otherwise", () => {
    const state = [received, unmatched].reduce(Unmatched.evolve, Unmatched.absent)
    const other = { fee: ton(0n), net: ton(7_000_000_000n) }
    assert.deepStrictEqual(decide(state, record("JDF23NN", other)), [
      { _tag: "PaymentReceived", ...payment(other) },
      unmatched,
    ])
  })

  it("has a rate that can be stored", () => {
    assert.deepStrictEqual(decide(Unmatched.absent, record("JDF23NN", { rate: "1\u0000" }))[0], {
      ...received,
      rate: "1\uFFFD",
    })
  })
})
