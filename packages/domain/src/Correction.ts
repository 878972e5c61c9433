/**
 * What two people may correct of an invoice: one proposes, another approves. Nothing is rewritten; a correction is an event
 * like any other. An expiry, a cancel or a refusal needs none: money that comes all the same is held, and can be accepted.
 */
import { Schema } from "effect"
import * as Money from "./Money.ts"
import type { Payment } from "./Payment.ts"
import * as Proposal from "./Proposal.ts"
import * as Refund from "./Refund.ts"

const payment = Schema.Natural.check(Schema.isGreaterThan(0))

export const Correction = Schema.Union([
  /** The payment does not pay the invoice after all: it is held, and the next good payment pays. */
  Schema.TaggedStruct("HoldPayment", { payment }),
  /** The payment is not this invoice's: it leaves, and is unmatched money. */
  Schema.TaggedStruct("ReleasePayment", { payment }),
  /** The refund was recorded, and the money came back or never went: it is owed again. */
  Schema.TaggedStruct("VoidRefund", { refundId: Refund.RefundId }),
])
export type Correction = typeof Correction.Type

// -- Events. Tags and fields are the stored format: add, never rename.

export const CorrectionProposed = Schema.TaggedStruct("CorrectionProposed", {
  correction: Correction,
  ...Proposal.proposed,
})
export type CorrectionProposed = typeof CorrectionProposed.Type

/** The correction is carried out by this event. */
export const CorrectionApproved = Schema.TaggedStruct("CorrectionApproved", {
  correction: Correction,
  ...Proposal.approved,
})
export type CorrectionApproved = typeof CorrectionApproved.Type

/** What would be done, and to which money: the lines for `proposalText`. */
export const lines = (correction: Correction, payments: ReadonlyArray<Payment>): ReadonlyArray<string> => {
  switch (correction._tag) {
    case "HoldPayment":
    case "ReleasePayment":
      return [`correction: ${correction._tag}`, ...about(payments, correction.payment)]
    case "VoidRefund": {
      const place = payments.findIndex(({ refunds }) =>
        refunds.some(({ refundId }) => refundId === correction.refundId),
      )
      const refund = Refund.find(payments, correction.refundId)
      return [
        `correction: ${correction._tag}`,
        `refund: ${correction.refundId}`,
        `amount: ${refund === undefined ? "-" : Money.words(refund.amount)}`,
        ...about(payments, place + 1),
      ]
    }
  }
}

const about = (payments: ReadonlyArray<Payment>, number: number): ReadonlyArray<string> => {
  const received = payments[number - 1]?.received
  return [
    `payment: ${number}`,
    `order: ${received === undefined ? "-" : `${received.provider} ${received.orderId}`}`,
    `gross: ${received === undefined ? "-" : Money.words(received.gross)}`,
  ]
}
