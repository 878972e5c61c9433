import * as Json from "@paylog/wallet-pay/Json"
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { jsonTestSuite, vector } from "./fixtures.ts"

const parse = (text: string) => Json.parse(new TextEncoder().encode(text))
const verdict = (result: ReturnType<typeof Json.parse>) =>
  Result.isSuccess(result) ? "accepted" : result.failure.fault

describe("numbers", () => {
  it("keeps every number digit for digit", () => {
    const text = "[10030467668508673,10030467668508672,1.0,0.10,-0,1e3,1E200000,1.3265247467314987,12,-7.5]"
    assert.strictEqual(Json.stringify(Result.getOrThrow(parse(text))), text)
  })

  it("tells apart two ids that are equal as JavaScript numbers", () => {
    const [one, other] = Schema.decodeUnknownSync(Schema.Array(Schema.Unknown))(
      Result.getOrThrow(parse("[10030467668508673,10030467668508672]")),
    )
    assert.strictEqual(Number("10030467668508673"), Number("10030467668508672"))
    assert.strictEqual(Json.numberText(one), "10030467668508673")
    assert.strictEqual(Json.numberText(other), "10030467668508672")
  })

  it("gives ordinary numbers as numbers", () => {
    assert.deepStrictEqual(Result.getOrThrow(parse("[0,-7.5,864000]")), [0, -7.5, 864_000])
  })

  it("writes the digits of an id as a number", () => {
    assert.strictEqual(Json.stringify({ id: Json.number("9223372036854775807") }), '{"id":9223372036854775807}')
  })

  it("has no digits for what is no number", () => {
    for (const value of ["1", null, true, [], {}, { rawJSON: "1" }]) assert.isUndefined(Json.numberText(value))
  })
})

describe("strictness", () => {
  it.each([
    ["a key twice", '{"a":1,"a":1}', "DuplicateKey"],
    ["a key twice, once escaped", '{"a":1,"\\u0061":2}', "DuplicateKey"],
    ["a key twice, deep inside", '[{"x":{"b":1,"c":2,"b":3}}]', "DuplicateKey"],
    ["an empty key twice", '{"":1,"":2}', "DuplicateKey"],
    ["__proto__ twice", '{"__proto__":1,"__proto__":2}', "DuplicateKey"],
    ["one key in several objects", '{"a":{"a":1},"b":[{"a":1},{"a":2}]}', "accepted"],
    ["marks inside strings", '{"a:":"x:,{[\\":","\\\\":":"}', "accepted"],
    ["a mark of byte order", "\uFEFF[]", "ByteOrderMark"],
    ["U+FEFF at the end", "[]\uFEFF", "NotJson"],
    ["nothing", "", "NotJson"],
    ["a trailing comma", "[1,]", "NotJson"],
    ["single quotes", "{'a':1}", "NotJson"],
    ["a comment", "[1]//", "NotJson"],
    ["NaN", "NaN", "NotJson"],
    ["a leading zero", "[01]", "NotJson"],
    ["a raw tab in a string", '"\t"', "NotJson"],
    ["depth 32", "[".repeat(32) + "]".repeat(32), "accepted"],
    ["depth 33", "[".repeat(33) + "]".repeat(33), "TooDeep"],
    ["brackets in a string", `"${"[".repeat(33)}"`, "accepted"],
    ["16,384 marks", `[${"0,".repeat(16_383)}0]`, "accepted"],
    ["16,385 marks", `[${"0,".repeat(16_384)}0]`, "TooMany"],
  ])("%s", (_title, text, expected) => {
    assert.strictEqual(verdict(parse(text)), expected)
  })

  it("refuses bytes that are no UTF-8 instead of replacing them", () => {
    for (const bad of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
      assert.strictEqual(verdict(Json.parse(Uint8Array.of(0x22, ...bad, 0x22))), "NotUtf8")
    }
  })

  it("keeps a key named __proto__ as a property of its own", () => {
    const value = Result.getOrThrow(parse('{"__proto__":{"admin":true}}'))
    assert.deepStrictEqual(Object.keys(Object(value)), ["__proto__"])
    assert.isFalse("admin" in Object(value))
    assert.isFalse("admin" in {})
  })
})

it.prop(
  "reads back what it writes",
  { value: Schema.Json },
  ({ value }) => {
    const text = Json.stringify(value)
    assert.strictEqual(Json.stringify(Result.getOrThrow(parse(text))), text)
  },
  { arbitrary: { runs: 500 } },
)

describe("JSONTestSuite", () => {
  const suite = Object.entries(jsonTestSuite).map(([name, base64]) => ({
    name,
    verdict: verdict(Json.parse(Buffer.from(base64, "base64"))),
  }))
  const named = (prefix: string) => suite.filter(({ name }) => name.startsWith(prefix))

  it("accepts all that must be accepted, but for two files that repeat a key", () => {
    assert.deepStrictEqual(
      named("y_").filter(({ verdict }) => verdict !== "accepted"),
      [
        { name: "y_object_duplicated_key", verdict: "DuplicateKey" },
        { name: "y_object_duplicated_key_and_value", verdict: "DuplicateKey" },
      ],
    )
    assert.lengthOf(named("y_"), 95)
  })

  it("refuses all that must be refused", () => {
    assert.deepStrictEqual(
      named("n_").filter(({ verdict }) => verdict === "accepted"),
      [],
    )
    assert.lengthOf(named("n_"), 186)
    for (const bomb of ["[".repeat(100_000), '[{"":'.repeat(50_000)])
      assert.strictEqual(verdict(parse(bomb)), "TooDeep")
  })

  it("where the standard leaves the choice, refuses what is not UTF-8, a mark of byte order and depth, nothing else", () => {
    const refused = named("i_").filter(({ verdict }) => verdict !== "accepted")
    assert.deepStrictEqual(Object.fromEntries(refused.map(({ name, verdict }) => [name.slice(2), verdict])), {
      "string_UTF-16LE_with_BOM": "NotUtf8",
      "string_UTF-8_invalid_sequence": "NotUtf8",
      "string_UTF8_surrogate_U+D800": "NotUtf8",
      "string_invalid_utf-8": "NotUtf8",
      string_iso_latin_1: "NotUtf8",
      string_lone_utf8_continuation_byte: "NotUtf8",
      string_not_in_unicode_range: "NotUtf8",
      string_overlong_sequence_2_bytes: "NotUtf8",
      string_overlong_sequence_6_bytes: "NotUtf8",
      string_overlong_sequence_6_bytes_null: "NotUtf8",
      "string_truncated-utf-8": "NotUtf8",
      string_utf16BE_no_BOM: "NotUtf8",
      string_utf16LE_no_BOM: "NotUtf8",
      structure_500_nested_arrays: "TooDeep",
      "structure_UTF-8_BOM_empty_object": "ByteOrderMark",
    })
    assert.lengthOf(named("i_"), 35)
  })
})

describe("control: the runtime's own parser", () => {
  it("loses digits, keeps the last of two equal keys and replaces bad bytes", () => {
    assert.strictEqual(JSON.stringify(JSON.parse("[10030467668508673]")), "[10030467668508672]")
    assert.deepStrictEqual(JSON.parse('{"a":1,"a":2}'), { a: 2 })
    assert.strictEqual(JSON.parse(new TextDecoder().decode(Uint8Array.of(0x22, 0xff, 0x22))), "\uFFFD")
    const { body } = vector("V1")
    assert.notStrictEqual(JSON.stringify(JSON.parse(new TextDecoder().decode(body))), new TextDecoder().decode(body))
  })
})
