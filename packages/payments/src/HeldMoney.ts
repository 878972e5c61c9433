/** What one person may decide about money that is not settled: take it for its invoice, or say of a statement that it is none. */
import * as Invoice from "@paylog/domain/Invoice"
import { Effect } from "effect"
import { execute } from "./Execute.ts"
import * as Manual from "./Manual.ts"

/**
 * Takes the held payment as the invoice's. `false`: it pays already, so a repetition is one. What a correction took back can be
 * accepted again.
 */
export const accept = Effect.fn("HeldMoney.accept")(function* (
  invoiceId: Invoice.InvoiceId,
  payment: number,
  who: Manual.Who,
) {
  const { manual, about } = yield* Manual.act(who)
  const { events } = yield* execute(Manual.invoices, {
    stream: Invoice.stream(invoiceId),
    purpose: (version) => `accept/${payment}/${version}`,
    command: { _tag: "AcceptHeldPayment", payment, ...manual },
    about,
  })
  return events.length > 0
})

/**
 * Dismisses a statement of an invoice's stream or of unmatched money's: another one of its order counts, or it is of nothing.
 * `false`: it was dismissed before.
 */
export const dismiss = Effect.fn("HeldMoney.dismiss")(function* (stream: string, payment: number, who: Manual.Who) {
  const { manual, about } = yield* Manual.act(who)
  const execution = {
    stream,
    purpose: (version: number) => `dismiss/${payment}/${version}`,
    command: { _tag: "DismissStatement", payment, ...manual },
    about,
  } as const
  const { events } =
    Invoice.idOf(stream) === undefined
      ? yield* execute(Manual.unmatched, execution)
      : yield* execute(Manual.invoices, execution)
  return events.length > 0
})
