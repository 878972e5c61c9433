import { fulfilledOf } from "@paylog/domain/Fulfilment"
import type { InvoiceId } from "@paylog/domain/Invoice"
import * as Invoices from "@paylog/payments/Invoices"
import { Effect } from "effect"

/** Whether the goods of an invoice are still to be sent: not when its money goes back, or a person has delivered them. */
export const isOwed = Effect.fnUntraced(function* (invoiceId: InvoiceId) {
  const invoice = yield* Invoices.get(invoiceId)
  return invoice._tag === "Paid" && fulfilledOf(invoice) === undefined
})
