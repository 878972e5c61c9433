/** Opening an invoice's order at the provider: the request is written before the call, and every answer becomes an event. */
import { DateTime, Duration, Effect, Metric, Option, Struct } from "effect"
import * as Invoice from "@paylog/domain/Invoice"
import { PaymentProvider, type OpenOutcome } from "@paylog/domain/PaymentProvider"
import { Circuit } from "./Circuit.ts"
import { comeBackAt } from "./comeBackAt.ts"
import * as Customers from "./Customers.ts"
import { findListed } from "./findListed.ts"
import { command, get } from "./Invoices.ts"
import type { About } from "./Metadata.ts"
import { observe } from "./Observe.ts"
import { recordListed } from "./recordListed.ts"
import { title } from "./title.ts"

export interface OrderSettings {
  readonly returnUrl?: string
  readonly failReturnUrl?: string
  readonly autoConversion?: string
}

/** The adapter's own deadline of one call (10 s) and 5 s: before that, a first try may still be on its way. */
const settled = Duration.seconds(15)

/**
 * Takes the invoice one step towards an open order. Safe to call at any time and by anybody: what was requested is read
 * from the log, and the identical request may be repeated, since the provider knows it by its `externalId`.
 *
 * Until `repeatUntil` an unknown outcome is repeated; after that, when the provider knows the id with other fields, and when
 * money or an end was heard of first, only its list tells: the order is there, or it never came to be. `RetryAfter` says when
 * to take the next step.
 */
export const openOrder = Effect.fn("payments.openOrder")(function* (
  id: Invoice.InvoiceId,
  settings: OrderSettings,
  about: About,
) {
  const invoice = yield* get(id)
  const now = yield* DateTime.now
  switch (invoice._tag) {
    case "Absent":
      return yield* Effect.die(new Error(`Invoice ${id} is to be opened but is not in the log`))
    case "Issued":
      return yield* firstTry(invoice, settings, about)
    case "Requested":
    case "Unknown": {
      const { requestedAt, repeatUntil } = invoice.request
      const earliest = DateTime.addDuration(requestedAt, settled)
      if (DateTime.isLessThan(now, earliest)) return yield* comeBackAt(earliest, "the first try may be on its way")
      // The first try's answer was never recorded. What a repetition is told says nothing about it.
      if (invoice._tag === "Requested") yield* recordUnknown(id, "No answer to the first try was recorded", about)
      return !invoice.conflicted && DateTime.isLessThan(now, repeatUntil)
        ? yield* call(invoice.terms, invoice.request, about)
        : yield* lookUp(id, invoice.request, about)
    }
    case "AwaitingPayment":
    case "Paid":
    case "Held":
    case "RefundPending":
    case "Refunded":
    case "Expired":
    case "Cancelled":
    case "Refused":
      return yield* learnOrder(invoice, about)
  }
})

const firstTry = Effect.fnUntraced(function* ({ terms }: Invoice.Existing, settings: OrderSettings, about: About) {
  const provider = yield* PaymentProvider
  // Nothing is written that would have to be sent: a request that waits for its provider would be given up before it could.
  const circuit = yield* Circuit
  yield* circuit.admit.pipe(
    Effect.catchTag("NotNow", ({ afterMs, message }) => comeBackLater(terms.issuedAt, afterMs, message)),
  )
  const at = yield* DateTime.now
  const secondsLeft = Math.floor(Duration.toSeconds(DateTime.distance(at, terms.payBy)))
  // Too late to open anything that could be paid: our clock expires the invoice.
  if (secondsLeft < provider.capabilities.shortestTimeoutSeconds) return
  const timeoutSeconds = Math.min(secondsLeft, provider.capabilities.longestTimeoutSeconds)
  const { state } = yield* command(
    terms.invoiceId,
    "request-order",
    {
      _tag: "RequestOrder",
      provider: provider.name,
      externalId: terms.invoiceId,
      description: description(terms),
      timeoutSeconds,
      repeatUntil: DateTime.add(at, { seconds: Math.min(120, Math.floor(timeoutSeconds / 4)) }),
      ...settings,
      at,
    },
    about,
  )
  if (state._tag === "Requested") yield* call(terms, state.request, about)
})

/** The longer it has waited, the rarer it asks: many wait through an outage. */
const comeBackLater = Effect.fnUntraced(function* (since: DateTime.Utc, afterMs: number, reason: string) {
  const now = yield* DateTime.now
  const age = Duration.toMillis(DateTime.distance(since, now))
  return yield* comeBackAt(DateTime.add(now, { milliseconds: Math.max(afterMs, Math.min(age / 4, 60_000)) }), reason)
})

/** One call with the request as it is stored; the payer's id is added here and stands nowhere in the log. */
const call = Effect.fnUntraced(function* (
  terms: Invoice.InvoiceIssued,
  request: Invoice.ProviderOrderRequested,
  about: About,
) {
  const provider = yield* PaymentProvider
  const customer = yield* Customers.find(terms.customerId)
  const outcome: OpenOutcome = Option.isNone(customer)
    ? { _tag: "Refused", reason: "The customer's details were erased" }
    : yield* provider.open({ ...fields(request), payer: customer.value.telegramUserId })
  return yield* record(terms, request, outcome, about)
})

const fields = (request: Invoice.ProviderOrderRequested) =>
  Struct.omit(request, ["_tag", "provider", "requestedAt", "repeatUntil"])

const record = Effect.fnUntraced(function* (
  terms: Invoice.InvoiceIssued,
  request: Invoice.ProviderOrderRequested,
  outcome: OpenOutcome,
  about: About,
) {
  const provider = yield* PaymentProvider
  const at = yield* DateTime.now
  const { invoiceId } = terms
  switch (outcome._tag) {
    case "Opened":
      yield* observe(
        { _tag: "OrderOpened", externalId: request.externalId, order: outcome.order },
        { provider: provider.name, about },
      )
      return
    case "Refused": {
      const refused = { _tag: "RecordOrderRefused", reason: outcome.reason, at } as const
      yield* command(invoiceId, "order-refused", refused, about).pipe(
        // Once an answer was lost, refusing the repetition says nothing about the first try.
        Effect.catchTag("OrderUnsettled", () => lookUp(invoiceId, request, about)),
      )
      return
    }
    case "Conflict":
      yield* Effect.logError("The provider knows this order id with other fields; only its list can tell more").pipe(
        Effect.annotateLogs({ invoiceId }),
      )
      yield* Metric.update(conflicts, 1)
      yield* command(invoiceId, "order-conflict", { _tag: "RecordOrderConflict", at }, about)
      return yield* lookUp(invoiceId, request, about)
    case "Unknown":
      yield* recordUnknown(invoiceId, outcome.reason, about)
      return yield* comeBackAt(DateTime.addDuration(at, settled), "the outcome is unknown")
    case "NotTried":
      return yield* comeBackLater(request.requestedAt, outcome.retryAfterMs, "the provider does not answer")
  }
})

const recordUnknown = Effect.fnUntraced(function* (id: Invoice.InvoiceId, reason: string, about: About) {
  yield* command(id, "order-unknown", { _tag: "RecordOutcomeUnknown", reason, at: yield* DateTime.now }, about)
})

/**
 * Looks for the order in the provider's list, and records all that its line tells; or, once that can be proved, that the
 * list does not have it.
 */
const lookUp = Effect.fnUntraced(
  function* (id: Invoice.InvoiceId, request: Invoice.ProviderOrderRequested, about: About) {
    const { externalId, requestedAt } = request
    const { order, count, beganAt, isProof } = yield* findListed(externalId, requestedAt)
    if (order !== undefined) {
      const { opened, ended } = yield* recordListed(order, { ...about, source: "Poll" })
      return opened || ended ? undefined : yield* lookAgain(request, "the order is listed, and its links are not known")
    }
    const provable = isProof && DateTime.isGreaterThanOrEqualTo(beganAt, Invoice.absentProvableAt(request))
    if (!provable)
      return yield* lookAgain(
        request,
        isProof ? "the list lacks the order" : "the list is not whole, or not understood",
      )
    const at = yield* DateTime.now
    const absent = { _tag: "RecordOrderAbsent", listed: count, listReadAt: beganAt, at } as const
    yield* command(id, "order-absent", absent, about)
  },
  (looking, _id, request) =>
    looking.pipe(
      // Well within the lease of the work item, also after a call.
      Effect.timeoutOrElse({
        duration: "15 seconds",
        orElse: () => lookAgain(request, "the provider's list takes long"),
      }),
      Effect.catchTags({
        ProviderUnavailable: ({ message }) => lookAgain(request, message),
        ProviderRefused: ({ message }) => lookAgain(request, message),
      }),
    ),
)

/** An order that is not found for so long is the sweep's alone. */
const patience = Duration.days(1)

/**
 * Money or an end may be heard of before the order itself, whose answer was lost. Until the order is known, nobody knows how
 * long it could be paid, and a payment in time may be held as late.
 */
const learnOrder = Effect.fnUntraced(function* (invoice: Invoice.Existing, about: About) {
  const { terms, request, order, refused } = invoice
  if (request === undefined || order !== undefined || refused) return
  const until = DateTime.addDuration(request.requestedAt, patience)
  if (DateTime.isLessThan(yield* DateTime.now, until)) yield* lookUp(terms.invoiceId, request, about)
})

/** Soon at first, then ever more rarely, and at the moment from which its absence can be proved. */
const lookAgain = Effect.fnUntraced(function* (request: Invoice.ProviderOrderRequested, reason: string) {
  const now = yield* DateTime.now
  const age = Duration.times(DateTime.distance(request.requestedAt, now), 0.25)
  const next = DateTime.addDuration(now, Duration.clamp(age, { minimum: settled, maximum: Duration.minutes(5) }))
  const provable = Invoice.absentProvableAt(request)
  return yield* comeBackAt(DateTime.isLessThan(now, provable) ? DateTime.min(next, provable) : next, reason)
})

const conflicts = Metric.counter("paylog_order_conflicts_total", {
  description: "Orders whose id the provider knew with other fields: the id was used twice",
  incremental: true,
})

/** The provider wants 5 to 100 characters. Cut between code points, so that no character is torn. */
const description = (terms: Invoice.InvoiceIssued): string => {
  const text = title(terms)
  return Array.from(text.length < 5 ? `Invoice: ${text}` : text)
    .slice(0, 50)
    .join("")
}
