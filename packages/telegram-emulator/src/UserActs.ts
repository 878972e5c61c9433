/** What a person can do in the emulated Telegram. Pure in the way of `World.ts`. */
import { Result, Schema } from "effect"
import { commandsFor } from "./AboutBot.ts"
import { BotCommand, type InlineKeyboardButton, Message, User } from "./BotApi.ts"
import { characters, detectEntities, maxLength } from "./Texts.ts"
import { addMessage, type Bot, chatOf, longId, notify, openChat, type PrivateChat, type World } from "./World.ts"

/** There is no such bot, user, message or button; `what` says which. */
export class NotFound extends Schema.TaggedError<NotFound>()(
  "NotFound",
  { what: Schema.String },
  { httpApiStatus: 404 },
) {
  override readonly message = `There is no ${this.what}`
}

/** A person could not do this either; `reason` says why. */
export class NotPossible extends Schema.TaggedError<NotPossible>()(
  "NotPossible",
  { reason: Schema.String },
  { httpApiStatus: 409 },
) {
  override readonly message = this.reason
}

/** Which button: by its text, its data, or both; by default on the newest message that has it. */
export const ButtonChoice = Schema.Struct({
  text: Schema.optionalKey(Schema.String),
  data: Schema.optionalKey(Schema.String),
  messageId: Schema.optionalKey(Schema.Int),
  /** Sends `data` for `messageId` though no button says so: a stale or forged press, as a changed client could make. */
  forged: Schema.optionalKey(Schema.Boolean),
})
export type ButtonChoice = typeof ButtonChoice.Type

/** What the press led to: a question to the bot, or something the user's own client does. */
export const Pressed = Schema.Union([
  Schema.TaggedStruct("Asked", { callbackQueryId: Schema.String }),
  Schema.TaggedStruct("Opened", { url: Schema.String }),
  Schema.TaggedStruct("Copied", { text: Schema.String }),
])
export type Pressed = typeof Pressed.Type

/** A chat as its user sees it, oldest message first. `earlier` holds the versions a message had before its edits. */
export const ChatView = Schema.Struct({
  bot: User,
  user: User,
  blocked: Schema.Boolean,
  /** Those that the bot offers to this user. */
  commands: Schema.Array(BotCommand),
  messages: Schema.Array(Schema.Struct({ ...Message.fields, earlier: Schema.Array(Message) })),
})
export type ChatView = typeof ChatView.Type
export type SeenMessage = ChatView["messages"][number]

interface Act {
  readonly world: World
  readonly bot: Bot
  readonly user: User
  readonly nowMs: number
}

/** Opens the chat when it is the first message, as pressing Start does. */
export const sendText = (act: Act, text: string): Result.Result<Message, NotPossible> => {
  const { bot, nowMs, user, world } = act
  const trimmed = text.trim()
  if (trimmed === "") return impossible("An empty message cannot be sent")
  if (characters(trimmed) > maxLength) return impossible(`A message has at most ${maxLength} characters`)
  const chat = openChat(bot, user)
  if (chat.blocked) return impossible("The user has blocked the bot; unblock it first")
  const content = { text: trimmed, entities: detectEntities(trimmed), from: user }
  const message = addMessage(world, bot, chat, content, nowMs)
  notify(bot, "message", message, user, nowMs)
  return Result.succeed(message)
}

export const press = (act: Act, choice: ButtonChoice): Result.Result<Pressed, NotFound> => {
  const { bot, nowMs, user, world } = act
  const chat = bot.chats.get(user.id)
  const target = chat === undefined ? undefined : choice.forged === true ? forge(chat, choice) : find(chat, choice)
  if (chat === undefined || target === undefined) {
    return Result.fail(new NotFound({ what: `button ${JSON.stringify(choice)} in the chat of user ${user.id}` }))
  }
  const { button, message } = target
  const pressed = {
    _tag: "ButtonPressed",
    bot: bot.me.id,
    user: user.id,
    atMs: nowMs,
    messageId: message.message_id,
    button,
  } as const
  if (button.callback_data === undefined) {
    world.emit(pressed)
    return Result.succeed(
      button.copy_text === undefined
        ? { _tag: "Opened", url: button.url ?? button.web_app?.url ?? `https://t.me/${bot.me.username}` }
        : { _tag: "Copied", text: button.copy_text.text },
    )
  }
  const id = longId(world)
  bot.callbacks.set(id, { chat, askedAtMs: nowMs })
  world.emit({ ...pressed, callbackQueryId: id })
  const query = { id, from: user, message, chat_instance: chatInstance(bot, user), data: button.callback_data }
  notify(bot, "callback_query", query, user, nowMs)
  return Result.succeed({ _tag: "Asked", callbackQueryId: id })
}

/** Blocks or unblocks the bot; nothing happens when it already is so. */
export const setBlocked = ({ bot, nowMs, user, world }: Act, blocked: boolean): void => {
  const chat = openChat(bot, user)
  if (chat.blocked === blocked) return
  chat.blocked = blocked
  world.emit({ _tag: blocked ? "BotBlocked" : "BotUnblocked", bot: bot.me.id, user: user.id, atMs: nowMs })
  const member = { user: bot.me, status: "member" } as const
  const kicked = { user: bot.me, status: "kicked", until_date: 0 } as const
  const update = {
    chat: chatOf(chat),
    from: user,
    date: Math.floor(nowMs / 1000),
    old_chat_member: blocked ? member : kicked,
    new_chat_member: blocked ? kicked : member,
  }
  notify(bot, "my_chat_member", update, user, nowMs)
}

/** Empty until the first message. */
export const viewChat = (bot: Bot, user: User): ChatView => {
  const chat = bot.chats.get(user.id)
  return {
    bot: bot.me,
    user,
    blocked: chat?.blocked ?? false,
    commands: commandsFor(bot, user),
    messages: [...(chat?.posts.values() ?? [])].map(({ earlier, message }) => ({ ...message, earlier: [...earlier] })),
  }
}

interface Target {
  readonly message: Message
  readonly button: InlineKeyboardButton
}

const find = ({ posts }: PrivateChat, choice: ButtonChoice): Target | undefined => {
  for (const { message } of [...posts.values()].toReversed()) {
    if (choice.messageId !== undefined && choice.messageId !== message.message_id) continue
    const button = message.reply_markup?.inline_keyboard
      .flat()
      .find(
        ({ callback_data, text }) =>
          (choice.text ?? text) === text && (choice.data === undefined || choice.data === callback_data),
      )
    if (button !== undefined) return { message, button }
  }
  return undefined
}

const forge = ({ posts }: PrivateChat, { data = "", messageId = 0, text = "" }: ButtonChoice): Target | undefined => {
  const message = posts.get(messageId)?.message
  return message === undefined ? undefined : { message, button: { text, callback_data: data } }
}

/** Telegram: the same for all presses in one chat, and says nothing by itself. */
const chatInstance = (bot: Bot, user: User): string => String(BigInt(bot.me.id) * 4_294_967_311n + BigInt(user.id))

const impossible = (reason: string) => Result.fail(new NotPossible({ reason }))
