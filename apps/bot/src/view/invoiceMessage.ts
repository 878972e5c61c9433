/** An invoice as its customer sees it, whatever state it is in. One message, edited in place. */
import { failureOf, fulfilledOf } from "@paylog/domain/Fulfilment"
import {
  type Existing,
  type InvoiceIssued,
  lineTotal,
  payingOf,
  type ProviderOrderOpened,
} from "@paylog/domain/Invoice"
import * as Obligations from "@paylog/domain/Obligations"
import { DateTime, Duration } from "effect"
import type { Words } from "../words/en.ts"
import { amount, dateAndTime, dayAndTime, type Language } from "../words/language.ts"
import { span, wordsIn } from "../words/words.ts"
import { type Html, html, lines, paragraphs } from "./html.ts"
import type { Button, Message } from "./Message.ts"

/** Wallet Pay's rule: this text exactly, on a plain `url` button, alone above all others. */
export const payButton = "👛 Pay via Wallet"

export const invoiceMessage = (language: Language, invoice: Existing): Message => {
  const words = wordsIn[language]
  const headline = html`<b>${words.invoice.headline[invoice._tag]}</b>`
  return {
    text: paragraphs(headline, bill(language, invoice.terms), ...facts(language, invoice)),
    buttons: buttons(words, invoice),
  }
}

const bill = (language: Language, { amount: total, lines: billed }: InvoiceIssued): Html => {
  const { invoice: words } = wordsIn[language]
  return lines(
    ...billed.map((line) => words.line(line.title, line.quantity, amount(language, lineTotal(line)))),
    words.total(amount(language, total)),
  )
}

const facts = (language: Language, invoice: Existing): ReadonlyArray<Html | string | undefined> => {
  const { terms, order } = invoice
  const words = wordsIn[language].invoice
  switch (invoice._tag) {
    case "Issued":
    case "Requested":
      return [valid(language, terms, terms.payBy), words.preparing]
    case "Unknown":
      return [valid(language, terms, terms.payBy), words.checking]
    case "AwaitingPayment":
      return [
        valid(language, terms, invoice.order.expiresAt),
        linkOf(invoice.order) === undefined ? words.noLink : words.pay,
      ]
    case "Paid": {
      const others = undecided(language, invoice)
      const [going, gone] = [returned(language, invoice, "Requested"), returned(language, invoice, "Recorded")]
      return [
        receipt(language, invoice),
        delivery(language, invoice),
        others === "" ? undefined : words.alsoReceived(others),
        going === "" ? undefined : words.returning(going),
        gone === "" ? undefined : words.returned(gone),
      ]
    }
    case "Held":
      return [
        words.received(undecided(language, invoice)),
        lines(...reasons(invoice).map((reason) => words.heldSince[reason])),
        words.heldNext(),
      ]
    case "RefundPending":
      return [words.returning(returned(language, invoice, "Requested")), words.returningNext]
    case "Refunded":
      return [words.returned(returned(language, invoice, "Recorded")), words.order(order?.number ?? terms.invoiceId)]
    case "Expired":
      return [words.expired]
    case "Cancelled":
      return [
        words.cancelled,
        order === undefined ? undefined : words.stillPayable(dayAndTime(language, order.expiresAt)),
      ]
    case "Refused":
      return [words.refused]
  }
}

const valid = (language: Language, { issuedAt }: InvoiceIssued, until: DateTime.Utc): string => {
  const words = wordsIn[language]
  const length = span(words, Duration.toMillis(DateTime.distance(issuedAt, until)))
  return words.invoice.validFor(length, dayAndTime(language, until))
}

/** Nothing while it is on its way: that is a moment. */
const delivery = (language: Language, invoice: Existing): string | undefined => {
  const words = wordsIn[language].invoice
  if (fulfilledOf(invoice) !== undefined) return words.delivered
  return failureOf(invoice) === undefined ? undefined : words.notDelivered
}

/** What was paid and when, and the number under which Wallet's support finds it. */
const receipt = (language: Language, invoice: Existing): Html => {
  const { terms, order } = invoice
  const words = wordsIn[language].invoice
  const paid = payingOf(invoice)?.received
  return lines(
    paid && words.paid(amount(language, paid.gross)),
    words.order(order?.number ?? terms.invoiceId),
    paid && dateAndTime(language, paid.completedAt),
  )
}

/** The money that somebody must decide on. A statement that is no second money is none. */
const undecided = (language: Language, invoice: Existing): string =>
  Obligations.of(invoice)
    .flatMap((obligation) => (obligation._tag === "Decide" ? [amount(language, obligation.amount)] : []))
    .join(" + ")

const reasons = (invoice: Existing) => [
  ...new Set(
    Obligations.of(invoice).flatMap((obligation) =>
      obligation._tag === "Decide" || obligation._tag === "Explain" ? [obligation.reason] : [],
    ),
  ),
]

/** The money that goes back, or has gone. */
const returned = (language: Language, { payments }: Existing, progress: "Requested" | "Recorded"): string =>
  payments
    .flatMap(({ refunds }) => refunds)
    .filter((refund) => refund.progress === progress)
    .map((refund) => amount(language, refund.amount))
    .join(" + ")

const buttons = (words: Words, invoice: Existing): ReadonlyArray<ReadonlyArray<Button>> => {
  const { invoiceId } = invoice.terms
  const check: Button = { text: words.buttons.check, action: { _tag: "Check", invoiceId } }
  const cancel: Button = { text: words.buttons.cancel, action: { _tag: "Cancel", invoiceId } }
  const help: Button = { text: words.buttons.help, action: { _tag: "Help" } }
  const again: Button = { text: words.buttons.newInvoice, action: { _tag: "Again", invoiceId } }
  switch (invoice._tag) {
    case "Issued":
    case "Requested":
      return [[cancel]]
    case "Unknown":
      return [[check]]
    case "AwaitingPayment": {
      const url = linkOf(invoice.order)
      return [url === undefined ? [] : [{ text: payButton, url }], [check, cancel], [help]]
    }
    case "Paid":
      return []
    case "Held":
    case "RefundPending":
      return [[check]]
    case "Refunded":
    case "Expired":
    case "Cancelled":
    case "Refused":
      return [[again]]
  }
}

/** The direct link also works in a Mini App. An order that was found in the provider's list may have no links yet. */
const linkOf = ({ directPayLink, payLink }: ProviderOrderOpened): string | undefined =>
  directPayLink || payLink || undefined
