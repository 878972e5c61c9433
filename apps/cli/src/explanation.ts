/** Why an invoice is in its state: plain sentences, from its events alone. */
import { isDue } from "@paylog/domain/Fulfilment"
import type * as Invoice from "@paylog/domain/Invoice"
import { isUndecided } from "@paylog/domain/Proposal"
import * as Obligations from "@paylog/domain/Obligations"
import type { Payment } from "@paylog/domain/Payment"
import { title } from "@paylog/payments/title"
import { DateTime } from "effect"
import { type History, last, type Step } from "./invoiceHistory.ts"
import * as money from "./money.ts"
import * as print from "./print.ts"
import * as sentences from "@paylog/payments/sentences"

export interface Explanation {
  readonly invoiceId: Invoice.InvoiceId
  readonly status: Invoice.Status
  readonly position: bigint
  /** What happened that made it so, in order. */
  readonly because: ReadonlyArray<string>
  /** What each payment is. */
  readonly payments: ReadonlyArray<string>
  /** What happens next, and by which command; empty when nothing is open. */
  readonly next: ReadonlyArray<string>
}

export const explain = ({ invoiceId, steps }: History): Explanation => {
  const { after: state, recorded } = last(steps)
  return {
    invoiceId,
    status: state._tag,
    position: recorded.position,
    because: [
      `It is for ${print.plain(title(state.terms))}, to the customer ${state.terms.customerId}.`,
      ...steps.map(sentence),
      sentences.status[state._tag],
    ],
    payments: state.payments.map((payment, place) => ofPayment(payment, place)),
    next: [...waits(state), ...Obligations.of(state).map((one) => nextOf(invoiceId, one)), ...proposals(state)],
  }
}

export const text = ({ invoiceId, status, because, payments, next }: Explanation): string =>
  [
    `${invoiceId} is ${status}.`,
    "",
    ...because,
    ...(payments.length === 0 ? [] : ["", ...payments]),
    ...(next.length === 0 ? [] : ["", "What happens next:", ...next.map((line) => `- ${line}`)]),
  ].join("\n")

const sentence = ({ event, recorded, metadata }: Step): string => {
  const when = new Date(recorded.recordedAtMs).toISOString()
  const why = "by" in event && "reason" in event ? `, who said: “${print.plain(event.reason)}”` : ""
  return `${when}, ${sentences.whoAndHow(metadata)}${why}: ${sentences.what(event)}.`
}

const ofPayment = ({ received, disposition, refunds }: Payment, place: number): string => {
  const back = refunds.map(
    ({ refundId, amount, progress }) => `${money.words(amount)} of it is ${progressWords[progress]} (${refundId})`,
  )
  return `Payment ${place + 1} of ${money.words(received.gross)}, order ${received.orderId}, ${[sentences.disposition(disposition), ...back].join("; ")}.`
}

const progressWords = {
  Requested: "to go back",
  Recorded: "sent back",
  Withdrawn: "not to go back after all",
  Void: "owed again, since the refund did not arrive",
} satisfies Record<Payment["refunds"][number]["progress"], string>

/** What the system does by itself. */
const waits = (state: Invoice.Existing): ReadonlyArray<string> => {
  switch (state._tag) {
    case "Issued":
      return ["A worker of the ingester asks the provider for the order."]
    case "Requested":
    case "Unknown":
      return [
        state.conflicted
          ? "The id was used twice, so the request is not repeated: the provider's list decides."
          : `The same request is repeated until ${DateTime.formatIso(state.request.repeatUntil)}; after that the provider's list decides.`,
      ]
    case "AwaitingPayment":
      return [`Its payer may pay until ${DateTime.formatIso(state.order.expiresAt)}: a webhook or the sweep tells.`]
    case "Paid":
      return isDue(state) ? ["A worker of the bot delivers what was paid for."] : []
    case "Held":
    case "Expired":
    case "Cancelled":
    case "Refused":
    case "RefundPending":
    case "Refunded":
      return []
  }
}

const nextOf = (invoiceId: Invoice.InvoiceId, one: Obligations.Obligation): string => {
  const who = '--by stf_… --reason "…"'
  const which = `${invoiceId} --payment ${one.payment} ${who}`
  switch (one._tag) {
    case "Decide":
      return `Payment ${one.payment}: ${money.words(one.amount)} waits for somebody's decision. ${sentences.held[one.reason].next} Accept: paylog held accept ${which}. Give back: paylog refund request ${which}. It is not this invoice's: paylog correct propose release ${which}`
    case "Explain":
      return `Statement ${one.payment}: ${sentences.held[one.reason].next} paylog held dismiss ${which}`
    case "Refund":
      return `Somebody else than who asked for it sends ${money.words(one.amount)} back, then: paylog refund record ${one.refundId} --sent "${money.words(one.amount)}" --way "…" --reference "…" ${who}. Nothing is to be sent: paylog refund withdraw ${one.refundId} ${who}`
    case "Fulfil":
      return `What was paid for cannot be delivered (${one.reason}). Once nothing stands in its way: paylog fulfil retry ${invoiceId} ${who}. Delivered by hand: paylog fulfil record ${invoiceId} --reference "…" ${who}. Give back: paylog refund request ${which}`
  }
}

const proposals = ({ proposals }: Invoice.Existing): ReadonlyArray<string> =>
  proposals
    .filter(isUndecided)
    .map(
      ({ proposalId, expiresAt }) =>
        `${proposalId} can be approved by another person until ${DateTime.formatIso(expiresAt)}: paylog correct show ${proposalId}`,
    )
