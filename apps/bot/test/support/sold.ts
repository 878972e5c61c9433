/** Invoices of customers whom nobody writes to. */
import * as Money from "@paylog/domain/Money"
import * as Ids from "@paylog/payments/Ids"
import * as Invoices from "@paylog/payments/Invoices"
import { DateTime, Effect } from "effect"
import { about, openOrder, pay } from "./shop.ts"

/** It waits for its payment. */
export const awaiting = Effect.gen(function* () {
  const invoiceId = yield* Ids.invoiceId
  const now = yield* DateTime.now
  yield* Invoices.issue(
    {
      invoiceId,
      customerId: yield* Ids.customerId,
      lines: [{ title: "House blend", quantity: 1, unitPrice: Money.of("USD", 1250n) }],
      payBy: DateTime.add(now, { minutes: 30 }),
      policy: { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 120 },
    },
    about,
  )
  yield* openOrder(invoiceId, { number: invoiceId.slice(4, 12).toUpperCase() })
  return invoiceId
})

export const paidInvoice = Effect.tap(awaiting, (invoiceId) => pay(invoiceId))
export const heldInvoice = Effect.tap(awaiting, (invoiceId) => pay(invoiceId, { orderAmount: Money.of("USD", 999n) }))
