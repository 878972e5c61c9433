/**
 * `parse_mode: "MarkdownV2"` (https://core.telegram.org/bots/api#markdownv2-style). Its errors are those of `parse_markdown_v2` in
 * TDLib's MessageEntity.cpp.
 */
import { Result } from "effect"
import type { ApiError, MessageEntity } from "./BotApi.ts"
import { byteLength, type FormattedText, inOrder, linkTo, refuse } from "./Html.ts"
import { codeBlockAt } from "./Markdown.ts"

/** What opens and what closes it, the longer marks first; `called` is Telegram's name in errors. */
const kinds = [
  { open: "__", close: "__", type: "underline", called: "Underline" },
  { open: "_", close: "_", type: "italic", called: "Italic" },
  { open: "*", close: "*", type: "bold", called: "Bold" },
  { open: "~", close: "~", type: "strikethrough", called: "Strikethrough" },
  { open: "||", close: "||", type: "spoiler", called: "Spoiler" },
  { open: "```", close: "```", type: "pre", called: "Pre" },
  { open: "`", close: "`", type: "code", called: "Code" },
  { open: "![", close: "]", type: "custom_emoji", called: "CustomEmoji" },
  { open: "[", close: "]", type: "text_link", called: "TextUrl" },
] as const

interface Open {
  readonly kind: (typeof kinds)[number] | { readonly close: "\n"; readonly type: "blockquote"; readonly called: string }
  readonly language: { readonly language?: string }
  /** In the text without marks. */
  readonly offset: number
  /** Where its mark stands. */
  readonly at: number
}

const reserved = new Set("_*[]()~`>#+-=|{}.!")

export const parseMarkdownV2 = (markdown: string): Result.Result<FormattedText, ApiError> => {
  const entities: Array<MessageEntity> = []
  const open: Array<Open> = []
  let text = ""
  let at = 0
  let mayQuote = true

  const bytesTo = (place: number) => byteLength(markdown.slice(0, place))
  const unended = ({ kind: { called, type }, language, at: place }: Open) =>
    refuse(
      `Can't find end of ${type === "pre" && language.language !== undefined ? "PreCode" : called} entity at byte offset ${bytesTo(place)}`,
    )
  const put = (characters: string) => {
    text += characters
    mayQuote = characters === "\n" || (characters === "\r" && mayQuote)
  }
  const add = (entity: MessageEntity | undefined) => {
    if (entity !== undefined && entity.length > 0) entities.push(entity)
  }
  const placeOf = ({ offset }: Open) => ({ offset, length: text.length - offset })

  /** `undefined` when all is well. A quotation ends with its last line; one whose last mark opens a spoiler is folded. */
  const endQuotation = (end: number) => {
    const last = open.at(-1)
    const isFolded = last?.kind.type === "spoiler" && last.at === end - 2
    const quotation = isFolded ? open.at(-2) : last
    if (last === undefined || quotation?.kind.type !== "blockquote") return last
    open.splice(isFolded ? -2 : -1)
    if (end < markdown.length) put("\n")
    add({ type: isFolded ? "expandable_blockquote" : "blockquote", ...placeOf(quotation) })
    return undefined
  }

  while (at < markdown.length) {
    const character = markdown[at] ?? ""
    const next = markdown[at + 1] ?? ""
    const inner = open.at(-1)
    const isCode = inner?.kind.type === "pre" || inner?.kind.type === "code"
    if (character === "\\" && /[^\u007f-\uffff]/.test(next)) {
      put(next)
      at += 2
    } else if (isCode ? character !== "`" : !reserved.has(character) && character !== "\n") {
      put(character)
      at += 1
    } else if (character === "\n") {
      if (open.some(({ kind }) => kind.type === "blockquote") && next !== ">") {
        const unfinished = endQuotation(at)
        if (unfinished !== undefined) return unended(unfinished)
      } else put("\n")
      at += 1
    } else if (inner !== undefined && closes(inner, markdown, at)) {
      open.pop()
      at += inner.kind.close.length
      const place = placeOf(inner)
      if (inner.kind.type === "text_link" || inner.kind.type === "custom_emoji") {
        const link = urlAt(markdown, at)
        if (link === null) return refuse(`Can't find end of a URL at byte offset ${bytesTo(at + 1)}`)
        at = link?.end ?? at
        if (inner.kind.type === "text_link") add(linkTo(link?.url ?? text.slice(inner.offset), place))
        else if (link === undefined) return refuse("The entity must contain a tg://emoji or tg://time URL")
        else {
          const id = /^tg:\/\/emoji\?id=(\d+)$/.exec(link.url)?.[1]
          if (id === undefined) return refuse("Invalid tg://emoji or tg://time URL specified")
          add({ type: "custom_emoji", ...place, custom_emoji_id: id })
        }
      } else add({ type: inner.kind.type, ...place, ...inner.language })
    } else if (character === ">" && mayQuote) {
      if (!open.some(({ kind }) => kind.type === "blockquote"))
        open.push({ kind: quotation, language: {}, offset: text.length, at })
      at += 1
    } else {
      const kind = kinds.find((one) => markdown.startsWith(one.open, at))
      if (kind === undefined)
        return refuse(`Character '${character}' is reserved and must be escaped with the preceding '\\'`)
      const block = kind.type === "pre" ? codeBlockAt(markdown, at) : undefined
      open.push({ kind, language: block?.language ?? {}, offset: text.length, at })
      at = block?.from ?? at + kind.open.length
    }
  }
  if (open.some(({ kind }) => kind.type === "blockquote")) {
    const unfinished = endQuotation(markdown.length)
    if (unfinished !== undefined) return unended(unfinished)
  }
  const unfinished = open.at(-1)
  return unfinished === undefined ? Result.succeed({ text, entities: inOrder(entities) }) : unended(unfinished)
}

const quotation = { close: "\n", type: "blockquote", called: "BlockQuote" } as const

/** Two underscores are never the end of what one has opened. */
const closes = ({ kind }: Open, markdown: string, at: number): boolean =>
  markdown.startsWith(kind.close, at) && !(kind.type === "italic" && markdown[at + 1] === "_")

/** `(url)` behind a link's text: `undefined` when there is none, `null` when it does not end. */
const urlAt = (markdown: string, at: number) => {
  if (markdown[at] !== "(") return undefined
  const [whole, escaped = ""] = /^\(((?:\\[^\u007f-\uffff]|[^)])*)\)/.exec(markdown.slice(at)) ?? []
  return whole === undefined ? null : { url: escaped.replaceAll(/\\([^\u007f-\uffff])/g, "$1"), end: at + whole.length }
}
