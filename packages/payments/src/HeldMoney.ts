/** What one person may decide about an invoice's held money: take it, or say of a statement that it is no money. */
import * as Invoice from "@paylog/domain/Invoice"
import { Effect } from "effect"
import { execute } from "./Execute.ts"
import * as Manual from "./Manual.ts"

/**
 * Takes the held payment as the invoice's. No events when it pays already: so a repetition is one. What a correction took
 * back can be accepted again.
 */
export const accept = Effect.fn("HeldMoney.accept")(function* (
  invoiceId: Invoice.InvoiceId,
  payment: number,
  who: Manual.Who,
) {
  const { manual, about } = yield* Manual.act(who)
  return yield* execute(Manual.invoices, {
    stream: Invoice.stream(invoiceId),
    purpose: (version) => `accept/${payment}/${version}`,
    command: { _tag: "AcceptHeldPayment", payment, ...manual },
    about,
  })
})

/** Dismisses a statement that is no money: another one of its order counts, or it is of nothing. */
export const dismiss = Effect.fn("HeldMoney.dismiss")(function* (
  invoiceId: Invoice.InvoiceId,
  payment: number,
  who: Manual.Who,
) {
  const { manual, about } = yield* Manual.act(who)
  return yield* execute(Manual.invoices, {
    stream: Invoice.stream(invoiceId),
    purpose: (version) => `dismiss/${payment}/${version}`,
    command: { _tag: "DismissStatement", payment, ...manual },
    about,
  })
})
