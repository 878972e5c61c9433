/** What an invoice is for, and the money that goes back from it: what its messages share. */
import { type Existing, type InvoiceIssued, lineTotal } from "@paylog/domain/Invoice"
import { amount, type Language } from "../words/language.ts"
import { wordsIn } from "../words/words.ts"
import { type Html, lines } from "./html.ts"

/** Telegram takes 4,096 characters in all. */
const roomForLines = 2500

/** The lines, as many as there is room for, and the total of all. */
export const bill = (language: Language, { amount: total, lines: billed }: InvoiceIssued): Html => {
  const { invoice: words } = wordsIn[language]
  const written: Array<Html> = []
  let room = roomForLines
  for (const line of billed) {
    const text = words.line(line.title, line.quantity, amount(language, lineTotal(line)))
    room -= text.html.length
    if (room < 0) break
    written.push(text)
  }
  const left = billed.length - written.length
  return lines(...written, left > 0 ? words.moreLines(left) : undefined, words.total(amount(language, total)))
}

/** Sentences about money that is on its way back, and that has gone. */
export const moneyBack = (language: Language, invoice: Existing): ReadonlyArray<string | undefined> => {
  const { invoice: words } = wordsIn[language]
  const [going, gone] = [returned(language, invoice, "Requested"), returned(language, invoice, "Recorded")]
  return [going === "" ? undefined : words.returning(going), gone === "" ? undefined : words.returned(gone)]
}

/** The money that goes back, or has gone. */
const returned = (language: Language, { payments }: Existing, progress: "Requested" | "Recorded"): string =>
  payments
    .flatMap(({ refunds }) => refunds)
    .filter((refund) => refund.progress === progress)
    .map((refund) => amount(language, refund.amount))
    .join(" + ")
