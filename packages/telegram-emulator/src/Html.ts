/** `parse_mode: "HTML"` (https://core.telegram.org/bots/api#html-style), with the errors of Telegram's own parser. */
import { Result } from "effect"
import { type ApiError, badRequest, type MessageEntity } from "./BotApi.ts"

export interface FormattedText {
  readonly text: string
  readonly entities: ReadonlyArray<MessageEntity>
}

const entityTypes: Readonly<Record<string, string>> = {
  b: "bold",
  strong: "bold",
  i: "italic",
  em: "italic",
  u: "underline",
  ins: "underline",
  s: "strikethrough",
  strike: "strikethrough",
  del: "strikethrough",
  "tg-spoiler": "spoiler",
  span: "spoiler",
  "tg-emoji": "custom_emoji",
  a: "text_link",
  code: "code",
  pre: "pre",
  blockquote: "blockquote",
}

const namedCharacters: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"' }

interface OpenTag {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  /** Where its content begins in the text without tags. */
  readonly offset: number
}

/** A tag, and whether it ends: it does not where the text ends before a `>`, or a quote stays open. */
const tags = /<(\/?)([^\s>]*)((?:"[^"]*"|'[^']*'|[^>"'])*)(>|$|(?=["']))/g
const attributes = /\s*([^\s=>/"']+)\s*(?:=\s*(?:"([^"]*)"|'([^']*)'|([a-zA-Z0-9.-]+)))?/gy

/** The text without tags, and the entities in order of their offset, outer ones first. */
export const parseHtml = (html: string): Result.Result<FormattedText, ApiError> => {
  const open: Array<OpenTag> = []
  const entities: Array<MessageEntity> = []
  let text = ""
  let consumed = 0
  for (const tag of html.matchAll(tags)) {
    const [whole, slash, rawName = "", rest = "", end] = tag
    text += decode(html.slice(consumed, tag.index))
    consumed = tag.index + whole.length
    const at = `at byte offset ${byteLength(html.slice(0, tag.index))}`
    const name = rawName.toLowerCase()
    if (slash === "/") {
      const opened = open.pop()
      if (opened === undefined) return refuse(`Unexpected end tag ${at}`)
      if (end === "" || rest.trim() !== "") return refuse(`Unclosed end tag ${at}`)
      if (name !== "" && name !== opened.name) {
        return refuse(`Unmatched end tag ${at}, expected "</${opened.name}>", found "</${name}>"`)
      }
      const entity = entityOf(opened, text)
      const inner = entities.at(-1)
      if (
        entity?.type === "pre" &&
        inner?.language !== undefined &&
        inner.offset === entity.offset &&
        inner.length === entity.length
      ) {
        entities.splice(-1, 1, { ...entity, language: inner.language })
      } else if (entity !== undefined) entities.push(entity)
    } else {
      if (end === "" && rest === "") return refuse(`Unclosed start tag ${at}`)
      if (!Object.hasOwn(entityTypes, name)) return refuse(`Unsupported start tag "${name}" ${at}`)
      if (end === "") return refuse(`Unclosed start tag "${name}" ${at}`)
      const parsed = parseAttributes(rest)
      if (parsed === undefined) return refuse(`Empty attribute name in the tag "${name}" ${at}`)
      if (name === "span" && parsed.get("class") !== "tg-spoiler") {
        return refuse(`Tag "span" must have class "tg-spoiler" ${at}`)
      }
      open.push({ name, attributes: parsed, offset: text.length })
    }
  }
  text += decode(html.slice(consumed))
  const unclosed = open.pop()
  if (unclosed !== undefined) return refuse(`Can't find end tag corresponding to start tag "${unclosed.name}"`)
  return Result.succeed({
    text,
    entities: inOrder(
      entities.map((entity) =>
        entity.type === "code" ? { type: "code", offset: entity.offset, length: entity.length } : entity,
      ),
    ),
  })
}

/** By offset, outer ones first. */
export const inOrder = (entities: ReadonlyArray<MessageEntity>): ReadonlyArray<MessageEntity> =>
  entities.toSorted((a, b) => a.offset - b.offset || b.length - a.length)

/** A link, unless it leads nowhere. */
export const linkTo = (url: string, place: Pick<MessageEntity, "offset" | "length">): MessageEntity | undefined =>
  URL.canParse(url) ? { type: "text_link", ...place, url } : undefined

export const refuse = (problem: string) => Result.fail(badRequest(`can't parse entities: ${problem}`))

/** `undefined` when something there is no attribute. */
const parseAttributes = (text: string): ReadonlyMap<string, string> | undefined => {
  const found = new Map<string, string>()
  let consumed = 0
  for (const match of text.matchAll(attributes)) {
    consumed = match.index + match[0].length
    found.set((match[1] ?? "").toLowerCase(), decode(match[2] ?? match[3] ?? match[4]?.toLowerCase() ?? ""))
  }
  return text.slice(consumed).trim() === "" ? found : undefined
}

/** Nothing for a tag around nothing, and for a link to nowhere. */
const entityOf = ({ name, attributes, offset }: OpenTag, text: string): MessageEntity | undefined => {
  const place = { offset, length: text.length - offset }
  if (place.length === 0) return undefined
  switch (name) {
    case "a":
      return linkTo(attributes.get("href") ?? text.slice(offset), place)
    case "code": {
      // Kept until the end only for `<pre><code class="language-…">`, which is one entity.
      const language = attributes.get("class")?.match(/^language-(.+)$/)?.[1]
      return { type: "code", ...place, ...(language === undefined ? {} : { language }) }
    }
    case "tg-emoji":
      return { type: "custom_emoji", ...place, custom_emoji_id: attributes.get("emoji-id") ?? "" }
    case "blockquote":
      return { type: attributes.has("expandable") ? "expandable_blockquote" : "blockquote", ...place }
    default:
      return { type: entityTypes[name] ?? name, ...place }
  }
}

/** The four named and all numeric character references; anything else that starts with `&` stays as it is. */
const decode = (text: string): string =>
  text.replaceAll(
    /&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z]+));?/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return namedCharacters[name] ?? whole
      const code = hex === undefined ? Number.parseInt(decimal ?? "", 10) : Number.parseInt(hex, 16)
      return code > 0 && code < 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )

export const byteLength = (text: string): number => new TextEncoder().encode(text).length
