/** What one person may do about a delivery that failed: have it tried again, or say that they have delivered it. */
import { fulfilledOf } from "@paylog/domain/Fulfilment"
import * as Invoice from "@paylog/domain/Invoice"
import { Effect } from "effect"
import { execute } from "./Execute.ts"
import * as Manual from "./Manual.ts"

/**
 * Has it delivered once more, through the port and under the same key. `isNew: false`: it is being tried already; with a
 * `reference`, it was delivered, and there is nothing to try.
 */
export const retry = Effect.fn("FulfilByHand.retry")(function* (invoiceId: Invoice.InvoiceId, who: Manual.Who) {
  const { manual, about } = yield* Manual.act(who)
  const { events, state } = yield* execute(Manual.invoices, {
    stream: Invoice.stream(invoiceId),
    purpose: (version) => `retry-fulfilment/${version}`,
    command: { _tag: "RetryFulfilment", ...manual },
    about,
  })
  return { isNew: events.length > 0, reference: referenceOf(state) }
})

/** Records that the person has delivered it. `isNew: false`: it was delivered before, by the `reference` that comes back. */
export const record = Effect.fn("FulfilByHand.record")(function* (
  invoiceId: Invoice.InvoiceId,
  reference: string,
  who: Manual.Who,
) {
  const { manual, about } = yield* Manual.act(who)
  const { events, state } = yield* execute(Manual.invoices, {
    stream: Invoice.stream(invoiceId),
    // The worker's own: should both deliver at once, the first of them is in the log.
    purpose: "fulfilled",
    command: { _tag: "FulfilByHand", reference, ...manual },
    about,
  })
  return { isNew: events.length > 0, reference: referenceOf(state) }
})

const referenceOf = (state: Invoice.Invoice): string | undefined =>
  state._tag === "Absent" ? undefined : fulfilledOf(state)?.reference
