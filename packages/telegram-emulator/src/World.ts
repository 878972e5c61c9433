/**
 * All that the emulated Telegram remembers. The modules that work on it do no I/O and read no clock: time and random
 * numbers are given to them, so one seed and one list of calls always make the same world.
 */
import { type Random, Schema, Struct } from "effect"
import {
  type BotCommand,
  type Chat,
  type File,
  type InlineKeyboardMarkup,
  type MemberStatus,
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
  /** Groups and channels, by id. */
  readonly rooms: Map<number, Room>
  /** What was uploaded, by file id. */
  readonly files: Map<string, StoredFile>
  readonly random: (typeof Random.Random)["Service"]
  readonly emit: (change: Change) => void
}

export interface Bot {
  readonly token: string
  readonly me: User
  /** By the chat's id. There is one from the user's first message on; before that, the bot cannot write. */
  readonly chats: Map<number, PrivateChat>
  /** What it says of itself, by the method's field and the language: name, descriptions, menu button. */
  readonly profile: Map<string, string>
  /** By scope and language, as `setMyCommands` names them. */
  readonly commands: Map<string, ReadonlyArray<BotCommand>>
  readonly callbacks: Map<string, PendingCallback>
  readonly updates: UpdateQueue
  allowed: ReadonlySet<UpdateKind>
  webhook: Webhook | undefined
}

/** Where messages stand. */
interface Place {
  readonly chat: Chat
  readonly posts: Map<number, Post>
  /** Message ids, the one pinned last at the end. */
  readonly pinned: Set<number>
  /** Counts from 1 in each chat, so that a bot that takes message ids for unique is found out. */
  nextMessageId: number
}

/** What a user and one bot write to each other. */
export interface PrivateChat extends Place {
  readonly user: User
  blocked: boolean
}

/** A group or a channel: all who are in it see the same, bots too. */
export interface Room extends Place {
  readonly user?: undefined
  /** Users and bots, by id; who was thrown out or left stays in the list. */
  readonly members: Map<number, MemberStatus>
}

export type AnyChat = PrivateChat | Room

export interface StoredFile {
  readonly about: File
  readonly bytes: Uint8Array
}

export interface Post {
  message: Message
  /** Oldest first. */
  readonly earlier: Array<Message>
}

export interface PendingCallback {
  readonly chat: AnyChat
  readonly user: User
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
    profile: new Map(),
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
  world.rooms.clear()
  world.files.clear()
  for (const bot of world.bots.values()) {
    bot.chats.clear()
    bot.profile.clear()
    bot.commands.clear()
    bot.callbacks.clear()
    bot.updates.clear()
    bot.allowed = new Set(updateKinds)
    bot.webhook = undefined
  }
  world.emit({ _tag: "Reset", atMs: nowMs })
}

export const openChat = (bot: Bot, user: User): PrivateChat => {
  const chat = bot.chats.get(user.id) ?? { user, blocked: false, ...emptyPlace(privateChat(user)) }
  bot.chats.set(user.id, chat)
  return chat
}

const privateChat = (user: User): Chat => ({
  id: user.id,
  type: "private",
  first_name: user.first_name,
  ...(user.last_name === undefined ? {} : { last_name: user.last_name }),
  ...(user.username === undefined ? {} : { username: user.username }),
})

const emptyPlace = (chat: Chat): Place => ({ chat, posts: new Map(), pinned: new Set(), nextMessageId: 1 })

export const NewRoom = Schema.Struct({
  type: Schema.Literals(["group", "supergroup", "channel"]),
  title: Schema.NonEmptyString,
  /** Without `@`: a public channel can be written to by `@username`. */
  username: Schema.optionalKey(Schema.NonEmptyString),
  /** Drawn as Telegram has them when not given: below -10^12, for a group above. */
  id: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: -(2 ** 52), maximum: -1 }))),
  /** The user who made it. */
  creator: Schema.Int,
  members: Schema.optionalKey(Schema.Array(Schema.Int)),
})
export type NewRoom = typeof NewRoom.Type

/** A group or a channel, still without any bot. */
export const addRoom = (world: World, { id: given, type, title, username, creator, members = [] }: NewRoom): Room => {
  const id = given ?? freeRoomId(world, type)
  const chat: Chat = { id, type, title, ...(username === undefined ? {} : { username }) }
  const room: Room = {
    ...emptyPlace(chat),
    members: new Map([...members.map((member) => [member, "member"] as const), [creator, "creator"]]),
  }
  world.rooms.set(id, room)
  return room
}

const freeRoomId = (world: World, type: NewRoom["type"]): number => {
  for (;;) {
    const id =
      type === "group"
        ? -integerBetween(world, 5_000_000_000, 8_000_000_000)
        : -integerBetween(world, 1_002_000_000_000, 1_004_000_000_000)
    if (!world.rooms.has(id)) return id
  }
}

/** Whether somebody is in the room now. */
export const isIn = ({ members }: Room, id: number): boolean => !["left", "kicked"].includes(members.get(id) ?? "left")

export interface NewContent extends FormattedText {
  readonly from: User
  readonly replyTo?: Message | undefined
  readonly keyboard?: InlineKeyboardMarkup | undefined
  readonly media?: Pick<Message, "photo" | "document">
  readonly forwardedFrom?: User | undefined
}

/** Adds a message at the end of the chat and tells whoever watches. */
export const addMessage = (world: World, bot: Bot, chat: AnyChat, content: NewContent, nowMs: number): Message => {
  const message: Message = {
    message_id: chat.nextMessageId++,
    from: content.from,
    chat: chat.chat,
    date: Math.floor(nowMs / 1000),
    ...(content.replyTo === undefined ? {} : { reply_to_message: Struct.omit(content.replyTo, ["reply_to_message"]) }),
    ...(content.forwardedFrom === undefined ? {} : { forwarded_from: content.forwardedFrom }),
    ...content.media,
    text: content.text,
    ...(content.entities.length === 0 ? {} : { entities: content.entities }),
    ...(content.keyboard === undefined ? {} : { reply_markup: content.keyboard }),
  }
  chat.posts.set(message.message_id, { message, earlier: [] })
  world.emit({ _tag: "MessageSent", ...about(bot, chat, nowMs), message })
  return message
}

/** Puts a new version in a message's place; the old one is kept beside it. */
export const edit = (
  world: World,
  bot: Bot,
  chat: AnyChat,
  post: Post,
  { entities, keyboard, text }: FormattedText & { readonly keyboard: InlineKeyboardMarkup | undefined },
  nowMs: number,
): Message => {
  const after: Message = {
    ...Struct.omit(post.message, ["entities", "reply_markup"]),
    edit_date: Math.floor(nowMs / 1000),
    text,
    ...(entities.length === 0 ? {} : { entities }),
    ...(keyboard === undefined ? {} : { reply_markup: keyboard }),
  }
  post.earlier.push(post.message)
  post.message = after
  world.emit({ _tag: "MessageEdited", ...about(bot, chat, nowMs), message: after })
  return after
}

export const botsIn = (world: World, room: Room): ReadonlyArray<Bot> =>
  [...world.bots.values()].filter(({ me }) => isIn(room, me.id))

/** Where a change happens: `user` is the person of a private chat. */
export const about = (bot: Bot, { chat, user }: AnyChat, nowMs: number) => ({
  bot: bot.me.id,
  chat: chat.id,
  ...(user === undefined ? {} : { user: user.id }),
  atMs: nowMs,
})

/** Queues an update, unless the bot has not asked for its kind. */
export const notify = <K extends UpdateKind>(
  bot: Bot,
  kind: K,
  content: UpdateContent[K],
  /** A user's or a chat's id: what comes from there stays in order. */
  source: number,
  nowMs: number,
): void => {
  // As Telegram has it, a press does not wait for the messages before it.
  if (bot.allowed.has(kind)) bot.updates.push(kind, content, `${kind}/${source}`, nowMs)
}

/** Both bounds inclusive. */
export const integerBetween = ({ random }: World, min: number, max: number): number =>
  min + Math.floor(random.nextDoubleUnsafe() * (max - min + 1))

/** A decimal string of about 62 bits, as Telegram's longer ids are. */
export const longId = (world: World): string =>
  String(BigInt(integerBetween(world, 2 ** 30, 2 ** 31)) * 2n ** 31n + BigInt(integerBetween(world, 0, 2 ** 31 - 1)))
