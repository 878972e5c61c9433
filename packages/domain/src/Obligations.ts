/** What people still have to do about an invoice: its money, and a delivery that failed. Empty when all of it is settled. */
import * as Fulfilment from "./Fulfilment.ts"
import { type Existing, feeRule, pays } from "./Invoice.ts"
import type { Stated } from "./Money.ts"
import { counts, type HeldFor, isHeld } from "./Payment.ts"
import * as Refund from "./Refund.ts"

export type Obligation =
  /** Held money, as far as it does not go back: to be accepted, given back or released. */
  | { readonly _tag: "Decide"; readonly payment: number; readonly reason: HeldFor; readonly amount: Stated }
  /** A statement that is no second money: to be dismissed, or the other one of its order corrected. */
  | { readonly _tag: "Explain"; readonly payment: number; readonly reason: HeldFor }
  /** A refund that was asked for: to be made and recorded, or withdrawn. */
  | { readonly _tag: "Refund"; readonly payment: number; readonly refundId: Refund.RefundId; readonly amount: Stated }
  /** Paid and not deliverable as it is: to be tried again, delivered by hand, or this much given back. */
  | { readonly _tag: "Fulfil"; readonly payment: number; readonly reason: string; readonly amount: Stated }

/** In the order of the payments. */
export const of = (state: Existing): ReadonlyArray<Obligation> =>
  state.payments.flatMap((payment, place) => {
    const { disposition, refunds, received } = payment
    const number = place + 1
    const open: Array<Obligation> = []
    if (isHeld(disposition)) {
      if (!counts(state.payments, place)) open.push({ _tag: "Explain", payment: number, reason: disposition })
      else if (!Refund.isReturned(payment, feeRule(state))) {
        const amount = Refund.leftOf(payment, feeRule(state)) ?? received.gross
        open.push({ _tag: "Decide", payment: number, reason: disposition, amount })
      }
    }
    for (const { refundId, amount, progress } of refunds)
      if (progress === "Requested") open.push({ _tag: "Refund", payment: number, refundId, amount })
    const failure = Fulfilment.failureOf(state)
    if (failure !== undefined && pays(state, payment)) {
      const amount = Refund.leftOf(payment, feeRule(state)) ?? received.gross
      open.push({ _tag: "Fulfil", payment: number, reason: failure.reason, amount })
    }
    return open
  })
