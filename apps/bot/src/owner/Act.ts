/** What a member of the staff is about to do: kept as a draft from the button that begins it to the answer that completes it. */
import { InvoiceId } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { ProposalId } from "@paylog/domain/Proposal"
import { RefundId } from "@paylog/domain/Refund"
import { Schema } from "effect"

const onPayment = { payment: Schema.Natural }

export const Act = Schema.Union([
  Schema.TaggedStruct("Accept", { invoiceId: InvoiceId, ...onPayment }),
  Schema.TaggedStruct("Dismiss", { stream: Schema.String, ...onPayment }),
  /** All that was left of the payment when the button was pressed. */
  Schema.TaggedStruct("Refund", {
    stream: Schema.String,
    ...onPayment,
    refundId: RefundId,
    amount: Money.Stated,
  }),
  Schema.TaggedStruct("Hold", { invoiceId: InvoiceId, ...onPayment, proposalId: ProposalId }),
  Schema.TaggedStruct("Release", { invoiceId: InvoiceId, ...onPayment, proposalId: ProposalId }),
  Schema.TaggedStruct("VoidRefund", { invoiceId: InvoiceId, refundId: RefundId, proposalId: ProposalId }),
  Schema.TaggedStruct("Assign", {
    stream: Schema.String,
    ...onPayment,
    proposalId: ProposalId,
    invoiceId: Schema.optionalKey(InvoiceId),
  }),
  Schema.TaggedStruct("Retry", { invoiceId: InvoiceId }),
  Schema.TaggedStruct("Delivered", { invoiceId: InvoiceId, reference: Schema.optionalKey(Schema.String) }),
  Schema.TaggedStruct("Withdraw", { stream: Schema.String, refundId: RefundId }),
  Schema.TaggedStruct("Decline", { stream: Schema.String, proposalId: ProposalId }),
  Schema.TaggedStruct("Sent", {
    stream: Schema.String,
    refundId: RefundId,
    amount: Money.Money,
    way: Schema.optionalKey(Schema.String),
    reference: Schema.optionalKey(Schema.String),
  }),
])
export type Act = typeof Act.Type

export const toJson = Schema.encodeSync(Schema.fromJsonString(Act))
export const fromJson = Schema.decodeUnknownSync(Schema.fromJsonString(Act))

/** What is still to be said before it can be done. */
export const lacks = (act: Act): "Way" | "Reference" | "Confirmation" | "Invoice" | "Reason" => {
  switch (act._tag) {
    case "Assign":
      return act.invoiceId === undefined ? "Invoice" : "Reason"
    case "Delivered":
      return act.reference === undefined ? "Reference" : "Confirmation"
    case "Sent":
      return act.way === undefined ? "Way" : act.reference === undefined ? "Reference" : "Confirmation"
    default:
      return "Reason"
  }
}
