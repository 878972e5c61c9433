/** The history of one invoice that was paid, in stored form: what a log of payments mostly holds. */
import * as Invoice from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { Metadata } from "@paylog/payments/Metadata"
import { DateTime, Schema } from "effect"

/** In place of the id of each invoice; as `fill-log.sql` has it. */
const invoiceId = Invoice.InvoiceId.make("inv_00000000000000000000")

const at = (time: string) => DateTime.makeUnsafe(`2026-01-01T${time}.000Z`)
const provider = "wallet-pay"
const orderId = "10030467668508673"
const price = Money.of("USD", 1250n)

const events: ReadonlyArray<Invoice.InvoiceEvent> = [
  {
    _tag: "InvoiceIssued",
    invoiceId,
    customerId: Invoice.CustomerId.make("cus_k3v0q8w1z6m2x9b4t7ra"),
    lines: [{ title: "Green tea", quantity: 2, unitPrice: Money.of("USD", 625n) }],
    amount: price,
    issuedAt: at("12:00:00"),
    payBy: at("12:30:00"),
    policy: { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 60 },
  },
  {
    _tag: "ProviderOrderRequested",
    provider,
    externalId: invoiceId,
    amount: price,
    description: "Green tea × 2",
    timeoutSeconds: 1800,
    requestedAt: at("12:00:01"),
    repeatUntil: at("12:02:01"),
  },
  {
    _tag: "ProviderOrderOpened",
    provider,
    orderId,
    number: "XYTNJP2O",
    payLink: Schema.decodeSync(Invoice.ProviderOrderOpened.fields.payLink)(
      "https://t.me/wallet?startattach=wpay_order_10030467668508673",
    ),
    directPayLink: Schema.decodeSync(Invoice.ProviderOrderOpened.fields.directPayLink)(
      "https://t.me/wallet/start?startapp=wpay_order-orderId__10030467668508673",
    ),
    expiresAt: at("12:30:02"),
  },
  {
    _tag: "PaymentReceived",
    provider,
    orderId,
    orderAmount: price,
    gross: Money.of("USDT", 12_500_000n),
    fee: Money.of("USDT", 125_000n),
    net: Money.of("USDT", 12_375_000n),
    rate: "1",
    completedAt: at("12:10:00"),
  },
  { _tag: "InvoicePaid", payment: 1, provider, orderId, paidAt: at("12:10:00") },
]

const encode = Schema.encodeSync(Invoice.InvoiceEvent)

/** Type and data of each event, in order. */
export const sampleInvoice: ReadonlyArray<{ readonly type: string; readonly data: string }> = events.map((event) => {
  const { _tag: type, ...data } = encode(event)
  return { type, data: JSON.stringify(data) }
})

/** The metadata of an event that a provider's webhook led to. */
export const sampleMetadata: string = JSON.stringify(
  Schema.encodeSync(Metadata)({
    actor: { kind: "Provider", id: provider },
    source: "Webhook",
    correlationId: "0198f0aa-55e1-7f9b-8d43-1c5d5a9e2b10",
    causationId: "0198f0aa-55e1-7f9b-8d43-1c5d5a9e2b11",
    providerEventId: "10030467668508674",
    attachment: "b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78",
    codeVersion: "0.0.0",
  }),
)
