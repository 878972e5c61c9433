/** The history of one invoice that was paid, in stored form: what a log of payments mostly holds. */
import * as Invoice from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { Metadata } from "@paylog/payments/Metadata"
import * as Evidence from "@paylog/wallet-pay/Evidence"
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

/** The delivery that told of the payment, with the id of each invoice in the same place, as it is kept. */
export const sampleDelivery: Uint8Array = Evidence.encode({
  method: "POST",
  path: "/hooks/wallet",
  timestamp: "168824905680291",
  // It holds for no delivery: each is of another invoice.
  signature: Buffer.alloc(32).toString("base64"),
  keyId: "key_bench",
  body: Buffer.from(
    `[{"eventDateTime":"2026-01-01T12:10:00.000Z","eventId":10030467668508674,"type":"ORDER_PAID","payload":{"id":${orderId},"number":"XYTNJP2O","externalId":"${invoiceId}","orderAmount":{"amount":"12.50","currencyCode":"USD"},"selectedPaymentOption":{"amount":{"amount":"12.5","currencyCode":"USDT"},"amountFee":{"amount":"0.125","currencyCode":"USDT"},"amountNet":{"amount":"12.375","currencyCode":"USDT"},"exchangeRate":"1"},"orderCompletedDateTime":"2026-01-01T12:10:00.000Z"}}]`,
  ),
})

const about = {
  actor: { kind: "Provider", id: provider },
  correlationId: "0198f0aa-55e1-7f9b-8d43-1c5d5a9e2b10",
  causationId: "0198f0aa-55e1-7f9b-8d43-1c5d5a9e2b11",
  codeVersion: "0.0.0",
} as const

const metadata = (metadata: Metadata): string => JSON.stringify(Schema.encodeSync(Metadata)(metadata))

const toldBy = (attachment: string): string =>
  metadata({ ...about, source: "Webhook", providerEventId: "10030467668508674", attachment })

/** The metadata of an event that a provider's webhook led to. */
export const sampleMetadata: string = toldBy("b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78")

/** Type and data of each event, in order. */
export const sampleInvoice: ReadonlyArray<{ readonly type: string; readonly data: string }> = events.map((event) => {
  const { _tag: type, ...data } = encode(event)
  return { type, data: JSON.stringify(data) }
})

/** How a log came to know of its payments, by the metadata of each event. */
export const ways = {
  /** By webhooks, of which nothing is kept. */
  unkept: events.map(() => sampleMetadata),
  /** By webhooks that are kept: the last two events rest on one. For its SHA-256 stand 64 zeros, as in `fill-log.sql`. */
  kept: events.map((_, index) => (index < 3 ? metadata({ ...about, source: "Worker" }) : toldBy("0".repeat(64)))),
  /** By reading the provider's list. */
  swept: events.map(() => metadata({ ...about, source: "Sweep" })),
} as const
export type Way = keyof typeof ways
