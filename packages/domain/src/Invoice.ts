/**
 * The invoice: events, state, `evolve`. What it does with a command stands in `InvoiceDecisions.ts`, what a person may do in
 * `ManualDecisions.ts`.
 *
 * What a provider says may arrive late, twice and in any order. Each observation is therefore recorded as a fact, and
 * what it means is judged by the provider's times, not by when we heard it: see `judge.ts`.
 */
import { DateTime, Schema } from "effect"
import { type Correction, CorrectionApproved, CorrectionProposed } from "./Correction.ts"
import * as Fulfilment from "./Fulfilment.ts"
import * as Money from "./Money.ts"
import {
  counts,
  type Disposition,
  HeldPaymentAccepted,
  InvoicePaid,
  isHeld,
  type Payment,
  PaymentHeld,
  PaymentReceived,
  samePayment,
  StatementDismissed,
} from "./Payment.ts"
import * as Proposal from "./Proposal.ts"
import * as Refund from "./Refund.ts"
import { Link, Text, Word } from "./Text.ts"
import { Time } from "./Time.ts"

/** A random id, 20 characters of 0-9a-z after the prefix. It says nothing about the customer. */
export const InvoiceId = Schema.String.check(Schema.isPattern(/^inv_[0-9a-z]{20}$/)).pipe(Schema.brand("InvoiceId"))
export type InvoiceId = typeof InvoiceId.Type

/** A random id. Who the customer is stands in a table that can be erased, never in the log. */
export const CustomerId = Schema.String.check(Schema.isPattern(/^cus_[0-9a-z]{20}$/)).pipe(Schema.brand("CustomerId"))
export type CustomerId = typeof CustomerId.Type

/** The stream that holds an invoice's history. */
export const stream = (id: InvoiceId): string => `invoice-${id}`

/** The invoice whose history a stream is, or `undefined` for another kind of stream. */
export const idOf = (stream: string): InvoiceId | undefined => {
  const id = stream.startsWith("invoice-") ? stream.slice("invoice-".length) : ""
  return isInvoiceId(id) ? id : undefined
}

const isInvoiceId = Schema.is(InvoiceId)

// -- Events. Tags and fields are the stored format: add, never rename.

export const Line = Schema.Struct({
  title: Text,
  quantity: Schema.Int.check(Schema.isGreaterThan(0)),
  unitPrice: Money.Money,
})
export type Line = typeof Line.Type

/** The rules in force when the invoice was issued, kept as data so that a later change of rules does not rewrite the past. */
export const Policy = Schema.Struct({
  /** An order amount this far from the invoice's is still the right amount. */
  tolerance: Money.Money,
  /** What a payment completed after the provider's expiry becomes. */
  late: Schema.Literals(["Hold", "Accept"]),
  /** How long after the last deadline our own clock waits before it expires the invoice. */
  graceSeconds: Schema.Natural,
  /** Absent in invoices of before there were refunds: the shop bears the fee, and there is no last day. */
  refund: Schema.optionalKey(Refund.RefundRule),
})
export type Policy = typeof Policy.Type

export const InvoiceIssued = Schema.TaggedStruct("InvoiceIssued", {
  invoiceId: InvoiceId,
  customerId: CustomerId,
  lines: Schema.NonEmptyArray(Line),
  amount: Money.Money,
  issuedAt: Time,
  payBy: Time,
  policy: Policy,
})
export type InvoiceIssued = typeof InvoiceIssued.Type

/** Written before the call to the provider: all of the request but the payer, so that the same request can be made again. */
export const ProviderOrderRequested = Schema.TaggedStruct("ProviderOrderRequested", {
  provider: Word,
  externalId: Word,
  amount: Money.Money,
  description: Text,
  timeoutSeconds: Schema.Natural,
  autoConversion: Schema.optionalKey(Text),
  returnUrl: Schema.optionalKey(Text),
  failReturnUrl: Schema.optionalKey(Text),
  customData: Schema.optionalKey(Text),
  requestedAt: Time,
  /** Until then the identical request may be repeated. */
  repeatUntil: Time,
})
export type ProviderOrderRequested = typeof ProviderOrderRequested.Type

/** The call timed out or failed: whether the provider has the order is not known. */
export const ProviderOutcomeUnknown = Schema.TaggedStruct("ProviderOutcomeUnknown", { reason: Text, failedAt: Time })

export const ProviderOrderOpened = Schema.TaggedStruct("ProviderOrderOpened", {
  provider: Word,
  orderId: Word,
  number: Text,
  payLink: Link,
  directPayLink: Link,
  expiresAt: Time,
})
export type ProviderOrderOpened = typeof ProviderOrderOpened.Type

/**
 * The provider knows our id with other fields than those we sent: the id was used twice, which is a fault of ours and an
 * alarm. It is no refusal, since an order may be open under that id; only the provider's list tells.
 */
export const ProviderOrderConflicted = Schema.TaggedStruct("ProviderOrderConflicted", {
  externalId: Word,
  conflictedAt: Time,
})

/** The provider's whole list was read, long enough after the last try, and our order is not in it: it never came to be. */
export const ProviderOrderAbsent = Schema.TaggedStruct("ProviderOrderAbsent", {
  externalId: Word,
  /** When the reading of the list began. */
  listReadAt: Time,
  /** How many orders the list had. */
  listed: Schema.Natural,
})

export const ProviderOrderRefused = Schema.TaggedStruct("ProviderOrderRefused", { reason: Text, refusedAt: Time })

/** Nobody expects a payment any more. One that was completed in time still pays the invoice. */
export const InvoiceExpired = Schema.TaggedStruct("InvoiceExpired", {
  by: Schema.Literals(["Provider", "ProviderCancel", "Clock", "OrderAbsent"]),
  expiredAt: Time,
})

export const InvoiceCancelled = Schema.TaggedStruct("InvoiceCancelled", { cancelledAt: Time })

export const InvoiceEvent = Schema.Union([
  InvoiceIssued,
  ProviderOrderRequested,
  ProviderOutcomeUnknown,
  ProviderOrderConflicted,
  ProviderOrderAbsent,
  ProviderOrderOpened,
  ProviderOrderRefused,
  PaymentReceived,
  InvoicePaid,
  PaymentHeld,
  InvoiceExpired,
  InvoiceCancelled,
  HeldPaymentAccepted,
  StatementDismissed,
  ...Refund.events,
  CorrectionProposed,
  CorrectionApproved,
  Proposal.ProposalDeclined,
  ...Fulfilment.events,
])
export type InvoiceEvent = typeof InvoiceEvent.Type

// -- State.

interface Facts extends Omit<Fulfilment.Fulfillable, "_tag"> {
  readonly terms: InvoiceIssued
  readonly request: ProviderOrderRequested | undefined
  readonly order: ProviderOrderOpened | undefined
  readonly cancelledAt: DateTime.Utc | undefined
  readonly refused: boolean
  /** The provider knows the request's id with other fields: it must not be repeated. */
  readonly conflicted: boolean
  readonly payments: ReadonlyArray<Payment>
  readonly proposals: ReadonlyArray<Proposal.Proposal<Correction>>
}

export type Existing =
  | (Facts & { readonly _tag: "Issued" })
  | (Facts & { readonly _tag: "Requested" | "Unknown"; readonly request: ProviderOrderRequested })
  | (Facts & {
      readonly _tag: "AwaitingPayment"
      readonly request: ProviderOrderRequested
      readonly order: ProviderOrderOpened
    })
  | (Facts & { readonly _tag: AfterMoney | "Expired" | "Cancelled" | "Refused" })

/** A state that payments lead to. */
type AfterMoney = "Paid" | "Held" | "RefundPending" | "Refunded"

export type Status = Existing["_tag"]

export type Invoice = { readonly _tag: "Absent" } | Existing

export const absent: Invoice = { _tag: "Absent" }

/** The state after `event`. Events are facts: what `decide` once let happen is not checked again. */
export const evolve = (state: Invoice, event: InvoiceEvent): Invoice => {
  if (event._tag === "InvoiceIssued") {
    return state._tag !== "Absent"
      ? state
      : {
          _tag: "Issued",
          terms: event,
          request: undefined,
          order: undefined,
          cancelledAt: undefined,
          refused: false,
          conflicted: false,
          payments: [],
          proposals: [],
          wasPaid: false,
          fulfilment: undefined,
        }
  }
  return state._tag === "Absent" ? state : evolveExisting(state, event)
}

export const evolveExisting = (state: Existing, event: Exclude<InvoiceEvent, InvoiceIssued>): Existing => {
  switch (event._tag) {
    case "ProviderOrderRequested":
      return { ...state, _tag: "Requested", request: event }
    case "ProviderOutcomeUnknown":
      return state._tag === "Requested" ? { ...state, _tag: "Unknown" } : state
    case "ProviderOrderConflicted":
      return state._tag === "Requested"
        ? { ...state, _tag: "Unknown", conflicted: true }
        : { ...state, conflicted: true }
    case "ProviderOrderAbsent":
      // The `InvoiceExpired` beside it says what that means.
      return state
    case "ProviderOrderOpened":
      return state._tag === "Requested" || state._tag === "Unknown"
        ? { ...state, _tag: "AwaitingPayment", order: event }
        : { ...state, order: event }
    case "ProviderOrderRefused":
      return { ...state, _tag: "Refused", refused: true }
    case "PaymentReceived":
      return { ...state, payments: receive(state.payments, event) }
    case "InvoicePaid":
    case "HeldPaymentAccepted":
      return withPayments({ ...state, wasPaid: true }, dispose(state.payments, event.payment, "Paid"))
    case "PaymentHeld":
      return withPayments(state, dispose(state.payments, event.payment, event.reason))
    case "StatementDismissed":
      return withPayments(state, dispose(state.payments, event.payment, "Dismissed"))
    case "InvoiceExpired":
      return { ...state, _tag: "Expired" }
    case "InvoiceCancelled":
      return { ...state, _tag: "Cancelled", cancelledAt: event.cancelledAt }
    case "RefundRequested":
    case "RefundTaken":
    case "RefundDropped":
    case "RefundRecorded":
    case "RefundWithdrawn":
      return withPayments(state, Refund.evolve(state.payments, event))
    case "CorrectionProposed":
      return { ...state, proposals: [...state.proposals, Proposal.opened(event.correction, event)] }
    case "CorrectionApproved": {
      const proposals = Proposal.used(state.proposals, event)
      return withPayments({ ...state, proposals }, correct(state.payments, event.correction))
    }
    case "ProposalDeclined":
      return { ...state, proposals: Proposal.dropped(state.proposals, event) }
    case "InvoiceFulfilled":
    case "FulfilmentFailed":
      return { ...state, fulfilment: event }
    case "FulfilmentRetried":
      return { ...state, fulfilment: undefined }
  }
}

type Payments = ReadonlyArray<Payment>

const receive = (payments: Payments, received: PaymentReceived): Payments => {
  const place = placeOf(payments, received)
  const payment: Payment = { received, disposition: "Undecided", refunds: payments[place]?.refunds ?? [] }
  return place === payments.length ? [...payments, payment] : payments.with(place, payment)
}

const dispose = (payments: Payments, number: number, disposition: Disposition): Payments =>
  payments.map((payment, place) => (place === number - 1 ? { ...payment, disposition } : payment))

const correct = (payments: Payments, correction: Correction): Payments => {
  switch (correction._tag) {
    case "HoldPayment":
      return dispose(payments, correction.payment, "Corrected")
    case "ReleasePayment":
      return dispose(payments, correction.payment, "Released")
    case "VoidRefund":
      return Refund.change(payments, correction.refundId, { progress: "Void" })
  }
}

/** Where the payment stands, or else the next free place. */
export const placeOf = (payments: Payments, received: PaymentReceived): number => {
  const place = payments.findIndex((known) => samePayment(known.received, received))
  return place === -1 ? payments.length : place
}

/** With other payments, an invoice is what its money says, whatever it was before. */
const withPayments = (state: Existing, payments: Payments): Existing => ({
  ...state,
  payments,
  _tag: afterMoney(payments, feeRule(state)) ?? withoutMoney(state),
})

/** Money that goes back pays nothing. Money that somebody must decide on comes before money that is on its way. */
const afterMoney = (payments: Payments, fee: Refund.RefundRule["fee"]): AfterMoney | undefined => {
  const money = payments.filter((_, place) => counts(payments, place))
  const kept = money.filter((payment) => !Refund.isReturned(payment, fee))
  if (kept.some(({ disposition }) => disposition === "Paid")) return "Paid"
  if (kept.some(({ disposition }) => isHeld(disposition))) return "Held"
  const returned = money.filter((payment) => Refund.isReturned(payment, fee))
  if (returned.some(({ refunds }) => refunds.some(({ progress }) => progress === "Requested"))) return "RefundPending"
  return returned.length > 0 ? "Refunded" : undefined
}

/** All the money was another's: the order was used up by it, and nobody expects a payment any more. */
const withoutMoney = ({ cancelledAt, refused }: Existing): "Cancelled" | "Refused" | "Expired" => {
  if (cancelledAt !== undefined) return "Cancelled"
  return refused ? "Refused" : "Expired"
}

/** The state after `events`. Linear in them, and quadratic in the payments of this one invoice. */
export const fold = (events: Iterable<InvoiceEvent>, from: Invoice = absent): Invoice => {
  let state = from
  for (const event of events) state = evolve(state, event)
  return state
}

// -- What can be read off a state.

/** Who bears the provider's fee when money goes back. */
export const feeRule = ({ terms }: Existing): Refund.RefundRule["fee"] => terms.policy.refund?.fee ?? "Shop"

/** Whether the payment pays the invoice: it was taken for it, and not all of it goes back. At most one does. */
export const pays = (state: Existing, payment: Payment): boolean =>
  payment.disposition === "Paid" && !Refund.isReturned(payment, feeRule(state))

/** The payment that pays the invoice; of an invoice that was refunded, the last that did. */
export const payingOf = (state: Existing): Payment | undefined =>
  state.payments.find((payment) => pays(state, payment)) ??
  state.payments.findLast(({ disposition }) => disposition === "Paid")

/** Quantity times unit price. */
export const lineTotal = (line: Line): Money.Money => Money.times(line.unitPrice, BigInt(line.quantity))

/**
 * The last moment at which the provider takes the payment. The provider made its order after we asked, so before its
 * answer is known the order lives at least until request + timeout; the later of both keeps the verdict the same
 * whichever fact arrives first.
 */
export const payableUntil = (request: ProviderOrderRequested, order: ProviderOrderOpened | undefined): DateTime.Utc => {
  const atLeast = DateTime.add(request.requestedAt, { seconds: request.timeoutSeconds })
  return order === undefined ? atLeast : DateTime.max(atLeast, order.expiresAt)
}

/**
 * When our own clock may expire the invoice: after every deadline that the customer or the provider has, and the grace.
 * While the order is not known, the last try may have opened it, and it lives from then.
 */
export const expiryDueAt = ({ terms, request, order }: Existing): DateTime.Utc => {
  const deadlines = [terms.payBy]
  if (request !== undefined) deadlines.push(payableUntil(request, order))
  if (request !== undefined && order === undefined)
    deadlines.push(DateTime.add(request.repeatUntil, { seconds: request.timeoutSeconds }))
  return DateTime.add(deadlines.reduce(DateTime.max), { seconds: terms.policy.graceSeconds })
}

/** From when a list must be read to prove that the order is absent: well after the last moment of a try. */
export const absentProvableAt = ({ repeatUntil }: ProviderOrderRequested): DateTime.Utc =>
  DateTime.add(repeatUntil, { minutes: 5 })
