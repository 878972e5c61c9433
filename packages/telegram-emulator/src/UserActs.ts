/** What a person can do in the emulated Telegram. Pure in the way of `World.ts`. */
import { Result, Schema } from "effect"
import { commandsFor } from "./AboutBot.ts"
import { BotCommand, Chat, type InlineKeyboardButton, MemberStatus, Message, User } from "./BotApi.ts"
import { characters, detectEntities, maxLength } from "./Texts.ts"
import {
  about,
  addMessage,
  type AnyChat,
  type Bot,
  botsIn,
  edit,
  isIn,
  longId,
  notify,
  openChat,
  type Room,
  type World,
} from "./World.ts"

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

/** A message with the versions that it had before its edits. */
export const SeenMessage = Schema.Struct({ ...Message.fields, earlier: Schema.Array(Message) })
export type SeenMessage = typeof SeenMessage.Type

/** A chat as its user sees it, oldest message first. `earlier` holds the versions a message had before its edits. */
export const ChatView = Schema.Struct({
  bot: User,
  user: User,
  blocked: Schema.Boolean,
  /** Those that the bot offers to this user. */
  commands: Schema.Array(BotCommand),
  /** Message ids, the one pinned last at the end. */
  pinned: Schema.Array(Schema.Int),
  messages: Schema.Array(SeenMessage),
})
export type ChatView = typeof ChatView.Type

/** A group or a channel as its members see it. */
export const RoomView = Schema.Struct({
  chat: Chat,
  /** By id, users and bots; who left or was thrown out too. */
  members: Schema.Array(Schema.Struct({ id: Schema.Int, status: MemberStatus })),
  pinned: Schema.Array(Schema.Int),
  messages: Schema.Array(SeenMessage),
})
export type RoomView = typeof RoomView.Type

export interface Act {
  readonly world: World
  readonly bot: Bot
  readonly user: User
  readonly nowMs: number
}

/** Opens the chat when it is the first message, as pressing Start does. */
export const sendText = ({ bot, nowMs, user, world }: Act, text: string): Result.Result<Message, NotPossible> =>
  Result.gen(function* () {
    const written = yield* typed(text)
    const chat = openChat(bot, user)
    if (chat.blocked) return yield* impossible("The user has blocked the bot; unblock it first")
    const message = addMessage(world, bot, chat, { ...written, from: user }, nowMs)
    notify(bot, "message", message, user.id, nowMs)
    return message
  })

/** Into a group, or as an administrator into a channel. */
export const sendToRoom = ({ bot, nowMs, user, world }: Act, room: Room, text: string) =>
  Result.gen(function* () {
    const written = yield* typed(text)
    const isChannel = room.chat.type === "channel"
    if (!isIn(room, user.id)) return yield* impossible(`User ${user.id} is not in ${room.chat.title}`)
    if (isChannel && room.members.get(user.id) === "member") return yield* impossible("Only administrators may post")
    const message = addMessage(world, bot, room, { ...written, from: user }, nowMs)
    for (const one of botsIn(world, room)) {
      if (hears(one, room, message)) notify(one, isChannel ? "channel_post" : "message", message, room.chat.id, nowMs)
    }
    return message
  })

/** Telegram's privacy mode: in a group, a bot that is no administrator hears what is said to it. */
const hears = (bot: Bot, { chat, members }: Room, { reply_to_message, text }: Message): boolean =>
  chat.type === "channel" ||
  members.get(bot.me.id) !== "member" ||
  reply_to_message?.from.id === bot.me.id ||
  text.includes(`@${bot.me.username}`) ||
  /^\/\w+(?!\w*@)/.test(text)

/** The user corrects what they wrote to the bot. */
export const editText = ({ bot, nowMs, user, world }: Act, messageId: number, text: string) =>
  Result.gen(function* () {
    const written = yield* typed(text)
    const chat = bot.chats.get(user.id)
    const post = chat?.posts.get(messageId)
    if (chat === undefined || post === undefined)
      return yield* Result.fail(new NotFound({ what: `message ${messageId}` }))
    if (post.message.from.id !== user.id) return yield* impossible("A user can edit only what they wrote")
    const message = edit(world, bot, chat, post, { ...written, keyboard: undefined }, nowMs)
    notify(bot, "edited_message", message, user.id, nowMs)
    return message
  })

const typed = (text: string) => {
  const trimmed = text.trim()
  if (trimmed === "") return impossible("An empty message cannot be sent")
  if (characters(trimmed) > maxLength) return impossible(`A message has at most ${maxLength} characters`)
  return Result.succeed({ text: trimmed, entities: detectEntities(trimmed) })
}

/** In the private chat, or in a room that the user is in: then the bot that wrote the message is asked. */
export const press = (act: Act, choice: ButtonChoice, room?: Room): Result.Result<Pressed, NotFound> => {
  const { nowMs, user, world } = act
  const chat = room === undefined ? act.bot.chats.get(user.id) : isIn(room, user.id) ? room : undefined
  const target = chat === undefined ? undefined : choice.forged === true ? forge(chat, choice) : find(chat, choice)
  if (chat === undefined || target === undefined) {
    return Result.fail(new NotFound({ what: `button ${JSON.stringify(choice)} in the chat of user ${user.id}` }))
  }
  const { button, message } = target
  const bot = [...world.bots.values()].find(({ me }) => me.id === message.from.id) ?? act.bot
  const pressed = {
    _tag: "ButtonPressed",
    ...about(bot, chat, nowMs),
    user: user.id,
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
  bot.callbacks.set(id, { chat, user, askedAtMs: nowMs })
  world.emit({ ...pressed, callbackQueryId: id })
  const query = { id, from: user, message, chat_instance: chatInstance(bot, chat), data: button.callback_data }
  notify(bot, "callback_query", query, user.id, nowMs)
  return Result.succeed({ _tag: "Asked", callbackQueryId: id })
}

/** Blocks or unblocks the bot; nothing happens when it already is so. */
export const setBlocked = ({ bot, nowMs, user, world }: Act, blocked: boolean): void => {
  const chat = openChat(bot, user)
  if (chat.blocked === blocked) return
  chat.blocked = blocked
  world.emit({ _tag: blocked ? "BotBlocked" : "BotUnblocked", ...about(bot, chat, nowMs) })
  const member = { user: bot.me, status: "member" } as const
  const kicked = { user: bot.me, status: "kicked", until_date: 0 } as const
  const update = {
    chat: chat.chat,
    from: user,
    date: Math.floor(nowMs / 1000),
    old_chat_member: blocked ? member : kicked,
    new_chat_member: blocked ? kicked : member,
  }
  notify(bot, "my_chat_member", update, user.id, nowMs)
}

/** Brings a user or a bot into a room, changes what they may do there, or throws them out. A bot hears of itself. */
export const setMember = ({ bot, nowMs, user, world }: Act, room: Room, id: number, status: MemberStatus): void => {
  const before = room.members.get(id) ?? "left"
  if (before === status) return
  room.members.set(id, status)
  world.emit({ _tag: "MemberChanged", ...about(bot, room, nowMs), member: id, status })
  const changed = [...world.bots.values()].find(({ me }) => me.id === id)
  if (changed === undefined) return
  const update = {
    chat: room.chat,
    from: user,
    date: Math.floor(nowMs / 1000),
    old_chat_member: { user: changed.me, status: before },
    new_chat_member: { user: changed.me, status },
  }
  notify(changed, "my_chat_member", update, room.chat.id, nowMs)
}

/** Empty until the first message. */
export const viewChat = (bot: Bot, user: User): ChatView => {
  const chat = bot.chats.get(user.id)
  return {
    bot: bot.me,
    user,
    blocked: chat?.blocked ?? false,
    commands: commandsFor(bot, user),
    pinned: [...(chat?.pinned ?? [])],
    messages: seen(chat),
  }
}

export const viewRoom = (room: Room): RoomView => ({
  chat: room.chat,
  members: [...room.members].map(([id, status]) => ({ id, status })),
  pinned: [...room.pinned],
  messages: seen(room),
})

const seen = (chat: AnyChat | undefined): ReadonlyArray<SeenMessage> =>
  [...(chat?.posts.values() ?? [])].map(({ earlier, message }) => ({ ...message, earlier: [...earlier] }))

interface Target {
  readonly message: Message
  readonly button: InlineKeyboardButton
}

const find = ({ posts }: AnyChat, choice: ButtonChoice): Target | undefined => {
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

const forge = ({ posts }: AnyChat, { data = "", messageId = 0, text = "" }: ButtonChoice): Target | undefined => {
  const message = posts.get(messageId)?.message
  return message === undefined ? undefined : { message, button: { text, callback_data: data } }
}

/** Telegram: the same for all presses in one chat, and says nothing by itself. */
const chatInstance = (bot: Bot, { chat }: AnyChat): string =>
  String(BigInt(bot.me.id) * 4_294_967_311n + BigInt(chat.id))

const impossible = (reason: string) => Result.fail(new NotPossible({ reason }))
