/**
 * Events, states and reasons in plain sentences. Each has one: a new event, status or reason does not compile until somebody
 * has said here what it means.
 */
import type { InvoiceEvent, Status } from "@paylog/domain/Invoice"
import type { Correction } from "@paylog/domain/Correction"
import * as Money from "@paylog/domain/Money"
import type { Disposition, HeldFor } from "@paylog/domain/Payment"
import { DateTime } from "effect"
import type { Metadata } from "./Metadata.ts"
import { plain } from "./plain.ts"

const iso = DateTime.formatIso
const amount = (stated: Money.Stated) => plain(Money.words(stated))

/** What happened, without a full stop. */
export const what = (event: InvoiceEvent): string => {
  switch (event._tag) {
    case "InvoiceIssued":
      return `The invoice of ${amount(event.amount)} was issued, to be paid by ${iso(event.payBy)}`
    case "ProviderOrderRequested":
      return `An order of ${amount(event.amount)} was asked of ${event.provider}, payable for ${event.timeoutSeconds} s`
    case "ProviderOutcomeUnknown":
      return `Whether the provider has the order is not known: ${plain(event.reason)}`
    case "ProviderOrderConflicted":
      return `The provider knows the id ${event.externalId} with other fields: it was used twice`
    case "ProviderOrderAbsent":
      return `The provider's list of ${event.listed} orders, read at ${iso(event.listReadAt)}, does not have the order`
    case "ProviderOrderOpened":
      return `The provider opened order ${event.orderId}, number ${plain(event.number)}, payable until ${iso(event.expiresAt)}`
    case "ProviderOrderRefused":
      return `The provider refused the order: ${plain(event.reason)}`
    case "PaymentReceived":
      return `The provider stated a payment of ${amount(event.gross)} for order ${event.orderId}, completed at ${iso(event.completedAt)}: fee ${amount(event.fee)}, net ${amount(event.net)}`
    case "InvoicePaid":
      return `Payment ${event.payment} paid the invoice`
    case "PaymentHeld":
      return `Payment ${event.payment} was held: ${held[event.reason].why}`
    case "InvoiceExpired":
      return `The invoice expired, ${expired[event.by]}`
    case "InvoiceCancelled":
      return "The invoice was cancelled"
    case "HeldPaymentAccepted":
      return `Payment ${event.payment}, which was held, was accepted as the invoice's`
    case "StatementDismissed":
      return `Statement ${event.payment} was dismissed: it is no money of its own`
    case "RefundRequested":
      return `Refund ${event.refundId} was asked for: ${amount(event.amount)} of payment ${event.payment} is to go back`
    case "RefundTaken":
      return `Refund ${event.refundId} is being sent`
    case "RefundDropped":
      return `Refund ${event.refundId} was not sent by ${event.takenBy}, and anybody else may`
    case "RefundRecorded":
      return `Refund ${event.refundId} was made: ${amount(event.evidence.sent)} by ${plain(event.evidence.way)}, reference ${plain(event.evidence.reference)}, sent at ${iso(event.evidence.sentAt)}`
    case "RefundWithdrawn":
      return `Refund ${event.refundId} was withdrawn: nothing was sent`
    case "CorrectionProposed":
      return `${event.proposalId} proposed that ${corrected(event.correction)}; it could be approved until ${iso(event.expiresAt)}`
    case "CorrectionApproved":
      return `${event.proposalId} was approved: ${corrected(event.correction)}`
    case "ProposalDeclined":
      return `${event.proposalId} was declined: it is not carried out`
    case "InvoiceFulfilled":
      return `What was paid for was delivered${event.by === undefined ? "" : " by hand"}: ${plain(event.reference)}`
    case "FulfilmentFailed":
      return `What was paid for could not be delivered: ${event.reason}`
    case "FulfilmentRetried":
      return "What was paid for is to be delivered after all"
  }
}

const corrected = (correction: Correction): string => {
  switch (correction._tag) {
    case "HoldPayment":
      return `payment ${correction.payment} does not pay the invoice and is held`
    case "ReleasePayment":
      return `payment ${correction.payment} is not this invoice's, and is unmatched money`
    case "VoidRefund":
      return `refund ${correction.refundId} came back or never went, and is owed again`
  }
}

const expired = {
  Provider: "by the provider's word",
  ProviderCancel: "since the provider cancelled its order",
  Clock: "by our own clock, after every deadline and the grace",
  OrderAbsent: "since the provider does not have its order",
} satisfies Record<Extract<InvoiceEvent, { readonly _tag: "InvoiceExpired" }>["by"], string>

/** Whose deed it was. */
const who = ({ kind, id }: Metadata["actor"]): string => {
  switch (kind) {
    case "Customer":
      return `the customer ${id}`
    case "Staff":
      return `${id} of the staff`
    case "Worker":
      return `the worker ${plain(id)}`
    case "Provider":
      return `the provider ${plain(id)}`
  }
}

/** By which way we heard of it, or did it. */
const way = {
  Bot: "in the bot",
  Webhook: "by webhook",
  Poll: "by asking after the order",
  Sweep: "from the provider's list",
  Clock: "by our clock",
  Manual: "by command",
  Worker: "by a worker",
} satisfies Record<Metadata["source"], string>

/** "the provider wallet-pay, by webhook"; of a worker who did it, the worker alone. */
export const whoAndHow = ({ actor, source }: Pick<Metadata, "actor" | "source">): string =>
  actor.kind === "Worker" && source === "Worker" ? who(actor) : `${who(actor)}, ${way[source]}`

/** What a status means. */
export const status = {
  Issued: "The invoice is issued, and no order was asked of the provider yet.",
  Requested: "An order was asked of the provider, and its answer is awaited.",
  Unknown:
    "Whether the provider has the order is not known: the same request is repeated, then the provider's list decides.",
  AwaitingPayment: "The order is open at the provider and waits for its payer.",
  Paid: "The invoice is paid.",
  Held: "Money came that does not pay the invoice by itself: somebody decides on it.",
  Expired: "Nobody expects a payment any more. One that was completed in time still pays the invoice.",
  Cancelled: "The invoice was cancelled. The provider has no cancel: a payment that comes all the same is held.",
  Refused: "The provider refused the order: nothing can be paid.",
  RefundPending: "All of the money is to go back, and has not gone yet.",
  Refunded: "The money went back.",
} satisfies Record<Status, string>

/** Why a payment is held, and what happens next. `INV` and `N` stand for the invoice and the payment. */
export const held = {
  WrongAmount: {
    why: "its price is not the invoice's, or less than it was paid",
    next: "Accept it all the same, or give it back.",
  },
  WrongCurrency: {
    why: "it is of an order in another currency than the invoice",
    next: "Currencies are never compared: accept it all the same, or give it back.",
  },
  UnknownCurrency: {
    why: "one of its amounts is in a currency that is not known, or has more digits than the currency",
    next: "No account can hold it: give it back, or accept it once somebody has made sure what it is.",
  },
  NotConserved: {
    why: "its gross is not fee and net",
    next: "Ask the provider for the right numbers before it is accepted or given back.",
  },
  NoOrder: {
    why: "no order was ever asked for this invoice",
    next: "Find out how it could be paid; then accept it or give it back.",
  },
  AfterExpiry: {
    why: "it was completed after the order's last moment",
    next: "Deliver and accept it, or give it back.",
  },
  AfterCancel: {
    why: "it was completed after the invoice was cancelled",
    next: "Give it back, or accept it and deliver.",
  },
  AfterRefusal: {
    why: "the provider had refused the order",
    next: "Ask the provider how it could be paid; then accept it or give it back.",
  },
  Surplus: {
    why: "another payment has paid the invoice",
    next: "The customer paid twice: give this one back.",
  },
  Restated: {
    why: "this order's payment is known with other amounts: it is a contradiction, and no second money",
    next: "Ask the provider which is true, and dismiss the wrong one.",
  },
  Corrected: {
    why: "two people corrected that it pays the invoice",
    next: "Accept another payment, release this one, or give it back.",
  },
} satisfies Record<HeldFor, { readonly why: string; readonly next: string }>

/** What became of a payment: completes "Payment 1 …". */
export const disposition = (of: Disposition): string => {
  switch (of) {
    case "Undecided":
      return "has no verdict yet"
    case "Paid":
      return "is taken for the invoice"
    case "Dismissed":
      return "is dismissed: it is no money of its own"
    case "Released":
      return "was taken off the invoice by two people: it is unmatched money now"
    default:
      return `is held: ${held[of].why}`
  }
}
