/**
 * The objects of the Telegram Bot API that the emulator speaks, as they go over the wire:
 * https://core.telegram.org/bots/api#available-types. Names and shapes are Telegram's.
 */
import { Data, Schema } from "effect"

export const User = Schema.Struct({
  id: Schema.Int,
  is_bot: Schema.Boolean,
  first_name: Schema.String,
  last_name: Schema.optionalKey(Schema.String),
  username: Schema.optionalKey(Schema.String),
  language_code: Schema.optionalKey(Schema.String),
})
export type User = typeof User.Type

export const ChatType = Schema.Literals(["private", "group", "supergroup", "channel"])

/** A private chat has its user's id and names; the others have a title, and an id below zero. */
export const Chat = Schema.Struct({
  id: Schema.Int,
  type: ChatType,
  title: Schema.optionalKey(Schema.String),
  first_name: Schema.optionalKey(Schema.String),
  last_name: Schema.optionalKey(Schema.String),
  username: Schema.optionalKey(Schema.String),
})
export type Chat = typeof Chat.Type

/** Offsets and lengths count UTF-16 code units, as JavaScript strings do. */
export const MessageEntity = Schema.Struct({
  type: Schema.String,
  offset: Schema.Int,
  length: Schema.Int,
  url: Schema.optionalKey(Schema.String),
  language: Schema.optionalKey(Schema.String),
  custom_emoji_id: Schema.optionalKey(Schema.String),
})
export type MessageEntity = typeof MessageEntity.Type

/** Exactly one of the fields beside `text` says what the button does. */
export const InlineKeyboardButton = Schema.Struct({
  text: Schema.String,
  url: Schema.optionalKey(Schema.String),
  callback_data: Schema.optionalKey(Schema.String),
  web_app: Schema.optionalKey(Schema.Struct({ url: Schema.String })),
  copy_text: Schema.optionalKey(Schema.Struct({ text: Schema.String })),
  switch_inline_query: Schema.optionalKey(Schema.String),
  switch_inline_query_current_chat: Schema.optionalKey(Schema.String),
})
export type InlineKeyboardButton = typeof InlineKeyboardButton.Type

export const InlineKeyboardMarkup = Schema.Struct({
  inline_keyboard: Schema.Array(Schema.Array(InlineKeyboardButton)),
})
export type InlineKeyboardMarkup = typeof InlineKeyboardMarkup.Type

/** A file as the bot knows it: `file_id` serves to send it again, and to download it by `getFile`. */
export const File = Schema.Struct({
  file_id: Schema.String,
  file_unique_id: Schema.String,
  file_size: Schema.Int,
  file_name: Schema.optionalKey(Schema.String),
  mime_type: Schema.optionalKey(Schema.String),
})
export type File = typeof File.Type

const message = {
  message_id: Schema.Int,
  /** Whoever wrote it, in a channel too; what the bot gets has no author there, only the channel. */
  from: User,
  chat: Chat,
  /** Unix seconds. */
  date: Schema.Int,
  edit_date: Schema.optionalKey(Schema.Int),
  /** What it says. Under a photo or a document it is the caption, and goes over the wire by that name. */
  text: Schema.String,
  entities: Schema.optionalKey(Schema.Array(MessageEntity)),
  photo: Schema.optionalKey(File),
  document: Schema.optionalKey(File),
  /** Who wrote the message that this one forwards. */
  forwarded_from: Schema.optionalKey(User),
  reply_markup: Schema.optionalKey(InlineKeyboardMarkup),
}

/** A message as it stands in a chat; `onWire.ts` makes Telegram's JSON of it. `reply_to_message` goes one level deep, as with Telegram. */
export const Message = Schema.Struct({ ...message, reply_to_message: Schema.optionalKey(Schema.Struct(message)) })
export type Message = typeof Message.Type

export const BotCommand = Schema.Struct({ command: Schema.String, description: Schema.String })
export type BotCommand = typeof BotCommand.Type

export const CallbackQuery = Schema.Struct({
  /** A decimal string: most are above 2^53. */
  id: Schema.String,
  from: User,
  message: Message,
  chat_instance: Schema.String,
  data: Schema.String,
})
export type CallbackQuery = typeof CallbackQuery.Type

/** Only groups and channels have a creator and administrators. */
export const MemberStatus = Schema.Literals(["creator", "administrator", "member", "left", "kicked"])
export type MemberStatus = typeof MemberStatus.Type

const ChatMember = Schema.Struct({
  user: User,
  status: MemberStatus,
  until_date: Schema.optionalKey(Schema.Int),
})

export const ChatMemberUpdated = Schema.Struct({
  chat: Chat,
  from: User,
  date: Schema.Int,
  old_chat_member: ChatMember,
  new_chat_member: ChatMember,
})
export type ChatMemberUpdated = typeof ChatMemberUpdated.Type

/** What an update can be about; each kind is also a name in `allowed_updates`. */
export interface UpdateContent {
  readonly message: Message
  readonly edited_message: Message
  readonly channel_post: Message
  readonly callback_query: CallbackQuery
  readonly my_chat_member: ChatMemberUpdated
}
export type UpdateKind = keyof UpdateContent
export const updateKinds: ReadonlyArray<UpdateKind> = [
  "message",
  "edited_message",
  "channel_post",
  "callback_query",
  "my_chat_member",
]

/** Exactly one of the kinds is there. As a person sees it: what goes over the wire, `onWire.ts` says. */
export const Update = Schema.Struct({
  update_id: Schema.Int,
  message: Schema.optionalKey(Message),
  edited_message: Schema.optionalKey(Message),
  channel_post: Schema.optionalKey(Message),
  callback_query: Schema.optionalKey(CallbackQuery),
  my_chat_member: Schema.optionalKey(ChatMemberUpdated),
})
export type Update = typeof Update.Type

/** A refusal in Telegram's words. `retryAfter` (seconds) comes with code 429 only. */
export class ApiError extends Data.TaggedError("ApiError")<{
  readonly code: number
  readonly description: string
  readonly retryAfter?: number
}> {
  override get message(): string {
    return `${this.code}: ${this.description}`
  }
}

export const badRequest = (description: string): ApiError =>
  new ApiError({ code: 400, description: `Bad Request: ${description}` })

export const forbidden = (description: string): ApiError =>
  new ApiError({ code: 403, description: `Forbidden: ${description}` })

export const conflict = (description: string): ApiError =>
  new ApiError({ code: 409, description: `Conflict: ${description}` })

export const tooManyRequests = (retryAfter: number): ApiError =>
  new ApiError({ code: 429, description: `Too Many Requests: retry after ${retryAfter}`, retryAfter })
