/** The messages that are the same for everybody. */
import type { Contents } from "../Catalog.ts"
import type { Language } from "../words/language.ts"
import { wordsIn } from "../words/words.ts"
import { html, lines, paragraphs } from "./html.ts"
import { payButton } from "./invoiceMessage.ts"
import type { Button, Message } from "./Message.ts"

export const helpMessage = (language: Language): Message => ({
  text: wordsIn[language].help(payButton),
  buttons: [[toCatalogue(language)]],
})

/** What Telegram expects of a bot that takes payments: the terms, the shop's own and those that follow from how it is paid. */
export const termsMessage = (language: Language, { shop, terms }: Contents): Message => {
  const words = wordsIn[language].terms
  return {
    text: paragraphs(html`<b>${words.title(shop[language])}</b>`, terms?.[language], words.ofPaying()),
    buttons: [[toCatalogue(language)]],
  }
}

export const paySupportMessage = (language: Language, { support }: Contents): Message => {
  const words = wordsIn[language].paySupport
  return {
    text: paragraphs(
      html`<b>${words.title}</b>`,
      words.first,
      support?.[language] ?? words.noContact,
      words.notTelegram,
    ),
    buttons: [[{ text: wordsIn[language].buttons.help, action: { _tag: "Help" } }]],
  }
}

export const notUnderstoodMessage = (language: Language): Message => ({
  text: paragraphs(
    wordsIn[language].notUnderstood,
    lines(...commands(language).map(({ command, description }) => `/${command} — ${description}`)),
  ),
  buttons: [[toCatalogue(language)]],
})

export const tooFastMessage = (language: Language): Message => ({
  text: html`${wordsIn[language].toasts.tooFast}`,
  buttons: [],
})

const toCatalogue = (language: Language): Button => ({
  text: wordsIn[language].buttons.catalogue,
  action: { _tag: "Catalogue" },
})

/** The bot's menu, as `setMyCommands` takes it. */
export const commands = (language: Language) =>
  Object.entries(wordsIn[language].commands).map(([command, description]) => ({ command, description }))
