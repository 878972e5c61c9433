/** What was paid for, as its customer gets it. */
import type { Language } from "../words/language.ts"
import { wordsIn } from "../words/words.ts"
import { html, lines, paragraphs } from "./html.ts"
import type { Message } from "./Message.ts"

/** One thing that was bought. */
export interface Goods {
  /** As it stands on the invoice. */
  readonly title: string
  readonly text: Readonly<Record<Language, string>>
}

export const deliveredMessage = (language: Language, goods: ReadonlyArray<Goods>): Message => ({
  text: paragraphs(
    html`<b>${wordsIn[language].goods.headline}</b>`,
    ...goods.map(({ title, text }) => lines(html`<b>${title}</b>`, text[language])),
  ),
  buttons: [],
})
