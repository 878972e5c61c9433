/** The request to create an order, held to every limit of the provider's document. */
import * as Json from "@paylog/wallet-pay/Json"
import { Result } from "effect"
import * as Amounts from "./Amounts.ts"
import { isRecord } from "./overlay.ts"
import type { Settings } from "./Settings.ts"

/** A request within all limits. Optional fields are as they came: absent, null or text. */
export interface OrderRequest {
  readonly amount: Amounts.MoneyAmount
  readonly externalId: string
  readonly description: string
  readonly timeoutSeconds: number
  /** An int64 as decimal digits. */
  readonly customerTelegramUserId: string
  readonly autoConversionCurrency?: string | null | undefined
  readonly returnUrl?: string | null | undefined
  readonly failReturnUrl?: string | null | undefined
  readonly customData?: string | null | undefined
}

type Rules = Settings["orders"]

/** Reads a request from parsed JSON (numbers lossless), or says in one sentence all that is wrong with it. */
export const read = (rules: Rules, json: unknown): Result.Result<OrderRequest, string> => {
  if (!isRecord(json)) return Result.fail("the body is not a JSON object")
  const problems: Array<string> = []
  const problem = (field: string, what: string): undefined => void problems.push(`${field}: ${what}`)

  const text = (field: string, min: number, max: number): string | undefined => {
    const value = json[field]
    if (typeof value !== "string") return problem(field, "a string is required")
    const length = lengthOf(rules, value)
    return length < min || length > max ? problem(field, `length ${min} to ${max} is required`) : value
  }
  const optionalText = (field: string): string | null | undefined =>
    json[field] === undefined || json[field] === null ? json[field] : text(field, 0, 255)
  const int64 = (field: string, min: bigint, max: bigint): bigint | undefined => {
    const digits = Json.numberText(json[field])
    if (digits === undefined || !/^-?[0-9]+$/.test(digits)) return problem(field, "an integer is required")
    const value = BigInt(digits)
    return value < min || value > max ? problem(field, `${min} to ${max} is required`) : value
  }

  const amount = readAmount(rules, json["amount"], problem)
  const externalId = text("externalId", 0, 255)
  const description = text("description", 5, 100)
  const timeoutSeconds = int64("timeoutSeconds", 30n, 864_000n)
  const customer = int64("customerTelegramUserId", -(2n ** 63n), 2n ** 63n - 1n)
  const returnUrl = optionalText("returnUrl")
  const failReturnUrl = optionalText("failReturnUrl")
  const customData = optionalText("customData")
  const autoConversionCurrency = optionalText("autoConversionCurrency")
  if (typeof autoConversionCurrency === "string")
    if (!isEnabled(rules, autoConversionCurrency, "crypto"))
      problem("autoConversionCurrency", "not a crypto currency of this service")
    else if (
      amount !== undefined &&
      isEnabled(rules, amount.currencyCode, "crypto") &&
      amount.currencyCode !== autoConversionCurrency
    )
      problem("autoConversionCurrency", "must be the order's currency when that is a crypto currency")
  return problems.length > 0 ||
    amount === undefined ||
    externalId === undefined ||
    description === undefined ||
    timeoutSeconds === undefined ||
    customer === undefined
    ? Result.fail(problems.join("; "))
    : Result.succeed({
        amount,
        externalId,
        description,
        timeoutSeconds: Number(timeoutSeconds),
        customerTelegramUserId: String(customer),
        autoConversionCurrency,
        returnUrl,
        failReturnUrl,
        customData,
      })
}

/** Whether two requests with one `externalId` ask for the same order. How strict that is is not documented: see the settings. */
export const same = (rules: Rules, a: OrderRequest, b: OrderRequest): boolean => {
  const optional = (value: string | null | undefined) => (rules.nullIsAbsent ? (value ?? null) : value)
  return (
    a.amount.currencyCode === b.amount.currencyCode &&
    (rules.amountsByValue ? Amounts.equal(a.amount.amount, b.amount.amount) : a.amount.amount === b.amount.amount) &&
    a.description === b.description &&
    a.timeoutSeconds === b.timeoutSeconds &&
    a.customerTelegramUserId === b.customerTelegramUserId &&
    optional(a.autoConversionCurrency) === optional(b.autoConversionCurrency) &&
    optional(a.returnUrl) === optional(b.returnUrl) &&
    optional(a.failReturnUrl) === optional(b.failReturnUrl) &&
    optional(a.customData) === optional(b.customData)
  )
}

const readAmount = (
  rules: Rules,
  value: unknown,
  problem: (field: string, what: string) => undefined,
): Amounts.MoneyAmount | undefined => {
  if (!isRecord(value)) return problem("amount", "an object is required")
  const { currencyCode, amount } = value
  const text = typeof amount === "string" ? amount : rules.numericAmounts ? Json.numberText(amount) : undefined
  if (typeof currencyCode !== "string" || !isEnabled(rules, currencyCode))
    return problem("amount.currencyCode", "not a currency of this service")
  if (text === undefined) return problem("amount.amount", "a decimal string is required")
  const { digits, minimum } = rules.currencies[currencyCode]!
  const units = Amounts.unitsAt(text, digits)
  if (units === undefined)
    return problem("amount.amount", `a decimal number with at most ${digits} digits after the point is required`)
  return units * 10n ** 30n < Amounts.unitsAt(minimum, digits + 30)!
    ? problem("amount.amount", `at least ${minimum} ${currencyCode} is required`)
    : { currencyCode, amount: text }
}

const isEnabled = (rules: Rules, code: string, kind?: "crypto"): boolean => {
  const currency = Object.hasOwn(rules.currencies, code) ? rules.currencies[code] : undefined
  return currency !== undefined && currency.enabled && (kind === undefined || currency.kind === kind)
}

const lengthOf = (rules: Rules, text: string): number => {
  switch (rules.lengthUnit) {
    case "utf16":
      return text.length
    case "codePoints":
      return Array.from(text).length
    case "bytes":
      return Buffer.byteLength(text)
  }
}
