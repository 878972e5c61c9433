/** What a Bot API method is here: a function from a call to its answer. */
import { Result } from "effect"
import { type ApiError, badRequest } from "./BotApi.ts"
import type { Parameters } from "./Parameters.ts"
import type { Bot, PrivateChat, World } from "./World.ts"

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

export const findChat = ({ bot, parameters }: Call): Result.Result<PrivateChat, ApiError> => {
  const id = parameters.text("chat_id")
  if (id === "") return Result.fail(badRequest("chat_id is empty"))
  const chat = bot.chats.get(Number(id))
  return chat === undefined ? Result.fail(badRequest("chat not found")) : Result.succeed(chat)
}
