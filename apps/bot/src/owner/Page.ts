/** What a message to the staff shows, by name: stored when it is decided on, drawn when it is sent, and only for somebody who is of the staff then. */
import { InvoiceId } from "@paylog/domain/Invoice"
import { StaffId } from "@paylog/domain/Manual"
import { ProposalId } from "@paylog/domain/Proposal"
import { RefundId } from "@paylog/domain/Refund"
import { Kind } from "@paylog/payments/OpenItems"
import { Schema } from "effect"
import { refOf } from "./Press.ts"

/** What the owners are told of, besides what is open. */
export const alarms = ["Ledger", "Conflict", "Stream", "Update", "Message", "LateOrders", "LateGoods"] as const

/** Stored in deliveries: names and fields are only ever added to. */
export const Page = Schema.Union([
  /** What they can do. */
  Schema.TaggedStruct("Home", {}),
  Schema.TaggedStruct("Stats", {}),
  Schema.TaggedStruct("Open", { offset: Schema.Natural }),
  Schema.TaggedStruct("Item", {
    stream: Schema.String,
    item: Schema.String,
    /** What it was when it was told: known of what is settled since, too. */
    kind: Schema.optionalKey(Schema.Literals(Kind.literals)),
  }),
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
    /** Names the alarm, to tell whether it is over. */
    key: Schema.optionalKey(Schema.String),
  }),
  /** More alarms at once than anybody wants to get one by one. */
  Schema.TaggedStruct("Many", { alarms: Schema.Natural }),
])
export type Page = typeof Page.Type

/** What the page shows of something that may change, for `Deliveries.showAgain`; empty when there is no such thing. */
export const aboutOf = (page: Page): string => {
  switch (page._tag) {
    case "Item":
      return refOf(page)
    case "Request":
      return refOf({ stream: page.stream, item: page.id })
    case "Alarm":
      return page.key ?? ""
    default:
      return ""
  }
}
