/**
 * The invoice: events, state, `evolve`, commands, rejections, `decide`. Pure; time is in the command.
 *
 * What a provider says may arrive late, twice and in any order. Each observation is therefore recorded as a fact, and
 * what it means is judged by the provider's times, not by when we heard it: see `judge`.
 */
import { DateTime, Result, Schema } from "effect"
import * as Money from "./Money.ts"
import type { Order, Payment as PaymentFact } from "./PaymentProvider.ts"

/** A random id, 20 characters of 0-9a-z after the prefix. It says nothing about the customer. */
export const InvoiceId = Schema.String.check(Schema.isPattern(/^inv_[0-9a-z]{20}$/)).pipe(Schema.brand("InvoiceId"))
export type InvoiceId = typeof InvoiceId.Type

/** A random id. Who the customer is stands in a table that can be erased, never in the log. */
export const CustomerId = Schema.String.check(Schema.isPattern(/^cus_[0-9a-z]{20}$/)).pipe(Schema.brand("CustomerId"))
export type CustomerId = typeof CustomerId.Type

/** The stream that holds an invoice's history. */
export const stream = (id: InvoiceId): string => `invoice-${id}`

// -- Events. Tags and fields are the stored format: add, never rename.

const Time = Schema.DateTimeUtcFromString
const Text = Schema.NonEmptyString.check(Schema.isMaxLength(255))

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
  provider: Text,
  externalId: Text,
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

export const ProviderOutcomeUnknown = Schema.TaggedStruct("ProviderOutcomeUnknown", { reason: Text, failedAt: Time })

export const ProviderOrderOpened = Schema.TaggedStruct("ProviderOrderOpened", {
  provider: Text,
  orderId: Text,
  number: Text,
  payLink: Schema.String,
  directPayLink: Schema.String,
  expiresAt: Time,
})
export type ProviderOrderOpened = typeof ProviderOrderOpened.Type

export const ProviderOrderRefused = Schema.TaggedStruct("ProviderOrderRefused", { reason: Text, refusedAt: Time })

/** Money was seen. What it means is said by the event that follows: `InvoicePaid`, `PaymentHeld` or `PaymentUnmatched`. */
export const PaymentReceived = Schema.TaggedStruct("PaymentReceived", {
  provider: Text,
  orderId: Text,
  orderAmount: Money.Stated,
  gross: Money.Stated,
  fee: Money.Stated,
  net: Money.Stated,
  rate: Schema.String,
  completedAt: Time,
})
export type PaymentReceived = typeof PaymentReceived.Type

export const InvoicePaid = Schema.TaggedStruct("InvoicePaid", { provider: Text, orderId: Text, paidAt: Time })

export const HoldReason = Schema.Literals([
  "WrongAmount",
  "WrongCurrency",
  "UnknownCurrency",
  "NotConserved", // gross is not fee + net
  "NoOrder", // nothing was requested for this invoice
  "AfterExpiry",
  "AfterCancel",
  "AfterRefusal",
  "Surplus", // another payment has paid it
])
export type HoldReason = typeof HoldReason.Type

export const PaymentHeld = Schema.TaggedStruct("PaymentHeld", { provider: Text, orderId: Text, reason: HoldReason })

export const InvoiceExpired = Schema.TaggedStruct("InvoiceExpired", {
  by: Schema.Literals(["Provider", "ProviderCancel", "Clock"]),
  expiredAt: Time,
})

export const InvoiceCancelled = Schema.TaggedStruct("InvoiceCancelled", { cancelledAt: Time })

export const InvoiceEvent = Schema.Union([
  InvoiceIssued,
  ProviderOrderRequested,
  ProviderOutcomeUnknown,
  ProviderOrderOpened,
  ProviderOrderRefused,
  PaymentReceived,
  InvoicePaid,
  PaymentHeld,
  InvoiceExpired,
  InvoiceCancelled,
])
export type InvoiceEvent = typeof InvoiceEvent.Type

// -- State.

/** A payment and what became of it. `Undecided` lasts only between two events of one append. */
export interface Payment {
  readonly received: PaymentReceived
  readonly disposition: "Undecided" | "Paid" | HoldReason
}

interface Facts {
  readonly terms: InvoiceIssued
  readonly request: ProviderOrderRequested | undefined
  readonly order: ProviderOrderOpened | undefined
  readonly cancelledAt: DateTime.Utc | undefined
  readonly refused: boolean
  readonly payments: ReadonlyArray<Payment>
}

export type Status = Existing["_tag"]

export type Existing =
  | (Facts & { readonly _tag: "Issued" })
  | (Facts & { readonly _tag: "Requested" | "Unknown"; readonly request: ProviderOrderRequested })
  | (Facts & {
      readonly _tag: "AwaitingPayment"
      readonly request: ProviderOrderRequested
      readonly order: ProviderOrderOpened
    })
  | (Facts & { readonly _tag: "Paid" | "Held" | "Expired" | "Cancelled" | "Refused" })

export type Invoice = { readonly _tag: "Absent" } | Existing

export const absent: Invoice = { _tag: "Absent" }

/** The state after `event`. Total: an event that cannot follow leaves the state as it was. */
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
          payments: [],
        }
  }
  return state._tag === "Absent" ? state : evolveExisting(state, event)
}

const evolveExisting = (state: Existing, event: Exclude<InvoiceEvent, InvoiceIssued>): Existing => {
  switch (event._tag) {
    case "ProviderOrderRequested":
      return { ...state, _tag: "Requested", request: event }
    case "ProviderOutcomeUnknown":
      return state._tag === "Requested" ? { ...state, _tag: "Unknown" } : state
    case "ProviderOrderOpened":
      return state._tag === "Requested" || state._tag === "Unknown"
        ? { ...state, _tag: "AwaitingPayment", order: event }
        : { ...state, order: event }
    case "ProviderOrderRefused":
      return { ...state, _tag: "Refused", refused: true }
    case "PaymentReceived":
      return { ...state, payments: [...state.payments, { received: event, disposition: "Undecided" }] }
    case "InvoicePaid":
      return { ...state, _tag: "Paid", payments: dispose(state.payments, event.orderId, "Paid") }
    case "PaymentHeld":
      return {
        ...state,
        _tag: state._tag === "Paid" ? "Paid" : "Held",
        payments: dispose(state.payments, event.orderId, event.reason),
      }
    case "InvoiceExpired":
      return { ...state, _tag: "Expired" }
    case "InvoiceCancelled":
      return { ...state, _tag: "Cancelled", cancelledAt: event.cancelledAt }
  }
}

/** The verdict is on the payment just received, or else releases the one of that order that was held for its lateness. */
const dispose = (
  payments: ReadonlyArray<Payment>,
  orderId: string,
  disposition: "Paid" | HoldReason,
): ReadonlyArray<Payment> => {
  const find = (was: Payment["disposition"]) =>
    payments.findIndex((p) => p.received.orderId === orderId && p.disposition === was)
  const undecided = find("Undecided")
  const index = undecided === -1 ? find("AfterExpiry") : undecided
  return payments.map((payment, i) => (i === index ? { ...payment, disposition } : payment))
}

export const fold = (events: Iterable<InvoiceEvent>, from: Invoice = absent): Invoice => {
  let state = from
  for (const event of events) state = evolve(state, event)
  return state
}

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
  | { readonly _tag: "RecordOrderOpened"; readonly provider: string; readonly order: Order }
  | { readonly _tag: "RecordOrderRefused"; readonly reason: string; readonly at: DateTime.Utc }
  | { readonly _tag: "RecordPayment"; readonly payment: PaymentFact }
  | { readonly _tag: "RecordOrderClosed"; readonly outcome: "Expired" | "Cancelled"; readonly closedAt: DateTime.Utc }
  | { readonly _tag: "Cancel"; readonly at: DateTime.Utc }
  | { readonly _tag: "ExpireByClock"; readonly at: DateTime.Utc }

// -- Rejections.

export class InvoiceNotFound extends Schema.TaggedError<InvoiceNotFound>()("InvoiceNotFound", {}) {
  override readonly message = "There is no such invoice"
}

export class InvoiceAlreadyIssued extends Schema.TaggedError<InvoiceAlreadyIssued>()("InvoiceAlreadyIssued", {
  invoiceId: InvoiceId,
}) {
  override readonly message = `Invoice ${this.invoiceId} exists with other terms`
}

/** The terms cannot be billed: currencies differ between lines, the amount is not positive, or pay-by is not in the future. */
export class InvalidTerms extends Schema.TaggedError<InvalidTerms>()("InvalidTerms", { reason: Schema.String }) {
  override readonly message = `The invoice cannot be issued: ${this.reason}`
}

/** The invoice is past the point where this can be done. */
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

export class NotDue extends Schema.TaggedError<NotDue>()("NotDue", { dueAt: Schema.DateTimeUtc }) {
  override readonly message = `The invoice may expire at ${DateTime.formatIso(this.dueAt)}, not before`
}

export type InvoiceRejected =
  | InvoiceNotFound
  | InvoiceAlreadyIssued
  | InvalidTerms
  | InvoiceClosed
  | OrderUnsettled
  | OrderAlreadyRequested
  | NotDue

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
        ? accept({ _tag: "ProviderOutcomeUnknown", reason: command.reason, failedAt: command.at })
        : accept()
    case "RecordOrderOpened":
      return recordOpened(state, command)
    case "RecordOrderRefused":
      return state._tag === "Requested" || state._tag === "Unknown"
        ? accept({ _tag: "ProviderOrderRefused", reason: command.reason, refusedAt: command.at })
        : accept()
    case "RecordPayment":
      return recordPayment(state, command.payment)
    case "RecordOrderClosed":
      return recordClosed(state, command)
    case "Cancel":
      return cancel(state, command.at)
    case "ExpireByClock":
      return expireByClock(state, command.at)
  }
}

type Of<Tag extends InvoiceCommand["_tag"]> = Extract<InvoiceCommand, { readonly _tag: Tag }>

const issue = (state: Invoice, command: Of<"Issue">): Decision => {
  const { invoiceId, customerId, lines, payBy, policy } = command
  const amount = total(lines)
  if (amount === undefined) return reject(new InvalidTerms({ reason: "its lines are in different currencies" }))
  if (amount.minor <= 0n) return reject(new InvalidTerms({ reason: "its amount is not positive" }))
  if (Money.subtract(amount, policy.tolerance) === undefined)
    return reject(new InvalidTerms({ reason: "its tolerance is in another currency" }))
  if (state._tag !== "Absent") {
    const { terms } = state
    const same = terms.invoiceId === invoiceId && terms.customerId === customerId && Money.equals(terms.amount, amount)
    return same ? accept() : reject(new InvoiceAlreadyIssued({ invoiceId: terms.invoiceId }))
  }
  if (DateTime.isLessThanOrEqualTo(payBy, command.at))
    return reject(new InvalidTerms({ reason: "its pay-by time has passed" }))
  return accept({ _tag: "InvoiceIssued", invoiceId, customerId, lines, amount, issuedAt: command.at, payBy, policy })
}

const total = ([first, ...rest]: readonly [Line, ...Array<Line>]): Money.Money | undefined =>
  rest.reduce<Money.Money | undefined>((sum, line) => sum && Money.add(sum, lineTotal(line)), lineTotal(first))

/** Quantity times unit price. */
export const lineTotal = (line: Line): Money.Money => Money.times(line.unitPrice, BigInt(line.quantity))

const requestOrder = (state: Existing, command: Of<"RequestOrder">): Decision => {
  if (state.request !== undefined) {
    return state.request.externalId === command.externalId
      ? accept()
      : reject(new OrderAlreadyRequested({ externalId: state.request.externalId }))
  }
  if (state._tag !== "Issued") return reject(new InvoiceClosed({ status: state._tag }))
  const { _tag, at, ...request } = command
  return accept({ _tag: "ProviderOrderRequested", ...request, amount: state.terms.amount, requestedAt: at })
}

/** Records the order wherever the invoice is: its links stay payable. A payment held only for its lateness may now prove timely. */
const recordOpened = (state: Existing, { provider, order }: Of<"RecordOrderOpened">): Decision => {
  if (state.order !== undefined) return accept()
  const opened: ProviderOrderOpened = { _tag: "ProviderOrderOpened", provider, ...order }
  const next = { ...state, order: opened }
  const released =
    state._tag === "Held"
      ? state.payments.find((p) => p.disposition === "AfterExpiry" && judge(next, p.received) === undefined)
      : undefined
  return released === undefined ? accept(opened) : accept(opened, paid(released.received))
}

const recordPayment = (state: Existing, payment: PaymentFact): Decision => {
  const received: PaymentReceived = { _tag: "PaymentReceived", ...payment }
  if (state.payments.some((known) => samePayment(known.received, received))) return accept()
  const reason = judge(state, received)
  return reason === undefined
    ? accept(received, paid(received))
    : accept(received, { _tag: "PaymentHeld", provider: received.provider, orderId: received.orderId, reason })
}

const paid = (received: PaymentReceived): InvoiceEvent => ({
  _tag: "InvoicePaid",
  provider: received.provider,
  orderId: received.orderId,
  paidAt: received.completedAt,
})

/**
 * One order is paid once. Its payment is told several times (webhook, repeated webhook, sweep), with completion times
 * that differ by milliseconds; the same order with other amounts is another statement and is kept.
 */
export const samePayment = (a: PaymentReceived, b: PaymentReceived): boolean =>
  a.provider === b.provider &&
  a.orderId === b.orderId &&
  Money.sameStatement(a.orderAmount, b.orderAmount) &&
  Money.sameStatement(a.gross, b.gross) &&
  Money.sameStatement(a.fee, b.fee) &&
  Money.sameStatement(a.net, b.net)

/** Why a payment must be held, or `undefined` when it pays the invoice. Reads the facts, never the order in which they came. */
const judge = (state: Existing, payment: PaymentReceived): HoldReason | undefined => {
  const { orderAmount, gross, fee, net } = payment
  const { amount, policy } = state.terms
  if (!Money.isMoney(orderAmount) || !Money.isMoney(gross) || !Money.isMoney(fee) || !Money.isMoney(net))
    return "UnknownCurrency"
  const difference = Money.subtract(orderAmount, amount)
  if (difference === undefined) return "WrongCurrency"
  if (!within(difference, policy.tolerance)) return "WrongAmount"
  const parts = Money.add(fee, net)
  if (parts === undefined || !Money.equals(gross, parts)) return "NotConserved"
  if (state.request === undefined) return "NoOrder"
  if (state.refused) return "AfterRefusal"
  if (state.cancelledAt !== undefined && DateTime.isGreaterThanOrEqualTo(payment.completedAt, state.cancelledAt))
    return "AfterCancel"
  if (policy.late === "Hold" && DateTime.isGreaterThan(payment.completedAt, payableUntil(state.request, state.order)))
    return "AfterExpiry"
  return state.payments.some((known) => known.disposition === "Paid") ? "Surplus" : undefined
}

const within = (difference: Money.Money, tolerance: Money.Money): boolean => {
  const magnitude = difference.minor < 0n ? { ...difference, minor: -difference.minor } : difference
  const slack = Money.subtract(tolerance, magnitude)
  return slack !== undefined && slack.minor >= 0n
}

/**
 * The last moment at which the provider takes the payment. The provider made its order after we asked, so before its
 * answer is known the order lives at least until request + timeout; the later of both keeps the verdict the same
 * whichever fact arrives first.
 */
const payableUntil = (request: ProviderOrderRequested, order: ProviderOrderOpened | undefined): DateTime.Utc => {
  const atLeast = DateTime.add(request.requestedAt, { seconds: request.timeoutSeconds })
  return order === undefined ? atLeast : DateTime.max(atLeast, order.expiresAt)
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
    case "AwaitingPayment": {
      const dueAt = expiryDueAt(state)
      return DateTime.isLessThan(at, dueAt)
        ? reject(new NotDue({ dueAt }))
        : accept({ _tag: "InvoiceExpired", by: "Clock", expiredAt: at })
    }
    case "Unknown":
      // Whether there is an order is not known; only the provider's own word ends this state.
      return reject(new OrderUnsettled())
    case "Expired":
      return accept()
    case "Paid":
    case "Held":
    case "Cancelled":
    case "Refused":
      return reject(new InvoiceClosed({ status: state._tag }))
  }
}

/** When our own clock may expire the invoice: after every deadline that the customer or the provider has, and the grace. */
export const expiryDueAt = ({ terms, request, order }: Existing): DateTime.Utc => {
  const last = request === undefined ? terms.payBy : DateTime.max(terms.payBy, payableUntil(request, order))
  return DateTime.add(last, { seconds: terms.policy.graceSeconds })
}
