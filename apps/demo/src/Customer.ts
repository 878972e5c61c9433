/** A person with a phone: what they do in the emulated Telegram, shown as it happens. */
import * as ControlApi from "@paylog/telegram-emulator/ControlApi"
import type { SeenMessage } from "@paylog/telegram-emulator/UserActs"
import { Console, Effect, Schema } from "effect"

/** What the customer waited for did not come. */
export class NothingHappened extends Schema.TaggedError<NothingHappened>()("NothingHappened", {
  waitedFor: Schema.String,
}) {
  override readonly message = `The chat shows no ${this.waitedFor} after a minute`
}

/** Opens the app as a new user. Whatever is new or edited in the chat is printed by the next look at it. */
export const make = Effect.fnUntraced(function* (emulator: string, firstName: string) {
  const telegram = yield* ControlApi.client(emulator)
  const { id: user } = yield* telegram.addUser({ payload: { firstName } })
  const params = { user }
  const shown = new Map<number, string>()

  const look = Effect.gen(function* () {
    const { bot, messages } = yield* telegram.chat({ params, query: {} })
    for (const message of messages) {
      const content = render(message)
      const before = shown.get(message.message_id)
      if (before === content) continue
      shown.set(message.message_id, content)
      const who = message.from.id === user ? firstName : bot.first_name
      yield* Console.log(`${who}${before === undefined ? "" : " edits the message"}:\n${content}\n`)
    }
    return messages
  })

  /** Looks until a message is as wanted, and answers with the newest such. */
  const until = Effect.fnUntraced(function* (waitedFor: string, wanted: (message: SeenMessage) => boolean) {
    const found = Effect.map(look, (messages) => messages.findLast(wanted))
    const wait = Effect.gen(function* () {
      for (;;) {
        const message = yield* found
        if (message !== undefined) return message
        yield* Effect.sleep("50 millis")
      }
    })
    return yield* Effect.timeoutOrElse(wait, {
      duration: "1 minute",
      orElse: () => new NothingHappened({ waitedFor }),
    })
  })

  const write = (text: string) => telegram.send({ params, payload: { text } })

  /** Waits for a button whose text begins so, presses it, and answers with the link it opens, if it does. */
  const press = Effect.fnUntraced(function* (text: string) {
    const message = yield* until(`button “${text}”`, (message) => buttonOf(message, text) !== undefined)
    const label = buttonOf(message, text) ?? text
    yield* Effect.andThen(look, Console.log(`${firstName} presses [ ${label} ]\n`))
    const pressed = yield* telegram.press({ params, payload: { text: label, messageId: message.message_id } })
    return { messageId: message.message_id, url: pressed._tag === "Opened" ? pressed.url : undefined }
  })

  return { write, press, until }
})

const buttonsOf = (message: SeenMessage) => message.reply_markup?.inline_keyboard.flat() ?? []

const buttonOf = (message: SeenMessage, text: string) =>
  buttonsOf(message).find((button) => button.text.startsWith(text))?.text

const render = (message: SeenMessage): string => {
  const rows = message.reply_markup?.inline_keyboard ?? []
  return [...message.text.split("\n"), ...rows.map((row) => row.map(({ text }) => `[ ${text} ]`).join(" "))]
    .map((line) => `  │ ${line}`)
    .join("\n")
}
