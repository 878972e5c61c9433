/** Messages that come from another chat: https://core.telegram.org/bots/api#forwardmessage and #copymessage. */
import { Result, Struct } from "effect"
import { type ApiError, badRequest, type Message } from "./BotApi.ts"
import { send } from "./Messages.ts"
import { type Call, findChat, type Method } from "./Method.ts"
import { caption } from "./Texts.ts"

export const forwardMessage: Method = (call) =>
  Result.gen(function* () {
    const { entities = [], forwarded_from, from, text, ...rest } = yield* original(call, "message to forward")
    const content = { text, entities, forwardedFrom: forwarded_from ?? from, media: mediaOf(rest) }
    return { result: yield* send(call, content) }
  })

/** The copy has no link to the original; a photo's or document's may get another caption. */
export const copyMessage: Method = (call) =>
  Result.gen(function* () {
    const { entities = [], text, ...rest } = yield* original(call, "message to copy")
    const media = mediaOf(rest)
    const isRecaptioned = call.parameters.has("caption") && Object.keys(media).length > 0
    const said = isRecaptioned ? yield* caption(call.parameters) : { text, entities }
    const { message_id } = yield* send(call, { ...said, media })
    return { result: { message_id } }
  })

const original = (call: Call, calledInErrors: string): Result.Result<Message, ApiError> =>
  Result.flatMap(findChat(call, "from_chat_id"), ({ posts }) => {
    const post = posts.get(Number(call.parameters.text("message_id")))
    return post === undefined ? Result.fail(badRequest(`${calledInErrors} not found`)) : Result.succeed(post.message)
  })

const mediaOf = (message: Pick<Message, "photo" | "document">) => Struct.pick(message, mediaFields(message))

const mediaFields = (message: object) => (["photo", "document"] as const).filter((name) => name in message)
