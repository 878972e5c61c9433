/**
 * The merchant API of Wallet Pay 1.2.0 as it stands on the wire, for both sides: the client decodes what the simulator
 * encodes, and the other way round. Unknown fields are ignored. Codes of currencies and conversions are open; an order's
 * or an envelope's unknown status fails to decode, since nobody may guess what it does to money.
 */
import { Time as StorableTime } from "@paylog/domain/Time"
import { Schema, SchemaTransformation } from "effect"
import * as Json from "./Json.ts"

/** Paths under the base URL. */
export const paths = {
  createOrder: "/wpay/store-api/v1/order",
  getPreview: "/wpay/store-api/v1/order/preview",
  getOrderList: "/wpay/store-api/v1/reconciliation/order-list",
  getOrderAmount: "/wpay/store-api/v1/reconciliation/order-amount",
} as const

/** Header names, lower case. */
export const headers = {
  apiKey: "wpay-store-api-key",
  timestamp: "walletpay-timestamp",
  signature: "walletpay-signature",
} as const

/** Limits of an order's fields. Whether lengths count UTF-16 units or code points is not documented. */
export const limits = {
  description: { min: 5, max: 100 },
  text: { max: 255 },
  timeoutSeconds: { min: 30, max: 864_000 },
  listCount: { max: 10_000 },
} as const

/** The least amount of an order, by currency code. */
export const minimumAmounts: Readonly<Record<string, string>> = {
  TON: "0.001",
  BTC: "0.000001",
  USDT: "0.01",
  USD: "0.01",
  EUR: "0.01",
  RUB: "0.1",
}

/** Currencies that only price an order; any other is a crypto currency, which pays and can be converted to. */
export const fiatCurrencies: ReadonlyArray<string> = ["USD", "EUR", "RUB"]

/** Text that Postgres and UTF-8 can hold: no U+0000, no lone surrogate. */
export const Text = Schema.String.check(
  Schema.makeFilter((text: string) => text.isWellFormed() && !text.includes("\0"), {
    expected: "text without U+0000 and lone surrogates",
  }),
)

/** An order's short number: 8 characters in real traffic. */
const OrderNumber = Text.check(Schema.isMinLength(1), Schema.isMaxLength(255))

const RawNumber = Schema.declare((value): value is Json.RawNumber => JSON.isRawJSON(value))

/** A string, or a number as its source text. */
const StringOrNumber = Schema.Union([Schema.String, Schema.Finite, RawNumber])
type StringOrNumber = typeof StringOrNumber.Type

const readAs = <S extends Schema.ConstraintCodec<string, string>>(
  schema: S,
  encode: (text: string) => StringOrNumber,
) =>
  StringOrNumber.pipe(
    Schema.decodeTo(
      schema,
      SchemaTransformation.transform<string, StringOrNumber>({
        decode: (value) => (typeof value === "string" ? value : (Json.numberText(value) ?? "")),
        encode,
      }),
    ),
  )

const int64Max = 2n ** 63n - 1n
const Digits = Schema.String.check(
  Schema.makeFilter((text: string) => /^(0|[1-9][0-9]{0,18})$/.test(text) && BigInt(text) <= int64Max, {
    expected: "a decimal integer of at most 63 bits",
  }),
)

/** An int64: digits in memory, a number on the wire. A string is read too. */
export const IdNumber = readAs(Digits, Json.number)

/** An int64: digits in memory, a string on the wire. A number is read too. */
export const IdString = readAs(Digits, (digits) => digits)

/** A decimal as the text it came in; a number is read too, digit for digit. */
export const Decimal = readAs(Text, (text) => text)

/** ISO 8601 in UTC with any number of fraction digits, of which milliseconds are kept. Written with three. */
export const Time = Schema.String.check(
  Schema.isPattern(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,30})?Z$/),
  Schema.makeFilter(isDayOfCalendar, { expected: "a day that exists" }),
).pipe(Schema.decodeTo(StorableTime))

/** `Date` reads 30 February as 2 March. */
function isDayOfCalendar(time: string): boolean {
  const midnight = new Date(`${time.slice(0, 10)}T00:00:00Z`)
  return Number.isFinite(midnight.getTime()) && midnight.toISOString().startsWith(time.slice(0, 10))
}

const absentOrNull = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

export const MoneyAmount = Schema.Struct({ currencyCode: Text, amount: Decimal })
export type MoneyAmount = typeof MoneyAmount.Type

export const CreateOrderRequest = Schema.Struct({
  amount: MoneyAmount,
  externalId: Text,
  description: Text,
  timeoutSeconds: Schema.Int,
  customerTelegramUserId: IdNumber,
  autoConversionCurrency: absentOrNull(Text),
  returnUrl: absentOrNull(Text),
  failReturnUrl: absentOrNull(Text),
  customData: absentOrNull(Text),
})
export type CreateOrderRequest = typeof CreateOrderRequest.Type

export const OrderStatus = Schema.Literals(["ACTIVE", "EXPIRED", "PAID", "CANCELLED"])
export type OrderStatus = typeof OrderStatus.Type

export const OrderPreview = Schema.Struct({
  id: IdString,
  status: OrderStatus,
  number: OrderNumber,
  amount: MoneyAmount,
  autoConversionCurrency: absentOrNull(Text),
  createdDateTime: Time,
  expirationDateTime: Time,
  completedDateTime: absentOrNull(Time),
  payLink: Text,
  directPayLink: Text,
})
export type OrderPreview = typeof OrderPreview.Type

export const PaymentOption = Schema.Struct({
  /** What the payer paid. */
  amount: MoneyAmount,
  /** What the service kept. */
  amountFee: MoneyAmount,
  /** What the merchant got. */
  amountNet: MoneyAmount,
  /** Order currency to payment currency. */
  exchangeRate: Decimal,
})
export type PaymentOption = typeof PaymentOption.Type

export const OrderReconciliationItem = Schema.Struct({
  id: IdNumber,
  status: OrderStatus,
  amount: MoneyAmount,
  externalId: Text,
  customerTelegramUserId: absentOrNull(IdNumber),
  createdDateTime: Time,
  expirationDateTime: Time,
  autoConversionCurrency: absentOrNull(Text),
  paymentDateTime: absentOrNull(Time),
  selectedPaymentOption: absentOrNull(PaymentOption),
})
export type OrderReconciliationItem = typeof OrderReconciliationItem.Type

/** `totalAmount` is the number of orders ever created, not a sum of money. */
export const OrderCount = Schema.Struct({ totalAmount: Schema.Natural })

// -- Envelopes: `data` stands only on success, `message` explains the rest.

export const CreateOrderStatus = Schema.Literals([
  "SUCCESS",
  "ALREADY",
  "CONFLICT",
  "ACCESS_DENIED",
  "INVALID_REQUEST",
  "INTERNAL_ERROR",
])
export type CreateOrderStatus = typeof CreateOrderStatus.Type

export const ReadStatus = Schema.Literals(["SUCCESS", "INVALID_REQUEST", "INTERNAL_ERROR"])
export type ReadStatus = typeof ReadStatus.Type

/** `{ status, message?, data? }` with these statuses and this data. */
export const envelope = <Status extends Schema.Constraint, Data extends Schema.Constraint>(
  status: Status,
  data: Data,
) => Schema.Struct({ status, message: absentOrNull(Schema.String), data: absentOrNull(data) })

export const CreateOrderResponse = envelope(CreateOrderStatus, OrderPreview)
export const GetPreviewResponse = envelope(ReadStatus, OrderPreview)
export const GetOrderListResponse = envelope(
  ReadStatus,
  Schema.Struct({ items: Schema.Array(OrderReconciliationItem) }),
)
export const GetOrderAmountResponse = envelope(ReadStatus, OrderCount)

// -- Webhooks: the body is an array of messages.

const payload = {
  id: IdNumber,
  number: OrderNumber,
  externalId: Text,
  customData: absentOrNull(Text),
  orderAmount: MoneyAmount,
  orderCompletedDateTime: Time,
}

export const OrderPaidMessage = Schema.Struct({
  eventDateTime: Time,
  eventId: IdNumber,
  type: Schema.Literal("ORDER_PAID"),
  payload: Schema.Struct({
    ...payload,
    selectedPaymentOption: PaymentOption,
    status: absentOrNull(Schema.Literal("PAID")), // absent: anything else would contradict the type
  }),
})
export type OrderPaidMessage = typeof OrderPaidMessage.Type

export const OrderFailedMessage = Schema.Struct({
  eventDateTime: Time,
  eventId: IdNumber,
  type: Schema.Literal("ORDER_FAILED"),
  payload: Schema.Struct({
    ...payload,
    status: Schema.Literals(["EXPIRED", "CANCELLED"]),
    selectedPaymentOption: Schema.optionalKey(Schema.Null), // absent: money seen is never ignored
  }),
})
export type OrderFailedMessage = typeof OrderFailedMessage.Type

export const WebhookMessage = Schema.Union([OrderPaidMessage, OrderFailedMessage])
export type WebhookMessage = typeof WebhookMessage.Type
