/** From what a bot or a user typed to a message's text and entities, with Telegram's limits. */
import { Result } from "effect"
import { type ApiError, badRequest, MessageEntity } from "./BotApi.ts"
import { type FormattedText, parseHtml } from "./Html.ts"
import { parseMarkdown } from "./Markdown.ts"
import { parseMarkdownV2 } from "./MarkdownV2.ts"
import type { Parameters } from "./Parameters.ts"
import { decodeJson } from "./decodeJson.ts"

/** Counted in Unicode characters, not UTF-16 units. */
export const characters = (text: string): number => Array.from(text).length

/** In characters, after the entities were parsed. */
export const maxLength = 4096
/** UTF-8 bytes of the raw parameter. */
const maxRawBytes = 32_768

/** In characters, after the entities were parsed. */
const maxCaptionLength = 1024

/** The text of `sendMessage` and `editMessageText`. `tooLong` is Telegram's word for it: an edit has another one. */
export const formattedText = (
  parameters: Parameters,
  tooLong = "message is too long",
): Result.Result<FormattedText, ApiError> =>
  Result.gen(function* () {
    const raw = parameters.text("text")
    if (raw === "") return yield* Result.fail(badRequest("message text is empty"))
    if (new TextEncoder().encode(raw).length > maxRawBytes) return yield* Result.fail(badRequest("text is too long"))
    const { entities, text } = trim(yield* parse(raw, parameters, "entities"))
    if (text === "") return yield* Result.fail(badRequest("text must be non-empty"))
    if (characters(text) > maxLength) return yield* Result.fail(badRequest(tooLong))
    return { text, entities: merge(entities, detectEntities(text)) }
  })

/** What stands under a photo or a document; it may be empty. */
export const caption = (parameters: Parameters): Result.Result<FormattedText, ApiError> =>
  Result.gen(function* () {
    const { entities, text } = trim(yield* parse(parameters.text("caption"), parameters, "caption_entities"))
    if (characters(text) > maxCaptionLength) return yield* Result.fail(badRequest("message caption is too long"))
    return { text, entities: merge(entities, detectEntities(text)) }
  })

const parse = (raw: string, parameters: Parameters, entitiesIn: string): Result.Result<FormattedText, ApiError> => {
  switch (parameters.text("parse_mode").toLowerCase()) {
    case "html":
      return parseHtml(raw)
    case "":
    case "none":
      return Result.map(givenEntities(parameters, entitiesIn), (entities) => ({ text: raw, entities }))
    case "markdown":
      return parseMarkdown(raw)
    case "markdownv2":
      return parseMarkdownV2(raw)
    default:
      return Result.fail(badRequest("unsupported parse_mode"))
  }
}

const decodeEntity = decodeJson(MessageEntity)

const givenEntities = (parameters: Parameters, name: string): Result.Result<ReadonlyArray<MessageEntity>, ApiError> =>
  Result.gen(function* () {
    const given = yield* parameters.json(name, "message entities")
    const entities: Array<MessageEntity> = []
    for (const one of Array.isArray(given) ? given : []) {
      entities.push(
        yield* Result.mapError(decodeEntity(one), (what) => badRequest(`can't parse MessageEntity: ${what}`)),
      )
    }
    return entities
  })

/** White space goes at both ends, as with Telegram; entities move along. */
const trim = ({ entities, text }: FormattedText): FormattedText => {
  const start = text.length - text.trimStart().length
  const trimmed = text.trim()
  return {
    text: trimmed,
    entities: entities
      .map((entity) => {
        const from = Math.max(entity.offset - start, 0)
        const to = Math.min(entity.offset + entity.length - start, trimmed.length)
        return { ...entity, offset: from, length: to - from }
      })
      .filter(({ length }) => length > 0),
  }
}

/** What Telegram finds by itself: `/commands`, and links with a scheme. */
export const detectEntities = (text: string): ReadonlyArray<MessageEntity> =>
  [
    ...find("bot_command", /(?<![\w/<>])\/[a-zA-Z0-9_]{1,64}(?:@[a-zA-Z0-9_]{3,32})?(?![\w/<>])/g, text),
    ...find("url", /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g, text),
  ].toSorted((a, b) => a.offset - b.offset)

const find = (type: string, pattern: RegExp, text: string): ReadonlyArray<MessageEntity> =>
  [...text.matchAll(pattern)].map((match) => ({ type, offset: match.index, length: match[0].length }))

/** What was given wins over what was found at the same place. */
const merge = (
  given: ReadonlyArray<MessageEntity>,
  found: ReadonlyArray<MessageEntity>,
): ReadonlyArray<MessageEntity> =>
  [
    ...given,
    ...found.filter((one) => !given.some((other) => one.offset < end(other) && other.offset < end(one))),
  ].toSorted((a, b) => a.offset - b.offset || b.length - a.length)

const end = ({ length, offset }: MessageEntity): number => offset + length
