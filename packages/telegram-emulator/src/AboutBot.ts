/** The methods about the bot itself, and its answers to button presses. */
import { Result, Schema } from "effect"
import { type ApiError, badRequest, BotCommand, type User } from "./BotApi.ts"
import { decodeJson } from "./decodeJson.ts"
import type { Method } from "./Method.ts"
import type { Parameters } from "./Parameters.ts"
import { characters } from "./Texts.ts"
import { about, type Bot } from "./World.ts"

export const getMe: Method = ({ bot }) =>
  Result.succeed({
    result: {
      ...bot.me,
      can_join_groups: true,
      can_read_all_group_messages: false,
      supports_inline_queries: false,
      can_connect_to_business: false,
      has_main_web_app: false,
    },
  })

/** `logOut` and `close` say yes and change nothing: there is no other server to move to. */
export const nothing: Method = () => Result.succeed({ result: true })

const decodeCommands = decodeJson(Schema.Array(BotCommand))

export const setMyCommands: Method = ({ bot, parameters }) =>
  Result.gen(function* () {
    const given = (yield* parameters.json("commands", "commands")) ?? []
    if (!Array.isArray(given)) return yield* Result.fail(badRequest("expected an Array of BotCommand"))
    // Telegram's servers say this word, not the published one: https://github.com/LonamiWebs/Telethon/pull/4700.
    if (given.length > 100) return yield* Result.fail(badRequest("BOT_COMMANDS_TOO_MUCH"))
    const commands = yield* Result.mapError(decodeCommands(given), (what) =>
      badRequest(`can't parse BotCommand: ${what}`),
    )
    const trimmed = commands.map(({ command, description }) => ({
      command: command.trim().replace(/^\//, ""),
      description: description.trim(),
    }))
    for (const { command, description } of trimmed) {
      const problem =
        command === ""
          ? "command must be non-empty"
          : command.length > 32
            ? "command length must not exceed 32"
            : description === ""
              ? "command description must be non-empty"
              : description.length > 256
                ? "command description length must not exceed 256"
                : /^[a-z0-9_]+$/.test(command)
                  ? undefined
                  : "BOT_COMMAND_INVALID"
      if (problem !== undefined) return yield* Result.fail(badRequest(problem))
    }
    bot.commands.set(yield* audience(parameters), trimmed)
    return { result: true }
  })

export const getMyCommands: Method = ({ bot, parameters }) =>
  Result.map(audience(parameters), (key) => ({ result: bot.commands.get(key) ?? [] }))

export const deleteMyCommands: Method = ({ bot, parameters }) =>
  Result.map(audience(parameters), (key) => {
    bot.commands.delete(key)
    return { result: true }
  })

/** Whom a list of commands is for. The default scope is the same as none. */
const audience = (parameters: Parameters): Result.Result<string, ApiError> =>
  Result.map(parameters.json("scope", "BotCommandScope"), (scope) =>
    audienceKey(scope ?? defaultScope, parameters.text("language_code")),
  )

const defaultScope = { type: "default" }

const audienceKey = (scope: unknown, language: string) => `${JSON.stringify(scope)} ${language}`

/** What a user is offered in a private chat: https://core.telegram.org/bots/api#determining-list-of-commands */
export const commandsFor = (bot: Bot, { id, language_code = "" }: User): ReadonlyArray<BotCommand> =>
  [{ type: "chat", chat_id: id }, { type: "all_private_chats" }, defaultScope]
    .flatMap((scope) => [audienceKey(scope, language_code), audienceKey(scope, "")])
    .map((key) => bot.commands.get(key))
    .find((commands) => commands !== undefined) ?? []

/**
 * Telegram does not say how long a press waits for its answer; people report 15 seconds to a minute. A press can be
 * answered once.
 */
const answerableMs = 15_000

export const answerCallbackQuery: Method = ({ bot, nowMs, parameters, world }) =>
  Result.gen(function* () {
    const id = parameters.text("callback_query_id")
    const text = parameters.text("text")
    const pending = bot.callbacks.get(id)
    if (pending === undefined || pending.askedAtMs + answerableMs < nowMs) {
      return yield* Result.fail(badRequest("query is too old and response timeout expired or query ID is invalid"))
    }
    if (characters(text) > 200) return yield* Result.fail(badRequest("MESSAGE_TOO_LONG"))
    bot.callbacks.delete(id)
    world.emit({
      _tag: "CallbackAnswered",
      ...about(bot, pending.chat, nowMs),
      user: pending.user.id,
      callbackQueryId: id,
      text,
      showAlert: parameters.flag("show_alert"),
      url: parameters.text("url"),
    })
    return { result: true }
  })
