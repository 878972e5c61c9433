/** One order: its states, and how it looks in each of the provider's messages. Pure: time, ids and choices are arguments. */
import * as Json from "@paylog/wallet-pay/Json"
import type * as Wire from "@paylog/wallet-pay/Wire"
import { Data, Result } from "effect"
import * as Amounts from "./Amounts.ts"
import type { Instant } from "./Instant.ts"
import { iso, second } from "./Instant.ts"
import type { OrderRequest } from "./OrderRequest.ts"
import type { Currencies, Settings } from "./Settings.ts"

export interface Order {
  /** Decimal digits, above 2^53 by default. */
  readonly id: string
  /** The short id: 8 characters of A–Z and 0–9. */
  readonly number: string
  readonly request: OrderRequest
  readonly createdAt: Instant
  readonly expiresAt: Instant
  /** The currencies and their prices when the order was created. */
  readonly ratesAtCreation: Currencies
  readonly state: State
}

/** ACTIVE → PAID, EXPIRED or CANCELLED, all final. */
export type State =
  | { readonly status: "ACTIVE" }
  | { readonly status: "PAID"; readonly at: Instant; readonly payment: Payment }
  | { readonly status: "EXPIRED" | "CANCELLED"; readonly at: Instant }

export interface Payment {
  readonly option: Amounts.PaymentOption
  /** The order's price as the webhook and the list will state it. Differs from the request only in a fault. */
  readonly orderAmount: Amounts.MoneyAmount
}

export class OrderClosed extends Data.TaggedError("OrderClosed")<{ readonly id: string; readonly status: string }> {
  override readonly message = `order ${this.id} is ${this.status}`
}

export class NotOffered extends Data.TaggedError("NotOffered")<{
  readonly currency: string
  readonly offered: ReadonlyArray<string>
}> {
  override readonly message = `${this.currency || "no currency"} is not offered; offered: ${this.offered.join(", ")}`
}

export const open = (
  ids: { readonly id: string; readonly number: string },
  request: OrderRequest,
  rules: Settings["orders"],
  now: Instant,
): Order => ({
  ...ids,
  request,
  createdAt: now,
  expiresAt: now + request.timeoutSeconds * second,
  ratesAtCreation: rules.currencies,
  state: { status: "ACTIVE" },
})

/** The order with its payment. `late` lets a closed order be paid, as the provider's document does not rule out. */
export const pay = (order: Order, payment: Payment, now: Instant, late = false): Result.Result<Order, OrderClosed> =>
  order.state.status === "ACTIVE" || (late && order.state.status !== "PAID")
    ? Result.succeed({ ...order, state: { status: "PAID", at: now, payment } })
    : closed(order)

/** The order closed without a payment. An expired order was completed when its time ran out, whenever that is noticed. */
export const close = (order: Order, status: "EXPIRED" | "CANCELLED", at: Instant): Result.Result<Order, OrderClosed> =>
  order.state.status === "ACTIVE" ? Result.succeed({ ...order, state: { status, at } }) : closed(order)

const closed = (order: Order) => Result.fail(new OrderClosed({ id: order.id, status: order.state.status }))

/** The currencies that the payer can choose, with what each costs now. */
export const options = (order: Order, rules: Settings["orders"]): ReadonlyArray<Amounts.PaymentOption> => {
  const { amount, autoConversionCurrency } = order.request
  const target = autoConversionCurrency ?? undefined
  const table = currencies(order, rules)
  return Amounts.offered(table, rules.rounding, amount, target).map((currency) =>
    Amounts.option(table, rules, amount, currency, target),
  )
}

/** Deviations of a payment from what is due: the faults that a merchant's checks are there to find. */
export interface Deviation {
  /** Paid instead of the amount due; fee and net follow from it. */
  readonly amount?: string
  /** Stated instead of the true fee or net, which then no longer add up. */
  readonly fee?: string
  readonly net?: string
  /** Stated as the currency of amount, fee and net: another one, or one that nobody has heard of. */
  readonly statedCurrency?: string
  /** Stated as the order's price. */
  readonly orderAmount?: Amounts.MoneyAmount
}

/** The payment of the order in `currency`; without one, in the first that is offered. */
export const payment = (
  order: Order,
  rules: Settings["orders"],
  currency: string | undefined,
  deviation: Deviation = {},
): Result.Result<Payment, NotOffered> => {
  const offers = options(order, rules)
  const due = currency === undefined ? offers[0] : offers.find((offer) => offer.amount.currencyCode === currency)
  if (due === undefined)
    return Result.fail(
      new NotOffered({ currency: currency ?? "", offered: offers.map((offer) => offer.amount.currencyCode) }),
    )
  const stated = (money: Amounts.MoneyAmount, amount: string | undefined) =>
    amount === undefined ? money : { ...money, amount }
  const inCurrency = ({ currencyCode, amount }: Amounts.MoneyAmount) => ({
    currencyCode: deviation.statedCurrency ?? currencyCode,
    amount,
  })
  const table = currencies(order, rules)
  const target = order.request.autoConversionCurrency ?? undefined
  const paid = stated(due.amount, deviation.amount)
  const option = Amounts.split(table, rules, paid, due.exchangeRate, target) ?? { ...due, amount: paid }
  return Result.succeed({
    option: {
      ...option,
      amount: inCurrency(option.amount),
      amountFee: inCurrency(stated(option.amountFee, deviation.fee)),
      amountNet: inCurrency(stated(option.amountNet, deviation.net)),
    },
    orderAmount: deviation.orderAmount ?? order.request.amount,
  })
}

const currencies = (order: Order, rules: Settings["orders"]): Currencies =>
  rules.rateLock === "creation" ? order.ratesAtCreation : rules.currencies

/** The order as create and getPreview show it. */
export const preview = (order: Order, links: Settings["links"], base: string): typeof Wire.OrderPreview.Encoded => {
  const link = (template: string) => template.replaceAll("{base}", base).replaceAll("{id}", order.id)
  return {
    id: order.id,
    status: order.state.status,
    number: order.number,
    amount: order.request.amount,
    ...autoConversion(order),
    createdDateTime: iso(order.createdAt),
    expirationDateTime: iso(order.expiresAt),
    ...(order.state.status === "ACTIVE" ? {} : { completedDateTime: iso(order.state.at) }),
    payLink: link(links.payLink),
    directPayLink: link(links.directPayLink),
  }
}

/** The order as a line of getOrderList. */
export const listed = (order: Order): typeof Wire.OrderReconciliationItem.Encoded => ({
  id: Json.number(order.id),
  status: order.state.status,
  amount: order.state.status === "PAID" ? order.state.payment.orderAmount : order.request.amount,
  externalId: order.request.externalId,
  customerTelegramUserId: Json.number(order.request.customerTelegramUserId),
  ...autoConversion(order),
  createdDateTime: iso(order.createdAt),
  expirationDateTime: iso(order.expiresAt),
  ...(order.state.status === "PAID"
    ? { paymentDateTime: iso(order.state.at), selectedPaymentOption: order.state.payment.option }
    : {}),
})

/** The webhook message of a closed order: a paid one has a payment option and no status, a failed one the reverse. */
export const message = (
  order: Order & { readonly state: Exclude<State, { readonly status: "ACTIVE" }> },
  eventId: string,
  eventAt: Instant,
): typeof Wire.WebhookMessage.Encoded => {
  const { customData, externalId, amount } = order.request
  const payload = {
    id: Json.number(order.id),
    number: order.number,
    ...(typeof customData === "string" ? { customData } : {}),
    externalId,
  }
  const event = { eventDateTime: iso(eventAt), eventId: Json.number(eventId) }
  const orderCompletedDateTime = iso(order.state.at)
  return order.state.status === "PAID"
    ? {
        ...event,
        type: "ORDER_PAID",
        payload: {
          ...payload,
          orderAmount: order.state.payment.orderAmount,
          selectedPaymentOption: order.state.payment.option,
          orderCompletedDateTime,
        },
      }
    : {
        ...event,
        type: "ORDER_FAILED",
        payload: { ...payload, status: order.state.status, orderAmount: amount, orderCompletedDateTime },
      }
}

const autoConversion = (order: Order) =>
  typeof order.request.autoConversionCurrency === "string"
    ? { autoConversionCurrency: order.request.autoConversionCurrency }
    : {}
