/** Opening an invoice's order at the provider: the request is written before the call, and every answer becomes an event. */
import { DateTime, Duration, Effect, Option, Struct } from "effect"
import type * as Invoice from "@paylog/domain/Invoice"
import { PaymentProvider, type OpenOutcome } from "@paylog/domain/PaymentProvider"
import { comeBackAt } from "./comeBackAt.ts"
import * as Customers from "./Customers.ts"
import { command, get } from "./Invoices.ts"
import type { About } from "./Metadata.ts"
import { observe } from "./Observe.ts"
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
 * Until `repeatUntil` an unknown outcome is repeated; after that only the provider's list tells. `RetryAfter` says when to
 * take the next step.
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
      if (invoice._tag === "Requested")
        yield* recordUnknown(id, "The process ended before the answer was recorded", about)
      return DateTime.isLessThan(now, repeatUntil)
        ? yield* call(invoice.terms, invoice.request, about)
        : yield* lookUp(invoice.request, about)
    }
    case "AwaitingPayment":
    case "Paid":
    case "Held":
    case "RefundPending":
    case "Refunded":
    case "Expired":
    case "Cancelled":
    case "Refused":
      return
  }
})

const firstTry = Effect.fnUntraced(function* ({ terms }: Invoice.Existing, settings: OrderSettings, about: About) {
  const provider = yield* PaymentProvider
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
        Effect.catchTag("OrderUnsettled", () => lookUp(request, about)),
      )
      return
    }
    case "Conflict":
      yield* Effect.logError("The provider knows this order id with other fields; only its list can tell more").pipe(
        Effect.annotateLogs({ invoiceId }),
      )
      yield* recordUnknown(invoiceId, "Conflict", about)
      // A conflict is never repeated: by then, only the list is asked.
      return yield* comeBackAt(request.repeatUntil, "conflict")
    case "Unknown":
      yield* recordUnknown(invoiceId, outcome.reason, about)
      return yield* comeBackAt(DateTime.addDuration(at, settled), "the outcome is unknown")
    case "NotTried":
      return yield* comeBackAt(DateTime.add(at, { milliseconds: outcome.retryAfterMs }), "the provider does not answer")
  }
})

const recordUnknown = Effect.fnUntraced(function* (id: Invoice.InvoiceId, reason: string, about: About) {
  yield* command(id, "order-unknown", { _tag: "RecordOutcomeUnknown", reason, at: yield* DateTime.now }, about)
})

/** Looks for the order in the provider's list, and records all that its line tells. */
const lookUp = Effect.fnUntraced(
  function* (request: Invoice.ProviderOrderRequested, about: About) {
    const provider = yield* PaymentProvider
    const { externalId } = request
    const found = yield* findListed(request)
    if (found === undefined) return yield* comeBackAt(yield* inAMinute, "the provider's list lacks the order")
    const heard = { provider: provider.name, about: { ...about, source: "Poll" as const } }
    const { order } = yield* provider.get(found.orderId)
    yield* observe({ _tag: "OrderOpened", externalId, order }, heard)
    if (found.payment !== undefined)
      yield* observe({ _tag: "PaymentCompleted", externalId, payment: found.payment }, heard)
    if (found.status === "Expired" || found.status === "Cancelled") {
      const { orderId, expiresAt, status: outcome } = found
      yield* observe({ _tag: "OrderClosed", externalId, orderId, outcome, closedAt: expiresAt }, heard)
    }
  },
  // Well within the lease of the work item.
  Effect.timeoutOrElse({
    duration: "12 seconds",
    orElse: () => Effect.flatMap(inAMinute, (at) => comeBackAt(at, "the provider's list takes long")),
  }),
)

const inAMinute = Effect.map(DateTime.now, DateTime.add({ minutes: 1 }))

const pageSize = 100

/** Finds the order by our id, from the list's newest end back to before we asked. */
const findListed = Effect.fnUntraced(function* ({ externalId, requestedAt }: Invoice.ProviderOrderRequested) {
  const provider = yield* PaymentProvider
  // An hour's margin for clocks that differ.
  const since = DateTime.subtract(requestedAt, { hours: 1 })
  let end = yield* provider.count
  while (end > 0) {
    const offset = Math.max(0, end - pageSize)
    const lines = yield* provider.list(offset, end - offset)
    const page = lines.flatMap((line) => (line._tag === "Understood" ? [line.order] : []))
    const found = page.find((listed) => listed.externalId === externalId)
    if (found !== undefined) return found
    if (lines.length === 0 || (page[0] !== undefined && DateTime.isLessThan(page[0].createdAt, since))) break
    end = offset
  }
  return undefined
})

/** The provider wants 5 to 100 characters. Cut between code points, so that no character is torn. */
const description = (terms: Invoice.InvoiceIssued): string => {
  const text = title(terms)
  return Array.from(text.length < 5 ? `Invoice: ${text}` : text)
    .slice(0, 50)
    .join("")
}
