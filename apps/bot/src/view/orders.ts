/** A customer's orders, newest first, page by page. */
import type { Status } from "@paylog/domain/Invoice"
import type { InvoiceRow } from "@paylog/payments/InvoiceRows"
import { amount, type Reader, shortDay } from "../words/language.ts"
import { wordsIn } from "../words/words.ts"
import { html, lines, paragraphs } from "./html.ts"
import type { Message } from "./Message.ts"
import type { Note } from "./notes.ts"
import { shorten } from "./shorten.ts"

/** As many as fit in one row of buttons. */
export const ordersOnPage = 5

/** `rows` are the orders after the newest `offset`: one more than fit tells that there is a next page. */
export const ordersMessage = (
  reader: Reader,
  rows: ReadonlyArray<InvoiceRow>,
  { note, offset }: { readonly offset: number; readonly note?: Note },
): Message => {
  const words = wordsIn[reader.language]
  const shown = rows.slice(0, ordersOnPage)
  const head = [note === undefined ? undefined : words.notes[note], html`<b>${words.orders.title}</b>`]
  const catalogue = { text: words.buttons.catalogue, action: { _tag: "Catalogue" } as const }
  const newer = { text: words.buttons.newer, action: ordersFrom(Math.max(0, offset - ordersOnPage)) }
  const older = { text: words.buttons.older, action: ordersFrom(offset + ordersOnPage) }
  if (shown.length === 0) {
    return offset === 0
      ? { text: paragraphs(...head, words.orders.none), buttons: [[catalogue]] }
      : { text: paragraphs(...head, words.orders.noMore), buttons: [[newer]] }
  }
  return {
    text: paragraphs(
      ...head,
      lines(...shown.map((row, i) => html`${offset + i + 1}. ${orderLine(reader, row)}`)),
      words.orders.open,
    ),
    buttons: [
      shown.map(({ invoiceId }, i) => ({ text: `${offset + i + 1}`, action: { _tag: "Order", invoiceId } })),
      [...(offset > 0 ? [newer] : []), ...(rows.length > ordersOnPage ? [older] : [])],
    ],
  }
}

const ordersFrom = (offset: number) => ({ _tag: "Orders", offset }) as const

const orderLine = (reader: Reader, row: InvoiceRow): string => {
  const { status } = wordsIn[reader.language].orders
  return [
    shortDay(reader, row.issuedAt),
    shorten(row.title, 120),
    amount(reader.language, { currency: row.currency, unread: row.amount }),
    isStatus(status, row.status) ? status[row.status] : row.status,
  ].join(" · ")
}

const isStatus = (words: Record<Status, string>, status: string): status is Status => Object.hasOwn(words, status)
