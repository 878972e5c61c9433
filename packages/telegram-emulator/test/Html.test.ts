import { parseHtml } from "@paylog/telegram-emulator/Html"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

const parsed = (html: string) => Result.getOrThrow(parseHtml(html))

describe("HTML", () => {
  it("gives the text without tags, and entities in UTF-16 units", () => {
    assert.deepStrictEqual(parsed("👛 <b>Pay <i>now</i></b> &lt;3 &amp; &#128091;"), {
      text: "👛 Pay now <3 & 👛",
      entities: [
        { type: "bold", offset: 3, length: 7 },
        { type: "italic", offset: 7, length: 3 },
      ],
    })
  })

  it("knows every tag of the documentation", () => {
    const html = [
      "<b>b</b><strong>b</strong><i>i</i><em>i</em><u>u</u><ins>u</ins><s>s</s><strike>s</strike><del>s</del>",
      '<span class="tg-spoiler">x</span><tg-spoiler>x</tg-spoiler><a href="https://a.example/?b=1&amp;c=>">a</a>',
      '<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji><code>c</code><pre>p</pre>',
      '<pre><code class="language-python">l</code></pre><blockquote>q</blockquote><blockquote expandable>e</blockquote>',
    ].join("")
    const { entities, text } = parsed(html)
    assert.strictEqual(text, "bbiiuusssxxa👍cplqe")
    assert.deepStrictEqual(
      entities.map(({ type }) => type).join(" "),
      [
        "bold bold italic italic underline underline strikethrough strikethrough strikethrough spoiler spoiler",
        "text_link custom_emoji code pre pre blockquote expandable_blockquote",
      ].join(" "),
    )
    assert.strictEqual(entities.find(({ type }) => type === "text_link")?.url, "https://a.example/?b=1&c=>")
    assert.deepStrictEqual(
      entities.filter(({ type }) => type === "pre").map(({ language }) => language),
      [undefined, "python"],
    )
  })

  it("leaves what is no reference as it is, and drops a tag around nothing", () => {
    assert.deepStrictEqual(parsed("R&D &nbsp; &#0; <b></b>1 > 0"), { text: "R&D &nbsp; &#0; 1 > 0", entities: [] })
  })

  // The wording is that of parse_html in TDLib's MessageEntity.cpp.
  it.each([
    ["<b>bold", `Can't find end tag corresponding to start tag "b"`],
    ["é<b", "Unclosed start tag at byte offset 2"],
    ["a < b", `Unsupported start tag "" at byte offset 2`],
    ["<script>x</script>", `Unsupported start tag "script" at byte offset 0`],
    ["x</b>", "Unexpected end tag at byte offset 1"],
    ["<b>x</i>", `Unmatched end tag at byte offset 4, expected "</b>", found "</i>"`],
    ["<b>x</b", "Unclosed end tag at byte offset 4"],
    ['<a href="x>y</a>', `Unclosed start tag "a" at byte offset 0`],
    ["<a =x>y</a>", `Empty attribute name in the tag "a" at byte offset 0`],
    ["<span>x</span>", `Tag "span" must have class "tg-spoiler" at byte offset 0`],
    ["<constructor>x</constructor>", `Unsupported start tag "constructor" at byte offset 0`],
  ])("refuses %s as Telegram does", (html, problem) => {
    const error = Result.getOrThrow(Result.flip(parseHtml(html)))
    assert.deepStrictEqual([error.code, error.description], [400, `Bad Request: can't parse entities: ${problem}`])
  })
})
