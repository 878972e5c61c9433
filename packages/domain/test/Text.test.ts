import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Text from "../src/Text.ts"
import { Time } from "../src/Time.ts"
import { anyText } from "./fixtures.ts"

const isText = Schema.is(Text.Text)
const isLink = Schema.is(Text.Link)

describe("text in events", () => {
  it("is whole characters without control characters", () => {
    assert.isTrue(isText("заказ № 7 👛"))
    assert.isTrue(isText("👛".repeat(255)))
    for (const text of ["", "👛".repeat(256), "a\u0000", "a\nb", "\u001B[31m", "\u007F", "\uD83D", "\uDC5B\uD83D"])
      assert.isFalse(isText(text))
  })

  it.prop(
    "can be made of anything, with what fits left as it was",
    [anyText],
    ([text]) => {
      for (const clipped of [Text.clip(text), Text.explain(text)]) {
        assert.isTrue(isText(clipped))
        assert.isTrue(clipped.isWellFormed())
      }
      if (isText(text)) assert.strictEqual(Text.clip(text), text)
      assert.isTrue(isLink(Text.link(text)))
    },
    { arbitrary: { runs: 500, size: 600 }, timeout: 60_000 },
  )

  it("is cut after 255 characters, never inside one", () => {
    assert.strictEqual(Text.clip(`a${"👛".repeat(300)}`), `a${"👛".repeat(254)}`)
    assert.strictEqual(Text.clip(`ab${"👛".repeat(300)}`), `ab${"👛".repeat(253)}`)
  })

  it("explains without ids of persons", () => {
    assert.strictEqual(Text.explain("user 5000000001, HTTP 4000"), "user #, HTTP 4000")
  })

  it("explains in one line, from left to right", () => {
    assert.strictEqual(Text.explain("a\u2028b\u2029c\u202Ed\u2066e\u200Ff"), "a\uFFFDb\uFFFDc\uFFFDd\uFFFDe\uFFFDf")
  })

  it("has whole links or none", () => {
    const longest = `https://t.me/${"x".repeat(2035)}`
    assert.strictEqual(Text.link(longest), longest)
    assert.strictEqual(Text.link(`${longest}x`), "")
    assert.strictEqual(Text.link("https://t.me/\u0000"), "")
  })
})

describe("a word", () => {
  it("is an id or a code", () => {
    for (const word of ["10030467668508673", "wallet-pay", "inv_00000000000000000001", "a.b:c", "x".repeat(64)])
      assert.isTrue(Text.isWord(word))
    for (const other of ["", "x".repeat(65), "a b", "a/b", "a\n", "имя", "a@b"]) assert.isFalse(Text.isWord(other))
  })
})

describe("a time in events", () => {
  const decode = Schema.decodeUnknownSync(Time)
  const encode = Schema.encodeSync(Time)

  it("is UTC to the millisecond", () => {
    assert.strictEqual(encode(decode("2023-07-28T10:20:17.628946Z")), "2023-07-28T10:20:17.628Z")
    assert.strictEqual(encode(decode("2026-03-01T15:00:00+03:00")), "2026-03-01T12:00:00.000Z")
  })

  it("is of a year with four digits, from 1970", () => {
    assert.strictEqual(encode(decode("1970-01-01T00:00:00Z")), "1970-01-01T00:00:00.000Z")
    assert.strictEqual(encode(decode("9999-12-31T23:59:59.999Z")), "9999-12-31T23:59:59.999Z")
    for (const time of ["1969-12-31T23:59:59.999Z", "+010000-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "", "yesterday"])
      assert.throws(() => decode(time))
  })
})
