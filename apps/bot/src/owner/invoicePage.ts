/** One invoice for the staff: its state, its money, its history, and what can be decided about it now. */
import type { InvoiceEvent } from "@paylog/domain/Invoice"
import * as Invoice from "@paylog/domain/Invoice"
import * as Obligations from "@paylog/domain/Obligations"
import { isUndecided } from "@paylog/domain/Proposal"
import * as Refund from "@paylog/domain/Refund"
import type { RecordedEvent } from "@paylog/event-store/EventStore"
import * as Metadata from "@paylog/payments/Metadata"
import { plain } from "@paylog/payments/plain"
import * as sentences from "@paylog/payments/sentences"
import * as StoredEvents from "@paylog/payments/StoredEvents"
import { title } from "@paylog/payments/title"
import { DateTime } from "effect"
import { type Html, html, lines, paragraphs } from "../view/html.ts"
import type { Button, Message } from "../view/Message.ts"
import { amount, type Language } from "../words/language.ts"
import type { Words } from "../words/owner/en.ts"
import { ownerWordsIn } from "../words/owner/words.ts"
import { button, lists, utc } from "./buttons.ts"
import { heldButtons, undeliveredButtons } from "./itemPage.ts"

/** Telegram takes 4,096 characters; the newest events that fit are shown. */
const roomForHistory = 2800

/** `recorded` is the invoice's whole stream; `undefined` for one without events. */
export const invoicePage = (
  language: Language,
  recorded: ReadonlyArray<RecordedEvent>,
  { mayDecide, now, names }: { readonly mayDecide: boolean; readonly now: DateTime.Utc; readonly names: Names },
): Message | undefined => {
  const words = ownerWordsIn[language]
  const steps = recorded.map((one) => ({ one, event: StoredEvents.invoice.decode(one) }))
  const state = Invoice.fold(steps.map(({ event }) => event))
  if (state._tag === "Absent") return undefined
  const { terms, order, payments } = state
  const { told, earlier } = newest(steps.map(({ one, event }) => historyLine(words, names, one, event)))
  return {
    text: paragraphs(
      lines(html`<b>${state._tag}</b> · <code>${terms.invoiceId}</code>`, words.status[state._tag]),
      lines(
        html`${plain(title(terms))} — <b>${amount(language, terms.amount)}</b>`,
        words.invoice.customer(terms.customerId),
        order === undefined ? undefined : words.invoice.order(plain(order.number)),
      ),
      payments.length === 0
        ? undefined
        : lines(
            html`<b>${words.invoice.payments}</b>`,
            ...payments
              .slice(0, 8)
              .map(
                ({ received, disposition }, i) =>
                  html`${i + 1}. ${amount(language, received.gross)} ${words.disposition(disposition)}`,
              ),
          ),
      lines(html`<b>${words.invoice.history}</b>`, earlier === 0 ? undefined : words.invoice.earlier(earlier), ...told),
    ),
    buttons: [...(mayDecide ? decisions(words, state, now) : requests(words, state, now)), lists(words)],
  }
}

/** Of the staff, by id: as long as they are known. The log has ids alone. */
export type Names = ReadonlyMap<string, string>

const historyLine = (
  words: Words,
  names: Names,
  recorded: RecordedEvent,
  event: InvoiceEvent,
): { text: Html; length: number } => {
  const { actor, source } = Metadata.of(recorded)
  const name = names.get(actor.id)
  const said = sentences.whoAndHow({ actor, source })
  const who = name === undefined ? said : said.replace(`${actor.id} of the staff`, () => name)
  const why =
    "by" in event && "reason" in event && event.reason !== undefined ? ` ${words.invoice.why(event.reason)}` : ""
  const time = utc(new Date(recorded.recordedAtMs))
  const what = sentences.what(event)
  return {
    text: html`<b>${time}</b> ${what}${why} <i>(${who})</i>`,
    length: time.length + what.length + why.length + who.length + 6,
  }
}

const newest = (all: ReadonlyArray<{ readonly text: Html; readonly length: number }>) => {
  let [room, first] = [roomForHistory, all.length]
  for (const { length } of all.toReversed()) {
    room -= length
    if (room < 0) break
    first -= 1
  }
  return { told: all.slice(first).map(({ text }) => text), earlier: first }
}

/** What an owner may do now. Each is decided on the newest state once more when it is done. */
const decisions = (words: Words, state: Invoice.Existing, now: DateTime.Utc): ReadonlyArray<ReadonlyArray<Button>> => {
  const { invoiceId } = state.terms
  const rows: Array<ReadonlyArray<Button>> = []
  for (const one of Obligations.of(state)) {
    if (one._tag === "Decide") rows.push(...heldButtons(words, invoiceId, one.payment))
    if (one._tag === "Explain")
      rows.push([
        button(words.buttons.dismiss(one.payment), {
          _tag: "OnInvoice",
          what: "Dismiss",
          invoiceId,
          payment: one.payment,
        }),
      ])
    if (one._tag === "Fulfil") rows.push(...undeliveredButtons(words, invoiceId, one.payment).slice(0, 1))
  }
  for (const [place, payment] of state.payments.entries()) {
    const number = place + 1
    if (Invoice.pays(state, payment)) {
      const about = { _tag: "OnInvoice", invoiceId, payment: number } as const
      rows.push([
        ...(Refund.leftOf(payment, Invoice.feeRule(state)) === undefined
          ? []
          : [button(words.buttons.refund(number), { ...about, what: "Refund" })]),
        button(words.buttons.hold(number), { ...about, what: "Hold" }),
      ])
      rows.push([button(words.buttons.release(number), { ...about, what: "Release" })])
    }
    for (const { refundId, progress } of payment.refunds)
      if (progress === "Recorded")
        rows.push([button(words.buttons.voidRefund, { _tag: "OnRefund", what: "VoidRefund", id: refundId })])
  }
  return [...rows, ...requests(words, state, now)]
}

/** Where a second person is waited for. */
const requests = (
  words: Words,
  { payments, proposals }: Invoice.Existing,
  now: DateTime.Utc,
): ReadonlyArray<ReadonlyArray<Button>> => [
  ...payments
    .flatMap(({ refunds }) => refunds)
    .filter(({ progress }) => progress === "Requested")
    .map(({ refundId: id }) => [button(words.kinds.Refund, { _tag: "Request", id })]),
  ...proposals
    .filter((proposal) => isUndecided(proposal) && DateTime.isLessThan(now, proposal.expiresAt))
    .map(({ proposalId: id }) => [button(words.kinds.Proposal, { _tag: "Request", id })]),
]
