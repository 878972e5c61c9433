import * as Money from "@paylog/domain/Money"
import type { OrderRequest } from "@paylog/domain/PaymentProvider"
import * as Json from "@paylog/wallet-pay/Json"
import { toWire } from "@paylog/wallet-pay/orderRequest"
import * as Wire from "@paylog/wallet-pay/Wire"
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"

const request: OrderRequest = {
  externalId: "inv_1",
  amount: Money.of("USD", 1_250n),
  description: "A pot of tea",
  timeoutSeconds: 3_600,
  payer: "9007199254740993",
}

const verdict = (changes: Partial<OrderRequest>, scales = Money.scales) => {
  const result = toWire({ ...request, ...changes }, scales)
  return Result.isSuccess(result) ? "sent" : result.failure
}

/** The verdicts on those of these changes that are not sent, or are refused for another reason than `field`. */
const notSent = (...changes: ReadonlyArray<Partial<OrderRequest>>) =>
  changes.map((change) => verdict(change)).filter((verdict) => verdict !== "sent")
const notRefused = (field: RegExp, ...changes: ReadonlyArray<Partial<OrderRequest>>) =>
  changes.map((change) => verdict(change)).filter((verdict) => !field.test(verdict))

describe("what is sent", () => {
  const body = (changes: Partial<OrderRequest>) =>
    Json.stringify(
      Schema.encodeSync(Wire.CreateOrderRequest)(Result.getOrThrow(toWire({ ...request, ...changes }, Money.scales))),
    )

  it("has the amount as text and the payer's id as a number, digit for digit", () => {
    assert.strictEqual(
      body({}),
      '{"amount":{"currencyCode":"USD","amount":"12.50"},"externalId":"inv_1","description":"A pot of tea",' +
        '"timeoutSeconds":3600,"customerTelegramUserId":9007199254740993}',
    )
  })

  it("has the optional fields only when they are given", () => {
    assert.strictEqual(
      body({ autoConversion: "TON", returnUrl: "https://t.me/b", failReturnUrl: "https://t.me/c", customData: "d" }),
      `${body({}).slice(0, -1)},"autoConversionCurrency":"TON","returnUrl":"https://t.me/b",` +
        '"failReturnUrl":"https://t.me/c","customData":"d"}',
    )
  })
})

describe("limits", () => {
  it("a description has at least 5 code points and at most 100 UTF-16 units", () => {
    assert.deepStrictEqual(
      notSent({ description: "12345" }, { description: "x".repeat(100) }, { description: "👛".repeat(50) }),
      [],
    )
    assert.deepStrictEqual(
      notRefused(/description/, { description: "1234" }, { description: "👛👛👛👛" }, { description: "" }),
      [],
    )
    assert.deepStrictEqual(
      notRefused(/description/, { description: "x".repeat(101) }, { description: "👛".repeat(51) }),
      [],
    )
  })

  it("the lifetime is a whole number of seconds from 30 to 864000", () => {
    assert.deepStrictEqual(notSent({ timeoutSeconds: 30 }, { timeoutSeconds: 864_000 }), [])
    assert.deepStrictEqual(
      notRefused(
        /timeoutSeconds/,
        ...[29, 864_001, 0, -30, 30.5, NaN, Infinity].map((timeoutSeconds) => ({ timeoutSeconds })),
      ),
      [],
    )
  })

  it("texts have at most 255 UTF-16 units", () => {
    for (const field of ["externalId", "returnUrl", "failReturnUrl", "customData"]) {
      assert.deepStrictEqual(notSent({ [field]: "x".repeat(255) }, { [field]: `x${"👛".repeat(127)}` }), [])
      assert.deepStrictEqual(
        notRefused(new RegExp(field), { [field]: "x".repeat(256) }, { [field]: "👛".repeat(128) }),
        [],
      )
    }
    assert.deepStrictEqual(notRefused(/externalId/, { externalId: "" }), [])
  })

  it("no text holds U+0000 or a lone surrogate", () => {
    for (const field of ["externalId", "description", "returnUrl", "failReturnUrl", "customData"]) {
      assert.deepStrictEqual(notRefused(new RegExp(field), { [field]: "abcde\0" }, { [field]: "abcde\ud800" }), [])
    }
  })

  it("the payer is the decimal digits of a Telegram id", () => {
    assert.deepStrictEqual(notSent({ payer: "1" }, { payer: "9223372036854775807" }), [])
    const wrong = ["", "0", "-1", "01", "1.0", "1e3", " 1", "@name", "9223372036854775808"]
    assert.deepStrictEqual(notRefused(/payer|customerTelegramUserId/, ...wrong.map((payer) => ({ payer }))), [])
  })

  it.each([
    ["TON", 1_000_000n],
    ["BTC", 100n],
    ["USDT", 10_000n],
    ["USD", 1n],
    ["EUR", 1n],
    ["RUB", 10n],
  ])("the least amount of %s is %s minor units", (currency, least) => {
    assert.deepStrictEqual(
      notSent({ amount: Money.of(currency, least) }, { amount: Money.of(currency, 10n ** 30n) }),
      [],
    )
    assert.deepStrictEqual(
      notRefused(/amount/, ...[least - 1n, 0n, -least].map((minor) => ({ amount: Money.of(currency, minor) }))),
      [],
    )
  })

  it("an amount fits its currency's digits, whatever scale it is held at", () => {
    assert.deepStrictEqual(
      notSent(
        { amount: { currency: "USD", scale: 6, minor: 12_500_000n } },
        { amount: { currency: "USD", scale: 0, minor: 5n } },
      ),
      [],
    )
    assert.deepStrictEqual(notRefused(/amount/, { amount: { currency: "USD", scale: 3, minor: 12_501n } }), [])
  })

  it("a currency is one of the configured table, and needs no minimum to be known", () => {
    assert.deepStrictEqual(notRefused(/amount/, { amount: { currency: "NOT", scale: 9, minor: 1n } }), [])
    const scales = { ...Money.scales, NOT: 9 }
    assert.strictEqual(verdict({ amount: { currency: "NOT", scale: 9, minor: 1n } }, scales), "sent")
    assert.match(verdict({ amount: { currency: "NOT", scale: 9, minor: 0n } }, scales), /amount/)
    assert.match(verdict({ amount: { currency: "toString", scale: 2, minor: 5n } }, scales), /amount/)
  })

  it("only crypto currencies are converted to, and an order priced in one only to itself", () => {
    const ton = Money.of("TON", 10n ** 9n)
    assert.deepStrictEqual(
      notSent({ autoConversion: "TON" }, { autoConversion: "BTC" }, { amount: ton, autoConversion: "TON" }),
      [],
    )
    assert.deepStrictEqual(
      notRefused(
        /autoConversion/,
        ...["USD", "RUB", "", "ton", "NOT", "toString"].map((autoConversion) => ({ autoConversion })),
      ),
      [],
    )
    assert.deepStrictEqual(notRefused(/autoConversion/, { amount: ton, autoConversion: "USDT" }), [])
  })

  it("a refusal names the field and repeats no value", () => {
    const canary = "7340184"
    const reasons = [
      verdict({ payer: `${canary}x` }),
      verdict({ customData: `${canary}\0` }),
      verdict({ externalId: canary.repeat(50) }),
      verdict({ description: canary.repeat(50) }),
      verdict({ autoConversion: canary }),
    ]
    for (const reason of reasons) assert.isFalse(reason === "sent" || reason.includes(canary), reason)
  })
})
