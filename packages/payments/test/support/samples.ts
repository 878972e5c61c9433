/** Values that tests share. */
import type { CustomerId, Policy } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import type { Order, Payment } from "@paylog/domain/PaymentProvider"
import type { About } from "@paylog/payments/Metadata"
import type { NewInvoice } from "@paylog/payments/Invoices"
import { DateTime } from "effect"

export const at = (iso: string): DateTime.Utc => DateTime.makeUnsafe(iso)

export const about: About = { actor: { kind: "Staff", id: "test" }, source: "Manual", correlationId: "test" }

export const policy: Policy = { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 60 }

export const terms = (customerId: CustomerId, issued: DateTime.Utc): NewInvoice => ({
  customerId,
  lines: [{ title: "Green tea", quantity: 2, unitPrice: Money.of("USD", 625n) }],
  payBy: DateTime.add(issued, { minutes: 30 }),
  policy,
})

export const order = (expiresAt: DateTime.Utc): Order => ({
  orderId: "10030467668508673",
  number: "XYTNJP2O",
  payLink: "https://t.me/wallet?startattach=wpay_order_10030467668508673",
  directPayLink: "https://t.me/wallet/start?startapp=wpay_order-orderId__10030467668508673",
  expiresAt,
})

/** A payment of 12.50 USD in USDT. */
export const payment = (completedAt: DateTime.Utc, changes: Partial<Payment> = {}): Payment => ({
  provider: "wallet-pay",
  orderId: "10030467668508673",
  orderAmount: Money.of("USD", 1250n),
  gross: Money.of("USDT", 12_500_000n),
  fee: Money.of("USDT", 125_000n),
  net: Money.of("USDT", 12_375_000n),
  rate: "1",
  completedAt,
  ...changes,
})
