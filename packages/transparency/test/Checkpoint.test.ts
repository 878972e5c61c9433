import { assert, describe, it } from "vitest"
import { format, parse } from "../src/Checkpoint.ts"
import { Malformed } from "../src/Malformed.ts"

const text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

describe("a checkpoint", () => {
  it("is the example of the specification", () => {
    const checkpoint = parse(text)
    assert.strictEqual(checkpoint.origin, "example.com/behind-the-sofa")
    assert.strictEqual(checkpoint.size, 20_852_163)
    assert.strictEqual(Buffer.from(checkpoint.root).toString("hex").slice(0, 8), "0ac5186a")
    assert.strictEqual(format(checkpoint), text)
  })

  it("may have further lines and no leaves", () => {
    const more = { origin: "Zoë's log", size: 0, root: new Uint8Array(32), extensions: ["one", "two words"] }
    assert.deepStrictEqual(parse(format(more)), more)
    assert.strictEqual(format(more), `Zoë's log\n0\n${"A".repeat(43)}=\none\ntwo words\n`)
  })

  it("has one text only", () => {
    for (const other of [
      "",
      text.slice(0, -1),
      `\n${text}`,
      `${text}\n`,
      `${text}one\n\n`,
      text.slice(text.indexOf("\n") + 1),
      text.replace("2085", "02085"),
      text.replace("20852163", "+20852163"),
      text.replace("20852163", "-1"),
      text.replace("20852163", "1e3"),
      text.replace("20852163", "9007199254740992"),
      text.replace("20852163", ""),
      text.replace("q2I=", "q2J="),
      text.replace("q2I=", "q2I"),
      text.replace("CsUY", ""),
      text.replaceAll("\n", "\r\n"),
      text.replace("sofa", "so\u0001fa"),
      text.replace("sofa", "so\ud800fa"),
    ]) {
      assert.throws(() => parse(other), Malformed, undefined, JSON.stringify(other))
    }
  })

  it("is not written of what it could not be read from", () => {
    const right = parse(text)
    for (const change of [
      { origin: "" },
      { origin: "a\nb" },
      { size: -1 },
      { size: 0.5 },
      { size: 2 ** 53 },
      { root: new Uint8Array(31) },
      { extensions: [""] },
      { extensions: ["a\n"] },
    ]) {
      assert.throws(() => format({ ...right, ...change }), Malformed, undefined, JSON.stringify(change))
    }
  })
})
