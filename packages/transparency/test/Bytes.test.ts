import { assert, describe, it } from "vitest"
import { concat, equal, fromBase64, fromHex, fromText, toBase64, toHex, toText } from "../src/Bytes.ts"
import { Malformed } from "../src/Malformed.ts"

const bytes = (...values: ReadonlyArray<number>) => Uint8Array.from(values)

describe("bytes", () => {
  it("stand one after the other", () => {
    assert.deepStrictEqual(concat(bytes(1), bytes(), bytes(2, 3)), bytes(1, 2, 3))
    assert.deepStrictEqual(concat(), bytes())
  })

  it("are equal when they are the same in number and value", () => {
    assert.isTrue(equal(bytes(1, 2), bytes(1, 2)))
    assert.isFalse(equal(bytes(1, 2), bytes(1, 3)))
    assert.isFalse(equal(bytes(1, 2), bytes(1, 2, 3)))
  })
})

describe("texts of bytes", () => {
  const some = [...Array.from({ length: 70 }).keys()].map((length) =>
    Uint8Array.from({ length }, (_, at) => (at * 89 + length * 31) & 255),
  )

  it("are Node's, and are read back", () => {
    for (const value of some) {
      assert.strictEqual(toBase64(value), Buffer.from(value).toString("base64"))
      assert.deepStrictEqual(fromBase64(toBase64(value)), value)
      assert.strictEqual(toHex(value), Buffer.from(value).toString("hex"))
      assert.deepStrictEqual(fromHex(toHex(value)), value)
    }
    for (const text of ["", "abc", "Zoë 🙂", "\ufeffwith a mark", "\u0000"]) {
      assert.deepStrictEqual(fromText(text), new Uint8Array(Buffer.from(text)))
      assert.strictEqual(toText(fromText(text)), text)
    }
  })

  it("are refused in any other spelling", () => {
    for (const text of [
      "A",
      "AA",
      "AAA",
      "AB==",
      "AAB=",
      "AA=A",
      "A===",
      "====",
      "AA-_",
      "AAAA\n",
      " AAAA",
      "AAAA=",
      "é",
    ]) {
      assert.throws(() => fromBase64(text), Malformed, undefined, text)
    }
    for (const text of ["a", "AB", "0x", "ab ", "zz"]) assert.throws(() => fromHex(text), Malformed, undefined, text)
    assert.throws(() => fromText("a\ud800"), Malformed)
    assert.throws(() => toText(bytes(0xc0, 0x80)), Malformed)
  })
})
