import { parseMarkdown } from "@paylog/telegram-emulator/Markdown"
import { parseMarkdownV2 } from "@paylog/telegram-emulator/MarkdownV2"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

/** The text, and each entity with what it covers. */
const shown = (parsed: ReturnType<typeof parseMarkdown>) => {
  const { text, entities } = Result.getOrThrow(parsed)
  return {
    text,
    entities: entities.map(({ type, offset, length, url, language, custom_emoji_id }) =>
      [type, text.slice(offset, offset + length), url ?? language ?? custom_emoji_id]
        .filter((part) => part !== undefined)
        .join(" "),
    ),
  }
}

const problem = (parsed: ReturnType<typeof parseMarkdown>) => {
  const { code, description } = Result.getOrThrow(Result.flip(parsed))
  assert.strictEqual(code, 400)
  return description.replace("Bad Request: can't parse entities: ", "")
}

describe("Markdown", () => {
  it("is bold, italic, code, blocks and links, and nothing within anything", () => {
    const { text, entities } = shown(
      parseMarkdown(
        "👛 *Paid* _now_ `a*b` [shop](https://a.example/x) snake\\_case\n```python\nprint(1)\n``` [https://b.example]",
      ),
    )
    assert.strictEqual(text, "👛 Paid now a*b shop snake_case\nprint(1)\n https://b.example")
    assert.deepStrictEqual(entities, [
      "bold Paid",
      "italic now",
      "code a*b",
      "text_link shop https://a.example/x",
      "pre print(1)\n python",
      "text_link https://b.example https://b.example",
    ])
    assert.deepStrictEqual(shown(parseMarkdown("*a _b* __ []() c\\d")), {
      text: "a _b   c\\d",
      entities: ["bold a _b"],
    })
  })

  it.each([
    ["*bold", "Can't find end of the entity starting at byte offset 0"],
    ["é snake_case", "Can't find end of the entity starting at byte offset 8"],
    ["```js\nx``", "Can't find end of the entity starting at byte offset 0"],
    ["a [b", "Can't find end of the entity starting at byte offset 2"],
  ])("refuses %s as Telegram does", (markdown, what) => assert.strictEqual(problem(parseMarkdown(markdown)), what))
})

describe("MarkdownV2", () => {
  it("is all of the documentation's", () => {
    const { text, entities } = shown(
      parseMarkdownV2(
        [
          "*bold \\*text*",
          "_italic \\*text_",
          "__underline__",
          "~strike~",
          "||spoiler||",
          "*bold _italic bold ~italic bold strike ||italic bold strike spoiler||~ __underline italic bold___ bold*",
          "[inline URL](http://www.example.com/\\))",
          "![👍](tg://emoji?id=5368324170671202286)",
          "`inline code \\` _x_`",
          "```\nblock\n```",
          "```python\nblock\n```",
          ">Quoted",
          ">\\> and *on*",
          "then",
          ">Folded",
          ">it ends||",
          "over",
        ].join("\n"),
      ),
    )
    assert.strictEqual(
      text,
      [
        "bold *text\nitalic *text\nunderline\nstrike\nspoiler",
        "bold italic bold italic bold strike italic bold strike spoiler underline italic bold bold",
        "inline URL\n👍\ninline code ` _x_\nblock\n\nblock\n\nQuoted\n> and on\nthen\nFolded\nit ends\nover",
      ].join("\n"),
    )
    assert.deepStrictEqual(entities, [
      "bold bold *text",
      "italic italic *text",
      "underline underline",
      "strikethrough strike",
      "spoiler spoiler",
      "bold bold italic bold italic bold strike italic bold strike spoiler underline italic bold bold",
      "italic italic bold italic bold strike italic bold strike spoiler underline italic bold",
      "strikethrough italic bold strike italic bold strike spoiler",
      "spoiler italic bold strike spoiler",
      "underline underline italic bold",
      "text_link inline URL http://www.example.com/)",
      "custom_emoji 👍 5368324170671202286",
      "code inline code ` _x_",
      "pre block\n",
      "pre block\n python",
      "blockquote Quoted\n> and on\n",
      "bold on",
      "expandable_blockquote Folded\nit ends\n",
    ])
  })

  // The wording is that of parse_markdown_v2 in TDLib's MessageEntity.cpp.
  it.each([
    ["12.50", "Character '.' is reserved and must be escaped with the preceding '\\'"],
    ["Thanks!", "Character '!' is reserved and must be escaped with the preceding '\\'"],
    ["a > b", "Character '>' is reserved and must be escaped with the preceding '\\'"],
    ["a | b", "Character '|' is reserved and must be escaped with the preceding '\\'"],
    ["BTC_USDT", "Can't find end of Italic entity at byte offset 3"],
    ["é *bold", "Can't find end of Bold entity at byte offset 3"],
    ["*bold _both*", "Can't find end of Bold entity at byte offset 11"],
    ["__under_", "Can't find end of Italic entity at byte offset 7"],
    ["```js\nx", "Can't find end of PreCode entity at byte offset 0"],
    ["[a](http://b", "Can't find end of a URL at byte offset 4"],
    ["![👍]", "The entity must contain a tg://emoji or tg://time URL"],
    ["![👍](https://a.example)", "Invalid tg://emoji or tg://time URL specified"],
    [">quoted *bold\nend*", "Can't find end of Bold entity at byte offset 8"],
  ])("refuses %s as Telegram does", (markdown, what) => assert.strictEqual(problem(parseMarkdownV2(markdown)), what))
})
