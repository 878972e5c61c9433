/** What a message to the staff shows, by name: stored when it is decided on, drawn when it is sent, and only for somebody who is of the staff then. */
import { InvoiceId } from "@paylog/domain/Invoice"
import { StaffId } from "@paylog/domain/Manual"
import { ProposalId } from "@paylog/domain/Proposal"
import { RefundId } from "@paylog/domain/Refund"
import { Schema } from "effect"

/** What the owners are told of, besides what is open. */
export const alarms = ["Ledger", "Conflict", "Stream", "Update", "Message", "LateOrders", "LateGoods"] as const

/** Stored in deliveries: names and fields are only ever added to. */
export const Page = Schema.Union([
  /** What they can do. */
  Schema.TaggedStruct("Home", {}),
  Schema.TaggedStruct("Stats", {}),
  Schema.TaggedStruct("Open", { offset: Schema.Natural }),
  Schema.TaggedStruct("Item", { stream: Schema.String, item: Schema.String }),
  Schema.TaggedStruct("Invoice", { invoiceId: InvoiceId }),
  /** A refund or a proposal, for the person who is to approve it. */
  Schema.TaggedStruct("Request", { stream: Schema.String, id: Schema.Union([RefundId, ProposalId]) }),
  /** What is still to be said about a draft. */
  Schema.TaggedStruct("Ask", { draftId: Schema.String }),
  Schema.TaggedStruct("Note", {
    note: Schema.Literals(["WhichInvoice", "NoInvoice", "SeveralInvoices", "NotText", "Refused", "Dropped", "Settled"]),
    /** The words of whatever refused it. */
    detail: Schema.optionalKey(Schema.String),
  }),
  /** To whoever asked: another person did not approve. */
  Schema.TaggedStruct("Declined", {
    stream: Schema.String,
    id: Schema.Union([RefundId, ProposalId]),
    by: StaffId,
  }),
  Schema.TaggedStruct("Alarm", {
    alarm: Schema.Literals(alarms),
    stream: Schema.NullOr(Schema.String),
    detail: Schema.NullOr(Schema.String),
  }),
  /** More alarms at once than anybody wants to get one by one. */
  Schema.TaggedStruct("Many", { alarms: Schema.Natural }),
])
export type Page = typeof Page.Type
