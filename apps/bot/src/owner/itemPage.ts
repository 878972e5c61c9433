/** One thing that is open, and what can be done about it. */
import * as Invoice from "@paylog/domain/Invoice"
import type { OpenItem } from "@paylog/payments/OpenItems"
import { held } from "@paylog/payments/sentences"
import { DateTime } from "effect"
import { type Html, html, lines, paragraphs } from "../view/html.ts"
import type { Button, Message } from "../view/Message.ts"
import type { Language } from "../words/language.ts"
import type { Words } from "../words/owner/en.ts"
import { ownerWordsIn } from "../words/owner/words.ts"
import { button, lists, money, utc } from "./buttons.ts"
import type { Page } from "./Page.ts"
import { refOf } from "./Press.ts"

/** `item` is `undefined` once it is settled. */
export const itemPage = (
  language: Language,
  page: ItemPage,
  item: OpenItem | undefined,
  mayDecide: boolean,
): Message => {
  const words = ownerWordsIn[language]
  const invoiceId = Invoice.idOf(page.stream)
  const invoice = invoiceId === undefined ? [] : [button(words.buttons.invoice, { _tag: "Invoice", invoiceId })]
  if (item === undefined) return { text: settledText(words, page), buttons: [invoice, lists(words)] }
  return {
    text: openText(language, words, item),
    buttons: [...(mayDecide ? decisions(words, item, invoiceId) : []), invoice, lists(words)],
  }
}

export type ItemPage = Extract<Page, { readonly _tag: "Item" }>

/** What it is, how much, where, and what comes next. */
export const openText = (language: Language, words: Words, item: OpenItem): Html => {
  const amount = money(language, item)
  return paragraphs(
    html`🔔 <b>${words.kinds[item.kind]}</b>`,
    lines(
      amount === undefined ? undefined : html`<b>${amount}</b>`,
      placeOf(words, item.stream),
      words.item.since(utc(DateTime.toDateUtc(item.since))),
    ),
    ...next(words, item),
  )
}

export const settledText = (words: Words, { kind, stream }: Pick<ItemPage, "kind" | "stream">): Html =>
  paragraphs(
    kind === undefined ? undefined : html`✅ <b>${words.kinds[kind]}</b>`,
    words.item.settled,
    placeOf(words, stream),
  )

export const placeOf = (words: Words, stream: string): Html => {
  const invoiceId = Invoice.idOf(stream)
  return invoiceId === undefined ? words.item.stream(stream) : words.item.invoice(invoiceId)
}

const next = (words: Words, { kind, reason }: OpenItem): ReadonlyArray<string> => {
  switch (kind) {
    case "Held":
    case "Contradiction":
      return isReason(reason) ? [`${capital(words.held[reason].why)}.`, words.held[reason].next] : [reason]
    case "Unmatched":
      return [words.item.unmatchedNext]
    case "Quarantined":
      return [reason, words.item.quarantined]
    case "Undelivered":
      return [words.undelivered[reason] ?? reason]
    case "Refund":
    case "Proposal":
      return [reason]
  }
}

const isReason = (reason: string): reason is keyof Words["held"] => Object.hasOwn(held, reason)

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

const decisions = (
  words: Words,
  item: OpenItem,
  invoiceId: Invoice.InvoiceId | undefined,
): ReadonlyArray<ReadonlyArray<Button>> => {
  const payment = item.payment ?? 1
  const ref = refOf(item)
  switch (item.kind) {
    case "Held":
      return invoiceId === undefined ? [] : heldButtons(words, invoiceId, payment)
    case "Contradiction":
      return [
        [
          button(
            words.buttons.dismiss(payment),
            invoiceId === undefined
              ? { _tag: "OnItem", what: "Dismiss", ref }
              : { _tag: "OnInvoice", what: "Dismiss", invoiceId, payment },
          ),
        ],
      ]
    case "Unmatched":
      return [
        [
          button(words.buttons.assign, { _tag: "OnItem", what: "Assign", ref }),
          button(words.buttons.refund(payment), { _tag: "OnItem", what: "Refund", ref }),
        ],
      ]
    case "Undelivered":
      return invoiceId === undefined ? [] : undeliveredButtons(words, invoiceId, payment)
    case "Quarantined":
    case "Refund":
    case "Proposal":
      return []
  }
}

export const heldButtons = (
  words: Words,
  invoiceId: Invoice.InvoiceId,
  payment: number,
): ReadonlyArray<ReadonlyArray<Button>> => [
  [
    button(words.buttons.accept(payment), { _tag: "OnInvoice", what: "Accept", invoiceId, payment }),
    button(words.buttons.refund(payment), { _tag: "OnInvoice", what: "Refund", invoiceId, payment }),
  ],
  [button(words.buttons.release(payment), { _tag: "OnInvoice", what: "Release", invoiceId, payment })],
]

export const undeliveredButtons = (
  words: Words,
  invoiceId: Invoice.InvoiceId,
  payment: number,
): ReadonlyArray<ReadonlyArray<Button>> => [
  [
    button(words.buttons.retry, { _tag: "OnInvoice", what: "Retry", invoiceId, payment }),
    button(words.buttons.delivered, { _tag: "OnInvoice", what: "Delivered", invoiceId, payment }),
  ],
  [button(words.buttons.refund(payment), { _tag: "OnInvoice", what: "Refund", invoiceId, payment })],
]
