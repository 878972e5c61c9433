/**
 * A payment that a provider stated, and what became of it.
 *
 * One order is paid once. When a provider states its payment twice with other amounts, both statements are kept, and one of
 * them counts as money: see `counts`.
 */
import { Schema } from "effect"
import { manual } from "./Manual.ts"
import * as Money from "./Money.ts"
import type { Payment as PaymentFact } from "./PaymentProvider.ts"
import * as Refund from "./Refund.ts"
import { clip, Text, Word } from "./Text.ts"
import { Time } from "./Time.ts"

// -- Events. Tags and fields are the stored format: add, never rename.

/**
 * Money was seen. What it means is said by the event that follows: `InvoicePaid`, `PaymentHeld` or `PaymentUnmatched`.
 *
 * The same payment (`samePayment`) stands here again only when an earlier completion time was heard of one that is held
 * for its time, or when it comes back: to unmatched money, or from there. The number of payments does not grow by that.
 */
export const PaymentReceived = Schema.TaggedStruct("PaymentReceived", {
  provider: Word,
  orderId: Word,
  orderAmount: Money.Stated,
  gross: Money.Stated,
  fee: Money.Stated,
  net: Money.Stated,
  rate: Text,
  completedAt: Time,
})
export type PaymentReceived = typeof PaymentReceived.Type

/** Which payment is meant: the stream's first is 1. Order and provider alone do not say it; they are there for readers. */
export const aPayment = { payment: Schema.Natural.check(Schema.isGreaterThan(0)), provider: Word, orderId: Word }

export const InvoicePaid = Schema.TaggedStruct("InvoicePaid", { ...aPayment, paidAt: Time })
export type InvoicePaid = typeof InvoicePaid.Type

export const HoldReason = Schema.Literals([
  "WrongAmount", // the order's price is not the invoice's, or less than it was paid in the same currency
  "WrongCurrency",
  "UnknownCurrency", // or more digits than the currency has
  "NotConserved", // gross is not fee + net
  "NoOrder", // nothing was requested for this invoice
  "AfterExpiry",
  "AfterCancel",
  "AfterRefusal",
  "Surplus", // another order's payment has paid it
  "Restated", // this order's payment is known, with other amounts: no second money, but a contradiction
])
export type HoldReason = typeof HoldReason.Type

/** A later verdict on the same payment takes the place of this one. */
export const PaymentHeld = Schema.TaggedStruct("PaymentHeld", { ...aPayment, reason: HoldReason })
export type PaymentHeld = typeof PaymentHeld.Type

/** A person took held money as the invoice's payment, whatever it was held for. */
export const HeldPaymentAccepted = Schema.TaggedStruct("HeldPaymentAccepted", {
  ...aPayment,
  ...manual,
  acceptedAt: Time,
})

/** A person looked at a statement that is no money: another one of the same order counts, or it is of nothing. */
export const StatementDismissed = Schema.TaggedStruct("StatementDismissed", {
  ...aPayment,
  ...manual,
  dismissedAt: Time,
})

// -- State.

/** Why a payment is held: what `judge` said, or two people, who corrected that it pays the invoice. */
export type HeldFor = HoldReason | "Corrected"

export type Disposition =
  | "Undecided" // between two events of one append
  | "Paid"
  | HeldFor
  | "Dismissed" // no money: another statement of its order counts
  | "Released" // two people said that it is not this invoice's: it is unmatched money now

/** A payment and what became of it: the newest verdict, and what went back of it. */
export interface Payment extends Refund.Refundable {
  readonly received: PaymentReceived
  readonly disposition: Disposition
}

export const isHeld = (disposition: Disposition): disposition is HeldFor => {
  switch (disposition) {
    case "Undecided":
    case "Paid":
    case "Dismissed":
    case "Released":
      return false
    default:
      return true
  }
}

/** What a provider stated, as it is stored. */
export const receivedOf = (payment: PaymentFact): PaymentReceived => ({
  _tag: "PaymentReceived",
  ...payment,
  rate: clip(payment.rate),
})

/**
 * One order is paid once. Its payment is told several times (webhook, repeated webhook, sweep), with completion times
 * that differ by milliseconds; the same order with other amounts is another statement, and is kept.
 */
export const samePayment = (a: PaymentReceived, b: PaymentReceived): boolean =>
  sameOrder(a, b) &&
  Money.sameStatement(a.orderAmount, b.orderAmount) &&
  Money.sameStatement(a.gross, b.gross) &&
  Money.sameStatement(a.fee, b.fee) &&
  Money.sameStatement(a.net, b.net)

export const sameOrder = (a: PaymentReceived, b: PaymentReceived): boolean =>
  a.provider === b.provider && a.orderId === b.orderId

/** Whether a payment is its order's money for sure, so that no other statement of the order can be. At most one is. */
export const isSettled = (payment: Payment): boolean =>
  payment.disposition === "Paid" ||
  payment.disposition === "Surplus" ||
  payment.disposition === "Released" ||
  Refund.hasLive(payment)

/**
 * Whether the statement at `place` counts as money. Of the statements of one order one does: the one that is settled, or
 * else the first that was heard and not dismissed.
 */
export const counts = (payments: ReadonlyArray<Payment>, place: number): boolean => countsBy(payments, place, isSettled)

/** The same for payments that are settled in another way. */
export const countsBy = <P extends { readonly received: PaymentReceived; readonly disposition: string }>(
  payments: ReadonlyArray<P>,
  place: number,
  isSettled: (payment: P) => boolean,
): boolean => {
  const payment = payments[place]
  if (payment === undefined || payment.disposition === "Dismissed") return false
  const ofOrder = payments.filter(
    ({ received, disposition }) => disposition !== "Dismissed" && sameOrder(received, payment.received),
  )
  return (ofOrder.find(isSettled) ?? ofOrder[0]) === payment
}
