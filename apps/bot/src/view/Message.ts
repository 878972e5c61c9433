/** A message as the bot shows it: text and the buttons below. */
import type { InlineKeyboardMarkup } from "telegraf/types"
import * as Action from "./Action.ts"
import { type Html, html, paragraphs } from "./html.ts"

export type Button =
  | { readonly text: string; readonly url: string }
  | { readonly text: string; readonly action: Action.Action }
  /** What Telegram hands back, as it is: a button of the staff's. */
  | { readonly text: string; readonly data: string }

export interface Message {
  readonly text: Html
  /** Row by row. */
  readonly buttons: ReadonlyArray<ReadonlyArray<Button>>
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
