/**
 * An invoice of 12.50 USD, its order and its payment: what tests start from, those of this package and of whatever is built on it.
 */
import { CustomerId, type InvoiceId, type Policy } from "@paylog/domain/Invoice"
import type { InvoiceCommand } from "@paylog/domain/InvoiceDecisions"
import * as Money from "@paylog/domain/Money"
import type { Order, Payment } from "@paylog/domain/PaymentProvider"
import type { About } from "./Metadata.ts"
import * as Ids from "./Ids.ts"
import * as Invoices from "./Invoices.ts"
import type { NewInvoice } from "./Invoices.ts"
import { observe } from "./Observe.ts"
import { DateTime, Effect } from "effect"

export const at = (iso: string): DateTime.Utc => DateTime.makeUnsafe(iso)

export const about: About = { actor: { kind: "Staff", id: "test" }, source: "Manual", correlationId: "test" }

export const policy: Policy = { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 60 }

export const terms = (customerId: CustomerId, issued: DateTime.Utc): NewInvoice => ({
  customerId,
  lines: [{ title: "Green tea", quantity: 2, unitPrice: Money.of("USD", 625n) }],
  payBy: DateTime.add(issued, { minutes: 30 }),
  policy,
})

/** What asks for the order of an invoice of these terms, as the order opener does. */
export const request = (invoiceId: InvoiceId, at: DateTime.Utc): Extract<InvoiceCommand, { _tag: "RequestOrder" }> => ({
  _tag: "RequestOrder",
  provider: "wallet-pay",
  externalId: invoiceId,
  description: "Green tea",
  timeoutSeconds: 1800,
  repeatUntil: DateTime.add(at, { seconds: 120 }),
  at,
})

/** Above 2^53, as Wallet Pay's are. */
export const orderId = "10030467668508673"

export const order = (expiresAt: DateTime.Utc): Order => ({
  orderId,
  number: "XYTNJP2O",
  payLink: "https://t.me/wallet?startattach=wpay_order_10030467668508673",
  directPayLink: "https://t.me/wallet/start?startapp=wpay_order-orderId__10030467668508673",
  expiresAt,
})

/** A payment of 12.50 USD in USDT. */
export const payment = (completedAt: DateTime.Utc, changes: Partial<Payment> = {}): Payment => ({
  provider: "wallet-pay",
  orderId,
  orderAmount: Money.of("USD", 1250n),
  gross: Money.of("USDT", 12_500_000n),
  fee: Money.of("USDT", 125_000n),
  net: Money.of("USDT", 12_375_000n),
  rate: "1",
  completedAt,
  ...changes,
})

// -- In the log.

/** As the tests hear of it. */
export const heard = { provider: "wallet-pay", about }

/** An order id that no other test has. */
export const freshOrder = Effect.map(Ids.actId, (id) => id.slice(4))

/** A customer of whom nothing is known. */
export const stranger = CustomerId.make("cus_00000000000000000000")

/** An invoice of 12.50 USD whose order was asked for, and no answer came yet. */
export const requested = Effect.fnUntraced(function* (customerId: CustomerId = stranger) {
  const now = yield* DateTime.now
  const invoiceId = yield* Invoices.issue(terms(customerId, now), about)
  yield* Invoices.command(invoiceId, "request-order", request(invoiceId, now), about)
  return invoiceId
})

/** The same, when it waits for its payment for half an hour; and the id of its order, which no other has unless it is given. */
export const awaitingOf = Effect.fnUntraced(function* (
  customerId: CustomerId,
  named: { readonly orderId?: string } = {},
) {
  const invoiceId = yield* requested(customerId)
  const opened = {
    ...order(DateTime.add(yield* DateTime.now, { minutes: 30 })),
    orderId: named.orderId ?? (yield* freshOrder),
  }
  yield* observe({ _tag: "OrderOpened", externalId: invoiceId, order: opened }, heard)
  return { invoiceId, orderId: opened.orderId }
})

export const awaiting = awaitingOf(stranger)
