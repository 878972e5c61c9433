/** Exact money: a `bigint` of minor units, its currency, and the currency's scale. No floating point, no rounding. */
import { Result, Schema, SchemaTransformation } from "effect"
import { isWord, Word } from "./Text.ts"

const code = /^[A-Z0-9]{2,16}$/
const decimal = /^(?!-0(\.0*)?$)-?(0|[1-9][0-9]{0,37})(\.[0-9]{1,18})?$/
const CurrencyCode = Schema.String.check(Schema.isPattern(code))
const Decimal = Schema.String.check(Schema.isPattern(decimal))

const maxScale = 18
/** Digits of an amount, on both sides of the point. */
const maxDigits = 38
const maxMinor = 10n ** BigInt(maxDigits) - 1n

const InMemory = Schema.Struct({
  currency: CurrencyCode,
  scale: Schema.Natural.check(Schema.isLessThanOrEqualTo(maxScale)),
  minor: Schema.BigInt.check(Schema.isBetweenBigInt({ minimum: -maxMinor, maximum: maxMinor })),
})

/**
 * An exact amount: `minor` units of `currency`, of which 10^`scale` make one.
 *
 * In JSON it is `{ "currency": "USD", "amount": "12.50" }`. The amount has exactly `scale` digits after the point, so a
 * stored amount is read without a table of currencies and `(data->…->>'amount')::numeric` is exact in SQL. At most 18
 * digits stand after the point and 38 in all.
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

/** What `Money` decodes `written` to, several times as fast; `undefined` where it refuses, and explains why. */
export const ofWritten = (written: unknown): Money | undefined => {
  if (typeof written !== "object" || written === null || !("currency" in written) || !("amount" in written))
    return undefined
  const { currency, amount } = written
  if (typeof currency !== "string" || !code.test(currency)) return undefined
  if (typeof amount !== "string" || !decimal.test(amount)) return undefined
  const { scale, minor } = digits(amount)
  return minor > maxMinor || minor < -maxMinor ? undefined : { currency, scale, minor }
}

const Unsigned = /^[0-9]+(\.[0-9]+)?$/

/**
 * A decimal that a provider named and we do not read: its currency is unknown to us, or it has more digits than that
 * currency. Kept as it came, up to 128 characters; never rounded.
 */
export const Unread = Schema.Struct({
  currency: Word,
  unread: Schema.String.check(Schema.isPattern(Unsigned), Schema.isMaxLength(128)),
})
export type Unread = typeof Unread.Type

/** What a provider stated: exact money, or its own words kept as they came. */
export const Stated = Schema.Union([Money, Unread])
export type Stated = typeof Stated.Type

/** Whether an amount that was computed is within the bounds above. */
export const isStorable: (money: Money) => boolean = Schema.is(InMemory)

export const isMoney = (stated: Stated): stated is Money => "minor" in stated

/** Digits after the point by currency code, 18 at most. It is configuration, since codes change; stored amounts do not need it. */
export type Scales = Readonly<Record<string, number>>

export const scales: Scales = { TON: 9, BTC: 8, USDT: 6, USD: 2, EUR: 2, RUB: 2 }

/**
 * Reads an unsigned decimal string at its currency's scale ("1.5" and "1.50" are equal). An unknown code, or more
 * significant digits than the scale, comes back as `Unread`. Fails for what is no decimal number, such as "-1", "1e3" or
 * "", and for a currency that is no code.
 */
export const read = (table: Scales, currency: string, text: string): Result.Result<Stated, "NotAnAmount"> => {
  if (text.length > 128 || !Unsigned.test(text) || !isWord(currency)) return Result.fail("NotAnAmount")
  const unread = Result.succeed({ currency, unread: text })
  const scale = isCode(currency) ? table[currency] : undefined
  if (scale === undefined) return unread
  const [whole = "", decimals = ""] = text.split(".")
  const fraction = decimals.replace(/0+$/, "")
  if (fraction.length > scale) return unread
  const minor = BigInt(whole + fraction.padEnd(scale, "0"))
  return minor > maxMinor ? unread : Result.succeed({ currency, scale, minor })
}

const isCode = Schema.is(CurrencyCode)

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

/** Whether `a` and `b` are of one currency and at most `tolerance` apart. */
export const isNear = (a: Money, b: Money, tolerance: Money): boolean => {
  const apart = subtract(a, b)
  const slack = apart && subtract(tolerance, apart.minor < 0n ? times(apart, -1n) : apart)
  return slack !== undefined && slack.minor >= 0n
}

/** `money` taken `times` times. */
export const times = (money: Money, times: bigint): Money => ({ ...money, minor: money.minor * times })

/** What was stated, for people and digests: "12.50 USD". */
export const words = (stated: Stated): string =>
  `${isMoney(stated) ? format(stated) : stated.unread} ${stated.currency}`

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
  const whole = point === -1 ? decimal : decimal.slice(0, point) + decimal.slice(point + 1)
  // So few digits are exact as a number, which is read faster than a `bigint` is.
  const minor = BigInt(whole.length <= 15 ? Number(whole) : whole)
  return { scale: point === -1 ? 0 : decimal.length - point - 1, minor }
}
