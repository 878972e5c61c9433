import { assert, describe, it } from "@effect/vitest"
import * as Money from "@paylog/domain/Money"
import { RefundId } from "@paylog/domain/Refund"
import { StoreUnavailable } from "@paylog/event-store/EventStore"
import { Effect, Option } from "effect"
import { TestConsole } from "effect/testing"
import { readMoney, streamOf, withId } from "../src/acting.ts"

const refundId = RefundId.make("rfd_00000000000000000001")

describe("an amount at the command line", () => {
  it.effect("is exact, at its currency's scale", () =>
    Effect.gen(function* () {
      for (const text of ["12.50 USDT", " 12.5  USDT ", "12.500000 USDT"])
        assert.deepStrictEqual(yield* readMoney(text), Money.of("USDT", 12_500_000n))
      assert.deepStrictEqual(yield* readMoney("9007199254740993 RUB"), Money.of("RUB", 900_719_925_474_099_300n))
    }),
  )

  it.effect("is nothing that could be read in two ways", () =>
    Effect.gen(function* () {
      const wrong = [
        "12,50 USDT",
        "12.50",
        "USDT 12.50",
        "12.5000001 USDT",
        "1e3 USDT",
        "-1 USDT",
        "1 GRAM",
        "1 usdt",
        "",
      ]
      for (const text of wrong) assert.strictEqual((yield* Effect.flip(readMoney(text))).how, "usage", text)
    }),
  )
})

describe("unmatched money", () => {
  it("is named by its order, or by its stream as the list shows it", () => {
    const provider = "wallet-pay"
    assert.strictEqual(streamOf({ order: "17", provider }), "unmatched-wallet-pay-17")
    assert.strictEqual(streamOf({ order: "unmatched-wallet-pay-17", provider: "other" }), "unmatched-wallet-pay-17")
  })
})

describe("a new id", () => {
  it.effect("is told when it is not known what became of it, and not otherwise", () =>
    Effect.gen(function* () {
      const lost = new StoreUnavailable({ reason: "cut" })
      const made = Effect.succeed(refundId)
      yield* Effect.flip(withId(Option.none(), made, () => Effect.fail(lost)))
      assert.deepStrictEqual(yield* TestConsole.errorLines, [`Its id is ${refundId}: give it with --id ${refundId}`])
      assert.strictEqual(yield* withId(Option.none(), made, Effect.succeed), refundId)
      yield* Effect.flip(withId(Option.none(), made, () => Effect.fail({ _tag: "SamePerson" })))
      assert.strictEqual((yield* TestConsole.errorLines).length, 1)
    }),
  )

  it.effect("is the one that was given, when one was", () =>
    Effect.gen(function* () {
      const given = RefundId.make("rfd_00000000000000000002")
      assert.strictEqual(yield* withId(Option.some(given), Effect.succeed(refundId), Effect.succeed), given)
    }),
  )
})
