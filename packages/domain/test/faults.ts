/** Deciders with one fault each: what the checks of the laws must find. */
import { DateTime, Result } from "effect"
import type { Correction } from "../src/Correction.ts"
import type * as Invoice from "../src/Invoice.ts"
import * as Payments from "../src/Payment.ts"
import type { StaffId } from "../src/Manual.ts"
import * as Money from "../src/Money.ts"
import type * as Proposal from "../src/Proposal.ts"
import { ann, ben, type Decide, decide } from "./fixtures.ts"

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

// -- Of what people do.

const withPayments = (
  state: Invoice.Invoice,
  change: (payment: Payments.Payment) => Payments.Payment,
): Invoice.Invoice => (state._tag === "Absent" ? state : { ...state, payments: state.payments.map(change) })

/** Leaves those that another payment stood before as they are, when that one goes back or is corrected. */
export const forgetsWhoWaits: Decide = (state, command) =>
  Result.map(decide(state, command), (events) => ("by" in command ? events.slice(0, 1) : events))

/** Does not see that a statement's order is on its way back. */
export const countsAnOrderTwice: Decide = (state, command) =>
  command._tag === "RecordPayment"
    ? decide(
        withPayments(state, (payment) => ({ ...payment, refunds: [] })),
        command,
      )
    : decide(state, command)

/** Asks of each refund whether it fits, never of all of them. */
export const refundsTwice: Decide = (state, command) =>
  command._tag === "RequestRefund"
    ? decide(
        withPayments(state, (payment) => ({ ...payment, refunds: [] })),
        command,
      )
    : decide(state, command)

const another = (by: StaffId) => (by === ann ? ben : ann)

/** Lets one person do what takes two. */
export const trustsOne: Decide = (state, command) =>
  command._tag === "RecordRefund" || command._tag === "Approve"
    ? Result.map(
        Result.orElse(decide(state, command), () => decide(state, { ...command, by: another(command.by) })),
        (events) =>
          events.map((event) =>
            event._tag === "RefundRecorded" || event._tag === "CorrectionApproved"
              ? { ...event, by: command.by }
              : event,
          ),
      )
    : decide(state, command)

const withProposals = (
  state: Invoice.Invoice,
  change: (proposal: Proposal.Proposal<Correction>) => Proposal.Proposal<Correction>,
): Invoice.Invoice => (state._tag === "Absent" ? state : { ...state, proposals: state.proposals.map(change) })

/** Carries out a proposal as often as it is approved. */
export const approvesAgain: Decide = (state, command) =>
  decide(
    withProposals(state, (proposal) => ({ ...proposal, approvedBy: undefined })),
    command,
  )

/** Does not compare what is approved with what was proposed. */
export const approvesAnything: Decide = (state, command) =>
  decide(
    command._tag === "Approve" ? withProposals(state, (proposal) => ({ ...proposal, digest: command.digest })) : state,
    command,
  )

/** Forgets that a proposal was declined. */
export const approvesDeclined: Decide = (state, command) =>
  decide(
    command._tag === "Approve" ? withProposals(state, (proposal) => ({ ...proposal, declinedBy: undefined })) : state,
    command,
  )

/** Has approvals last for ever. */
export const approvesLate: Decide = (state, command) =>
  decide(
    command._tag === "Approve"
      ? withProposals(state, (proposal) => ({ ...proposal, expiresAt: DateTime.add(command.at, { hours: 1 }) }))
      : state,
    command,
  )

/** Takes held money for the invoice's although another payment pays it. */
export const acceptsTwice: Decide = (state, command) =>
  command._tag === "AcceptHeldPayment"
    ? Result.map(
        decide(
          withPayments(state, (payment) =>
            payment.disposition === "Paid" ? { ...payment, disposition: "Dismissed" } : payment,
          ),
          command,
        ),
        (events) => events.slice(0, 1),
      )
    : decide(state, command)

/** Dismisses whatever it is told to. */
export const dismissesMoney: Decide = (state, command) => {
  const payment =
    state._tag === "Absent" || command._tag !== "DismissStatement" ? undefined : state.payments[command.payment - 1]
  if (payment === undefined || command._tag !== "DismissStatement") return decide(state, command)
  const { by, reason, at, payment: number } = command
  const { provider, orderId } = payment.received
  return Result.succeed([
    { _tag: "StatementDismissed", payment: number, provider, orderId, by, reason, dismissedAt: at },
  ])
}

// -- Of what is delivered.

/** Delivers as often as it is told. */
export const fulfilsAgain: Decide = (state, command) =>
  decide(state._tag === "Absent" ? state : { ...state, fulfilment: undefined }, command)

/** Delivers before the money is there. */
export const fulfilsUnpaid: Decide = (state, command) =>
  decide(state._tag === "Absent" ? state : { ...state, wasPaid: true }, command)

/** Has no use for a delivery that it hears of when the money is on its way back. */
export const forgetsLateDeliveries: Decide = (state, command) =>
  state._tag !== "Paid" && command._tag === "RecordFulfilled" ? Result.succeed([]) : decide(state, command)

/** Takes what was delivered for settled, so that no money goes back. */
export const keepsMoneyOfDelivered: Decide = (state, command) =>
  state._tag !== "Absent" && state.fulfilment !== undefined && command._tag === "RequestRefund"
    ? Result.succeed([])
    : decide(state, command)
