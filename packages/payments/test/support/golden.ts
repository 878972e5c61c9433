/** The golden files, and what they mean: each line's event as the newest code reads it. */
import type { Correction } from "@paylog/domain/Correction"
import type { ErasureEvent } from "@paylog/domain/Erasure"
import { CustomerId, InvoiceId, type InvoiceEvent } from "@paylog/domain/Invoice"
import { StaffId } from "@paylog/domain/Manual"
import * as Money from "@paylog/domain/Money"
import { HoldReason } from "@paylog/domain/Payment"
import { ProposalId } from "@paylog/domain/Proposal"
import type { ProposalDeclined } from "@paylog/domain/Proposal"
import { type QuarantineEvent, ResolvedAs } from "@paylog/domain/Quarantine"
import { type RefundEvent, RefundId } from "@paylog/domain/Refund"
import type { UnmatchedEvent } from "@paylog/domain/Unmatched"
import { readdirSync, readFileSync } from "node:fs"
import { at } from "@paylog/payments/Samples"

/** By the name of a golden file, without its ending: the events of its lines. */
export type Meanings<E> = Readonly<Record<string, ReadonlyArray<E>>>

export interface GoldenFile {
  /** `invoice/InvoicePaid.1.jsonl` */
  readonly path: string
  readonly aggregate: string
  readonly type: string
  readonly schemaVersion: number
  readonly lines: ReadonlyArray<string>
}

export const folder = new URL("../golden/", import.meta.url)

export const bytesOf = (path: string): Buffer => readFileSync(new URL(path, folder))

export const files: ReadonlyArray<GoldenFile> = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".jsonl"))
  .toSorted()
  .map((path) => {
    const [, aggregate, type, version] = /^(\w+)\/(\w+)\.([1-9]\d*)(?:-[\w-]+)?\.jsonl$/.exec(path) ?? []
    if (aggregate === undefined || type === undefined) throw new Error(`A golden file with a strange name: ${path}`)
    const lines = bytesOf(path).toString("utf8").trimEnd().split("\n")
    return { path, aggregate, type, schemaVersion: Number(version), lines }
  })

const ton = (minor: bigint) => Money.of("TON", minor)
const usd = (minor: bigint) => Money.of("USD", minor)

const invoiceId = InvoiceId.make("inv_00000000000000000001")
const issued = {
  _tag: "InvoiceIssued",
  invoiceId,
  customerId: CustomerId.make("cus_00000000000000000001"),
  issuedAt: at("2026-03-01T12:00:00.000Z"),
  payBy: at("2026-03-01T13:00:00.000Z"),
} as const
const requested = {
  _tag: "ProviderOrderRequested",
  provider: "wallet-pay",
  externalId: invoiceId,
  amount: usd(1000n),
  description: "Ten stickers × 2",
  timeoutSeconds: 1800,
  requestedAt: at("2026-03-01T12:01:00.000Z"),
  repeatUntil: at("2026-03-01T12:03:00.000Z"),
} as const
const ofOrder = { provider: "wallet-pay", orderId: "10030467668508673" } as const
const received = {
  _tag: "PaymentReceived",
  ...ofOrder,
  orderAmount: usd(1000n),
  gross: ton(7_000_000_000n),
  fee: ton(70_000_000n),
  net: ton(6_930_000_000n),
  rate: "0.7000000000000001",
  completedAt: at("2026-03-01T12:10:00.000Z"),
} as const

const ann = StaffId.make("stf_00000000000000000001")
const ben = StaffId.make("stf_00000000000000000002")
const by = { by: ann, reason: "As agreed" }
const decidedAt = at("2026-03-01T13:20:00.000Z")
const refundId = RefundId.make("rfd_00000000000000000001")
const digest = "ab".repeat(32)
const ofProposal = { proposalId: ProposalId.make("pro_00000000000000000001"), digest, ...by }
const proposed = { ...ofProposal, proposedAt: decidedAt, expiresAt: at("2026-03-02T13:20:00.000Z") }
const approved = { ...ofProposal, by: ben, approvedAt: at("2026-03-01T13:40:00.000Z") }
const corrections: ReadonlyArray<Correction> = [
  { _tag: "HoldPayment", payment: 1 },
  { _tag: "ReleasePayment", payment: 2 },
  { _tag: "VoidRefund", refundId },
]

const evidence = {
  sent: ton(7_000_000_000n),
  sentAt: at("2026-03-01T13:30:00.000Z"),
  way: "transfer in Wallet",
  reference: "T-4711",
}
const refunds: Meanings<RefundEvent> = {
  "RefundRequested.1": [ton(7_000_000_000n), { currency: "GRAM", unread: "7.0000000000001" }].map((amount) => ({
    _tag: "RefundRequested",
    refundId,
    payment: 1,
    ...ofOrder,
    amount,
    ...by,
    requestedAt: decidedAt,
  })),
  "RefundRecorded.1": [evidence, { ...evidence, document: digest }].map((evidence) => ({
    _tag: "RefundRecorded",
    refundId,
    evidence,
    ...by,
    by: ben,
    recordedAt: decidedAt,
  })),
  "RefundTaken.1": [{ _tag: "RefundTaken", refundId, ...by, by: ben, takenAt: decidedAt }],
  "RefundDropped.1": [{ _tag: "RefundDropped", refundId, takenBy: ben, ...by, droppedAt: decidedAt }],
  "RefundWithdrawn.1": [{ _tag: "RefundWithdrawn", refundId, ...by, withdrawnAt: decidedAt }],
}

const declined = {
  "ProposalDeclined.1": [
    { _tag: "ProposalDeclined", proposalId: ofProposal.proposalId, ...by, by: ben, declinedAt: decidedAt },
  ],
} satisfies Meanings<ProposalDeclined>

const invoice: Meanings<InvoiceEvent> = {
  "InvoiceIssued.1": [
    {
      ...issued,
      lines: [{ title: "Ten stickers", quantity: 2, unitPrice: usd(500n) }],
      amount: usd(1000n),
      policy: { tolerance: usd(5n), late: "Hold", graceSeconds: 600 },
    },
    {
      ...issued,
      lines: [
        { title: "Чай “зелёный” 🍵", quantity: 1, unitPrice: ton(1n) },
        { title: "Ten stickers", quantity: 3, unitPrice: ton(90_071_992_547_409_930n) },
      ],
      amount: ton(270_215_977_642_229_791n),
      policy: { tolerance: ton(0n), late: "Accept", graceSeconds: 0 },
    },
  ],
  "ProviderOrderRequested.1": [
    requested,
    {
      ...requested,
      autoConversion: "USDT",
      returnUrl: "https://t.me/shop_bot/app",
      failReturnUrl: "https://t.me/shop_bot/app?startapp=failed",
      customData: invoiceId,
    },
  ],
  "ProviderOutcomeUnknown.1": [
    { _tag: "ProviderOutcomeUnknown", reason: "no answer within 10 s", failedAt: at("2026-03-01T12:01:30.000Z") },
  ],
  "ProviderOrderOpened.1": [
    {
      _tag: "ProviderOrderOpened",
      ...ofOrder,
      number: "XYTNJP2O",
      payLink: "https://t.me/wallet?startattach=wpay_order_10030467668508673",
      directPayLink: "https://t.me/wallet/start?startapp=wpay_order-orderId__10030467668508673",
      expiresAt: at("2026-03-01T12:32:00.000Z"),
    },
  ],
  "ProviderOrderRefused.1": [
    { _tag: "ProviderOrderRefused", reason: "ACCESS_DENIED", refusedAt: at("2026-03-01T12:01:30.000Z") },
  ],
  "PaymentReceived.1": [received, { ...received, gross: { currency: "GRAM", unread: "7.0000000000001" } }],
  "InvoicePaid.1": [{ _tag: "InvoicePaid", payment: 1, ...ofOrder, paidAt: at("2026-03-01T12:10:00.000Z") }],
  "PaymentHeld.1": HoldReason.literals.map((reason) => ({ _tag: "PaymentHeld", payment: 2, ...ofOrder, reason })),
  "InvoiceExpired.1": [
    { _tag: "InvoiceExpired", by: "Provider", expiredAt: at("2026-03-01T12:32:00.000Z") },
    { _tag: "InvoiceExpired", by: "ProviderCancel", expiredAt: at("2026-03-01T12:32:00.000Z") },
    { _tag: "InvoiceExpired", by: "Clock", expiredAt: at("2026-03-01T13:10:00.000Z") },
  ],
  "InvoiceIssued.1-refund": [
    {
      ...issued,
      lines: [{ title: "Ten stickers", quantity: 2, unitPrice: usd(500n) }],
      amount: usd(1000n),
      policy: {
        tolerance: usd(5n),
        late: "Hold",
        graceSeconds: 600,
        refund: { fee: "Customer", days: 14 },
      },
    },
    {
      ...issued,
      lines: [{ title: "Ten stickers", quantity: 2, unitPrice: usd(500n) }],
      amount: usd(1000n),
      policy: { tolerance: usd(5n), late: "Hold", graceSeconds: 600, refund: { fee: "Shop", days: 0 } },
    },
  ],
  "InvoiceExpired.1-absent": [{ _tag: "InvoiceExpired", by: "OrderAbsent", expiredAt: at("2026-03-01T12:08:30.000Z") }],
  "ProviderOrderConflicted.1": [
    { _tag: "ProviderOrderConflicted", externalId: invoiceId, conflictedAt: at("2026-03-01T12:01:30.000Z") },
  ],
  "ProviderOrderAbsent.1": [
    { _tag: "ProviderOrderAbsent", externalId: invoiceId, listReadAt: at("2026-03-01T12:08:00.000Z"), listed: 12 },
  ],
  "HeldPaymentAccepted.1": [{ _tag: "HeldPaymentAccepted", payment: 1, ...ofOrder, ...by, acceptedAt: decidedAt }],
  "StatementDismissed.1": [{ _tag: "StatementDismissed", payment: 2, ...ofOrder, ...by, dismissedAt: decidedAt }],
  ...refunds,
  "CorrectionProposed.1": corrections.map((correction) => ({ _tag: "CorrectionProposed", correction, ...proposed })),
  "CorrectionApproved.1": corrections.map((correction) => ({ _tag: "CorrectionApproved", correction, ...approved })),
  ...declined,
  "InvoiceFulfilled.1": [
    { _tag: "InvoiceFulfilled", reference: "message-1", fulfilledAt: decidedAt },
    { _tag: "InvoiceFulfilled", reference: "Посылка № 4711", fulfilledAt: decidedAt, ...by },
  ],
  "FulfilmentFailed.1": [{ _tag: "FulfilmentFailed", reason: "OutOfStock", failedAt: decidedAt }],
  "FulfilmentRetried.1": [{ _tag: "FulfilmentRetried", ...by, retriedAt: decidedAt }],
  "InvoiceCancelled.1": [{ _tag: "InvoiceCancelled", cancelledAt: at("2026-03-01T12:20:00.000Z") }],
}

const unmatched: Meanings<UnmatchedEvent> = {
  "PaymentReceived.1": [{ ...received, fee: ton(0n), net: ton(7_000_000_000n) }],
  "PaymentUnmatched.1": [
    { _tag: "PaymentUnmatched", externalId: "JDF23NN", reason: "NoSuchInvoice" },
    { _tag: "PaymentUnmatched", reason: "NoSuchInvoice" },
  ],
  "PaymentUnmatched.1-released": [{ _tag: "PaymentUnmatched", externalId: invoiceId, reason: "Released" }],
  "AssignmentProposed.1": [{ _tag: "AssignmentProposed", payment: 1, ...ofOrder, invoiceId, ...proposed }],
  "PaymentAssigned.1": [{ _tag: "PaymentAssigned", payment: 1, ...ofOrder, invoiceId, ...approved }],
  ...declined,
  "StatementDismissed.1": [{ _tag: "StatementDismissed", payment: 2, ...ofOrder, ...by, dismissedAt: decidedAt }],
  ...refunds,
}

const quarantine: Meanings<QuarantineEvent> = {
  "DeliveryQuarantined.1": [
    { _tag: "DeliveryQuarantined", provider: "wallet-pay", index: 0, reason: "The body is no array" },
  ],
  "ElementResolved.1": ResolvedAs.literals.map((as) => ({
    _tag: "ElementResolved",
    index: 0,
    as,
    ...by,
    resolvedAt: decidedAt,
  })),
}

const { customerId } = issued
const { proposalId } = ofProposal

const erasure: Meanings<ErasureEvent> = {
  "ErasureProposed.1": [{ _tag: "ErasureProposed", customerId, ...proposed }],
  "ErasureApproved.1": [{ _tag: "ErasureApproved", customerId, ...approved }],
  "ErasureCarriedOut.1": [
    {
      _tag: "ErasureCarriedOut",
      customerId,
      proposalId,
      identities: 1,
      updates: 12,
      messages: 3,
      attachments: 2,
      erasedAt: decidedAt,
    },
  ],
}

export const meanings = { invoice, unmatched, quarantine, erasure }

/** What a golden file means, line by line. */
export const meaningOf = ({ aggregate, path }: GoldenFile): ReadonlyArray<unknown> | undefined => {
  const all: Record<string, Meanings<unknown>> = meanings
  return all[aggregate]?.[path.slice(aggregate.length + 1, -".jsonl".length)]
}
