/**
 * What Wallet Pay says, in the domain's words. Each element is read alone: one that contradicts the contract, or holds
 * what nobody could store, is `NotUnderstood` and leaves its neighbours alone. Reasons name fields, never their values.
 */
import type { Scales, Stated } from "@paylog/domain/Money"
import * as Money from "@paylog/domain/Money"
import type {
  DeliveryItem,
  ListedOrder,
  ListLine,
  Observation,
  Order,
  OrderView,
  Payment,
} from "@paylog/domain/PaymentProvider"
import { Option, Result, Schema } from "effect"
import * as Json from "./Json.ts"
import * as Wire from "./Wire.ts"

/** The provider's name in events and streams. */
export const provider = "wallet-pay"

/** Why an element is not understood: at most 255 characters, no values from the element. */
type Reason = string

/** Wallet Pay sends one message at a time "for now"; 64 KiB hold fewer than 200 that are understood. */
const maxMessages = 256

/** The messages of a verified webhook body, in order. A body that is no such array of JSON is one `NotUnderstood`. */
export const deliveryItems = (body: Uint8Array, scales: Scales): ReadonlyArray<DeliveryItem> => {
  const json = Json.parse(body)
  if (Result.isFailure(json)) return [notUnderstood(0, `The body is no strict JSON: ${json.failure.fault}`)]
  if (!Array.isArray(json.success)) return [notUnderstood(0, "The body is no array")]
  if (json.success.length > maxMessages) return [notUnderstood(0, `The body has more than ${maxMessages} elements`)]
  return json.success.map((element: unknown, index) =>
    Result.match(deliveryItem(element, scales), {
      onSuccess: (item): DeliveryItem => item,
      onFailure: (reason) => notUnderstood(index, reason),
    }),
  )
}

/** The line at `index` of the order list. */
export const listLine = (line: unknown, index: number, scales: Scales): ListLine =>
  Result.match(listedOrder(line, scales), {
    onSuccess: (order): ListLine => ({ _tag: "Understood", index, order }),
    onFailure: (reason) => ({
      _tag: "NotUnderstood",
      index,
      externalId: Option.getOrUndefined(decodeExternalId(line))?.externalId,
      reason: reason.slice(0, 255),
    }),
  })

const listedOrder = (line: unknown, scales: Scales): Result.Result<ListedOrder, Reason> =>
  Result.gen(function* () {
    const item = yield* decode(decodeListItem, line)
    const { id: orderId, externalId, createdDateTime: createdAt, expirationDateTime: expiresAt } = item
    const orderAmount = yield* stated("amount", item.amount, scales)
    const listed = { externalId, orderId, status: statuses[item.status], orderAmount, createdAt, expiresAt }
    const completedAt = item.paymentDateTime ?? undefined
    const option = item.selectedPaymentOption ?? undefined
    if (item.status !== "PAID") {
      if (completedAt !== undefined) return yield* Result.fail(`paymentDateTime of an order that is ${item.status}`)
      return { ...listed, payment: undefined }
    }
    if (completedAt === undefined) return yield* Result.fail("A paid order without paymentDateTime")
    if (option === undefined) return yield* Result.fail("A paid order without selectedPaymentOption")
    return { ...listed, payment: yield* payment({ orderId, orderAmount, option, completedAt }, scales) }
  })

/** A single order as creation and look-up show it. */
export const orderView = (preview: Wire.OrderPreview): OrderView => ({
  order: order(preview),
  status: statuses[preview.status],
})

const order = (preview: Wire.OrderPreview): Order => ({
  orderId: preview.id,
  number: preview.number,
  payLink: preview.payLink,
  directPayLink: preview.directPayLink,
  expiresAt: preview.expirationDateTime,
})

const deliveryItem = (element: unknown, scales: Scales): Result.Result<DeliveryItem, Reason> =>
  Result.gen(function* () {
    const message = yield* decode(decodeMessage, element)
    return { _tag: "Understood", eventId: message.eventId, observation: yield* observation(message, scales) }
  })

const observation = (message: Wire.WebhookMessage, scales: Scales): Result.Result<Observation, Reason> =>
  Result.gen(function* () {
    const { id: orderId, externalId, orderCompletedDateTime } = message.payload
    const orderAmount = yield* stated("orderAmount", message.payload.orderAmount, scales)
    switch (message.type) {
      case "ORDER_PAID": {
        const { selectedPaymentOption: option } = message.payload
        const facts = { orderId, orderAmount, option, completedAt: orderCompletedDateTime }
        return { _tag: "PaymentCompleted", externalId, payment: yield* payment(facts, scales) }
      }
      case "ORDER_FAILED": {
        const outcome = message.payload.status === "EXPIRED" ? "Expired" : "Cancelled"
        return { _tag: "OrderClosed", externalId, orderId, outcome, closedAt: orderCompletedDateTime }
      }
    }
  })

const payment = (
  facts: Pick<Payment, "orderId" | "orderAmount" | "completedAt"> & { readonly option: Wire.PaymentOption },
  scales: Scales,
): Result.Result<Payment, Reason> =>
  Result.gen(function* () {
    const { orderId, orderAmount, completedAt, option } = facts
    return {
      provider,
      orderId,
      orderAmount,
      gross: yield* stated("selectedPaymentOption.amount", option.amount, scales),
      fee: yield* stated("selectedPaymentOption.amountFee", option.amountFee, scales),
      net: yield* stated("selectedPaymentOption.amountNet", option.amountNet, scales),
      rate: option.exchangeRate,
      completedAt,
    }
  })

const statuses = { ACTIVE: "Active", PAID: "Paid", EXPIRED: "Expired", CANCELLED: "Cancelled" } as const

const stated = (field: string, amount: Wire.MoneyAmount, scales: Scales): Result.Result<Stated, Reason> =>
  Result.mapError(Money.read(scales, amount.currencyCode, amount.amount), () => `${field} is no amount of money`)

const decodeMessage = Schema.decodeUnknownResult(Wire.WebhookMessage)
const decodeExternalId = Schema.decodeUnknownOption(Schema.Struct({ externalId: Wire.Text }))
const decodeListItem = Schema.decodeUnknownResult(Wire.OrderReconciliationItem)

/** Schema messages give the expectation and the path, not the value. */
const decode = <A>(
  decoder: (input: unknown) => Result.Result<A, Schema.SchemaError>,
  input: unknown,
): Result.Result<A, Reason> => Result.mapError(decoder(input), ({ message }) => message.replaceAll(/\s+/g, " "))

const notUnderstood = (index: number, reason: Reason): DeliveryItem => ({
  _tag: "NotUnderstood",
  index,
  reason: reason.slice(0, 255),
})
