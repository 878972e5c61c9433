/** An invoice as its customer sees it, whatever state it is in. One message, edited in place. */
import {
  type Existing,
  type InvoiceIssued,
  lineTotal,
  type Payment,
  type ProviderOrderOpened,
} from "@paylog/domain/Invoice"
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
  const { terms, order, payments } = invoice
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
      const others = unexpected(language, payments)
      return [receipt(language, invoice), others === "" ? undefined : words.alsoReceived(others)]
    }
    case "Held":
      return [
        words.received(unexpected(language, payments)),
        lines(...reasons(payments).map((reason) => words.heldSince[reason])),
        words.heldNext(),
      ]
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

/** What was paid and when, and the number under which Wallet's support finds it. */
const receipt = (language: Language, { terms, order, payments }: Existing): Html => {
  const words = wordsIn[language].invoice
  const paid = payments.find(({ disposition }) => disposition === "Paid")?.received
  return lines(
    paid && words.paid(amount(language, paid.gross)),
    words.order(order?.number ?? terms.invoiceId),
    paid && dateAndTime(language, paid.completedAt),
  )
}

/** The payments that did not pay the invoice. A restated one is no second money. */
const unexpected = (language: Language, payments: ReadonlyArray<Payment>): string =>
  payments
    .filter(({ disposition }) => disposition !== "Paid" && disposition !== "Restated")
    .map(({ received }) => amount(language, received.gross))
    .join(" + ")

const reasons = (payments: ReadonlyArray<Payment>) => [
  ...new Set(
    payments
      .map(({ disposition }) => disposition)
      .filter((disposition) => disposition !== "Paid" && disposition !== "Undecided"),
  ),
]

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
      return [[check]]
    case "Expired":
    case "Cancelled":
    case "Refused":
      return [[again]]
  }
}

/** The direct link also works in a Mini App. An order that was found in the provider's list may have no links yet. */
const linkOf = ({ directPayLink, payLink }: ProviderOrderOpened): string | undefined =>
  directPayLink || payLink || undefined
