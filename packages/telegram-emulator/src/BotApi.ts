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

/** Private chats only: the chat's id is the user's. */
export const Chat = Schema.Struct({
  id: Schema.Int,
  type: Schema.Literal("private"),
  first_name: Schema.String,
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

const message = {
  message_id: Schema.Int,
  from: User,
  chat: Chat,
  /** Unix seconds. */
  date: Schema.Int,
  edit_date: Schema.optionalKey(Schema.Int),
  text: Schema.String,
  entities: Schema.optionalKey(Schema.Array(MessageEntity)),
  reply_markup: Schema.optionalKey(InlineKeyboardMarkup),
}

/** A text message. `reply_to_message` goes one level deep, as with Telegram. */
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

const ChatMember = Schema.Struct({
  user: User,
  /** The other statuses belong to groups. */
  status: Schema.Literals(["member", "kicked"]),
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
  readonly callback_query: CallbackQuery
  readonly my_chat_member: ChatMemberUpdated
}
export type UpdateKind = keyof UpdateContent
export const updateKinds: ReadonlyArray<UpdateKind> = ["message", "callback_query", "my_chat_member"]

/** Exactly one of the kinds is there. */
export const Update = Schema.Struct({
  update_id: Schema.Int,
  message: Schema.optionalKey(Message),
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

export const conflict = (description: string): ApiError =>
  new ApiError({ code: 409, description: `Conflict: ${description}` })

export const tooManyRequests = (retryAfter: number): ApiError =>
  new ApiError({ code: 429, description: `Too Many Requests: retry after ${retryAfter}`, retryAfter })
