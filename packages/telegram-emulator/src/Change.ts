/** What happens in a chat, for whoever watches: the page, a demo, a test that waits. */
import { Schema } from "effect"
import { InlineKeyboardButton, MemberStatus, Message } from "./BotApi.ts"

/**
 * All are ids; `atMs` is Unix time by the emulator's clock. `user` is whose private chat it is (the chat has the same
 * id); in a group or a channel, only who pressed a button.
 */
const about = { bot: Schema.Int, chat: Schema.Int, user: Schema.optionalKey(Schema.Int), atMs: Schema.Finite }

/** By the bot or by the user: `message.from` tells. */
export const MessageSent = Schema.TaggedStruct("MessageSent", { ...about, message: Message })
export const MessageEdited = Schema.TaggedStruct("MessageEdited", { ...about, message: Message })
export const MessageDeleted = Schema.TaggedStruct("MessageDeleted", { ...about, messageId: Schema.Int })
export const ButtonPressed = Schema.TaggedStruct("ButtonPressed", {
  ...about,
  messageId: Schema.Int,
  button: InlineKeyboardButton,
  /** Only for a button that asks the bot. */
  callbackQueryId: Schema.optionalKey(Schema.String),
})
/** The user sees `text`, if any, for a moment, or as an alert to be closed. */
export const CallbackAnswered = Schema.TaggedStruct("CallbackAnswered", {
  ...about,
  callbackQueryId: Schema.String,
  text: Schema.String,
  showAlert: Schema.Boolean,
  url: Schema.String,
})
export const MessagePinned = Schema.TaggedStruct("MessagePinned", { ...about, messageId: Schema.Int })
export const MessageUnpinned = Schema.TaggedStruct("MessageUnpinned", { ...about, messageId: Schema.Int })
/** Somebody, or a bot, is now this in a group or a channel. */
export const MemberChanged = Schema.TaggedStruct("MemberChanged", {
  ...about,
  member: Schema.Int,
  status: MemberStatus,
})
export const BotBlocked = Schema.TaggedStruct("BotBlocked", about)
export const BotUnblocked = Schema.TaggedStruct("BotUnblocked", about)
/** `typing` and the like. */
export const ChatAction = Schema.TaggedStruct("ChatAction", { ...about, action: Schema.String })
/** Every user and chat is gone. */
export const Reset = Schema.TaggedStruct("Reset", { atMs: Schema.Finite })

export const Change = Schema.Union([
  MessageSent,
  MessageEdited,
  MessageDeleted,
  ButtonPressed,
  CallbackAnswered,
  MessagePinned,
  MessageUnpinned,
  MemberChanged,
  BotBlocked,
  BotUnblocked,
  ChatAction,
  Reset,
])
export type Change = typeof Change.Type
