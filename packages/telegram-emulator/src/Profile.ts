/** What the bot says of itself: its name, its descriptions, the button beside the text field. */
import { Result } from "effect"
import { badRequest } from "./BotApi.ts"
import type { Method } from "./Method.ts"
import { characters } from "./Texts.ts"

/** `setMyName` and the like; an empty value forgets it. `limit` is in characters. */
const setter =
  (field: string, limit: number): Method =>
  ({ bot, parameters }) => {
    const value = parameters.text(field).trim()
    if (characters(value) > limit) return Result.fail(badRequest(`${tooLong[field] ?? field} is too long`))
    const key = keyOf(field, parameters.text("language_code"))
    if (value === "") bot.profile.delete(key)
    else bot.profile.set(key, value)
    return Result.succeed({ result: true })
  }

/** The value for the language, else the one for all. */
const getter =
  (field: string): Method =>
  ({ bot, parameters }) => {
    const language = parameters.text("language_code")
    const value = bot.profile.get(keyOf(field, language)) ?? bot.profile.get(keyOf(field, ""))
    return Result.succeed({ result: { [field]: value ?? (field === "name" ? bot.me.first_name : "") } })
  }

const keyOf = (field: string, language: string) => `${field} ${language}`

const tooLong: Readonly<Record<string, string>> = {
  name: "bot name",
  description: "bot description",
  short_description: "bot short description",
}

export const setMyName = setter("name", 64)
export const getMyName = getter("name")
export const setMyDescription = setter("description", 512)
export const getMyDescription = getter("description")
export const setMyShortDescription = setter("short_description", 120)
export const getMyShortDescription = getter("short_description")

const buttonTypes: ReadonlySet<unknown> = new Set(["default", "commands", "web_app"])

/** For one private chat, or for all that have none of their own. */
export const setChatMenuButton: Method = ({ bot, parameters }) =>
  Result.gen(function* () {
    const button = yield* parameters.json("menu_button", "menu button")
    const type: unknown = typeof button === "object" && button !== null && "type" in button ? button.type : button
    if (type !== undefined && !buttonTypes.has(type)) {
      return yield* Result.fail(badRequest("can't parse menu button: MenuButton has unsupported type"))
    }
    bot.profile.set(keyOf("menu_button", parameters.text("chat_id")), JSON.stringify(button ?? { type: "default" }))
    return { result: true }
  })

export const getChatMenuButton: Method = ({ bot, parameters }) => {
  const own = bot.profile.get(keyOf("menu_button", parameters.text("chat_id")))
  const button: unknown = JSON.parse(own ?? bot.profile.get(keyOf("menu_button", "")) ?? `{"type":"commands"}`)
  return Result.succeed({ result: button })
}
