/** The methods that write to a chat: https://core.telegram.org/bots/api#available-methods and #updating-messages. */
import { Equal, Result, Struct } from "effect"
import { ApiError, badRequest, type InlineKeyboardMarkup, type Message } from "./BotApi.ts"
import type { FormattedText } from "./Html.ts"
import { inlineKeyboard, onlyInlineKeyboard } from "./Keyboards.ts"
import { type Call, findChat, type Method } from "./Method.ts"
import type { Parameters } from "./Parameters.ts"
import { formattedText } from "./Texts.ts"
import { addMessage, type Post, type PrivateChat } from "./World.ts"

const deletableSeconds = 48 * 3600

export const sendMessage: Method = (call) =>
  Result.gen(function* () {
    const text = yield* formattedText(call.parameters)
    const replyTo = yield* replyParameters(call.parameters)
    const keyboard = yield* inlineKeyboard(call.parameters)
    const chat = yield* findChat(call)
    const replied = replyTo === undefined ? undefined : chat.posts.get(replyTo.messageId)?.message
    if (replyTo !== undefined && replied === undefined && !replyTo.optional) {
      return yield* Result.fail(badRequest("message to be replied not found"))
    }
    yield* mayWrite(chat)
    const content = { ...text, from: call.bot.me, replyTo: replied, keyboard }
    return { result: addMessage(call.world, call.bot, chat, content, call.nowMs) }
  })

export const editMessageText: Method = (call) =>
  Result.gen(function* () {
    const text = yield* formattedText(call.parameters)
    const keyboard = yield* onlyInlineKeyboard(call.parameters)
    const { chat, post } = yield* editable(call)
    return yield* edit(call, chat, post, text, keyboard)
  })

export const editMessageReplyMarkup: Method = (call) =>
  Result.gen(function* () {
    const keyboard = yield* onlyInlineKeyboard(call.parameters)
    const { chat, post } = yield* editable(call)
    const { entities = [], text } = post.message
    return yield* edit(call, chat, post, { text, entities }, keyboard)
  })

export const deleteMessage: Method = (call) =>
  Result.gen(function* () {
    const { chat, post } = yield* findPost(call, "message to delete")
    if (call.nowMs / 1000 - post.message.date > deletableSeconds) {
      return yield* Result.fail(badRequest("message can't be deleted for everyone"))
    }
    const messageId = post.message.message_id
    chat.posts.delete(messageId)
    call.world.emit({ _tag: "MessageDeleted", ...about(call, chat), messageId })
    return { result: true }
  })

const actions = new Set([
  "typing",
  "upload_photo",
  "record_video",
  "upload_video",
  "record_voice",
  "upload_voice",
  "upload_document",
  "choose_sticker",
  "find_location",
  "record_video_note",
  "upload_video_note",
])

export const sendChatAction: Method = (call) =>
  Result.gen(function* () {
    const action = call.parameters.text("action").toLowerCase()
    if (!actions.has(action)) return yield* Result.fail(badRequest("wrong parameter action in request"))
    const chat = yield* findChat(call)
    yield* mayWrite(chat)
    call.world.emit({ _tag: "ChatAction", ...about(call, chat), action })
    return { result: true }
  })

/** Telegram still lets a bot edit and delete what it wrote before it was blocked. */
const mayWrite = (chat: PrivateChat): Result.Result<void, ApiError> =>
  chat.blocked
    ? Result.fail(new ApiError({ code: 403, description: "Forbidden: bot was blocked by the user" }))
    : Result.void

const findPost = (call: Call, calledInErrors: string) =>
  Result.gen(function* () {
    const { parameters } = call
    if (parameters.text("chat_id") === "" && parameters.has("inline_message_id")) {
      return yield* Result.fail(badRequest("the emulator has no inline messages"))
    }
    const chat = yield* findChat(call)
    const post = chat.posts.get(Number(parameters.text("message_id")))
    return post === undefined ? yield* Result.fail(badRequest(`${calledInErrors} not found`)) : { chat, post }
  })

const editable = (call: Call) =>
  Result.flatMap(findPost(call, "message to edit"), (found) =>
    found.post.message.from.id === call.bot.me.id
      ? Result.succeed(found)
      : Result.fail(badRequest("message can't be edited")),
  )

const edit = (
  call: Call,
  chat: PrivateChat,
  post: Post,
  { entities, text }: FormattedText,
  keyboard: InlineKeyboardMarkup | undefined,
) => {
  const before = post.message
  const after: Message = {
    ...Struct.omit(before, ["entities", "reply_markup"]),
    edit_date: Math.floor(call.nowMs / 1000),
    text,
    ...(entities.length === 0 ? {} : { entities }),
    ...(keyboard === undefined ? {} : { reply_markup: keyboard }),
  }
  const shown = ({ entities, reply_markup, text }: Message) => ({ text, entities, reply_markup })
  if (Equal.equals(shown(before), shown(after))) {
    return Result.fail(
      badRequest(
        "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
      ),
    )
  }
  post.earlier.push(before)
  post.message = after
  call.world.emit({ _tag: "MessageEdited", ...about(call, chat), message: after })
  return Result.succeed({ result: after })
}

const replyParameters = (
  parameters: Parameters,
): Result.Result<{ readonly messageId: number; readonly optional: boolean } | undefined, ApiError> =>
  Result.gen(function* () {
    const legacy = parameters.integer("reply_to_message_id", { default: 0, min: 0, max: 2 ** 31 })
    const optional = parameters.flag("allow_sending_without_reply")
    const given = yield* parameters.json("reply_parameters", "reply parameters")
    if (given === undefined) return legacy === 0 ? undefined : { messageId: legacy, optional }
    if (typeof given !== "object" || given === null) {
      return yield* Result.fail(badRequest("object expected as reply parameters"))
    }
    if (!("message_id" in given)) return yield* Result.fail(badRequest('can\'t find field "message_id"'))
    return {
      messageId: Number(given.message_id),
      optional: "allow_sending_without_reply" in given && given.allow_sending_without_reply === true,
    }
  })

const about = ({ bot, nowMs }: Call, { user }: PrivateChat) => ({ bot: bot.me.id, user: user.id, atMs: nowMs })
