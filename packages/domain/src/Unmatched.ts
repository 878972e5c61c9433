/**
 * Money that was paid under an id that none of our invoices has, or that two people took off an invoice. Never dropped: each
 * order's payment has a stream of its own, and leaves it to an invoice or back to its payer, by two people.
 */
import { Result, Schema } from "effect"
import { InvoiceId } from "./Invoice.ts"
import type { Manual } from "./Manual.ts"
import * as Money from "./Money.ts"
import {
  aPayment,
  countsBy,
  PaymentReceived,
  receivedOf,
  sameOrder,
  samePayment,
  StatementDismissed,
} from "./Payment.ts"
import type { Payment as PaymentFact } from "./PaymentProvider.ts"
import * as Proposal from "./Proposal.ts"
import * as Refund from "./Refund.ts"
import { explain, isWord, Word } from "./Text.ts"

/** The stream that holds what became of the payment of one order. */
export const stream = ({ provider, orderId }: Pick<PaymentFact, "provider" | "orderId">): string =>
  `unmatched-${provider}-${orderId}`

// -- Events. Tags and fields are the stored format: add, never rename.

/** Says why the `PaymentReceived` before it pays no invoice. */
export const PaymentUnmatched = Schema.TaggedStruct("PaymentUnmatched", {
  /** The id that the payment names; absent when it is not a `Word`, since it is then text of unknown origin. */
  externalId: Schema.optionalKey(Word),
  /** `Released`: two people took it off the invoice that it names. */
  reason: Schema.Literals(["NoSuchInvoice", "Released"]),
})

/** What two people decide about the money: which invoice it is for. */
const assignment = { ...aPayment, invoiceId: InvoiceId }

export const AssignmentProposed = Schema.TaggedStruct("AssignmentProposed", { ...assignment, ...Proposal.proposed })

/** The money is the invoice's from here on; in the same append the invoice records the payment, and judges it as any other. */
export const PaymentAssigned = Schema.TaggedStruct("PaymentAssigned", { ...assignment, ...Proposal.approved })

export const UnmatchedEvent = Schema.Union([
  PaymentReceived,
  PaymentUnmatched,
  AssignmentProposed,
  PaymentAssigned,
  Proposal.ProposalDeclined,
  StatementDismissed,
  ...Refund.events,
])
export type UnmatchedEvent = typeof UnmatchedEvent.Type

// -- State: the payments seen, one per statement of the order, and what became of each.

export interface Payment extends Refund.Refundable {
  readonly received: PaymentReceived
  readonly disposition: "Unmatched" | "Assigned" | "Dismissed"
}

export interface Assignment {
  readonly payment: number
  readonly invoiceId: InvoiceId
}

export interface Unmatched {
  readonly payments: ReadonlyArray<Payment>
  readonly proposals: ReadonlyArray<Proposal.Proposal<Assignment>>
}

export const absent: Unmatched = { payments: [], proposals: [] }

export const evolve = (state: Unmatched, event: UnmatchedEvent): Unmatched => {
  switch (event._tag) {
    case "PaymentReceived":
      return { ...state, payments: receive(state.payments, event) }
    case "PaymentUnmatched":
      return state
    case "AssignmentProposed": {
      const { payment, invoiceId } = event
      return { ...state, proposals: [...state.proposals, Proposal.opened({ payment, invoiceId }, event)] }
    }
    case "PaymentAssigned":
      return {
        payments: dispose(state.payments, event.payment, "Assigned"),
        proposals: Proposal.used(state.proposals, event),
      }
    case "ProposalDeclined":
      return { ...state, proposals: Proposal.dropped(state.proposals, event) }
    case "StatementDismissed":
      return { ...state, payments: dispose(state.payments, event.payment, "Dismissed") }
    case "RefundRequested":
    case "RefundTaken":
    case "RefundDropped":
    case "RefundRecorded":
    case "RefundWithdrawn":
      return { ...state, payments: Refund.evolve(state.payments, event) }
  }
}

const receive = (payments: ReadonlyArray<Payment>, received: PaymentReceived): ReadonlyArray<Payment> => {
  const place = payments.findIndex((known) => samePayment(known.received, received))
  const payment: Payment = { received, disposition: "Unmatched", refunds: payments[place]?.refunds ?? [] }
  return place === -1 ? [...payments, payment] : payments.with(place, payment)
}

const dispose = (
  payments: ReadonlyArray<Payment>,
  number: number,
  disposition: Payment["disposition"],
): ReadonlyArray<Payment> =>
  payments.map((payment, place) => (place === number - 1 ? { ...payment, disposition } : payment))

/** No invoice's policy says otherwise: all that the payer paid goes back. */
export const feeRule = "Shop"

/** Whether the statement at `place` is the order's money: the one that is assigned or goes back, or else the first one. */
export const counts = ({ payments }: Unmatched, place: number): boolean => countsBy(payments, place, isSettled)

const isSettled = (payment: Payment): boolean => payment.disposition === "Assigned" || Refund.hasLive(payment)

// -- Commands.

/** A provider's payment names no invoice of ours. */
export interface RecordUnmatched {
  readonly _tag: "RecordUnmatched"
  readonly externalId: string
  readonly payment: PaymentFact
}

/** An invoice's `ReleasePayment` was approved: in that append its payment, as it stands there, comes here. */
export interface RecordReleased {
  readonly _tag: "RecordReleased"
  readonly invoiceId: InvoiceId
  readonly received: PaymentReceived
}

export interface ProposeAssignment extends Proposal.Proposing, Assignment {
  readonly _tag: "ProposeAssignment"
  /** SHA-256, hex, of `textOf` this command. */
  readonly digest: string
}

export interface DismissStatement extends Manual {
  readonly _tag: "DismissStatement"
  readonly payment: number
}

export type ManualCommand =
  | ProposeAssignment
  | Proposal.Approve
  | Proposal.Decline
  | DismissStatement
  | Refund.RequestRefund
  | Refund.TakeRefund
  | Refund.DropRefund
  | Refund.RecordRefund
  | Refund.WithdrawRefund

/** What the proposer and the approver read, and what both digest. */
export const textOf = ({ payments }: Unmatched, proposing: Omit<ProposeAssignment, "digest">): string => {
  const received = payments[proposing.payment - 1]?.received
  return Proposal.proposalText(
    received === undefined ? "-" : stream(received),
    [
      "assignment: AssignPayment",
      `payment: ${proposing.payment}`,
      `gross: ${received === undefined ? "-" : Money.words(received.gross)}`,
      `invoice: ${proposing.invoiceId}`,
    ],
    proposing,
  )
}

// -- Rejections.

export class UnmatchedNotFound extends Schema.TaggedError<UnmatchedNotFound>()("UnmatchedNotFound", {
  payment: Schema.Finite,
}) {
  override readonly message = `That order has no payment ${this.payment} which no invoice has`
}

/** The payment is not in a state for this; the disposition completes "The payment is …". */
export class UnmatchedSettled extends Schema.TaggedError<UnmatchedSettled>()("UnmatchedSettled", {
  disposition: Schema.String,
}) {
  override readonly message = `The payment is ${this.disposition.toLowerCase()}`
}

export type ManualRejected = UnmatchedNotFound | UnmatchedSettled | Refund.RefundRejected | Proposal.ProposalRejected

// -- Decisions.

/** The payment and its verdict; nothing when the same payment is there already. */
export const decide = (
  { payments }: Unmatched,
  command: RecordUnmatched | RecordReleased,
): Result.Result<ReadonlyArray<UnmatchedEvent>> => {
  switch (command._tag) {
    case "RecordUnmatched": {
      const { externalId } = command
      const received = receivedOf(command.payment)
      if (payments.some((known) => samePayment(known.received, received))) return Result.succeed([])
      return Result.succeed([
        received,
        { _tag: "PaymentUnmatched", reason: "NoSuchInvoice", ...(isWord(externalId) ? { externalId } : {}) },
      ])
    }
    case "RecordReleased": {
      const { received, invoiceId } = command
      const isHere = payments.some(
        (known) => samePayment(known.received, received) && known.disposition === "Unmatched",
      )
      if (isHere) return Result.succeed([])
      return Result.succeed([received, { _tag: "PaymentUnmatched", reason: "Released", externalId: invoiceId }])
    }
  }
}

type Decision = Result.Result<ReadonlyArray<UnmatchedEvent>, ManualRejected>

const accept = (...events: ReadonlyArray<UnmatchedEvent>): Decision => Result.succeed(events)
const reject = (rejected: ManualRejected): Decision => Result.fail(rejected)

/** What people may do with the money. */
export const decideManual = (state: Unmatched, command: ManualCommand): Decision => {
  switch (command._tag) {
    case "ProposeAssignment":
      return propose(state, command)
    case "Approve":
      return approve(state, command)
    case "Decline":
      return Proposal.decline(state.proposals, command)
    case "DismissStatement":
      return dismiss(state, command)
    case "RequestRefund":
      return (
        Refund.repeated(state.payments, command) ??
        Result.flatMap(open(state, command.payment), (payment): Decision => Refund.request(payment, feeRule, command))
      )
    case "TakeRefund":
      return Refund.take(state.payments, command)
    case "DropRefund":
      return Refund.drop(state.payments, command)
    case "RecordRefund":
      return Refund.record(state.payments, command)
    case "WithdrawRefund":
      return Refund.withdraw(state.payments, command)
  }
}

/** The payment, when it is its order's money and still here. */
const open = (state: Unmatched, number: number): Result.Result<Payment, ManualRejected> => {
  const payment = state.payments[number - 1]
  if (payment === undefined) return Result.fail(new UnmatchedNotFound({ payment: number }))
  const { disposition } = payment
  if (disposition !== "Unmatched") return Result.fail(new UnmatchedSettled({ disposition }))
  const other = state.payments.find((other) => other !== payment && isSettled(other))
  if (other !== undefined)
    return Result.fail(new UnmatchedSettled({ disposition: "no money: another statement of the order is" }))
  return Result.succeed(payment)
}

/** The same, when nothing of it goes back or has gone. */
const whole = (state: Unmatched, number: number): Result.Result<Payment, ManualRejected> =>
  Result.flatMap(open(state, number), (payment) =>
    Refund.hasLive(payment)
      ? Result.fail(new UnmatchedSettled({ disposition: "on its way back" }))
      : Result.succeed(payment),
  )

const propose = (state: Unmatched, command: ProposeAssignment): Decision => {
  const { payment: number, invoiceId, proposalId, digest, by, reason, at: proposedAt, expiresAt } = command
  return Result.flatMap(Proposal.propose(state.proposals, command), (isNew): Decision => {
    if (!isNew) return accept()
    return Result.map(whole(state, number), ({ received: { provider, orderId } }) => [
      {
        _tag: "AssignmentProposed",
        payment: number,
        provider,
        orderId,
        invoiceId,
        proposalId,
        digest,
        by,
        reason: explain(reason),
        proposedAt,
        expiresAt,
      },
    ])
  })
}

const approve = (state: Unmatched, command: Proposal.Approve): Decision => {
  const { proposalId, digest, by, reason, at: approvedAt } = command
  return Result.flatMap(Proposal.approve(state.proposals, command), (proposal): Decision => {
    if (proposal === undefined) return accept()
    const { payment: number, invoiceId } = proposal.what
    return Result.map(whole(state, number), ({ received: { provider, orderId } }) => [
      {
        _tag: "PaymentAssigned",
        payment: number,
        provider,
        orderId,
        invoiceId,
        proposalId,
        digest,
        by,
        reason: explain(reason),
        approvedAt,
      },
    ])
  })
}

const dismiss = ({ payments }: Unmatched, command: DismissStatement): Decision => {
  const payment = payments[command.payment - 1]
  if (payment === undefined) return reject(new UnmatchedNotFound({ payment: command.payment }))
  const { disposition, received } = payment
  if (disposition === "Dismissed") return accept()
  if (isSettled(payment)) return reject(new UnmatchedSettled({ disposition }))
  const another = payments.some(
    (other) => other !== payment && other.disposition !== "Dismissed" && sameOrder(other.received, received),
  )
  const isNothing = Money.isMoney(received.gross) && received.gross.minor <= 0n
  if (!another && !isNothing) return reject(new UnmatchedSettled({ disposition: "the only money of its order" }))
  const { provider, orderId } = received
  const { payment: number, by, reason, at: dismissedAt } = command
  return accept({
    _tag: "StatementDismissed",
    payment: number,
    provider,
    orderId,
    by,
    reason: explain(reason),
    dismissedAt,
  })
}
