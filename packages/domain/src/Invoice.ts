/**
 * The invoice: events, state, `evolve`, commands, rejections, `decide`. Pure; time is in the command.
 *
 * What a provider says may arrive late, twice and in any order. Each observation is therefore recorded as a fact, and
 * what it means is judged by the provider's times, not by when we heard it: see `judge`.
 */
import { DateTime, Equal, Result, Schema } from "effect"
import * as Money from "./Money.ts"
import type { Order, Payment as PaymentFact } from "./PaymentProvider.ts"
import { clip, explain, link, Link, Text, Word } from "./Text.ts"
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

export const ProviderOrderRefused = Schema.TaggedStruct("ProviderOrderRefused", { reason: Text, refusedAt: Time })

/**
 * Money was seen. What it means is said by the event that follows: `InvoicePaid`, `PaymentHeld` or `PaymentUnmatched`.
 *
 * The same payment (`samePayment`) stands here again only when an earlier completion time was heard of one that is held
 * for its time; the number of payments does not grow by that.
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

/** Which payment is meant: the invoice's first is 1. Order and provider alone do not say it; they are there for readers. */
const aPayment = { payment: Schema.Natural.check(Schema.isGreaterThan(0)), provider: Word, orderId: Word }

export const InvoicePaid = Schema.TaggedStruct("InvoicePaid", { ...aPayment, paidAt: Time })

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

/** Nobody expects a payment any more. One that was completed in time still pays the invoice. */
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

/** A payment and what became of it: the newest verdict. `Undecided` lasts only between two events of one append. */
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

export type Existing =
  | (Facts & { readonly _tag: "Issued" })
  | (Facts & { readonly _tag: "Requested" | "Unknown"; readonly request: ProviderOrderRequested })
  | (Facts & {
      readonly _tag: "AwaitingPayment"
      readonly request: ProviderOrderRequested
      readonly order: ProviderOrderOpened
    })
  | (Facts & { readonly _tag: "Paid" | "Held" | "Expired" | "Cancelled" | "Refused" })

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
      return { ...state, payments: receive(state.payments, event) }
    case "InvoicePaid":
      return { ...state, _tag: "Paid", payments: dispose(state.payments, event.payment, "Paid") }
    case "PaymentHeld":
      return {
        ...state,
        _tag: state._tag === "Paid" ? "Paid" : "Held",
        payments: dispose(state.payments, event.payment, event.reason),
      }
    case "InvoiceExpired":
      return { ...state, _tag: "Expired" }
    case "InvoiceCancelled":
      return { ...state, _tag: "Cancelled", cancelledAt: event.cancelledAt }
  }
}

type Payments = ReadonlyArray<Payment>

const receive = (payments: Payments, received: PaymentReceived): Payments => {
  const payment: Payment = { received, disposition: "Undecided" }
  const place = placeOf(payments, received)
  return place === payments.length ? [...payments, payment] : payments.with(place, payment)
}

const dispose = (payments: Payments, number: number, disposition: "Paid" | HoldReason): Payments =>
  payments.map((payment, place) => (place === number - 1 ? { ...payment, disposition } : payment))

/** Where the payment stands, or else the next free place. */
const placeOf = (payments: Payments, received: PaymentReceived): number => {
  const place = payments.findIndex((known) => samePayment(known.received, received))
  return place === -1 ? payments.length : place
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

const sameOrder = (a: PaymentReceived, b: PaymentReceived): boolean =>
  a.provider === b.provider && a.orderId === b.orderId

/** The state after `events`. Linear in them, and quadratic in the payments of this one invoice. */
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
        ? accept({ _tag: "ProviderOutcomeUnknown", reason: explain(command.reason), failedAt: command.at })
        : accept()
    case "RecordOrderOpened":
      return recordOpened(state, command)
    case "RecordOrderRefused":
      return recordRefused(state, command)
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
  if (DateTime.isGreaterThanOrEqualTo(at, state.terms.payBy))
    return reject(new InvoiceClosed({ status: "past its pay-by time" }))
  return accept({ _tag: "ProviderOrderRequested", ...request, amount: state.terms.amount, requestedAt: at })
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
  const events: Array<InvoiceEvent> = [opened]
  let next = evolveExisting(state, opened)
  for (const [place, { received, disposition }] of state.payments.entries()) {
    if (disposition !== "AfterExpiry") continue
    const verdict = passVerdict(next, received, place)
    if (verdict._tag === "PaymentHeld" && verdict.reason === disposition) continue
    events.push(verdict)
    next = evolveExisting(next, verdict)
  }
  return accept(...events)
}

/**
 * Records a payment that is new, with its verdict. Of a known one it records an earlier completion time, when the
 * payment is held for its time: the verdict then is the same whichever statement came first.
 */
const recordPayment = (state: Existing, payment: PaymentFact): Decision => {
  const received = receivedOf(payment)
  const place = placeOf(state.payments, received)
  const known = state.payments[place]
  if (known !== undefined) {
    const heldForItsTime = known.disposition === "AfterExpiry" || known.disposition === "AfterCancel"
    if (!heldForItsTime || !DateTime.isLessThan(received.completedAt, known.received.completedAt)) return accept()
  }
  return accept(received, passVerdict(state, received, place))
}

const passVerdict = (
  state: Existing,
  received: PaymentReceived,
  place: number,
): typeof InvoicePaid.Type | typeof PaymentHeld.Type => {
  const payment = { payment: place + 1, provider: received.provider, orderId: received.orderId }
  const reason = judge(state, received)
  return reason === undefined
    ? { _tag: "InvoicePaid", ...payment, paidAt: received.completedAt }
    : { _tag: "PaymentHeld", ...payment, reason }
}

/**
 * Why a payment must be held, or `undefined` when it pays the invoice. Reads the facts, never the order in which they
 * came. Where that cannot be, since a paid invoice stays paid, the reasons come last: of several payments that would
 * each pay the invoice one does, and the others are held.
 */
const judge = (state: Existing, payment: PaymentReceived): HoldReason | undefined => {
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
  const acceptable = state.payments.filter(({ disposition }) => disposition === "Paid" || disposition === "Surplus")
  if (acceptable.some((known) => sameOrder(known.received, payment))) return "Restated"
  return acceptable.length > 0 ? "Surplus" : undefined
}

/** Nothing was paid, or less than the amount in the amount's own currency. Other currencies are never compared. */
const isShort = (gross: Money.Money, amount: Money.Money, tolerance: Money.Money): boolean => {
  const over = Money.subtract(gross, amount)
  return gross.minor <= 0n || (over !== undefined && over.minor < 0n && !Money.isNear(gross, amount, tolerance))
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
    case "Cancelled":
    case "Refused":
      return reject(new InvoiceClosed({ status: state._tag }))
  }
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
