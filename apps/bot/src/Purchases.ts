/** Which invoice a customer's wish for a product has led to: a button that is pressed twice, by whatever process, asks once. */
import { type CustomerId, type Existing, type Invoice, InvoiceId } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { Database } from "@paylog/event-store/Database"
import { fromFile } from "@paylog/event-store/Statement"
import * as Invoices from "@paylog/payments/Invoices"
import { DateTime, Effect } from "effect"
import type { Product } from "./Catalog.ts"

/**
 * The customer's open invoice for the product, at its price of today; or none, and then `invoiceId` is the one to issue, whoever
 * asks again. `besides` is an open one that they know of, and want another to. One or two statements, and one read of a stream.
 */
export const choose = Effect.fn("Purchases.choose")(function* (
  customerId: CustomerId,
  product: Product,
  invoiceId: InvoiceId,
  besides: InvoiceId | undefined,
) {
  const database = yield* Database
  let inPlaceOf = besides
  while (true) {
    const values = [customerId, product.id, invoiceId, inPlaceOf ?? null]
    const [row] = yield* database.query<{ readonly invoiceId: string }>(choosePurchase, values)
    const stands = InvoiceId.make(row?.invoiceId ?? invoiceId)
    if (stands === invoiceId) return undefined
    const invoice = yield* Invoices.get(stands)
    if (isOpen(invoice, yield* DateTime.now) && Money.equals(invoice.terms.amount, product.price)) return invoice
    inPlaceOf = stands
  }
})

/** It can be paid, or will be in a moment. */
export const isOpen = (invoice: Invoice, now: DateTime.Utc): invoice is Existing => {
  switch (invoice._tag) {
    case "Issued":
    case "Requested":
    case "Unknown":
      return DateTime.isGreaterThan(invoice.terms.payBy, now)
    case "AwaitingPayment":
      return DateTime.isGreaterThan(invoice.order.expiresAt, now)
    case "Absent":
    case "Paid":
    case "Held":
    case "RefundPending":
    case "Refunded":
    case "Expired":
    case "Cancelled":
    case "Refused":
      return false
  }
}

/** Deletes what is too old to be open. */
export const forget = Effect.suspend(() => Database.use((database) => Effect.asVoid(database.query(forgetPurchases))))

const statement = (name: string) => fromFile(new URL(`../sql/${name}.sql`, import.meta.url))
const choosePurchase = statement("choose-purchase")
const forgetPurchases = statement("forget-purchases")
