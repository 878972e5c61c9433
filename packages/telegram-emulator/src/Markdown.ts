/**
 * `parse_mode: "Markdown"` (https://core.telegram.org/bots/api#markdown-style), the older one: nothing stands within anything. Its
 * errors are those of `parse_markdown` in TDLib's MessageEntity.cpp.
 */
import { Result } from "effect"
import type { ApiError, MessageEntity } from "./BotApi.ts"
import { byteLength, type FormattedText, linkTo, refuse } from "./Html.ts"

const escapable = new Set("_*`[")
const names = { _: "italic", "*": "bold", "`": "code" } as const

export const parseMarkdown = (markdown: string): Result.Result<FormattedText, ApiError> => {
  const entities: Array<MessageEntity> = []
  let text = ""
  let at = 0
  while (at < markdown.length) {
    const character = markdown[at] ?? ""
    if (character === "\\" && escapable.has(markdown[at + 1] ?? "")) {
      text += markdown[at + 1]
      at += 2
      continue
    }
    if (!escapable.has(character)) {
      text += character
      at += 1
      continue
    }
    const block = codeBlockAt(markdown, at)
    const from = block?.from ?? at + 1
    const close = block === undefined ? (character === "[" ? "]" : character) : "```"
    const end = markdown.indexOf(close, from)
    if (end === -1)
      return refuse(`Can't find end of the entity starting at byte offset ${byteLength(markdown.slice(0, at))}`)
    const content = markdown.slice(from, end)
    const place = { offset: text.length, length: content.length }
    text += content
    at = end + close.length
    let entity: MessageEntity | undefined
    if (block !== undefined) entity = { type: "pre", ...place, ...block.language }
    else if (character === "[") {
      const link = urlAt(markdown, at)
      at = link?.end ?? at
      entity = linkTo(link?.url ?? content, place)
    } else if (character === "_" || character === "*" || character === "`")
      entity = { type: names[character], ...place }
    if (entity !== undefined && place.length > 0) entities.push(entity)
  }
  return Result.succeed({ text, entities })
}

/** `(url)` behind the text of a link. Telegram takes one that does not end as it takes one that does. */
const urlAt = (markdown: string, at: number) => {
  if (markdown[at] !== "(") return undefined
  const close = markdown.indexOf(")", at)
  const end = close === -1 ? markdown.length : close
  return { url: markdown.slice(at + 1, end), end: end + 1 }
}

/** Where the content of a block begins that three backticks open here, and in which language it is. */
export const codeBlockAt = (markdown: string, at: number) => {
  if (!markdown.startsWith("```", at)) return undefined
  const [, word = "", space = ""] = /^([^\s`]*)(\s?)/.exec(markdown.slice(at + 3)) ?? []
  // A word that the backticks follow is the content.
  const language = word !== "" && space !== "" ? { language: word } : {}
  const from = at + 3 + ("language" in language ? word.length : 0)
  const [lineBreak = ""] = /^(?:\r\n|\n\r|\r|\n)/.exec(markdown.slice(from)) ?? []
  return { from: from + lineBreak.length, language }
}
