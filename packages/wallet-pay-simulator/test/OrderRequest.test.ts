import * as Json from "@paylog/wallet-pay/Json"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as OrderRequest from "../src/OrderRequest.ts"
import { patched, defaults, type Patch } from "../src/Settings.ts"
import { request } from "./merchant.ts"

const rules = (patch: Patch["orders"] = {}) => Result.getOrThrow(patched(defaults, { orders: patch })).orders

const read = (fields: object, patch?: Patch["orders"]) =>
  OrderRequest.read(
    rules(patch),
    Result.getOrThrow(Json.parse(new TextEncoder().encode(JSON.stringify(request("tea-1", fields))))),
  )

/** What is said to be wrong; "" when nothing is. */
const problem = (fields: object, patch?: Patch["orders"]) =>
  Result.match(read(fields, patch), { onFailure: (text) => text, onSuccess: () => "" })

const amount = (amount: unknown, currencyCode: unknown = "USD") => ({ amount: { amount, currencyCode } })
const long = (length: number) => "x".repeat(length)

describe("a request to create an order", () => {
  const within: ReadonlyArray<readonly [string, object]> = [
    ["nothing but the required fields", {}],
    ["the least amounts", amount("0.001", "TON")],
    ["the least amounts", amount("0.000001", "BTC")],
    ["the least amounts", amount("0.01", "USDT")],
    ["the least amounts", amount("0.01", "EUR")],
    ["the least amounts", amount("0.1", "RUB")],
    ["all digits of a currency", amount("1.123456789", "TON")],
    ["all digits of a currency", amount("1.12345678", "BTC")],
    ["all digits of a currency", amount("1.123456", "USDT")],
    ["an amount without a point", amount("5", "USD")],
    ["the shortest description", { description: long(5) }],
    ["the longest description", { description: long(100) }],
    ["the shortest lifetime", { timeoutSeconds: 30 }],
    ["the longest lifetime", { timeoutSeconds: 864_000 }],
    ["an empty externalId, as no minimum is documented", { externalId: "" }],
    [
      "the longest texts",
      { externalId: long(255), returnUrl: long(255), failReturnUrl: long(255), customData: long(255) },
    ],
    [
      "null for what is optional",
      { returnUrl: null, failReturnUrl: null, customData: null, autoConversionCurrency: null },
    ],
    ["the largest user id", { customerTelegramUserId: Json.number("9223372036854775807") }],
    ["conversion of a fiat price", { autoConversionCurrency: "TON" }],
    ["conversion of a crypto price into itself", { ...amount("1", "TON"), autoConversionCurrency: "TON" }],
    ["fields that nobody knows", { hello: [1] }],
  ]
  for (const [what, fields] of within)
    it(`may have ${what}: ${JSON.stringify(fields).slice(0, 60)}`, () => {
      assert.strictEqual(problem(fields), "")
    })

  const outside: ReadonlyArray<readonly [string, object, string]> = [
    ["less than the least amount", amount("0.0009", "TON"), "amount.amount"],
    ["less than the least amount", amount("0.0000009", "BTC"), "amount.amount"],
    ["less than the least amount", amount("0.009999", "USDT"), "amount.amount"],
    ["less than the least amount", amount("0.00", "USD"), "amount.amount"],
    ["less than the least amount", amount("0.09", "RUB"), "amount.amount"],
    ["a digit too many", amount("1.1234567891", "TON"), "amount.amount"],
    ["a digit too many", amount("1.123456789", "BTC"), "amount.amount"],
    ["a digit too many", amount("1.1234567", "USDT"), "amount.amount"],
    ["a digit too many", amount("1.123", "EUR"), "amount.amount"],
    ["an amount that is no decimal", amount("1e3"), "amount.amount"],
    ["an amount that is no decimal", amount("-5"), "amount.amount"],
    ["an amount that is no decimal", amount("1,50"), "amount.amount"],
    ["an amount that is a number", amount(12.5), "amount.amount"],
    ["no amount", { amount: null }, "amount"],
    ["an unknown currency", amount("5", "GBP"), "amount.currencyCode"],
    ["a currency that is not enabled", amount("500", "NOT"), "amount.currencyCode"],
    ["the name of an inherited property as currency", amount("5", "constructor"), "amount.currencyCode"],
    ["a description that is too short", { description: long(4) }, "description"],
    ["a description that is too long", { description: long(101) }, "description"],
    ["no description", { description: null }, "description"],
    ["a lifetime that is too short", { timeoutSeconds: 29 }, "timeoutSeconds"],
    ["a lifetime that is too long", { timeoutSeconds: 864_001 }, "timeoutSeconds"],
    ["a lifetime that is no integer", { timeoutSeconds: 60.5 }, "timeoutSeconds"],
    ["a lifetime that is a string", { timeoutSeconds: "60" }, "timeoutSeconds"],
    ["no user", { customerTelegramUserId: null }, "customerTelegramUserId"],
    [
      "a user id past 64 bits",
      { customerTelegramUserId: Json.number("9223372036854775808") },
      "customerTelegramUserId",
    ],
    ["no externalId", { externalId: undefined }, "externalId"],
    ["an externalId that is too long", { externalId: long(256) }, "externalId"],
    ["customData that is an object", { customData: {} }, "customData"],
    ["customData that is too long", { customData: long(256) }, "customData"],
    ["a returnUrl that is too long", { returnUrl: long(256) }, "returnUrl"],
    ["a failReturnUrl that is too long", { failReturnUrl: long(256) }, "failReturnUrl"],
    ["conversion into a fiat currency", { autoConversionCurrency: "USD" }, "autoConversionCurrency"],
    [
      "conversion of a crypto price into another",
      { ...amount("1", "TON"), autoConversionCurrency: "BTC" },
      "autoConversionCurrency",
    ],
  ]
  for (const [what, fields, field] of outside)
    it(`may not have ${what}: ${JSON.stringify(fields).slice(0, 60)}`, () => {
      assert.strictEqual(problem(fields).split(":")[0], field)
    })

  it("is told all that is wrong with it at once", () => {
    assert.deepStrictEqual(
      problem({ description: "tea", timeoutSeconds: 1 })
        .split("; ")
        .map((each) => each.split(":")[0]),
      ["description", "timeoutSeconds"],
    )
  })

  it("keeps a user id above 2^53 to the digit", () => {
    const user = { customerTelegramUserId: Json.number("9007199254740993") }
    assert.strictEqual(Result.getOrThrow(read(user)).customerTelegramUserId, "9007199254740993")
  })

  it("counts a text's characters as the settings say", () => {
    const purses = { description: "👛👛👛" } // 6 UTF-16 units, 3 code points, 12 bytes
    assert.strictEqual(problem(purses, { lengthUnit: "utf16" }), "")
    assert.notStrictEqual(problem(purses, { lengthUnit: "codePoints" }), "")
    assert.notStrictEqual(problem({ description: "👛".repeat(26) }, { lengthUnit: "bytes" }), "")
    assert.strictEqual(problem({ description: "👛".repeat(26) }, { lengthUnit: "codePoints" }), "")
  })

  it("may give its amount as a number where the settings allow it", () => {
    assert.strictEqual(problem(amount(12.5), { numericAmounts: true }), "")
    assert.notStrictEqual(problem(amount(Json.number("1e1")), { numericAmounts: true }), "")
  })

  it("may use NOT once it is enabled", () => {
    assert.strictEqual(problem(amount("500", "NOT"), { currencies: { NOT: { enabled: true } } }), "")
  })
})

describe("two requests with one externalId", () => {
  const same = (a: object, b: object, patch?: Patch["orders"]) =>
    OrderRequest.same(rules(patch), Result.getOrThrow(read(a, patch)), Result.getOrThrow(read(b, patch)))

  it("are the same when no parameter differs", () => {
    assert.isTrue(same({}, {}))
  })

  const others: ReadonlyArray<object> = [
    amount("12.51"),
    amount("12.50", "EUR"),
    { description: "A pot of black tea" },
    { timeoutSeconds: 3601 },
    { customerTelegramUserId: 3_000_000_002 },
    { autoConversionCurrency: "TON" },
    { returnUrl: "https://t.me/a" },
    { failReturnUrl: "https://t.me/a" },
    { customData: "" },
  ]
  for (const other of others)
    it(`differ by ${JSON.stringify(other)}`, () => {
      assert.isFalse(same({}, other))
    })

  it("may differ in spelling as far as the settings allow", () => {
    assert.isTrue(same(amount("12.5"), amount("12.50")))
    assert.isFalse(same(amount("12.5"), amount("12.50"), { amountsByValue: false }))
    assert.isTrue(same({}, { customData: null }))
    assert.isFalse(same({}, { customData: null }, { nullIsAbsent: false }))
  })
})
