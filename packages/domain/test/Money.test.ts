import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as Money from "../src/Money.ts"

const encode = Schema.encodeSync(Money.Money)
const decode = Schema.decodeUnknownResult(Money.Money)
const read = (currency: string, text: string) =>
  Result.getOrElse(Money.read(Money.scales, currency, text), () => "fails")

describe("money in JSON", () => {
  it("is a decimal string with exactly its currency's digits", () => {
    assert.deepStrictEqual(encode(Money.of("USD", 1250n)), { currency: "USD", amount: "12.50" })
    assert.deepStrictEqual(encode(Money.of("TON", 1n)), { currency: "TON", amount: "0.000000001" })
    assert.deepStrictEqual(encode(Money.of("USD", -5n)), { currency: "USD", amount: "-0.05" })
    assert.deepStrictEqual(encode({ currency: "XTR", scale: 0, minor: 100n }), { currency: "XTR", amount: "100" })
  })

  it("holds more than a number can", () => {
    const money = { currency: "TON", scale: 9, minor: 9_007_199_254_740_993_000_000_001n }
    assert.deepStrictEqual(encode(money).amount, "9007199254740993.000000001")
    assert.deepStrictEqual(decode(encode(money)), Result.succeed(money))
  })

  it.each([
    "1.",
    ".5",
    "01",
    "-0",
    "-0.00",
    "+1",
    "1e3",
    " 1",
    "1,5",
    "",
    "NaN",
    "0x10",
    "١",
    "1".repeat(39),
    `0.${"1".repeat(19)}`,
    `${"1".repeat(37)}.11`,
  ])("is not read from '%s'", (amount) => assert.isTrue(Result.isFailure(decode({ currency: "USD", amount }))))

  it("is not read from a number", () => assert.isTrue(Result.isFailure(decode({ currency: "USD", amount: 12.5 }))))

  it.prop(
    "comes back as it was, and so does its text",
    [Money.Money],
    ([money]) => {
      const stored = encode(money)
      assert.deepStrictEqual(decode(JSON.parse(JSON.stringify(stored))), Result.succeed(money))
      assert.strictEqual(stored.amount, Money.format(money))
    },
    { arbitrary: { runs: 500 }, timeout: 60_000 },
  )
})

describe("an amount that a provider stated", () => {
  it("is the same money however many zeros end it", () => {
    for (const text of ["1.5", "1.50", "1.500000000", "001.5"])
      assert.deepStrictEqual(read("USD", text), Money.of("USD", 150n))
    assert.deepStrictEqual(read("TON", "0.100000340"), Money.of("TON", 100_000_340n))
    assert.deepStrictEqual(read("USD", "0"), Money.of("USD", 0n))
  })

  it("is kept in its own words when it has more digits than its currency, and is never rounded", () => {
    assert.deepStrictEqual(read("USD", "1.505"), { currency: "USD", unread: "1.505" })
    assert.deepStrictEqual(read("USD", "9".repeat(37)), { currency: "USD", unread: "9".repeat(37) })
    assert.deepStrictEqual(read("USD", "9".repeat(36)), Money.of("USD", 10n ** 38n - 100n))
  })

  it("is kept in its own words when its currency is unknown", () => {
    assert.deepStrictEqual(read("GRAM", "1.50"), { currency: "GRAM", unread: "1.50" })
    assert.deepStrictEqual(read("usd", "1.50"), { currency: "usd", unread: "1.50" })
    assert.deepStrictEqual(read("constructor", "1.50"), { currency: "constructor", unread: "1.50" })
  })

  it.each(["-1", "1e3", "", ".5", "1.", "1 ", "1,5", "0x1", "∞", "1".repeat(129)])("is refused as '%s'", (text) =>
    assert.strictEqual(read("USD", text), "fails"),
  )

  it.each(["", "US DOLLAR", "U\u0000D", "$".repeat(3), "X".repeat(65)])("is refused in currency '%s'", (currency) =>
    assert.strictEqual(read(currency, "1"), "fails"),
  )

  it.prop(
    "can be stored whenever it is read, and says the same",
    { money: Money.Money, currency: Schema.Literals(Object.keys(Money.scales)) },
    ({ money, currency }) => {
      const text = Money.format(money).replace("-", "")
      const stated = Result.getOrThrow(Money.read(Money.scales, currency, text))
      const stored = Schema.encodeSync(Money.Stated)(stated)
      assert.deepStrictEqual(Schema.decodeUnknownSync(Money.Stated)(JSON.parse(JSON.stringify(stored))), stated)
      if (Money.isMoney(stated)) assert.isTrue(Money.equals(stated, { ...money, currency, minor: abs(money.minor) }))
      else assert.strictEqual(stated.unread, text)
    },
    { arbitrary: { runs: 500 }, timeout: 60_000 },
  )
})

const abs = (minor: bigint) => (minor < 0n ? -minor : minor)

describe("calculating", () => {
  const coarse: Money.Money = { currency: "USD", scale: 1, minor: 15n }
  const fine = Money.of("USD", 150n)

  it("looks at the value, not at the digits", () => {
    assert.isTrue(Money.equals(coarse, fine))
    assert.isFalse(Money.equals(coarse, { ...fine, minor: 151n }))
    assert.deepStrictEqual(Money.add(coarse, fine), Money.of("USD", 300n))
    assert.deepStrictEqual(Money.subtract(coarse, Money.of("USD", 1n)), Money.of("USD", 149n))
    assert.deepStrictEqual(Money.times(fine, 3n), Money.of("USD", 450n))
  })

  it("never mixes currencies", () => {
    assert.isUndefined(Money.add(fine, Money.of("EUR", 150n)))
    assert.isUndefined(Money.subtract(fine, Money.of("EUR", 150n)))
    assert.isFalse(Money.equals(fine, Money.of("EUR", 150n)))
    assert.isFalse(Money.isNear(fine, Money.of("EUR", 150n), fine))
    assert.isFalse(Money.isNear(fine, fine, Money.of("EUR", 1n)))
  })

  it("is near up to the tolerance, on both sides", () => {
    const cents = (minor: bigint) => Money.of("USD", minor)
    assert.isTrue(Money.isNear(cents(95n), cents(100n), cents(5n)))
    assert.isTrue(Money.isNear(cents(105n), cents(100n), cents(5n)))
    assert.isFalse(Money.isNear(cents(94n), cents(100n), cents(5n)))
    assert.isFalse(Money.isNear(cents(106n), cents(100n), cents(5n)))
    assert.isTrue(Money.isNear(coarse, fine, cents(0n)))
  })

  it("knows when a result is too large to be stored", () => {
    assert.isTrue(Money.isStorable(Money.of("USD", 10n ** 38n - 1n)))
    assert.isFalse(Money.isStorable(Money.of("USD", 10n ** 38n)))
    assert.throws(() => encode(Money.of("USD", 10n ** 38n)))
  })

  it("has no currency but those of the table", () => {
    assert.throws(() => Money.of("GRAM", 1n))
  })
})

describe("two statements say the same", () => {
  const unread = { currency: "GRAM", unread: "1.50" }

  it("when they are equal money, or the same words", () => {
    assert.isTrue(Money.sameStatement(Money.of("USD", 150n), { currency: "USD", scale: 1, minor: 15n }))
    assert.isTrue(Money.sameStatement(unread, { ...unread }))
    assert.isFalse(Money.sameStatement(unread, { ...unread, unread: "1.5" }))
    assert.isFalse(Money.sameStatement(unread, { ...unread, currency: "NOT" }))
    assert.isFalse(Money.sameStatement({ currency: "USD", unread: "1.50" }, Money.of("USD", 150n)))
  })
})
