/**
 * Exact arithmetic on the decimal strings of the wire: `bigint` throughout, no floating point. Currencies' digits and
 * prices come from the settings, so the functions take the table that holds for the order at hand.
 */
import type * as Wire from "@paylog/wallet-pay/Wire"
import type { Currencies, Settings } from "./Settings.ts"

export type MoneyAmount = Wire.MoneyAmount
export type PaymentOption = Wire.PaymentOption

/** A decimal as an integer and how many of its digits stand after the point. `undefined` for signs, exponents and leading zeros. */
export const parse = (text: string): { readonly units: bigint; readonly digits: number } | undefined => {
  const match = /^(0|[1-9][0-9]{0,37})(?:\.([0-9]{1,38}))?$/.exec(text)
  if (match === null) return undefined
  const fraction = match[2] ?? ""
  return { units: BigInt((match[1] ?? "") + fraction), digits: fraction.length }
}

/** `units` of 10^-`digits` as a decimal string with exactly `digits` digits after the point. */
export const format = (units: bigint, digits: number): string => {
  const text = units.toString().padStart(digits + 1, "0")
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
}

/** Whether two decimals are equal in value: 1.0 and 1.00 are. */
export const equal = (a: string, b: string): boolean => {
  const [x, y] = [parse(a), parse(b)]
  return x !== undefined && y !== undefined && x.units * 10n ** BigInt(y.digits) === y.units * 10n ** BigInt(x.digits)
}

/** Units of `text` at `digits` digits, or `undefined` when it is no decimal or has more digits. */
export const unitsAt = (text: string, digits: number): bigint | undefined => {
  const decimal = parse(text)
  return decimal === undefined || decimal.digits > digits
    ? undefined
    : decimal.units * 10n ** BigInt(digits - decimal.digits)
}

/** How many units of `to` one unit of `from` costs: 17 significant digits, as in real messages; "1" for the same currency. */
export const rate = (table: Currencies, from: string, to: string): string => {
  if (from === to) return "1"
  const [a, b] = [parse(currencyOf(table, from).usd)!, parse(currencyOf(table, to).usd)!]
  for (let digits = 0; ; digits++) {
    const units = (a.units * 10n ** BigInt(b.digits + digits)) / (b.units * 10n ** BigInt(a.digits))
    if (units.toString().length >= 17 || digits === 38) return format(units, digits).replace(/(?<=\..*)0+$|\.0+$/, "")
  }
}

/** `amount` in `to`, at the rate as it is stated, rounded to the digits of `to`. */
export const convert = (table: Currencies, rounding: Rounding, amount: MoneyAmount, to: string): MoneyAmount => {
  const source = parse(amount.amount)!
  const factor = parse(rate(table, amount.currencyCode, to))!
  const { digits } = currencyOf(table, to)
  const units = divide(
    source.units * factor.units * 10n ** BigInt(digits),
    10n ** BigInt(source.digits + factor.digits),
    rounding,
  )
  return { currencyCode: to, amount: format(units, digits) }
}

type Rounding = Settings["orders"]["rounding"]
type FeeRules = Pick<Settings["orders"], "rounding" | "feePercent" | "conversionFeePercent" | "conversionFeeBase">

/** What a payer of `price` can choose: every crypto, or only the target when the price is too small to be converted. */
export const offered = (table: Currencies, rounding: Rounding, price: MoneyAmount, target: string | undefined) => {
  const all = Object.keys(table).filter((code) => table[code]?.enabled === true && table[code].kind === "crypto")
  if (target === undefined) return all
  const least = parse(currencyOf(table, target).conversionMinimum ?? "0")!
  const worth = parse(convert(table, rounding, price, target).amount)!
  return worth.units * 10n ** BigInt(least.digits) < least.units * 10n ** BigInt(worth.digits) ? [target] : all
}

/** What the payer of `price` pays in `currency`. Amount, fee and net obey net = amount − fee. */
export const option = (
  table: Currencies,
  rules: FeeRules,
  price: MoneyAmount,
  currency: string,
  target: string | undefined,
): PaymentOption =>
  split(
    table,
    rules,
    convert(table, rules.rounding, price, currency),
    rate(table, price.currencyCode, currency),
    target,
  )!

/** The payment option of an amount that was paid, whatever the order's price is; `undefined` for what is no amount. */
export const split = (
  table: Currencies,
  rules: FeeRules,
  paid: MoneyAmount,
  exchangeRate: string,
  target: string | undefined,
): PaymentOption | undefined => {
  if (unitsAt(paid.amount, currencyOf(table, paid.currencyCode).digits) === undefined) return undefined
  const converted = target !== undefined && target !== paid.currencyCode
  const base =
    converted && rules.conversionFeeBase === "converted" ? convert(table, rules.rounding, paid, target) : paid
  const { digits } = currencyOf(table, base.currencyCode)
  const amount = unitsAt(base.amount, digits)!
  const fee = [rules.feePercent, ...(converted ? [rules.conversionFeePercent] : [])].map((text) => parse(text)!)
  const scale = Math.max(...fee.map((percent) => percent.digits))
  const percent = fee.reduce((sum, each) => sum + each.units * 10n ** BigInt(scale - each.digits), 0n)
  const kept = divide(amount * percent, 100n * 10n ** BigInt(scale), rules.rounding)
  return {
    amount: paid,
    amountFee: { currencyCode: base.currencyCode, amount: format(kept, digits) },
    amountNet: { currencyCode: base.currencyCode, amount: format(amount - kept, digits) },
    exchangeRate,
  }
}

const currencyOf = (table: Currencies, code: string) => {
  const currency = table[code]
  if (currency === undefined) throw new Error(`Currency ${code} is not in the table`)
  return currency
}

const divide = (numerator: bigint, denominator: bigint, rounding: Rounding): bigint => {
  switch (rounding) {
    case "halfUp":
      return (2n * numerator + denominator) / (2n * denominator)
    case "up":
      return (numerator + denominator - 1n) / denominator
    case "down":
      return numerator / denominator
  }
}
