import { assert, describe, it } from "@effect/vitest"
import { html, lines, paragraphs } from "../src/view/html.ts"

describe("html", () => {
  it("escapes whatever is put into it", () => {
    const title = `<b>"Tom" & Jerry</b>`
    assert.strictEqual(html`<i>${title}</i>`.html, "<i>&lt;b&gt;&quot;Tom&quot; &amp; Jerry&lt;/b&gt;</i>")
  })

  it("takes text of its own kind as it is", () => {
    assert.strictEqual(html`${html`<b>${1}</b>`}${"&"}`.html, "<b>1</b>&amp;")
  })

  it("refuses a line that was broken in the program's text", () => {
    const broken = ["a\n        b"]
    assert.throws(() => html(Object.assign(broken, { raw: broken })))
    assert.strictEqual(html`a${"\n"}b`.html, "a\nb")
  })

  it("joins what is there, and escapes it", () => {
    assert.strictEqual(lines("<", undefined, html`<b>x</b>`, "").html, "&lt;\n<b>x</b>")
    assert.strictEqual(paragraphs("a", undefined, "b").html, "a\n\nb")
  })
})
