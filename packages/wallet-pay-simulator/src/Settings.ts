/**
 * Every switch of the simulator, with its default. Wallet Pay's document leaves much open; what it leaves open is a
 * switch here, so that a client can be tried against each reading. All can be changed while the simulator runs.
 */
import { Result, Schema } from "effect"
import { overlay } from "./overlay.ts"

const Decimal = Schema.String.check(Schema.isPattern(/^(0|[1-9][0-9]{0,29})(\.[0-9]{1,30})?$/))
const Positive = Decimal.check(Schema.isPattern(/[1-9]/))
const Count = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000_000 }))
const Millis = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 864_000_000 }))
const Percent = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 100 }))
const HttpCode = Schema.Int.check(Schema.isBetween({ minimum: 200, maximum: 599 }))

const Currency = Schema.Struct({
  /** Fiat only prices an order; the payer always pays in crypto. */
  kind: Schema.Literals(["crypto", "fiat"]),
  enabled: Schema.Boolean,
  /** Most digits after the point. */
  digits: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 18 })),
  /** The least amount of an order. */
  minimum: Decimal,
  /** The least amount that can be converted into this currency. Crypto only. */
  conversionMinimum: Schema.optionalKey(Decimal),
  /** The price of one unit in US dollars: all exchange rates follow from these. */
  usd: Positive,
})
export type Currency = typeof Currency.Type

const Currencies = Schema.Record(Schema.String.check(Schema.isPattern(/^[A-Z0-9]{2,16}$/)), Currency)
export type Currencies = typeof Currencies.Type

const Orders = Schema.Struct({
  /** Ids of orders and events count up from here, or from the last one if that is larger, in random steps of 1 to `largestIdStep`. */
  firstId: Schema.String.check(Schema.isPattern(/^[1-9][0-9]{0,17}$/)),
  /** 1 makes neighbouring ids equal as JavaScript numbers. */
  largestIdStep: Count,
  currencies: Currencies,
  feePercent: Decimal,
  /** Added to the fee when the payer's currency is converted. */
  conversionFeePercent: Decimal,
  /** Of what the fee of a converted payment is taken, and in which currency fee and net are stated. */
  conversionFeeBase: Schema.Literals(["paid", "converted"]),
  rounding: Schema.Literals(["halfUp", "up", "down"]),
  /** When an order's rates are fixed. */
  rateLock: Schema.Literals(["payment", "creation"]),
  /** What one character of a length limit is. */
  lengthUnit: Schema.Literals(["utf16", "codePoints", "bytes"]),
  /** Whether a repeated request may leave out what was null before, and the other way round. */
  nullIsAbsent: Schema.Boolean,
  /** Whether a repeated request may write 1.00 for 1.0. */
  amountsByValue: Schema.Boolean,
  /** Whether an amount may be a JSON number, as in one example of the document. Its schema says string. */
  numericAmounts: Schema.Boolean,
  /** The answer to a repeated request whose order expired or was cancelled. */
  repeatAfterClose: Schema.Literals(["ALREADY", "CONFLICT", "INVALID_REQUEST"]),
  /** Whether the payer's Decline cancels the order; otherwise it stays payable. */
  declineCancels: Schema.Boolean,
})

const Answers = Schema.Struct({
  /**
   * The version of the document that previews, lists, statuses and webhooks follow. 1.0.0 has no `directPayLink`, no
   * `autoConversionCurrency`, no fee and net, and says BAD_REQUEST for INVALID_REQUEST.
   */
  version: Schema.Literals(["1.2.0", "1.0.0"]),
  /** HTTP codes of the envelope statuses. */
  already: HttpCode,
  conflict: HttpCode,
  accessDenied: HttpCode,
  invalidRequest: HttpCode,
  /** HTTP code of a preview of an order that the store does not have. */
  unknownOrder: HttpCode,
  /** Body of 401, 404, 429 and 500. */
  errorBody: Schema.Literals(["envelope", "empty", "text", "html"]),
  /** Replaces the text of every `message`. */
  message: Schema.NullOr(Schema.String),
  /** Whether a create without `Content-Type: application/json` is refused. */
  requireJson: Schema.Boolean,
  /** Per store; answered with 429. */
  rateLimit: Schema.NullOr(
    Schema.Struct({ requests: Count, seconds: Count, retryAfterSeconds: Schema.NullOr(Schema.Int) }),
  ),
  /** How many of the calls that no fault was asked for are spoiled by one of `Faults.storm`, by chance. */
  faultPercent: Percent,
})

const Webhooks = Schema.Struct({
  /** `hold` keeps messages until the mode is `deliver` again; `drop` loses those that arise meanwhile. */
  mode: Schema.Literals(["deliver", "hold", "drop"]),
  /** Waits between attempts; after the last one a message is given up. */
  retryDelaysMs: Schema.Array(Millis),
  timeoutMs: Millis.check(Schema.isGreaterThan(0)),
  /** How long a message waits before its first attempt: by chance from `least` to `most`. */
  delayMs: Schema.Struct({ least: Millis, most: Millis }).check(
    Schema.makeFilter(({ least, most }) => least <= most, { expected: "a least that is not above most" }),
  ),
  /** How many messages are lost, by chance. */
  dropPercent: Percent,
  /** How many messages come once more after they were acknowledged, by chance. */
  duplicatePercent: Percent,
  /** Whether any 2xx acknowledges, not just 200. */
  anySuccess: Schema.Boolean,
  /** Whether a redirect is followed (307 and 308 repeat the POST). */
  followRedirects: Schema.Boolean,
  /** How often a message is sent again after it was acknowledged. */
  duplicates: Schema.Natural,
  /** Which of several due messages goes first. */
  order: Schema.Literals(["oldestFirst", "newestFirst", "random"]),
  /** Most messages in one POST. */
  batch: Count,
  /** Most POSTs at a time. */
  concurrency: Count,
  /** Whether the signed path includes the URL's query. */
  signQuery: Schema.Boolean,
  /** Whether the path that is posted to, or the one that is signed, has the slash at its end that the address lacks, or lacks the one it has. */
  trailingSlash: Schema.Literals(["asWritten", "otherPosted", "otherSigned"]),
  /** Which of a store's keys signs, while it has several: during a rotation it could be any. */
  signingKey: Schema.Literals(["first", "last", "alternating"]),
  /** Whether the order of JSON keys differs from message to message, as was seen in real ones. */
  shuffleKeys: Schema.Boolean,
})

const Links = Schema.Struct({
  /** `{base}` is the simulator's public URL, `{id}` the order's id. */
  payLink: Schema.String,
  directPayLink: Schema.String,
})

export const Settings = Schema.Struct({ orders: Orders, answers: Answers, webhooks: Webhooks, links: Links })
export type Settings = typeof Settings.Type

export const defaults: Settings = {
  orders: {
    firstId: "10030467668508673",
    largestIdStep: 1_000_000,
    currencies: {
      TON: { kind: "crypto", enabled: true, digits: 9, minimum: "0.001", conversionMinimum: "0.1", usd: "1.62" },
      BTC: {
        kind: "crypto",
        enabled: true,
        digits: 8,
        minimum: "0.000001",
        conversionMinimum: "0.000017",
        usd: "91250.4",
      },
      USDT: { kind: "crypto", enabled: true, digits: 6, minimum: "0.01", conversionMinimum: "1", usd: "0.9998" },
      NOT: { kind: "crypto", enabled: false, digits: 9, minimum: "1", conversionMinimum: "1000", usd: "0.00058" },
      GRAM: { kind: "crypto", enabled: false, digits: 9, minimum: "0.001", conversionMinimum: "0.1", usd: "1.62" },
      USD: { kind: "fiat", enabled: true, digits: 2, minimum: "0.01", usd: "1" },
      EUR: { kind: "fiat", enabled: true, digits: 2, minimum: "0.01", usd: "1.16" },
      RUB: { kind: "fiat", enabled: true, digits: 2, minimum: "0.1", usd: "0.0124" },
    },
    feePercent: "1",
    conversionFeePercent: "1",
    conversionFeeBase: "paid",
    rounding: "halfUp",
    rateLock: "payment",
    lengthUnit: "utf16",
    nullIsAbsent: true,
    amountsByValue: true,
    numericAmounts: false,
    repeatAfterClose: "ALREADY",
    declineCancels: true,
  },
  answers: {
    version: "1.2.0",
    already: 200,
    conflict: 200,
    accessDenied: 200,
    invalidRequest: 400,
    unknownOrder: 404,
    errorBody: "envelope",
    message: null,
    requireJson: true,
    rateLimit: null,
    faultPercent: 0,
  },
  webhooks: {
    mode: "deliver",
    retryDelaysMs: [1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000],
    timeoutMs: 5_000,
    delayMs: { least: 0, most: 0 },
    dropPercent: 0,
    duplicatePercent: 0,
    anySuccess: false,
    followRedirects: false,
    duplicates: 0,
    order: "oldestFirst",
    batch: 1,
    concurrency: 16,
    signQuery: false,
    trailingSlash: "asWritten",
    signingKey: "first",
    shuffleKeys: true,
  },
  links: { payLink: "{base}/order/{id}", directPayLink: "{base}/order/{id}" },
}

/** The defaults of virtual time: POSTs that overlap would arrive in any order. */
export const oneAtATime: Settings = { ...defaults, webhooks: { ...defaults.webhooks, concurrency: 1 } }

/** Settings in part: what is left out stays. */
export type Patch = DeepPartial<Settings>
type DeepPartial<T> =
  T extends ReadonlyArray<unknown> ? T : T extends object ? { readonly [K in keyof T]?: DeepPartial<T[K]> } : T

/** The settings with `patch` laid over them, or one sentence saying which part of the patch is wrong. */
export const patched = (settings: Settings, patch: unknown): Result.Result<Settings, string> =>
  Result.mapError(decode(overlay(settings, patch)), (error) => error.message.replace(/\s*\n\s*/g, " "))

const decode = Schema.decodeUnknownResult(Settings, { onExcessProperty: "error" })
