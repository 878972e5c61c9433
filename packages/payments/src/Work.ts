/** What an invoice still needs from us, written by a follower as due work: opening its order, and expiring it in the end. */
import { DateTime, Effect } from "effect"
import type * as Invoice from "@paylog/domain/Invoice"
import type { StoreUnavailable } from "@paylog/event-store/EventStore"
import type { Follower } from "@paylog/event-store/Follower"
import { WorkQueue } from "@paylog/event-store/WorkQueue"
import { comeBackAt } from "./comeBackAt.ts"
import { expire, issuedIn } from "./Invoices.ts"
import type { About } from "./Metadata.ts"

export const openOrders = "open-order"
export const expiries = "expire-invoice"

/** A new invoice is due to be opened at once, and to expire when its last deadline has passed. */
export const follower: Follower<StoreUnavailable, WorkQueue> = {
  name: "work",
  apply: Effect.fnUntraced(function* (events, sql) {
    const issued = issuedIn(events)
    if (issued.length === 0) return
    const work = yield* WorkQueue
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

const firstExpiry = (terms: Invoice.InvoiceIssued) => DateTime.add(terms.payBy, { seconds: terms.policy.graceSeconds })

/** Expires the invoice if that is due; `RetryAfter` says when to come back. Nothing is left to do for one that is closed. */
export const expireWhenDue = Effect.fn("payments.expireWhenDue")(function* (id: Invoice.InvoiceId, about: About) {
  yield* expire(id, about).pipe(
    Effect.catchTags({
      NotDue: ({ dueAt }) => comeBackAt(dueAt, "not due"),
      OrderUnsettled: () =>
        Effect.flatMap(DateTime.now, (now) => comeBackAt(DateTime.add(now, { minutes: 1 }), "the order is unsettled")),
      InvoiceClosed: () => Effect.void,
    }),
  )
})
