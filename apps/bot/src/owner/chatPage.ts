/** What the owners' chat reads of what needs a person. Whoever wants to see or decide it presses, and goes on in their own chat with the bot. */
import type { OpenItem } from "@paylog/payments/OpenItems"
import { html, lines, paragraphs } from "../view/html.ts"
import type { Button, Message } from "../view/Message.ts"
import { amount, type Language } from "../words/language.ts"
import type { Words } from "../words/owner/en.ts"
import { ownerWordsIn } from "../words/owner/words.ts"
import { button, lists } from "./buttons.ts"
import { type ItemPage, openText, placeOf, settledText } from "./itemPage.ts"
import { refOf } from "./Press.ts"
import type { Request } from "./Request.ts"
import { type Names, title } from "./requestPage.ts"

/** `item` is `undefined` once it is settled. */
export const chatItem = (language: Language, page: ItemPage, item: OpenItem | undefined): Message => {
  const words = ownerWordsIn[language]
  return item === undefined
    ? { text: settledText(words, page), buttons: [lists(words)] }
    : { text: openText(language, words, item), buttons: [[see(words, page)], lists(words)] }
}

/** A refund or a proposal. Its text, which the second person has to read, is shown in their own chat. */
export const chatRequest = (language: Language, page: ItemPage, request: Request, names: Names): Message => {
  const words = ownerWordsIn[language]
  return {
    text: paragraphs(
      title(words, request, names),
      lines(
        request.amount === undefined ? undefined : html`<b>${amount(language, request.amount)}</b>`,
        placeOf(words, request.stream),
        words.request.askedBy(names.asker, request.askedBy),
      ),
    ),
    buttons: [request.state === "Open" ? [see(words, page)] : [], lists(words)],
  }
}

const see = (words: Words, page: ItemPage): Button => button(words.buttons.see, { _tag: "Item", ref: refOf(page) })
