/** The methods that write to a chat: https://core.telegram.org/bots/api#available-methods and #updating-messages. */
import { Equal, Result } from "effect"
import { type ApiError, badRequest, type InlineKeyboardMarkup, type Message } from "./BotApi.ts"
import type { FormattedText } from "./Html.ts"
import { inlineKeyboard, onlyInlineKeyboard } from "./Keyboards.ts"
import { type Answer, type Call, findChat, mayWrite, type Method } from "./Method.ts"
import type { Parameters } from "./Parameters.ts"
import { formattedText } from "./Texts.ts"
import { about, addMessage, type AnyChat, edit, type NewContent, type Post } from "./World.ts"

const deletableSeconds = 48 * 3600

export const sendMessage: Method = (call) =>
  Result.map(
    Result.flatMap(formattedText(call.parameters), (text) => send(call, text)),
    (result) => ({ result }),
  )

/** Sends what the call's own method has read, with the parameters that all sending methods share. */
export const send = (
  call: Call,
  content: Omit<NewContent, "from" | "keyboard" | "replyTo">,
): Result.Result<Message, ApiError> =>
  Result.gen(function* () {
    const replyTo = yield* replyParameters(call.parameters)
    const keyboard = yield* inlineKeyboard(call.parameters)
    const chat = yield* findChat(call)
    const replied = replyTo === undefined ? undefined : chat.posts.get(replyTo.messageId)?.message
    if (replyTo !== undefined && replied === undefined && !replyTo.optional) {
      return yield* Result.fail(badRequest("message to be replied not found"))
    }
    yield* mayWrite(call, chat)
    return addMessage(
      call.world,
      call.bot,
      chat,
      { ...content, from: call.bot.me, replyTo: replied, keyboard },
      call.nowMs,
    )
  })

export const editMessageText: Method = (call) =>
  Result.gen(function* () {
    const text = yield* formattedText(call.parameters, "MESSAGE_TOO_LONG")
    const keyboard = yield* onlyInlineKeyboard(call.parameters)
    const found = yield* editable(call)
    if (isMedia(found.post.message)) return yield* Result.fail(badRequest("there is no text in the message to edit"))
    return yield* changed(call, found, text, keyboard)
  })

export const editMessageReplyMarkup: Method = (call) =>
  Result.gen(function* () {
    const keyboard = yield* onlyInlineKeyboard(call.parameters)
    const found = yield* editable(call)
    const { entities = [], text } = found.post.message
    return yield* changed(call, found, { text, entities }, keyboard)
  })

export const deleteMessage: Method = (call) =>
  Result.gen(function* () {
    const { chat, post } = yield* findPost(call, "message to delete")
    if (!mayDelete(call, chat, post)) return yield* Result.fail(badRequest("message can't be deleted for everyone"))
    remove(call, chat, post)
    return { result: true }
  })

/** Up to 100; those that are gone already, or cannot be deleted, are passed over. */
export const deleteMessages: Method = (call) =>
  Result.gen(function* () {
    const ids = yield* messageIds(call.parameters)
    const chat = yield* findChat(call)
    for (const id of ids) {
      const post = chat.posts.get(id)
      if (post !== undefined && mayDelete(call, chat, post)) remove(call, chat, post)
    }
    return { result: true }
  })

const messageIds = (parameters: Parameters): Result.Result<ReadonlyArray<number>, ApiError> =>
  Result.gen(function* () {
    const ids = yield* parameters.json("message_ids", "message identifiers")
    if (!Array.isArray(ids)) return yield* Result.fail(badRequest("expected an Array of message identifiers"))
    if (ids.length === 0) return yield* Result.fail(badRequest("message identifiers are not specified"))
    if (ids.length > 100) return yield* Result.fail(badRequest("too many message identifiers specified"))
    return ids.map(Number)
  })

/** Within two days: in a private chat anything, elsewhere its own, and as an administrator all. */
const mayDelete = ({ bot, nowMs }: Call, chat: AnyChat, { message }: Post): boolean =>
  nowMs / 1000 - message.date <= deletableSeconds &&
  ("blocked" in chat || message.from.id === bot.me.id || chat.members.get(bot.me.id) === "administrator")

const remove = (call: Call, chat: AnyChat, { message: { message_id: messageId } }: Post): void => {
  chat.posts.delete(messageId)
  chat.pinned.delete(messageId)
  call.world.emit({ _tag: "MessageDeleted", ...about(call.bot, chat, call.nowMs), messageId })
}

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
    yield* mayWrite(call, chat)
    call.world.emit({ _tag: "ChatAction", ...about(call.bot, chat, call.nowMs), action })
    return { result: true }
  })

interface Found {
  readonly chat: AnyChat
  readonly post: Post
}

export const findPost = (call: Call, calledInErrors: string): Result.Result<Found, ApiError> =>
  Result.gen(function* () {
    const { parameters } = call
    if (parameters.text("chat_id") === "" && parameters.has("inline_message_id")) {
      return yield* Result.fail(badRequest("the emulator has no inline messages"))
    }
    const chat = yield* findChat(call)
    const post = chat.posts.get(Number(parameters.text("message_id")))
    return post === undefined ? yield* Result.fail(badRequest(`${calledInErrors} not found`)) : { chat, post }
  })

export const editable = (call: Call): Result.Result<Found, ApiError> =>
  Result.flatMap(findPost(call, "message to edit"), (found) =>
    found.post.message.from.id === call.bot.me.id
      ? Result.succeed(found)
      : Result.fail(badRequest("message can't be edited")),
  )

/** The answer to an edit; one that changes nothing is refused. */
export const changed = (
  call: Call,
  { chat, post }: Found,
  { entities, text }: FormattedText,
  keyboard: InlineKeyboardMarkup | undefined,
): Result.Result<Answer, ApiError> => {
  const { message } = post
  const same = Equal.equals(
    { text, entities, keyboard },
    { text: message.text, entities: message.entities ?? [], keyboard: message.reply_markup },
  )
  return same
    ? Result.fail(
        badRequest(
          "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
        ),
      )
    : Result.succeed({ result: edit(call.world, call.bot, chat, post, { entities, text, keyboard }, call.nowMs) })
}

export const isMedia = ({ document, photo }: Message): boolean => photo !== undefined || document !== undefined

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
