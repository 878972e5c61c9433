/** Invoices and money in the log, for tests of what people do with them. */
import type { InvoiceId } from "@paylog/domain/Invoice"
import type { StaffId } from "@paylog/domain/Manual"
import type { Payment } from "@paylog/domain/PaymentProvider"
import * as Invoices from "@paylog/payments/Invoices"
import { observe } from "@paylog/payments/Observe"
import * as Staff from "@paylog/payments/Staff"
import { DateTime, Effect } from "effect"
import { heard, payment } from "@paylog/payments/Samples"

/** What a provider says of a payment of 12.50 USD in USDT, as a webhook would bring it. */
export const pay = Effect.fnUntraced(function* (externalId: string, changes: Partial<Payment> & { orderId: string }) {
  const observation = {
    _tag: "PaymentCompleted",
    externalId,
    payment: payment(yield* DateTime.now, changes),
  } as const
  return { observation, outcome: yield* observe(observation, heard) }
})

/** A person of the staff. */
export const person = (name: string, login?: string) => Effect.map(Staff.add({ name, login }), ({ staffId }) => staffId)

export const because = (by: StaffId, reason = "the customer asked for it") => ({ by, reason })

/** What became of an invoice's payments. */
export const dispositions = (invoiceId: InvoiceId) =>
  Effect.map(Invoices.get(invoiceId), (state) =>
    state._tag === "Absent" ? [] : state.payments.map(({ disposition }) => disposition),
  )
