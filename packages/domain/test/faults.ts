/** Deciders with one fault each: what the checks of the laws must find. */
import { Result } from "effect"
import type * as Invoice from "../src/Invoice.ts"
import * as Payments from "../src/Payment.ts"
import * as Money from "../src/Money.ts"
import { type Decide, decide } from "./fixtures.ts"

const asHeld = (state: Invoice.Existing, payment: Payments.PaymentReceived, reason: Payments.HoldReason) =>
  Result.succeed<ReadonlyArray<Invoice.InvoiceEvent>>([
    payment,
    {
      _tag: "PaymentHeld",
      payment: state.payments.length + 1,
      provider: payment.provider,
      orderId: payment.orderId,
      reason,
    },
  ])

/** Takes a payment for a new one, however often it comes. */
export const forgetsPayments: Decide = (state, command) =>
  decide(state._tag !== "Absent" && command._tag === "RecordPayment" ? { ...state, payments: [] } : state, command)

/** Has no use for money once the invoice is paid. */
export const dropsSurplus: Decide = (state, command) =>
  state._tag === "Paid" && command._tag === "RecordPayment" ? Result.succeed([]) : decide(state, command)

/** Records money without saying what became of it. */
export const passesNoVerdict: Decide = (state, command) =>
  Result.map(decide(state, command), (events) =>
    command._tag === "RecordPayment" ? events.filter(({ _tag }) => _tag === "PaymentReceived") : events,
  )

/** Looks at when it heard of a payment, not at when it was completed. */
export const judgesByArrival: Decide = (state, command) =>
  state._tag === "Expired" && command._tag === "RecordPayment"
    ? asHeld(state, { _tag: "PaymentReceived", ...command.payment }, "AfterExpiry")
    : decide(state, command)

/** The same with the customer's cancel. */
export const cancelsByArrival: Decide = (state, command) =>
  state._tag === "Cancelled" && command._tag === "RecordPayment"
    ? asHeld(state, { _tag: "PaymentReceived", ...command.payment }, "AfterCancel")
    : decide(state, command)

/** Does not look again at a payment when the order's expiry becomes known. */
export const neverJudgesAgain: Decide = (state, command) =>
  Result.map(decide(state, command), (events) => (command._tag === "RecordOrderOpened" ? events.slice(0, 1) : events))

/** Stays with the first completion time that it heard. */
export const keepsFirstTime: Decide = (state, command) =>
  Result.map(decide(state, command), (events) =>
    state._tag !== "Absent" &&
    events.some(
      (event) =>
        event._tag === "PaymentReceived" &&
        state.payments.some(({ received }) => Payments.samePayment(received, event)),
    )
      ? []
      : events,
  )

/** Opens an order for each request. */
export const opensAgain: Decide = (state, command) =>
  state._tag !== "Absent" && command._tag === "RequestOrder"
    ? decide({ ...state, _tag: "Issued", request: undefined, order: undefined }, command)
    : decide(state, command)

/** Makes the parts fit the whole. */
export const rounds: Decide = (state, command) => {
  if (command._tag !== "RecordPayment") return decide(state, command)
  const { gross, fee, net } = command.payment
  const fitting = Money.isMoney(gross) && Money.isMoney(fee) ? Money.subtract(gross, fee) : undefined
  return decide(state, { ...command, payment: { ...command.payment, net: fitting ?? net } })
}
