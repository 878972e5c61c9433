/** Invoices in every state, made of events. */
import * as Invoice from "@paylog/domain/Invoice"
import { StaffId } from "@paylog/domain/Manual"
import * as Money from "@paylog/domain/Money"
import type { HoldReason } from "@paylog/domain/Payment"
import { RefundId } from "@paylog/domain/Refund"
import { DateTime } from "effect"

export const at = (time: string): DateTime.Utc => DateTime.makeUnsafe(`2026-11-24T${time}Z`)

export const invoiceId = Invoice.InvoiceId.make("inv_0123456789abcdefghij")
export const customerId = Invoice.CustomerId.make("cus_0123456789abcdefghij")

export const issued: Invoice.InvoiceEvent = {
  _tag: "InvoiceIssued",
  invoiceId,
  customerId,
  lines: [{ title: "House blend <250 g>", quantity: 1, unitPrice: Money.of("USD", 1250n) }],
  amount: Money.of("USD", 1250n),
  issuedAt: at("14:05:30"),
  payBy: at("14:35:30"),
  policy: { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 120 },
}

export const requested: Invoice.InvoiceEvent = {
  _tag: "ProviderOrderRequested",
  provider: "wallet-pay",
  externalId: invoiceId,
  amount: Money.of("USD", 1250n),
  description: "House blend",
  timeoutSeconds: 1799,
  requestedAt: at("14:05:31"),
  repeatUntil: at("14:07:31"),
}

export const unknown: Invoice.InvoiceEvent = {
  _tag: "ProviderOutcomeUnknown",
  reason: "status 502",
  failedAt: at("14:05:32"),
}

export const opened: Extract<Invoice.InvoiceEvent, { _tag: "ProviderOrderOpened" }> = {
  _tag: "ProviderOrderOpened",
  provider: "wallet-pay",
  orderId: "10030467668508673",
  number: "XYTNJP2O",
  payLink: "https://t.me/wallet?startattach=wpay_order_10030467668508673",
  directPayLink: "https://t.me/wallet/start?startapp=wpay_order-orderId__10030467668508673",
  expiresAt: at("14:35:31"),
}

export const received: Extract<Invoice.InvoiceEvent, { _tag: "PaymentReceived" }> = {
  _tag: "PaymentReceived",
  provider: "wallet-pay",
  orderId: "10030467668508673",
  orderAmount: Money.of("USD", 1250n),
  gross: Money.of("USDT", 12_510_000n),
  fee: Money.of("USDT", 125_100n),
  net: Money.of("USDT", 12_384_900n),
  rate: "1.0008",
  completedAt: at("14:21:07"),
}

const ofPayment = { payment: 1, provider: "wallet-pay", orderId: "10030467668508673" }

export const paid: Invoice.InvoiceEvent = { _tag: "InvoicePaid", ...ofPayment, paidAt: at("14:21:07") }

export const held = (reason: HoldReason, payment = 1): Invoice.InvoiceEvent => ({
  _tag: "PaymentHeld",
  ...ofPayment,
  payment,
  reason,
})

export const expired: Invoice.InvoiceEvent = { _tag: "InvoiceExpired", by: "Provider", expiredAt: at("14:35:31") }
export const cancelled: Invoice.InvoiceEvent = { _tag: "InvoiceCancelled", cancelledAt: at("14:10:00") }
export const refused: Invoice.InvoiceEvent = { _tag: "ProviderOrderRefused", reason: "no", refusedAt: at("14:05:32") }

const refundId = RefundId.make("rfd_0123456789abcdefghij")
const [by, other] = ["stf_0123456789abcdefghij", "stf_1123456789abcdefghij"].map((id) => StaffId.make(id))

/** A part of the payment is to go back, and has gone. */
export const refundRequested = (amount: Money.Money): Invoice.InvoiceEvent => ({
  _tag: "RefundRequested",
  refundId,
  ...ofPayment,
  amount,
  by: by!,
  reason: "The customer asked for it",
  requestedAt: at("15:00:00"),
})
export const refundRecorded = (sent: Money.Money): Invoice.InvoiceEvent => ({
  _tag: "RefundRecorded",
  refundId,
  evidence: { sent, sentAt: at("15:30:00"), way: "transfer in Wallet", reference: "T-1" },
  by: other!,
  reason: "Sent",
  recordedAt: at("15:31:00"),
})

/** The invoice after `issued` and these. */
export const after = (...events: ReadonlyArray<Invoice.InvoiceEvent>): Invoice.Existing => {
  const state = Invoice.fold([issued, ...events])
  if (state._tag === "Absent") throw new Error("it was issued")
  return state
}
