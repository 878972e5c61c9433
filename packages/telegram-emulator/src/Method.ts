/** What a Bot API method is here: a function from a call to its answer. */
import { Result } from "effect"
import { type ApiError, badRequest, forbidden } from "./BotApi.ts"
import type { Parameters } from "./Parameters.ts"
import { type AnyChat, type Bot, isIn, type World } from "./World.ts"

export interface Call {
  readonly world: World
  readonly bot: Bot
  readonly parameters: Parameters
  readonly nowMs: number
}

export interface Answer {
  readonly result: unknown
  /** Telegram adds a word to the answers about webhooks. */
  readonly description?: string
}

/** Works at once and as a whole: it either refuses and changes nothing, or does all it says. */
export type Method = (call: Call) => Result.Result<Answer, ApiError>

/** The chat that `name` gives by its id, or a public one by its `@username`: of those that the bot has ever been in. */
export const findChat = ({ bot, parameters, world }: Call, name = "chat_id"): Result.Result<AnyChat, ApiError> => {
  const id = parameters.text(name)
  if (id === "") return Result.fail(badRequest(`${name} is empty`))
  const room = id.startsWith("@")
    ? [...world.rooms.values()].find(({ chat }) => chat.username?.toLowerCase() === id.slice(1).toLowerCase())
    : world.rooms.get(Number(id))
  const known = room !== undefined && (room.members.has(bot.me.id) || room.chat.username !== undefined)
  const chat = bot.chats.get(Number(id)) ?? (known ? room : undefined)
  return chat === undefined ? Result.fail(badRequest("chat not found")) : Result.succeed(chat)
}

/** Fails where the bot cannot write. Telegram still lets it edit and delete what it wrote before it was blocked. */
export const mayWrite = ({ bot }: Call, chat: AnyChat): Result.Result<void, ApiError> => {
  if ("blocked" in chat) return chat.blocked ? Result.fail(forbidden("bot was blocked by the user")) : Result.void
  const { type } = chat.chat
  const status = chat.members.get(bot.me.id)
  if (status === "kicked") return Result.fail(forbidden(`bot was kicked from the ${type} chat`))
  if (!isIn(chat, bot.me.id)) return Result.fail(forbidden(`bot is not a member of the ${type} chat`))
  return type === "channel" && status === "member"
    ? Result.fail(badRequest("need administrator rights in the channel chat"))
    : Result.void
}
