/** `reply_markup`, read and refused as Telegram does. */
import { Result } from "effect"
import { type ApiError, badRequest, InlineKeyboardButton, type InlineKeyboardMarkup } from "./BotApi.ts"
import { decodeJson } from "./decodeJson.ts"
import type { Parameters } from "./Parameters.ts"

/** UTF-8 bytes. */
const maxCallbackData = 64
const maxButtons = 100

/** `undefined` for no inline keyboard. Reply keyboards are let through and not shown. */
export const inlineKeyboard = (parameters: Parameters): Result.Result<InlineKeyboardMarkup | undefined, ApiError> =>
  Result.gen(function* () {
    const markup = yield* parameters.json("reply_markup", "reply keyboard markup")
    if (markup === undefined) return undefined
    if (!isObject(markup)) return yield* Result.fail(badRequest("object expected as reply markup"))
    const { inline_keyboard: given } = markup
    if (given === undefined || given === null) return undefined
    if (!Array.isArray(given)) {
      return yield* Result.fail(badRequest('field "inline_keyboard" must be of type Array'))
    }
    const rows: Array<ReadonlyArray<InlineKeyboardButton>> = []
    for (const row of given) {
      if (!Array.isArray(row)) {
        return yield* Result.fail(
          badRequest('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'),
        )
      }
      const buttons: Array<InlineKeyboardButton> = []
      for (const one of row) buttons.push(yield* button(one))
      if (buttons.length > 0) rows.push(buttons)
    }
    if (rows.flat().length > maxButtons) return yield* Result.fail(badRequest("reply markup is too long"))
    return rows.length === 0 ? undefined : { inline_keyboard: rows }
  })

/** For an edit: a keyboard of any other kind is refused. */
export const onlyInlineKeyboard = (parameters: Parameters): Result.Result<InlineKeyboardMarkup | undefined, ApiError> =>
  Result.gen(function* () {
    const keyboard = yield* inlineKeyboard(parameters)
    const given = yield* parameters.json("reply_markup", "reply keyboard markup")
    const other = isObject(given) && ["keyboard", "remove_keyboard", "force_reply"].some((name) => name in given)
    return keyboard === undefined && other ? yield* Result.fail(badRequest("inline keyboard expected")) : keyboard
  })

const decodeButton = decodeJson(InlineKeyboardButton)

const kinds = [
  "url",
  "callback_data",
  "switch_inline_query",
  "switch_inline_query_current_chat",
  "web_app",
  "copy_text",
] as const

/** What the emulator cannot press is refused, not shown dead. */
const notEmulated = ["callback_game", "pay", "login_url", "switch_inline_query_chosen_chat"]

const button = (given: unknown): Result.Result<InlineKeyboardButton, ApiError> =>
  Result.gen(function* () {
    if (!isObject(given)) return yield* refuse("InlineKeyboardButton must be an Object")
    if (!("text" in given)) return yield* refuse('Can\'t find field "text"')
    const { text, ...rest } = yield* Result.mapError(decodeButton(given), (what) => parseError(what))
    if (text === "") return yield* Result.fail(badRequest("inline keyboard button text must be non-empty"))
    // The first that says something counts, in this order, whatever else is there; an inline query may be empty.
    const kind = kinds.find(
      (kind) => rest[kind] !== undefined && (rest[kind] !== "" || kind.startsWith("switch_inline_query")),
    )
    if (kind === undefined) {
      const known = notEmulated.find((name) => name in given)
      return yield* refuse(
        known === undefined
          ? "Text buttons are unallowed in the inline keyboard"
          : `the emulator has no ${known} buttons`,
      )
    }
    if (kind === "url") return { text, url: yield* checkedUrl(rest.url ?? "") }
    if (kind === "callback_data" && new TextEncoder().encode(rest.callback_data).length > maxCallbackData) {
      // Telegram's servers say this word, not the published one: https://github.com/telegraf/telegraf/issues/138.
      return yield* Result.fail(badRequest("BUTTON_DATA_INVALID"))
    }
    return { text, [kind]: rest[kind] }
  })

/** Telegram adds `http://` where there is no scheme, and wants a host with a dot: `http://localhost` is refused. */
const checkedUrl = (given: string): Result.Result<string, ApiError> => {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\/|^(?:tg|ton):/i.test(given) ? given : `http://${given}`)
  const isInternal = url !== null && ["tg:", "ton:"].includes(url.protocol)
  const isHttp = url !== null && ["http:", "https:"].includes(url.protocol) && /[.[]/.test(url.hostname)
  return isInternal || isHttp
    ? Result.succeed(url.href)
    : Result.fail(badRequest(`inline keyboard button URL '${given}' is invalid: Wrong HTTP URL`))
}

const parseError = (problem: string): ApiError => badRequest(`can't parse inline keyboard button: ${problem}`)

const refuse = (problem: string) => Result.fail(parseError(problem))

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
