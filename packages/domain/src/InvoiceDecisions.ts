/**
 * What customers, our clock and a provider's answers do to an invoice: commands, rejections, `decide`. Pure; time is in the
 * command.
 */
import { DateTime, Equal, Result, Schema } from "effect"
import * as Fulfilment from "./Fulfilment.ts"
import {
  absentProvableAt,
  type CustomerId,
  evolveExisting,
  type Existing,
  expiryDueAt,
  type Invoice,
  type InvoiceEvent,
  InvoiceId,
  type Line,
  lineTotal,
  type Policy,
  type ProviderOrderOpened,
} from "./Invoice.ts"
import { recordAssigned, recordPayment, settle } from "./judge.ts"
import * as Money from "./Money.ts"
import type { Order, Payment } from "./PaymentProvider.ts"
import { clip, explain, link } from "./Text.ts"

// -- Commands. Each carries the time it is given at.

export type InvoiceCommand =
  | {
      readonly _tag: "Issue"
      readonly invoiceId: InvoiceId
      readonly customerId: CustomerId
      readonly lines: readonly [Line, ...Array<Line>]
      readonly payBy: DateTime.Utc
      readonly policy: Policy
      readonly at: DateTime.Utc
    }
  | {
      readonly _tag: "RequestOrder"
      readonly provider: string
      readonly externalId: string
      readonly description: string
      readonly timeoutSeconds: number
      readonly repeatUntil: DateTime.Utc
      readonly autoConversion?: string
      readonly returnUrl?: string
      readonly failReturnUrl?: string
      readonly customData?: string
      readonly at: DateTime.Utc
    }
  | { readonly _tag: "RecordOutcomeUnknown"; readonly reason: string; readonly at: DateTime.Utc }
  /** The answer to a try was that the id is known with other fields. */
  | { readonly _tag: "RecordOrderConflict"; readonly at: DateTime.Utc }
  /** The whole list, of `listed` orders, whose reading began at `listReadAt`, does not have the order. */
  | {
      readonly _tag: "RecordOrderAbsent"
      readonly listed: number
      readonly listReadAt: DateTime.Utc
      readonly at: DateTime.Utc
    }
  | { readonly _tag: "RecordOrderOpened"; readonly provider: string; readonly order: Order }
  | { readonly _tag: "RecordOrderRefused"; readonly reason: string; readonly at: DateTime.Utc }
  | { readonly _tag: "RecordPayment"; readonly payment: Payment }
  /** Two people assigned this money to the invoice: in that append it leaves the unmatched money. */
  | { readonly _tag: "RecordAssigned"; readonly payment: Payment }
  | { readonly _tag: "RecordOrderClosed"; readonly outcome: "Expired" | "Cancelled"; readonly closedAt: DateTime.Utc }
  | { readonly _tag: "Cancel"; readonly at: DateTime.Utc }
  | { readonly _tag: "ExpireByClock"; readonly at: DateTime.Utc }
  | Fulfilment.RecordFulfilled
  | Fulfilment.RecordFulfilmentFailed

// -- Rejections.

export class InvoiceNotFound extends Schema.TaggedError<InvoiceNotFound>()("InvoiceNotFound", {}) {
  override readonly message = "There is no such invoice"
}

export class InvoiceAlreadyIssued extends Schema.TaggedError<InvoiceAlreadyIssued>()("InvoiceAlreadyIssued", {
  invoiceId: InvoiceId,
}) {
  override readonly message = `Invoice ${this.invoiceId} exists with other terms`
}

/** The terms cannot be billed; the reason completes "The invoice cannot be issued: …". */
export class InvalidTerms extends Schema.TaggedError<InvalidTerms>()("InvalidTerms", { reason: Schema.String }) {
  override readonly message = `The invoice cannot be issued: ${this.reason}`
}

/** The invoice is past the point where this can be done; the status completes "The invoice is …". */
export class InvoiceClosed extends Schema.TaggedError<InvoiceClosed>()("InvoiceClosed", { status: Schema.String }) {
  override readonly message = `The invoice is ${this.status}`
}

/** The provider is being asked to open the order, or its answer is unknown: try again once that is settled. */
export class OrderUnsettled extends Schema.TaggedError<OrderUnsettled>()("OrderUnsettled", {}) {
  override readonly message = "The order is being opened at the provider; try again in a moment"
}

/** An invoice has at most one provider order, ever. */
export class OrderAlreadyRequested extends Schema.TaggedError<OrderAlreadyRequested>()("OrderAlreadyRequested", {
  externalId: Schema.String,
}) {
  override readonly message = `The invoice has its order already, under ${this.externalId}`
}

/** Too early for our clock to expire the invoice, or for a list to prove that its order is absent. */
export class NotDue extends Schema.TaggedError<NotDue>()("NotDue", { dueAt: Schema.DateTimeUtc }) {
  override readonly message = `This can be said at ${DateTime.formatIso(this.dueAt)}, not before`
}

export type InvoiceRejected =
  | InvoiceNotFound
  | InvoiceAlreadyIssued
  | InvalidTerms
  | InvoiceClosed
  | OrderUnsettled
  | OrderAlreadyRequested
  | NotDue
  | Fulfilment.NotPaid

// -- Decisions.

type Decision = Result.Result<ReadonlyArray<InvoiceEvent>, InvoiceRejected>

const accept = (...events: ReadonlyArray<InvoiceEvent>): Decision => Result.succeed(events)
const reject = (rejected: InvoiceRejected): Decision => Result.fail(rejected)

/** The events that `command` leads to; none when it is already so; or why it cannot be done. */
export const decide = (state: Invoice, command: InvoiceCommand): Decision => {
  if (command._tag === "Issue") return issue(state, command)
  if (state._tag === "Absent") return reject(new InvoiceNotFound())
  switch (command._tag) {
    case "RequestOrder":
      return requestOrder(state, command)
    case "RecordOutcomeUnknown":
      return state._tag === "Requested"
        ? accept({ _tag: "ProviderOutcomeUnknown", reason: explain(command.reason), failedAt: command.at })
        : accept()
    case "RecordOrderConflict":
      return recordConflict(state, command)
    case "RecordOrderAbsent":
      return recordAbsent(state, command)
    case "RecordOrderOpened":
      return recordOpened(state, command)
    case "RecordOrderRefused":
      return recordRefused(state, command)
    case "RecordPayment":
      return accept(...recordPayment(state, command.payment))
    case "RecordAssigned":
      return accept(...recordAssigned(state, command.payment))
    case "RecordOrderClosed":
      return recordClosed(state, command)
    case "Cancel":
      return cancel(state, command.at)
    case "ExpireByClock":
      return expireByClock(state, command.at)
    case "RecordFulfilled":
      return Fulfilment.fulfilled(state, command)
    case "RecordFulfilmentFailed":
      return Fulfilment.failed(state, command)
  }
}

type Of<Tag extends InvoiceCommand["_tag"]> = Extract<InvoiceCommand, { readonly _tag: Tag }>

const issue = (state: Invoice, command: Of<"Issue">): Decision => {
  const { invoiceId, customerId, lines, payBy, policy } = command
  if (state._tag !== "Absent") {
    // Pay-by and policy follow from the time of the command, which a repetition has another one of.
    const { terms } = state
    const same = terms.invoiceId === invoiceId && terms.customerId === customerId && Equal.equals(terms.lines, lines)
    return same ? accept() : reject(new InvoiceAlreadyIssued({ invoiceId: terms.invoiceId }))
  }
  const invalid = (reason: string) => reject(new InvalidTerms({ reason }))
  const amount = total(lines)
  if (amount === undefined) return invalid("its lines are in different currencies")
  if (amount.minor <= 0n) return invalid("its amount is not positive")
  if (!Money.isStorable(amount)) return invalid("its amount has too many digits")
  if (policy.tolerance.currency !== amount.currency) return invalid("its tolerance is in another currency")
  if (policy.tolerance.minor < 0n) return invalid("its tolerance is negative")
  if (DateTime.isLessThanOrEqualTo(payBy, command.at)) return invalid("its pay-by time has passed")
  return accept({ _tag: "InvoiceIssued", invoiceId, customerId, lines, amount, issuedAt: command.at, payBy, policy })
}

const total = ([first, ...rest]: readonly [Line, ...Array<Line>]): Money.Money | undefined =>
  rest.reduce<Money.Money | undefined>((sum, line) => sum && Money.add(sum, lineTotal(line)), lineTotal(first))

const requestOrder = (state: Existing, command: Of<"RequestOrder">): Decision => {
  if (state.request !== undefined) {
    return state.request.externalId === command.externalId
      ? accept()
      : reject(new OrderAlreadyRequested({ externalId: state.request.externalId }))
  }
  if (state._tag !== "Issued") return reject(new InvoiceClosed({ status: state._tag }))
  const { _tag, at, ...request } = command
  if (DateTime.isGreaterThanOrEqualTo(at, state.terms.payBy))
    return reject(new InvoiceClosed({ status: "past its pay-by time" }))
  return accept({ _tag: "ProviderOrderRequested", ...request, amount: state.terms.amount, requestedAt: at })
}

/** Never a refusal: under that id an order may be open. What came before an order was known to be open says nothing after. */
const recordConflict = (state: Existing, { at }: Of<"RecordOrderConflict">): Decision =>
  (state._tag === "Requested" || state._tag === "Unknown") && !state.conflicted
    ? accept({ _tag: "ProviderOrderConflicted", externalId: state.request.externalId, conflictedAt: at })
    : accept()

/**
 * An order that was never opened will not be: its id is not used again, and a customer who still wants to pay gets a new
 * invoice. Should the list be wrong, a payment completed in time pays the expired invoice all the same.
 */
const recordAbsent = (state: Existing, { listed, listReadAt, at }: Of<"RecordOrderAbsent">): Decision => {
  if (state._tag === "Requested") return reject(new OrderUnsettled())
  if (state._tag !== "Unknown") return accept()
  const dueAt = absentProvableAt(state.request)
  if (DateTime.isLessThan(listReadAt, dueAt) || DateTime.isLessThan(at, listReadAt))
    return reject(new NotDue({ dueAt }))
  return accept(
    { _tag: "ProviderOrderAbsent", externalId: state.request.externalId, listReadAt, listed },
    { _tag: "InvoiceExpired", by: "OrderAbsent", expiredAt: at },
  )
}

/** Once an answer was lost, a refusal of the repeated request says nothing about the first one: only the list tells. */
const recordRefused = (state: Existing, { reason, at }: Of<"RecordOrderRefused">): Decision => {
  if (state._tag === "Unknown") return reject(new OrderUnsettled())
  return state._tag === "Requested"
    ? accept({ _tag: "ProviderOrderRefused", reason: explain(reason), refusedAt: at })
    : accept()
}

/**
 * Records the order wherever the invoice is, since its links stay payable. Its expiry may be later than we could know,
 * so each payment that is held for its lateness is judged again.
 */
const recordOpened = (state: Existing, { provider, order }: Of<"RecordOrderOpened">): Decision => {
  if (state.request === undefined || state.order !== undefined) return accept()
  const opened: ProviderOrderOpened = {
    _tag: "ProviderOrderOpened",
    provider,
    orderId: order.orderId,
    number: clip(order.number),
    payLink: link(order.payLink),
    directPayLink: link(order.directPayLink),
    expiresAt: order.expiresAt,
  }
  return accept(opened, ...settle(evolveExisting(state, opened)))
}

const recordClosed = (state: Existing, { outcome, closedAt }: Of<"RecordOrderClosed">): Decision =>
  state._tag === "Requested" || state._tag === "Unknown" || state._tag === "AwaitingPayment"
    ? accept({ _tag: "InvoiceExpired", by: outcome === "Expired" ? "Provider" : "ProviderCancel", expiredAt: closedAt })
    : accept()

const cancel = (state: Existing, at: DateTime.Utc): Decision => {
  switch (state._tag) {
    case "Issued":
    case "AwaitingPayment":
      return accept({ _tag: "InvoiceCancelled", cancelledAt: at })
    case "Cancelled":
      return accept()
    case "Requested":
    case "Unknown":
      return reject(new OrderUnsettled())
    case "Paid":
    case "Held":
    case "RefundPending":
    case "Refunded":
    case "Expired":
    case "Refused":
      return reject(new InvoiceClosed({ status: state._tag }))
  }
}

/** Our clock never beats a provider's "paid": an expired invoice still becomes paid by a payment completed in time. */
const expireByClock = (state: Existing, at: DateTime.Utc): Decision => {
  switch (state._tag) {
    case "Issued":
    case "Requested":
    // Whether there is an order is not known, but whatever a last try may have opened has ended by then.
    case "Unknown":
    case "AwaitingPayment": {
      const dueAt = expiryDueAt(state)
      return DateTime.isLessThan(at, dueAt)
        ? reject(new NotDue({ dueAt }))
        : accept({ _tag: "InvoiceExpired", by: "Clock", expiredAt: at })
    }
    case "Expired":
      return accept()
    case "Paid":
    case "Held":
    case "RefundPending":
    case "Refunded":
    case "Cancelled":
    case "Refused":
      return reject(new InvoiceClosed({ status: state._tag }))
  }
}
