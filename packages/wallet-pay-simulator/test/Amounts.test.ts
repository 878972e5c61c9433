import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Amounts from "../src/Amounts.ts"
import type { Currencies } from "../src/Settings.ts"
import { defaults } from "../src/Settings.ts"

const rules = defaults.orders
const priced = (usd: Readonly<Record<string, string>>): Currencies =>
  Object.fromEntries(
    Object.entries(rules.currencies).map(([code, currency]) => [code, { ...currency, usd: usd[code] ?? currency.usd }]),
  )
const money = (amount: string, currencyCode: string) => ({ currencyCode, amount })

describe("a payment option", () => {
  it("has the amounts of the provider's example for its rate", () => {
    const table = priced({ TON: "1.3265247467314987", USDT: "1" })
    assert.deepStrictEqual(Amounts.option(table, rules, money("0.100000340", "TON"), "USDT", undefined), {
      amount: money("0.132653", "USDT"),
      amountFee: money("0.001327", "USDT"),
      amountNet: money("0.131326", "USDT"),
      exchangeRate: "1.3265247467314987",
    })
  })

  it("has the amounts of a recorded webhook for its rate", () => {
    const table = priced({ EUR: "0.0017462023476135017", TON: "1" })
    assert.deepStrictEqual(Amounts.option(table, rules, money("40.00", "EUR"), "TON", undefined), {
      amount: money("0.069848094", "TON"),
      amountFee: money("0.000698481", "TON"),
      amountNet: money("0.069149613", "TON"),
      exchangeRate: "0.0017462023476135017",
    })
  })

  const Units = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2_000_000_000 }))
  const Code = Schema.Literals(["TON", "BTC", "USDT", "USD", "EUR", "RUB"])
  const Crypto = Schema.Literals(["TON", "BTC", "USDT"])
  it.prop(
    "always adds up, in the digits of its currency",
    {
      units: Units,
      from: Code,
      to: Crypto,
      target: Schema.UndefinedOr(Crypto),
      rounding: Schema.Literals(["halfUp", "up", "down"]),
    },
    ({ units, from, to, target, rounding }) => {
      const digits = rules.currencies[from]!.digits
      const price = money(Amounts.format(BigInt(units), digits), from)
      const option = Amounts.option(rules.currencies, { ...rules, rounding }, price, to, target)
      const scale = rules.currencies[to]!.digits
      const [paid, fee, net] = [option.amount, option.amountFee, option.amountNet].map(({ currencyCode, amount }) => {
        assert.strictEqual(currencyCode, to)
        assert.strictEqual(amount.split(".")[1]?.length, scale)
        return Amounts.unitsAt(amount, scale)!
      })
      assert.strictEqual(paid! - fee!, net)
      if (from === to) assert.isTrue(Amounts.equal(option.amount.amount, price.amount))
    },
  )

  it("takes one per cent more when the payer's currency is converted, of what the settings say", () => {
    const option = (base: "paid" | "converted") =>
      Amounts.option(
        priced({ TON: "2", USDT: "1" }),
        { ...rules, conversionFeeBase: base },
        money("100", "USDT"),
        "TON",
        "USDT",
      )
    assert.deepStrictEqual(option("paid").amountFee, money("1.000000000", "TON"))
    assert.deepStrictEqual(option("converted").amountFee, money("2.000000", "USDT"))
    assert.deepStrictEqual(option("converted").amountNet, money("98.000000", "USDT"))
  })

  it("offers the target currency alone when the price is below the least that can be converted", () => {
    const offered = (amount: string, target?: string) =>
      Amounts.offered(rules.currencies, "halfUp", money(amount, "USD"), target)
    assert.deepStrictEqual(offered("0.50", "USDT"), ["USDT"])
    assert.deepStrictEqual(offered("2.00", "USDT"), ["TON", "BTC", "USDT"])
    assert.deepStrictEqual(offered("0.01"), ["TON", "BTC", "USDT"])
  })
})

describe("a rate", () => {
  it("has 17 significant digits, no trailing zeros, and no exponent", () => {
    const table = priced({ TON: "3", USD: "1", RUB: "0.0000001", BTC: "100000" })
    assert.strictEqual(Amounts.rate(table, "USD", "TON"), "0.33333333333333333")
    assert.strictEqual(Amounts.rate(table, "RUB", "BTC"), "0.000000000001")
    assert.strictEqual(Amounts.rate(table, "BTC", "RUB"), "1000000000000")
    assert.strictEqual(Amounts.rate(table, "TON", "TON"), "1")
  })
})

describe("a decimal", () => {
  it("is read to the last digit or not at all", () => {
    assert.strictEqual(Amounts.unitsAt("0.100000340", 9), 100_000_340n)
    assert.strictEqual(Amounts.unitsAt("9007199254740993.1", 2), 900_719_925_474_099_310n)
    for (const text of ["", "1.", ".5", "+1", "-1", "1e3", "01", "1,5", " 1", "1.234", "0x10", "١"])
      assert.isUndefined(Amounts.unitsAt(text, 2), text)
  })
})
