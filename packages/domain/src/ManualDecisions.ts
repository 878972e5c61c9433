/**
 * What people may do with an invoice's money: accept what is held, dismiss a statement that is no money, give money back,
 * correct; and about its delivery. Who and why are in every command. Refunds and corrections take two people.
 */
import { DateTime, Result, Schema } from "effect"
import { type Correction, type CorrectionProposed, lines } from "./Correction.ts"
import * as Fulfilment from "./Fulfilment.ts"
import { evolveExisting, type Existing, feeRule, type Invoice, type InvoiceEvent, pays, stream } from "./Invoice.ts"
import { InvoiceNotFound } from "./InvoiceDecisions.ts"
import { settle } from "./judge.ts"
import type { Manual } from "./Manual.ts"
import * as Money from "./Money.ts"
import { counts, isHeld, type Payment, sameOrder } from "./Payment.ts"
import * as Proposal from "./Proposal.ts"
import * as Refund from "./Refund.ts"
import { explain } from "./Text.ts"

// -- Commands.

/** Takes held money as the invoice's payment, whatever it was held for. */
export interface AcceptHeldPayment extends Manual {
  readonly _tag: "AcceptHeldPayment"
  /** The invoice's first payment is 1. */
  readonly payment: number
}

/** Says of a statement that it is no money: another one of its order counts, or nothing was paid. */
export interface DismissStatement extends Manual {
  readonly _tag: "DismissStatement"
  readonly payment: number
}

export interface ProposeCorrection extends Proposal.Proposing {
  readonly _tag: "ProposeCorrection"
  readonly correction: Correction
  /** SHA-256, hex, of `textOf` this command. */
  readonly digest: string
}

export type ManualCommand =
  | AcceptHeldPayment
  | DismissStatement
  | Refund.RequestRefund
  | Refund.TakeRefund
  | Refund.DropRefund
  | Refund.RecordRefund
  | Refund.WithdrawRefund
  | ProposeCorrection
  | Proposal.Approve
  | Proposal.Decline
  | Fulfilment.FulfilByHand
  | Fulfilment.RetryFulfilment

/** What the proposer and the approver read, and what both digest. */
export const textOf = (state: Existing, proposing: Omit<ProposeCorrection, "digest">): string =>
  Proposal.proposalText(stream(state.terms.invoiceId), lines(proposing.correction, state.payments), proposing)

// -- Rejections.

export class PaymentNotFound extends Schema.TaggedError<PaymentNotFound>()("PaymentNotFound", {
  payment: Schema.Finite,
}) {
  override readonly message = `The invoice has no payment ${this.payment}`
}

/** The payment is not in a state for this; the disposition completes "The payment is …". */
export class PaymentSettled extends Schema.TaggedError<PaymentSettled>()("PaymentSettled", {
  disposition: Schema.String,
}) {
  override readonly message = `The payment is ${this.disposition}`
}

/** Another statement of the same order counts as its money: this one can be dismissed, and nothing else. */
export class NotMoney extends Schema.TaggedError<NotMoney>()("NotMoney", {}) {
  override readonly message = "Another statement of the same order is its money"
}

/** This statement is the only money of its order, so it cannot be dismissed. */
export class OnlyStatement extends Schema.TaggedError<OnlyStatement>()("OnlyStatement", {}) {
  override readonly message = "No other statement of the order is there: this is its money"
}

/** Another payment pays the invoice: this one is another's money, to be given back or released. */
export class PaidAlready extends Schema.TaggedError<PaidAlready>()("PaidAlready", {}) {
  override readonly message = "The invoice is paid by another payment"
}

/** The policy's last day for giving back the payment that paid the invoice has passed. */
export class RefundTooLate extends Schema.TaggedError<RefundTooLate>()("RefundTooLate", { until: Schema.DateTimeUtc }) {
  override readonly message = `The payment could be given back until ${DateTime.formatIso(this.until)}`
}

export type ManualRejected =
  | InvoiceNotFound
  | PaymentNotFound
  | PaymentSettled
  | NotMoney
  | OnlyStatement
  | PaidAlready
  | RefundTooLate
  | Refund.RefundRejected
  | Proposal.ProposalRejected
  | Fulfilment.NotPaid

// -- Decisions.

type Event = Exclude<InvoiceEvent, { readonly _tag: "InvoiceIssued" }>
type Decision = Result.Result<ReadonlyArray<Event>, ManualRejected>

const accept = (...events: ReadonlyArray<Event>): Decision => Result.succeed(events)
const reject = (rejected: ManualRejected): Decision => Result.fail(rejected)

/** The events that `command` leads to; none when it is already so; or why it cannot be done. */
export const decide = (
  state: Invoice,
  command: ManualCommand,
): Result.Result<ReadonlyArray<InvoiceEvent>, ManualRejected> => {
  if (state._tag === "Absent") return Result.fail(new InvoiceNotFound())
  return Result.map(act(state, command), (events) => [...events, ...settle(events.reduce(evolveExisting, state))])
}

const act = (state: Existing, command: ManualCommand): Decision => {
  switch (command._tag) {
    case "AcceptHeldPayment":
      return acceptHeld(state, command)
    case "DismissStatement":
      return dismiss(state, command)
    case "RequestRefund":
      return requestRefund(state, command)
    case "TakeRefund":
      return Refund.take(state.payments, command)
    case "DropRefund":
      return Refund.drop(state.payments, command)
    case "RecordRefund":
      return Refund.record(state.payments, command)
    case "WithdrawRefund":
      return Refund.withdraw(state.payments, command)
    case "ProposeCorrection":
      return propose(state, command)
    case "Approve":
      return approve(state, command)
    case "Decline":
      return Proposal.decline(state.proposals, command)
    case "FulfilByHand":
      return Fulfilment.fulfilled(state, command)
    case "RetryFulfilment":
      return Fulfilment.retry(state, command)
  }
}

const acceptHeld = (state: Existing, { payment: number, by, reason, at }: AcceptHeldPayment): Decision => {
  const payment = state.payments[number - 1]
  if (payment === undefined) return reject(new PaymentNotFound({ payment: number }))
  if (pays(state, payment)) return accept()
  if (Refund.isReturned(payment, feeRule(state))) return reject(new PaymentSettled({ disposition: "on its way back" }))
  if (!isHeld(payment.disposition)) return settled(payment)
  if (isNoMoney(state, payment)) return reject(new NotMoney())
  if (state.payments.some((other) => pays(state, other))) return reject(new PaidAlready())
  return accept({ _tag: "HeldPaymentAccepted", ...named(number, payment), by, reason: explain(reason), acceptedAt: at })
}

const dismiss = (state: Existing, { payment: number, by, reason, at }: DismissStatement): Decision => {
  const payment = state.payments[number - 1]
  if (payment === undefined) return reject(new PaymentNotFound({ payment: number }))
  if (payment.disposition === "Dismissed") return accept()
  if (!isHeld(payment.disposition) || payment.disposition === "Surplus" || Refund.hasLive(payment))
    return settled(payment)
  const another = state.payments.some(
    (other) => other !== payment && other.disposition !== "Dismissed" && sameOrder(other.received, payment.received),
  )
  if (!another && !isNothing(payment.received.gross)) return reject(new OnlyStatement())
  return accept({ _tag: "StatementDismissed", ...named(number, payment), by, reason: explain(reason), dismissedAt: at })
}

const requestRefund = (state: Existing, command: Refund.RequestRefund): Decision => {
  const repeated = Refund.repeated(state.payments, command)
  if (repeated !== undefined) return repeated
  const payment = state.payments[command.payment - 1]
  if (payment === undefined) return reject(new PaymentNotFound({ payment: command.payment }))
  if (payment.disposition !== "Paid" && !isHeld(payment.disposition)) return settled(payment)
  if (isNoMoney(state, payment)) return reject(new NotMoney())
  const { refund } = state.terms.policy
  if (refund !== undefined && payment.disposition === "Paid") {
    const until = DateTime.add(payment.received.completedAt, { days: refund.days })
    if (DateTime.isGreaterThan(command.at, until)) return reject(new RefundTooLate({ until }))
  }
  return Refund.request(payment, feeRule(state), command)
}

const propose = (state: Existing, command: ProposeCorrection): Decision => {
  const { proposalId, digest, correction, by, reason, at, expiresAt } = command
  return Result.flatMap(Proposal.propose(state.proposals, command), (isNew): Decision => {
    if (!isNew) return accept()
    const event: CorrectionProposed = {
      _tag: "CorrectionProposed",
      correction,
      proposalId,
      digest,
      by,
      reason: explain(reason),
      proposedAt: at,
      expiresAt,
    }
    return Result.map(check(state, correction), () => [event])
  })
}

const approve = (state: Existing, command: Proposal.Approve): Decision => {
  const { proposalId, digest, by, reason, at } = command
  return Result.flatMap(Proposal.approve(state.proposals, command), (proposal): Decision => {
    if (proposal === undefined) return accept()
    const correction = proposal.what
    return Result.map(check(state, correction), () => [
      { _tag: "CorrectionApproved", correction, proposalId, digest, by, reason: explain(reason), approvedAt: at },
    ])
  })
}

/** Whether the correction fits what the invoice is now: checked when it is proposed, and again when it is approved. */
const check = (state: Existing, correction: Correction): Result.Result<void, ManualRejected> => {
  const { payments } = state
  switch (correction._tag) {
    case "HoldPayment": {
      const payment = payments[correction.payment - 1]
      if (payment === undefined) return Result.fail(new PaymentNotFound({ payment: correction.payment }))
      return pays(state, payment) ? Result.succeed(undefined) : settled(payment)
    }
    case "ReleasePayment": {
      const payment = payments[correction.payment - 1]
      if (payment === undefined) return Result.fail(new PaymentNotFound({ payment: correction.payment }))
      if (payment.disposition !== "Paid" && !isHeld(payment.disposition)) return settled(payment)
      if (Refund.hasLive(payment)) return Result.fail(new PaymentSettled({ disposition: "on its way back" }))
      return counts(payments, correction.payment - 1) ? Result.succeed(undefined) : Result.fail(new NotMoney())
    }
    case "VoidRefund": {
      const { refundId } = correction
      const refund = Refund.find(payments, refundId)
      if (refund === undefined) return Result.fail(new Refund.RefundNotFound({ refundId }))
      return refund.progress === "Recorded"
        ? Result.succeed(undefined)
        : Result.fail(new Refund.RefundClosed({ progress: refund.progress }))
    }
  }
}

const settled = ({ disposition }: Payment) => Result.fail(new PaymentSettled({ disposition }))

/** Whether another statement of the same order is settled as its money. While none is, a person may choose any of them. */
const isNoMoney = ({ payments }: Existing, payment: Payment): boolean => {
  const place = payments.indexOf(payment)
  return !counts([payment, ...payments.toSpliced(place, 1)], 0)
}

const isNothing = (gross: Money.Stated): boolean => Money.isMoney(gross) && gross.minor <= 0n

const named = (number: number, { received: { provider, orderId } }: Payment) => ({ payment: number, provider, orderId })
