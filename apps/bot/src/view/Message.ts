/** A message as the bot shows it: text and the buttons below. */
import { Input } from "telegraf"
import type { InlineKeyboardMarkup } from "telegraf/types"
import * as Action from "./Action.ts"
import { type Html, html, paragraphs, shownLength } from "./html.ts"

export type Button =
  | { readonly text: string; readonly url: string }
  | { readonly text: string; readonly action: Action.Action }
  /** What Telegram hands back, as it is: a button of the staff's. */
  | { readonly text: string; readonly data: string }

export interface Message {
  readonly text: Html
  /** Row by row. */
  readonly buttons: ReadonlyArray<ReadonlyArray<Button>>
  /** A file that a new message carries, with the text and what is said of the file below it. An edit leaves both out. */
  readonly file?: { readonly name: string; readonly text: string; readonly about: string }
}

/** Telegram takes so many characters in a message, and counts them without the tags. */
export const messageLimit = 4096

/** Telegram takes so many characters below a file, and counts them without the tags. */
const captionLimit = 1024

/** The parameters of `sendDocument`; `undefined` when there is no file, or the text is too long to stand below one. */
export const toDocument = (message: Message) => {
  const { file } = message
  if (file === undefined) return undefined
  const text = paragraphs(message.text, file.about)
  const { text: caption, parse_mode, reply_markup } = toTelegram({ ...message, text })
  return shownLength(text) > captionLimit
    ? undefined
    : { document: Input.fromBuffer(Buffer.from(file.text), file.name), caption, parse_mode, reply_markup }
}

/** The parameters that `sendMessage` and `editMessageText` share. */
export const toTelegram = ({ text, buttons }: Message) => {
  const reply_markup: InlineKeyboardMarkup = {
    inline_keyboard: buttons
      .filter((row) => row.length > 0)
      .map((row) =>
        row.map((button) =>
          "url" in button
            ? button
            : { text: button.text, callback_data: "data" in button ? button.data : Action.encode(button.action) },
        ),
      ),
  }
  return { text: text.html, parse_mode: "HTML" as const, link_preview_options: { is_disabled: true }, reply_markup }
}

/** The message with a line that says why it may be there twice. */
export const repeated = (message: Message, why: string): Message => ({
  ...message,
  text: paragraphs(message.text, html`<i>${why}</i>`),
})
