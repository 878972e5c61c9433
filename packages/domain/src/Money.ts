/** Exact money: a `bigint` of minor units, its currency, and the currency's scale. No floating point, no rounding. */
import { Result, Schema, SchemaTransformation } from "effect"

const CurrencyCode = Schema.String.check(Schema.isPattern(/^[A-Z0-9]{2,16}$/))
const Decimal = Schema.String.check(Schema.isPattern(/^-?(0|[1-9][0-9]{0,37})(\.[0-9]{1,18})?$/))

const InMemory = Schema.Struct({ currency: CurrencyCode, scale: Schema.Natural, minor: Schema.BigInt })

/**
 * An exact amount: `minor` units of `currency`, of which 10^`scale` make one.
 *
 * In JSON it is `{ "currency": "USD", "amount": "12.50" }`. The amount has exactly `scale` digits after the point, so a
 * stored amount is read without a table of currencies and `(data->…->>'amount')::numeric` is exact in SQL.
 */
export const Money = Schema.Struct({ currency: CurrencyCode, amount: Decimal }).pipe(
  Schema.decodeTo(
    InMemory,
    SchemaTransformation.transform({
      decode: ({ currency, amount }) => {
        const { scale, minor } = digits(amount)
        return { currency, scale, minor }
      },
      encode: (money) => ({ currency: money.currency, amount: format(money) }),
    }),
  ),
)
export type Money = typeof Money.Type

/** An amount that a provider named and we cannot read exactly: unknown currency, or more digits than its scale. Never rounded. */
export const Unread = Schema.Struct({ currency: CurrencyCode, unread: Schema.String })
export type Unread = typeof Unread.Type

/** What a provider stated: exact money, or its own words kept as they came. */
export const Stated = Schema.Union([Money, Unread])
export type Stated = typeof Stated.Type

export const isMoney = (stated: Stated): stated is Money => "minor" in stated

/** Digits after the point by currency code. It is configuration, since codes change; stored amounts do not need it. */
export type Scales = Readonly<Record<string, number>>

export const scales: Scales = { TON: 9, BTC: 8, USDT: 6, USD: 2, EUR: 2, RUB: 2 }

/**
 * Reads a decimal string at its currency's scale ("1.5" and "1.50" are equal). An unknown code, or more significant
 * digits than the scale, comes back as `Unread`; text that is no decimal number fails.
 */
export const read = (table: Scales, currency: string, text: string): Result.Result<Stated, "NotAnAmount"> => {
  const match = /^([0-9]{1,38})(?:\.([0-9]{1,38}))?$/.exec(text)
  if (match === null || !/^[A-Z0-9]{2,16}$/.test(currency)) return Result.fail("NotAnAmount")
  const scale = Object.hasOwn(table, currency) ? table[currency] : undefined
  const fraction = (match[2] ?? "").replace(/0+$/, "")
  if (scale === undefined || fraction.length > scale) return Result.succeed({ currency, unread: text })
  return Result.succeed({ currency, scale, minor: BigInt((match[1] ?? "0") + fraction.padEnd(scale, "0")) })
}

/** Money of `minor` units in a currency of the default table. For literals in code, configuration and tests. */
export const of = (currency: string, minor: bigint): Money => {
  const scale = scales[currency]
  if (scale === undefined) throw new Error(`Currency ${currency} is not in the table of scales`)
  return { currency, scale, minor }
}

/** The decimal string with exactly `scale` digits after the point. */
export const format = ({ minor, scale }: Pick<typeof InMemory.Type, "minor" | "scale">): string => {
  const text = (minor < 0n ? -minor : minor).toString().padStart(scale + 1, "0")
  const whole = text.slice(0, text.length - scale)
  return `${minor < 0n ? "-" : ""}${scale === 0 ? whole : `${whole}.${text.slice(-scale)}`}`
}

/** The sum, or `undefined` when the currencies differ. */
export const add = (a: Money, b: Money): Money | undefined => combine(a, b, (x, y) => x + y)

/** The difference `a − b`, or `undefined` when the currencies differ. */
export const subtract = (a: Money, b: Money): Money | undefined => combine(a, b, (x, y) => x - y)

/** Equal by currency and value, whatever the scales. */
export const equals = (a: Money, b: Money): boolean => subtract(a, b)?.minor === 0n

/** `money` taken `times` times. */
export const times = (money: Money, times: bigint): Money => ({ ...money, minor: money.minor * times })

/** Whether two statements say the same: equal by value, or the same words. */
export const sameStatement = (a: Stated, b: Stated): boolean =>
  isMoney(a) && isMoney(b)
    ? equals(a, b)
    : !isMoney(a) && !isMoney(b) && a.currency === b.currency && a.unread === b.unread

const combine = (a: Money, b: Money, f: (x: bigint, y: bigint) => bigint): Money | undefined => {
  if (a.currency !== b.currency) return undefined
  const scale = Math.max(a.scale, b.scale)
  return { currency: a.currency, scale, minor: f(atScale(a, scale), atScale(b, scale)) }
}

const atScale = (money: Money, scale: number): bigint => money.minor * 10n ** BigInt(scale - money.scale)

const digits = (decimal: string): { readonly scale: number; readonly minor: bigint } => {
  const point = decimal.indexOf(".")
  return point === -1
    ? { scale: 0, minor: BigInt(decimal) }
    : { scale: decimal.length - point - 1, minor: BigInt(decimal.replace(".", "")) }
}
