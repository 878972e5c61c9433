/** An invoice as its customer sees it, whatever state it is in: what is so, and what happens next. One message, edited in place. */
import { failureOf, fulfilledOf } from "@paylog/domain/Fulfilment"
import type { Existing, ProviderOrderOpened } from "@paylog/domain/Invoice"
import * as Obligations from "@paylog/domain/Obligations"
import { DateTime, Duration } from "effect"
import type { Words } from "../words/en.ts"
import { amount, dayAndTime, type Language, type Reader, time } from "../words/language.ts"
import { span, wordsIn } from "../words/words.ts"
import { bill, moneyBack } from "./bill.ts"
import { type Html, html, lines, paragraphs } from "./html.ts"
import type { Button, Message } from "./Message.ts"
import { numberOf, payment } from "./receipt.ts"

/** Wallet Pay's rule: this text exactly, on a plain `url` button, alone above all others. */
export const payButton = "👛 Pay via Wallet"

/** `now` is when the message is drawn: it says how long the invoice is valid from then. */
export const invoiceMessage = (reader: Reader, invoice: Existing, now: DateTime.Utc): Message => {
  const words = wordsIn[reader.language]
  return {
    text: paragraphs(
      html`<b>${words.invoice.headline[invoice._tag]}</b>`,
      bill(reader.language, invoice.terms),
      ...facts(reader, invoice, now),
    ),
    buttons: buttons(words, invoice, now),
  }
}

const facts = (reader: Reader, invoice: Existing, now: DateTime.Utc): ReadonlyArray<Html | string | undefined> => {
  const { terms, order } = invoice
  const { language } = reader
  const words = wordsIn[language].invoice
  switch (invoice._tag) {
    case "Issued":
    case "Requested":
      return [valid(reader, terms.payBy, now), words.preparing]
    case "Unknown":
      return [valid(reader, terms.payBy, now), words.checking]
    case "AwaitingPayment": {
      const { expiresAt } = invoice.order
      if (isOver(expiresAt, now)) return [valid(reader, expiresAt, now), words.timeIsUp]
      return [valid(reader, expiresAt, now), linkOf(invoice.order) === undefined ? words.noLink : words.pay]
    }
    case "Paid": {
      const others = undecided(language, invoice)
      return [
        payment(reader, invoice),
        delivery(language, invoice),
        others === "" ? undefined : words.alsoReceived(others),
        ...moneyBack(language, invoice),
      ]
    }
    case "Held":
      return [
        words.received(undecided(language, invoice)),
        lines(...reasons(invoice).map((reason) => words.heldSince[reason])),
        words.heldNext(),
      ]
    case "RefundPending":
      return [...moneyBack(language, invoice), words.returningNext, words.order(numberOf(invoice))]
    case "Refunded":
      return [...moneyBack(language, invoice), words.order(numberOf(invoice)), words.returnedNext]
    case "Expired":
      return [words.expired, words.expiredNext]
    case "Cancelled":
      return [words.cancelled, order === undefined ? undefined : stillPayable(reader, order, now)]
    case "Refused":
      return [words.refused]
  }
}

const isOver = (until: DateTime.Utc, now: DateTime.Utc): boolean => DateTime.isLessThanOrEqualTo(until, now)

/** By the customer's clock, and how long from now: the message says when "now" is, since it is read later. */
const valid = (reader: Reader, until: DateTime.Utc, now: DateTime.Utc): string => {
  const words = wordsIn[reader.language]
  if (isOver(until, now)) return words.invoice.wasValid(dayAndTime(reader, until))
  const left = span(words, Duration.toMillis(DateTime.distance(now, until)))
  return words.invoice.validFor(left, time(reader, now), dayAndTime(reader, until))
}

/** The provider has no cancel. */
const stillPayable = (reader: Reader, { expiresAt }: ProviderOrderOpened, now: DateTime.Utc): string | undefined =>
  isOver(expiresAt, now) ? undefined : wordsIn[reader.language].invoice.stillPayable(dayAndTime(reader, expiresAt))

/** Nothing while it is on its way: that is a moment. */
const delivery = (language: Language, invoice: Existing): string | undefined => {
  const words = wordsIn[language].invoice
  if (fulfilledOf(invoice) !== undefined) return words.delivered
  return failureOf(invoice) === undefined ? undefined : words.notDelivered
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

const buttons = (words: Words, invoice: Existing, now: DateTime.Utc): ReadonlyArray<ReadonlyArray<Button>> => {
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
      const url = isOver(invoice.order.expiresAt, now) ? undefined : linkOf(invoice.order)
      return [url === undefined ? [] : [{ text: payButton, url }], [check, cancel], [help]]
    }
    case "Paid":
      return [
        [
          { text: words.buttons.receipt, action: { _tag: "Receipt", invoiceId } },
          { text: words.buttons.catalogue, action: { _tag: "Shop" } },
        ],
      ]
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
