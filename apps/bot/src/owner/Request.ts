/** A refund or a proposal as another person has to read it before they approve it: a text, and its digest, by which they approve. */
import type { CustomerId, InvoiceEvent } from "@paylog/domain/Invoice"
import * as Invoice from "@paylog/domain/Invoice"
import type { StaffId } from "@paylog/domain/Manual"
import * as Money from "@paylog/domain/Money"
import { ProposalId } from "@paylog/domain/Proposal"
import * as Refund from "@paylog/domain/Refund"
import type { UnmatchedEvent } from "@paylog/domain/Unmatched"
import { EventStore } from "@paylog/event-store/EventStore"
import * as Approvals from "@paylog/payments/Approvals"
import * as Invoices from "@paylog/payments/Invoices"
import * as Proposals from "@paylog/payments/Proposals"
import { sha256, toHex } from "@paylog/payments/sha256"
import * as StoredEvents from "@paylog/payments/StoredEvents"
import { DateTime, Effect, Schema } from "effect"

export const Id = Schema.Union([Refund.RefundId, ProposalId])
export type Id = typeof Id.Type

export interface Request {
  readonly id: Id
  readonly stream: string
  readonly kind: "Refund" | "Proposal"
  /** All that there is to know, to the letter. */
  readonly text: string
  /** SHA-256, hex, of the text. */
  readonly digest: string
  readonly askedBy: StaffId
  /** Of a refund. */
  readonly amount: Money.Stated | undefined
  /** Whose invoice it is about. */
  readonly customerId: CustomerId | undefined
  readonly state: "Open" | "Done" | "Withdrawn" | "Declined" | "Expired"
  /** Who sends an open refund. */
  readonly takenBy: StaffId | undefined
  /** Who has approved, sent, declined or withdrawn it. */
  readonly decidedBy: StaffId | undefined
}

const isProposalId = Schema.is(ProposalId)

/** The refund or proposal under this id, wherever it stands. Fails when the read model does not have it (yet). */
export const find = Effect.fn("Request.find")(function* (id: Id) {
  const { stream } = yield* Approvals.find(id)
  return yield* get(stream, id)
})

/** The same, if there is one that this program can read: nobody approves what is not what was proposed. */
export const look = (id: Id) =>
  find(id).pipe(
    Effect.catchTags({
      NotAsked: () => Effect.undefined,
      SeveralAsked: () => Effect.undefined,
      ProposalNotFound: () => Effect.undefined,
      TextDiffers: () => Effect.undefined,
    }),
  )

/** The same, when its stream is known. Reads the whole stream. */
export const get = Effect.fnUntraced(function* (stream: string, id: Id) {
  return isProposalId(id) ? yield* proposal(stream, id) : yield* refund(stream, id)
})

const proposal = Effect.fnUntraced(function* (stream: string, id: ProposalId) {
  const { text, digest, proposedBy, expiresAt, approvedBy, declinedBy } = yield* Proposals.show(stream, id)
  const invoiceId = Invoice.idOf(stream)
  const invoice = invoiceId === undefined ? Invoice.absent : yield* Invoices.get(invoiceId)
  const isOver = DateTime.isGreaterThanOrEqualTo(yield* DateTime.now, expiresAt)
  const request: Request = {
    id,
    stream,
    kind: "Proposal",
    text,
    digest,
    askedBy: proposedBy,
    amount: undefined,
    takenBy: undefined,
    customerId: invoice._tag === "Absent" ? undefined : invoice.terms.customerId,
    state: approvedBy !== undefined ? "Done" : declinedBy !== undefined ? "Declined" : isOver ? "Expired" : "Open",
    decidedBy: approvedBy ?? declinedBy,
  }
  return request
})

const refund = Effect.fnUntraced(function* (stream: string, id: Refund.RefundId) {
  const recorded = yield* (yield* EventStore).readStream(stream)
  const { decode } = Invoice.idOf(stream) === undefined ? StoredEvents.unmatched : StoredEvents.invoice
  const events = recorded.map((one): InvoiceEvent | UnmatchedEvent => decode(one))
  const asked = events.find((event) => event._tag === "RefundRequested" && event.refundId === id)
  if (asked?._tag !== "RefundRequested") return yield* new Approvals.NotAsked({ id })
  const [first] = events
  const customerId = first?._tag === "InvoiceIssued" ? first.customerId : undefined
  const text = textOf(stream, asked, customerId)
  const [ended] = events.flatMap((event) =>
    (event._tag === "RefundRecorded" || event._tag === "RefundWithdrawn") && event.refundId === id ? [event] : [],
  )
  const taken = events.findLast(
    (event) => (event._tag === "RefundTaken" || event._tag === "RefundDropped") && event.refundId === id,
  )
  const request: Request = {
    id,
    stream,
    kind: "Refund",
    text,
    digest: toHex(sha256(text)),
    askedBy: asked.by,
    amount: asked.amount,
    customerId,
    takenBy: ended === undefined && taken?._tag === "RefundTaken" ? taken.by : undefined,
    state: ended === undefined ? "Open" : ended._tag === "RefundRecorded" ? "Done" : "Withdrawn",
    decidedBy: ended?.by,
  }
  return request
})

/** Line by line, as a proposal's text. */
const textOf = (stream: string, asked: Refund.RefundRequested, customerId: CustomerId | undefined): string =>
  [
    "paylog-refund/1",
    `stream: ${stream}`,
    `refund: ${asked.refundId}`,
    `payment: ${asked.payment}`,
    `order: ${asked.provider} ${asked.orderId}`,
    `amount: ${Money.words(asked.amount)}`,
    ...(customerId === undefined ? [] : [`customer: ${customerId}`]),
    `by: ${asked.by}`,
    `reason: ${asked.reason}`,
    `at: ${DateTime.formatIso(asked.requestedAt)}`,
    "",
  ].join("\n")
