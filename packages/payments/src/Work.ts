/**
 * What an invoice still needs from us, written by a follower as due work: opening its order, asking after it, expiring it in the
 * end, delivering what was paid for.
 */
import { DateTime, Effect } from "effect"
import * as Invoice from "@paylog/domain/Invoice"
import type { RecordedEvent, StoreUnavailable } from "@paylog/event-store/EventStore"
import type { Follower } from "@paylog/event-store/Follower"
import * as Statement from "@paylog/event-store/Statement"
import { WorkQueue } from "@paylog/event-store/WorkQueue"
import { comeBackAt } from "./comeBackAt.ts"
import * as FulfilInvoice from "./FulfilInvoice.ts"
import { codec, expire, get, issuedIn } from "./Invoices.ts"
import { lookAtOrder } from "./lookAtOrder.ts"
import type { About } from "./Metadata.ts"
import * as Polls from "./Polls.ts"

export const openOrders = "open-order"
export const expiries = "expire-invoice"

/**
 * A new invoice is due to be opened at once, and to expire when its last deadline has passed. An open order is asked after
 * until it has ended, and the sweep knows that the provider's list must have it. What was paid for is due to be delivered
 * whenever the invoice may have become paid: who delivers looks whether it is.
 */
export const follower: Follower<StoreUnavailable, WorkQueue> = {
  name: "work",
  apply: Effect.fnUntraced(function* (events, sql) {
    const work = yield* WorkQueue
    const opened = openedIn(events)
    if (opened.length > 0) {
      yield* sql.query(addOpenedOrders, [
        opened.map(({ order }) => order.provider),
        opened.map(({ order }) => order.orderId),
        opened.map(({ invoiceId }) => invoiceId),
        opened.map(({ atMs }) => atMs),
      ])
      yield* work.add(
        sql,
        Polls.queue,
        opened.map(({ invoiceId, atMs }) => ({ key: invoiceId, dueAtMs: atMs })),
      )
    }
    const paid = events.flatMap(({ type, stream, recordedAtMs }) => {
      const key = mayPay.has(type) ? Invoice.idOf(stream) : undefined
      return key === undefined ? [] : [{ key, dueAtMs: recordedAtMs }]
    })
    if (paid.length > 0) yield* work.add(sql, FulfilInvoice.queue, paid)
    const issued = issuedIn(events)
    if (issued.length === 0) return
    yield* work.add(
      sql,
      openOrders,
      issued.map(({ invoiceId, issuedAt }) => ({ key: invoiceId, dueAtMs: DateTime.toEpochMillis(issuedAt) })),
    )
    yield* work.add(
      sql,
      expiries,
      issued.map((terms) => ({ key: terms.invoiceId, dueAtMs: DateTime.toEpochMillis(firstExpiry(terms)) })),
    )
  }),
}

/** After which an invoice may be paid, and not delivered. */
const mayPay: ReadonlySet<string> = new Set([
  "InvoicePaid",
  "HeldPaymentAccepted",
  "RefundWithdrawn",
  "CorrectionApproved", // of a refund that never went
  "FulfilmentRetried",
] satisfies ReadonlyArray<Invoice.InvoiceEvent["_tag"]>)

const openedIn = (events: ReadonlyArray<RecordedEvent>) =>
  events.flatMap((recorded) => {
    const invoiceId = recorded.type === "ProviderOrderOpened" ? Invoice.idOf(recorded.stream) : undefined
    if (invoiceId === undefined) return []
    const order = codec.decode(recorded)
    return order._tag === "ProviderOrderOpened" ? [{ invoiceId, order, atMs: recorded.recordedAtMs }] : []
  })

const addOpenedOrders = Statement.fromFile(new URL("../sql/order-list/add-opened-orders.sql", import.meta.url))

const firstExpiry = (terms: Invoice.InvoiceIssued) => DateTime.add(terms.payBy, { seconds: terms.policy.graceSeconds })

/** When the provider has not said for so long how an order ended, our clock says that nobody expects its payment any more. */
const patience = { days: 1 }
/** So many tries without an answer, a minute apart, are that long too: the time in which we did not ask does not count. */
const mostTries = 24 * 60

/**
 * Expires the invoice if that is due; `RetryAfter` says when to come back. Nothing is left to do for one that is closed.
 * `attempts` are the work item's: how often this was tried before, in whatever process.
 *
 * An order that could be paid is looked at first, however late it is: after an outage, of ours or of the provider's, its
 * payment may not have been heard of yet, and its customer shall not read "expired".
 */
export const expireWhenDue = Effect.fn("payments.expireWhenDue")(function* (
  id: Invoice.InvoiceId,
  about: About,
  attempts: number,
) {
  const invoice = yield* get(id)
  if (invoice._tag === "AwaitingPayment") {
    const now = yield* DateTime.now
    const dueAt = Invoice.expiryDueAt(invoice)
    if (DateTime.isLessThan(now, dueAt)) return yield* comeBackAt(dueAt, "not due")
    const waited = DateTime.isGreaterThanOrEqualTo(now, DateTime.addDuration(dueAt, patience))
    const seen = yield* lookAtOrder(invoice.request, invoice.order, { ...about, source: "Poll" }).pipe(
      Effect.catchTags({
        ProviderUnavailable: ({ message }) =>
          waited && attempts >= mostTries ? Effect.succeed("Unknown" as const) : inAMinute(message),
        ProviderRefused: ({ noSuchOrder, message }) =>
          // It does not know the order: nobody can pay it. A refused key says nothing of the kind.
          noSuchOrder === true ? Effect.succeed("Unknown" as const) : refusedToShow(id, message),
      }),
    )
    if (seen === "Settled") return
    if (seen === "Unlisted") return yield* paidUnread(id, waited)
    if (seen === "Active" && !waited) return yield* inAMinute("the provider has not ended the order")
  }
  yield* expire(id, about).pipe(
    Effect.catchTags({
      NotDue: ({ dueAt }) => comeBackAt(dueAt, "not due"),
      OrderUnsettled: () => inAMinute("the order is unsettled"),
      InvoiceClosed: () => Effect.void,
    }),
  )
})

/** It is paid, so it never expires; how much, the list alone says. Within the first day it may be merely late. */
const paidUnread = Effect.fnUntraced(function* (id: Invoice.InvoiceId, waited: boolean) {
  const reason = "the order is paid, and the list does not say how much, or its line is not understood"
  if (!waited) return yield* inAMinute(reason)
  yield* Effect.logError(`An invoice is neither paid nor expired: ${reason}`).pipe(
    Effect.annotateLogs({ invoiceId: id }),
  )
  return yield* comeBackAt(DateTime.add(yield* DateTime.now, { minutes: 10 }), reason)
})

const refusedToShow = Effect.fnUntraced(function* (id: Invoice.InvoiceId, message: string) {
  yield* Effect.logError(
    `An invoice that is due to expire waits, since its order cannot be looked at: ${message}`,
  ).pipe(Effect.annotateLogs({ invoiceId: id }))
  return yield* comeBackAt(DateTime.add(yield* DateTime.now, { minutes: 10 }), "the provider refuses to show the order")
})

const inAMinute = Effect.fnUntraced(function* (reason: string) {
  return yield* comeBackAt(DateTime.add(yield* DateTime.now, { minutes: 1 }), reason)
})
