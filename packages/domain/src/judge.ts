/** What a payment means to its invoice. It is judged by the facts, among them the provider's times; never by when we heard of it. */
import { DateTime } from "effect"
import { evolveExisting, type Existing, payableUntil, pays, placeOf } from "./Invoice.ts"
import * as Money from "./Money.ts"
import {
  type HoldReason,
  type InvoicePaid,
  isSettled,
  type Payment,
  type PaymentHeld,
  type PaymentReceived,
  receivedOf,
  sameOrder,
} from "./Payment.ts"
import type { Payment as PaymentFact } from "./PaymentProvider.ts"

type Verdict = InvoicePaid | PaymentHeld

/**
 * Records a payment that is new, with its verdict. Of a known one it records an earlier completion time, when the
 * payment is held for its time: the verdict then is the same whichever statement came first.
 */
export const recordPayment = (state: Existing, payment: PaymentFact): ReadonlyArray<PaymentReceived | Verdict> => {
  const received = receivedOf(payment)
  const place = placeOf(state.payments, received)
  const known = state.payments[place]
  if (known !== undefined) {
    const heldForItsTime = known.disposition === "AfterExpiry" || known.disposition === "AfterCancel"
    if (!heldForItsTime || !DateTime.isLessThan(received.completedAt, known.received.completedAt)) return []
  }
  return [received, passVerdict(state, received, place)]
}

/** The same for a payment that two people assigned to the invoice: one that was taken off it before comes back. */
export const recordAssigned = (state: Existing, payment: PaymentFact): ReadonlyArray<PaymentReceived | Verdict> => {
  const received = receivedOf(payment)
  const place = placeOf(state.payments, received)
  return state.payments[place]?.disposition === "Released"
    ? [received, passVerdict(state, received, place)]
    : recordPayment(state, payment)
}

/**
 * The verdicts that `state` changes: on payments held for their lateness, since their order's expiry may be later than we
 * could know; and on those that another payment stood before, or stands before now. None when all is as it should be.
 */
export const settle = (state: Existing): ReadonlyArray<Verdict> => {
  const verdicts: Array<Verdict> = []
  let next = state
  for (const place of state.payments.keys()) {
    const payment = next.payments[place]
    if (payment === undefined || !mayChange(next, payment)) continue
    const verdict = passVerdict(next, payment.received, place)
    const disposition = verdict._tag === "InvoicePaid" ? "Paid" : verdict.reason
    if (disposition === payment.disposition) continue
    verdicts.push(verdict)
    next = evolveExisting(next, verdict)
  }
  return verdicts
}

const mayChange = (state: Existing, payment: Payment): boolean => {
  switch (payment.disposition) {
    case "AfterExpiry":
    case "Surplus":
    case "Restated":
      return true
    case "Paid":
      return pays(state, payment) && state.payments.some((other) => other !== payment && pays(state, other))
    default:
      return false
  }
}

const passVerdict = (state: Existing, received: PaymentReceived, place: number): Verdict => {
  const payment = { payment: place + 1, provider: received.provider, orderId: received.orderId }
  const reason = judge(state, received, place)
  return reason === undefined
    ? { _tag: "InvoicePaid", ...payment, paidAt: received.completedAt }
    : { _tag: "PaymentHeld", ...payment, reason }
}

/**
 * Why the payment at `place` must be held, or `undefined` when it pays the invoice. Reads the facts, never the order in
 * which they came. Where that cannot be, since a paid invoice stays paid, the reasons come last: of several payments that
 * would each pay the invoice one does, and the others are held. Money that goes back stands in nobody's way.
 */
const judge = (state: Existing, payment: PaymentReceived, place: number): HoldReason | undefined => {
  const { orderAmount, gross, fee, net } = payment
  const { amount, policy } = state.terms
  if (!Money.isMoney(orderAmount) || !Money.isMoney(gross) || !Money.isMoney(fee) || !Money.isMoney(net))
    return "UnknownCurrency"
  if (orderAmount.currency !== amount.currency) return "WrongCurrency"
  if (!Money.isNear(orderAmount, amount, policy.tolerance) || isShort(gross, amount, policy.tolerance))
    return "WrongAmount"
  const parts = Money.add(fee, net)
  if (parts === undefined || !Money.equals(gross, parts)) return "NotConserved"
  if (state.request === undefined) return "NoOrder"
  if (state.refused) return "AfterRefusal"
  if (state.cancelledAt !== undefined && DateTime.isGreaterThanOrEqualTo(payment.completedAt, state.cancelledAt))
    return "AfterCancel"
  if (policy.late === "Hold" && DateTime.isGreaterThan(payment.completedAt, payableUntil(state.request, state.order)))
    return "AfterExpiry"
  const others = state.payments.filter((_, other) => other !== place)
  if (others.some((other) => sameOrder(other.received, payment) && isSettled(other))) return "Restated"
  return others.some((other) => pays(state, other)) ? "Surplus" : undefined
}

/** Nothing was paid, or less than the amount in the amount's own currency. Other currencies are never compared. */
const isShort = (gross: Money.Money, amount: Money.Money, tolerance: Money.Money): boolean => {
  const over = Money.subtract(gross, amount)
  return gross.minor <= 0n || (over !== undefined && over.minor < 0n && !Money.isNear(gross, amount, tolerance))
}
