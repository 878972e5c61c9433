/**
 * All that the emulated Telegram remembers. The modules that work on it do no I/O and read no clock: time and random
 * numbers are given to them, so one seed and one list of calls always make the same world.
 */
import { type Random, Schema, Struct } from "effect"
import {
  type BotCommand,
  type Chat,
  type InlineKeyboardMarkup,
  type Message,
  type UpdateContent,
  type UpdateKind,
  updateKinds,
  type User,
} from "./BotApi.ts"
import type { Change } from "./Change.ts"
import type { FormattedText } from "./Html.ts"
import { UpdateQueue } from "./UpdateQueue.ts"

export interface World {
  /** By token. */
  readonly bots: Map<string, Bot>
  readonly users: Map<number, User>
  readonly random: (typeof Random.Random)["Service"]
  readonly emit: (change: Change) => void
}

export interface Bot {
  readonly token: string
  readonly me: User
  /** By the chat's id. There is one from the user's first message on; before that, the bot cannot write. */
  readonly chats: Map<number, PrivateChat>
  /** By scope and language, as `setMyCommands` names them. */
  readonly commands: Map<string, ReadonlyArray<BotCommand>>
  readonly callbacks: Map<string, PendingCallback>
  readonly updates: UpdateQueue
  allowed: ReadonlySet<UpdateKind>
  webhook: Webhook | undefined
}

export interface PrivateChat {
  readonly user: User
  readonly posts: Map<number, Post>
  /** Counts from 1 in each chat, so that a bot that takes message ids for unique is found out. */
  nextMessageId: number
  blocked: boolean
}

export interface Post {
  message: Message
  /** Oldest first. */
  readonly earlier: Array<Message>
}

export interface PendingCallback {
  readonly chat: PrivateChat
  readonly askedAtMs: number
}

export interface Webhook {
  readonly url: string
  readonly secretToken: string
  readonly maxConnections: number
  readonly ipAddress: string
  readonly hasCustomCertificate: boolean
  lastError: { readonly atMs: number; readonly message: string } | undefined
}

export const NewBot = Schema.Struct({
  /** `<number>:<secret>`, as BotFather gives it; the number becomes the bot's id. */
  token: Schema.String.check(Schema.isPattern(/^[1-9]\d{0,14}:[\w-]{1,64}$/)),
  firstName: Schema.optionalKey(Schema.NonEmptyString),
  username: Schema.optionalKey(Schema.NonEmptyString),
})
export type NewBot = typeof NewBot.Type

export const botId = ({ token }: NewBot): number => Number.parseInt(token, 10)

export const addBot = (world: World, about: NewBot): Bot => {
  const id = botId(about)
  const { firstName = "Emulated bot", username = `emulated_${id}_bot` } = about
  const bot: Bot = {
    token: about.token,
    me: { id, is_bot: true, first_name: firstName, username },
    chats: new Map(),
    commands: new Map(),
    callbacks: new Map(),
    updates: new UpdateQueue(integerBetween(world, 100_000_000, 900_000_000)),
    allowed: new Set(updateKinds),
    webhook: undefined,
  }
  world.bots.set(bot.token, bot)
  return bot
}

export const NewUser = Schema.Struct({
  firstName: Schema.NonEmptyString,
  lastName: Schema.optionalKey(Schema.NonEmptyString),
  username: Schema.optionalKey(Schema.NonEmptyString),
  /** An IETF language tag, as the user's client reports it. */
  languageCode: Schema.optionalKey(Schema.NonEmptyString),
  /** Drawn far above 2^32 when not given: ids outgrew 32 bits long ago. */
  id: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2 ** 52 - 1 }))),
})
export type NewUser = typeof NewUser.Type

export const addUser = (world: World, about: NewUser): User => {
  let id = about.id
  while (id === undefined || (about.id === undefined && world.users.has(id))) {
    id = integerBetween(world, 5_000_000_000, 8_000_000_000)
  }
  const user: User = {
    id,
    is_bot: false,
    first_name: about.firstName,
    ...(about.lastName === undefined ? {} : { last_name: about.lastName }),
    ...(about.username === undefined ? {} : { username: about.username }),
    ...(about.languageCode === undefined ? {} : { language_code: about.languageCode }),
  }
  world.users.set(id, user)
  return user
}

/** Users, chats, updates, commands and webhooks go; the bots stay, and update ids go on where they were. */
export const reset = (world: World, nowMs: number): void => {
  world.users.clear()
  for (const bot of world.bots.values()) {
    bot.chats.clear()
    bot.commands.clear()
    bot.callbacks.clear()
    bot.updates.clear()
    bot.allowed = new Set(updateKinds)
    bot.webhook = undefined
  }
  world.emit({ _tag: "Reset", atMs: nowMs })
}

export const openChat = (bot: Bot, user: User): PrivateChat => {
  const chat = bot.chats.get(user.id) ?? { user, posts: new Map(), nextMessageId: 1, blocked: false }
  bot.chats.set(user.id, chat)
  return chat
}

export const chatOf = ({ user }: PrivateChat): Chat => ({
  id: user.id,
  type: "private",
  first_name: user.first_name,
  ...(user.last_name === undefined ? {} : { last_name: user.last_name }),
  ...(user.username === undefined ? {} : { username: user.username }),
})

/** Adds a message at the end of the chat and tells whoever watches. */
export const addMessage = (
  world: World,
  bot: Bot,
  chat: PrivateChat,
  content: FormattedText & {
    readonly from: User
    readonly replyTo?: Message | undefined
    readonly keyboard?: InlineKeyboardMarkup | undefined
  },
  nowMs: number,
): Message => {
  const message: Message = {
    message_id: chat.nextMessageId++,
    from: content.from,
    chat: chatOf(chat),
    date: Math.floor(nowMs / 1000),
    ...(content.replyTo === undefined ? {} : { reply_to_message: Struct.omit(content.replyTo, ["reply_to_message"]) }),
    text: content.text,
    ...(content.entities.length === 0 ? {} : { entities: content.entities }),
    ...(content.keyboard === undefined ? {} : { reply_markup: content.keyboard }),
  }
  chat.posts.set(message.message_id, { message, earlier: [] })
  world.emit({ _tag: "MessageSent", bot: bot.me.id, user: chat.user.id, atMs: nowMs, message })
  return message
}

/** Queues an update, unless the bot has not asked for its kind. */
export const notify = <K extends UpdateKind>(
  bot: Bot,
  kind: K,
  content: UpdateContent[K],
  user: User,
  nowMs: number,
): void => {
  // As Telegram has it, a press does not wait for the messages before it.
  if (bot.allowed.has(kind)) bot.updates.push(kind, content, `${kind}/${user.id}`, nowMs)
}

/** Both bounds inclusive. */
export const integerBetween = ({ random }: World, min: number, max: number): number =>
  min + Math.floor(random.nextDoubleUnsafe() * (max - min + 1))

/** A decimal string of about 62 bits, as Telegram's longer ids are. */
export const longId = (world: World): string =>
  String(BigInt(integerBetween(world, 2 ** 30, 2 ** 31)) * 2n ** 31n + BigInt(integerBetween(world, 0, 2 ** 31 - 1)))
