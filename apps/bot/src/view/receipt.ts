/** The receipt of a paid invoice: what was paid, when, and under which number it is found. */
import { type Existing, payingOf } from "@paylog/domain/Invoice"
import { amount, dateAndTime, type Reader } from "../words/language.ts"
import { wordsIn } from "../words/words.ts"
import { bill, moneyBack } from "./bill.ts"
import { type Html, html, lines, paragraphs } from "./html.ts"
import type { Message } from "./Message.ts"

/**
 * Its own message, which stays as it is while the invoice's changes. With `proof`, the text of a `paylog-proof/1`, it carries
 * the file by which anybody can check that all of this stands in the log.
 */
export const receiptMessage = (reader: Reader, invoice: Existing, proof?: string): Message => ({
  text: paragraphs(
    html`<b>${wordsIn[reader.language].invoice.receipt}</b>`,
    bill(reader.language, invoice.terms),
    payment(reader, invoice),
    ...moneyBack(reader.language, invoice),
  ),
  buttons: [],
  ...(proof === undefined
    ? {}
    : {
        file: { name: `receipt-${numberOf(invoice)}.json`, text: proof, about: wordsIn[reader.language].invoice.proof },
      }),
})

/** What was paid and when, and the number under which Wallet's support finds it. */
export const payment = (reader: Reader, invoice: Existing): Html => {
  const words = wordsIn[reader.language].invoice
  const paid = payingOf(invoice)?.received
  return lines(
    paid && words.paid(amount(reader.language, paid.gross)),
    words.order(numberOf(invoice)),
    paid && dateAndTime(reader, paid.completedAt),
  )
}

/** The number of the provider's order; our own when the money came before we were told of it. */
export const numberOf = ({ order, terms }: Existing): string => order?.number ?? terms.invoiceId
