/** The short way of reading an event takes what was stored, and never differs from the schema's own. */
import { ErasureEvent } from "@paylog/domain/Erasure"
import { InvoiceEvent } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { QuarantineEvent } from "@paylog/domain/Quarantine"
import { Time } from "@paylog/domain/Time"
import { UnmatchedEvent } from "@paylog/domain/Unmatched"
import { Option, Schema } from "effect"
import { assert, describe, it } from "vitest"
import { quickDecoder } from "../src/quickDecoder.ts"
import { files } from "./support/golden.ts"

const members: Record<string, ReadonlyArray<Schema.Codec<unknown, unknown>>> = {
  invoice: InvoiceEvent.members,
  unmatched: UnmatchedEvent.members,
  quarantine: QuarantineEvent.members,
  erasure: ErasureEvent.members,
}

const schemaOf = (aggregate: string, type: string): Schema.Codec<unknown, unknown> =>
  members[aggregate]?.find((member) => Schema.is(Schema.Struct({ literal: Schema.Literal(type) }))(tagOf(member))) ??
  assert.fail(type)

const tagOf = (member: Schema.Codec<unknown, unknown>): unknown =>
  "propertySignatures" in member.ast
    ? member.ast.propertySignatures.find(({ name }) => name === "_tag")?.type
    : assert.fail("no struct")

type Fields = { readonly [key: string]: Json }
type Json = null | boolean | number | string | ReadonlyArray<Json> | Fields

const isFields = (value: Json): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value)

/** What could stand in a place instead of what stands there. */
const others: ReadonlyArray<Json> = [
  null,
  true,
  0,
  1,
  -1,
  1.5,
  2 ** 53,
  "",
  "x",
  "\u0000",
  "-",
  "12.50",
  "0",
  "-0",
  "-0.00",
  "-0.01",
  "007",
  "1e3",
  `${"9".repeat(38)}.5`,
  "9".repeat(39),
  "123456789012345678",
  "2026-01-01",
  "2026-01-01T00:00:00Z",
  "2026-01-01T00:00:00.000+02:00",
  "2026-02-30T00:00:00.000Z",
  "2026-13-01T00:00:00.000Z",
  "2026-01-01T24:00:00.000Z",
  "1969-12-31T23:59:59.999Z",
  "1970-01-01T00:00:00.000Z",
  "9999-12-31T23:59:59.999Z",
  "9999-12-31T24:00:00.000Z",
  "+010000-01-01T00:00:00.000Z",
  [],
  {},
  [{}],
  { currency: "USD", amount: "1.00" },
  { currency: "USD", amount: "1.00", scale: 3, minor: 4 },
  { currency: "usd", unread: "1.00" },
  { currency: "USD" },
]

/** The value with one place changed, in every place and every way; also with a field more, a field or an element less. */
function* changed(value: Json): Generator<Json> {
  yield* others
  if (Array.isArray(value)) {
    const items: ReadonlyArray<Json> = value
    yield items.slice(1)
    yield [...items, ...items]
    for (const [index, item] of items.entries()) for (const other of changed(item)) yield items.with(index, other)
  } else if (isFields(value)) {
    yield { ...value, more: 1 }
    for (const [key, field] of Object.entries(value)) {
      const { [key]: _, ...without } = value
      yield without
      for (const other of changed(field)) yield { ...value, [key]: other }
    }
  }
}

const same = (decode: (value: unknown) => unknown, schema: Schema.Codec<unknown, unknown>, value: Json): boolean => {
  const quick = decode(structuredClone(value))
  if (quick !== undefined)
    assert.deepStrictEqual(
      quick,
      Option.getOrUndefined(Schema.decodeOption(schema)(structuredClone(value))),
      JSON.stringify(value),
    )
  return quick !== undefined
}

describe.each(files.map((file) => [file.path, file] as const))("the stored events of %s", (_, file) => {
  const schema = schemaOf(file.aggregate, file.type)
  const decode = quickDecoder(schema.ast) ?? assert.fail("not taken at all")

  it("are taken, and whatever else is taken is what the schema makes of it", () => {
    for (const line of file.lines) {
      const value: Record<string, Json> = { ...JSON.parse(line), _tag: file.type }
      assert.isTrue(same(decode, schema, value), line)
      for (const other of changed(value)) same(decode, schema, other)
    }
  })
})

describe.each([
  ["a time", Time, "2026-01-01T12:00:00.000Z"],
  ["an amount", Money.Money, { currency: "USD", amount: "-12.50" }],
  ["what was stated", Money.Stated, { currency: "USD", amount: "12.50" }],
] as const)("%s", (_, schema: Schema.Codec<unknown, unknown>, value: Json) => {
  const decode = quickDecoder(schema.ast) ?? assert.fail("not taken at all")

  it("is taken, and whatever else is taken is what the schema makes of it", () => {
    assert.isTrue(same(decode, schema, value))
    for (const other of changed(value)) same(decode, schema, other)
  })
})

describe("a schema with what is not known here", () => {
  it.each([
    ["another transformation", Schema.Struct({ at: Schema.DateTimeUtcFromString })],
    ["a check of a whole object", Schema.Struct({ a: Schema.String }).check(Schema.makeFilter(({ a }) => a === "b"))],
    ["any keys", Schema.Record(Schema.String, Schema.String)],
  ])("has no short way: %s", (_, schema) => {
    assert.isUndefined(quickDecoder(schema.ast))
  })
})
