/** What the log holds stays readable: no stored schema changes in a way that shuts out what was stored. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { dataOf } from "./support/shape.ts"
import { committed, current, refusals, type StoredSchemas, updated } from "./support/storedSchemas.ts"

const stored = (event: Schema.Top, version = 1): StoredSchemas => ({
  test: { Happened: { [version]: dataOf(event.ast) } },
})

const Percent = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 }))
const Item = Schema.Struct({ name: Schema.String, share: Percent })
const fields = {
  by: Schema.Literals(["Person", "Clock"]),
  reason: Schema.String.check(Schema.isMaxLength(20)),
  at: Schema.DateTimeUtcFromString,
  note: Schema.optionalKey(Schema.String),
  items: Schema.Array(Item),
  amount: Schema.Union([Schema.Struct({ minor: Schema.BigIntFromString }), Schema.Struct({ unread: Schema.String })]),
}
const event = (changes: Schema.Struct.Fields = {}, without: ReadonlyArray<keyof typeof fields> = []) =>
  Schema.TaggedStruct("Happened", {
    ...Object.fromEntries(Object.entries(fields).filter(([name]) => !without.some((gone) => gone === name))),
    ...changes,
  })

describe("the stored schemas", () => {
  it("are compatible with all that was ever stored", () => {
    assert.deepStrictEqual(refusals(committed(), current()), [])
  })

  it("stand in stored-schemas.json", () => {
    assert.deepStrictEqual(
      committed(),
      JSON.parse(JSON.stringify(updated(committed(), current()))),
      "Run `npx -y pnpm stored-schemas` and commit the file",
    )
  })
})

describe("a stored schema", () => {
  it.each<[string, Schema.Top, string]>([
    ["loses a field", event({}, ["note"]), "data.note was removed or renamed"],
    ["renames one", event({ remark: Schema.optionalKey(Schema.String) }, ["note"]), "data.note was removed or renamed"],
    ["gets a required field", event({ who: Schema.String }), "data.who is newly required"],
    ["requires what was optional", event({ note: Schema.String }), "data.note is newly required"],
    ["changes a type", event({ reason: Schema.Int }), "data.reason is of another type"],
    ["checks more", event({ note: Schema.optionalKey(Schema.NonEmptyString) }), "data.note is narrower"],
    [
      "shortens a text",
      event({ reason: Schema.String.check(Schema.isMaxLength(19)) }),
      `data.reason is narrower: {"is":"isMaxLength","maxLength":19}`,
    ],
    ["loses a literal", event({ by: Schema.Literals(["Person"]) }), "data.by lost the literal Clock"],
    ["reads as something else", event({ at: Schema.DateFromString }), "data.at, as read, is of another type"],
    [
      "checks what it has read",
      event({ at: Schema.DateTimeUtcFromString.check(Schema.makeFilter(() => true, { expected: "in the past" })) }),
      `data.at, as read, is narrower: {"is":"in the past"}`,
    ],
    [
      "narrows a field of a list's items",
      event({ items: Schema.Array(Schema.Struct({ ...Item.fields, share: Schema.Literals([0, 100]) })) }),
      "data.items[].share is of another type",
    ],
    ["wants a list that is not empty", event({ items: Schema.NonEmptyArray(Item) }), "data.items must not be empty"],
    [
      "loses an alternative",
      event({ amount: Schema.Struct({ minor: Schema.BigIntFromString }) }),
      "data.amount.unread was removed",
    ],
  ])("that %s is refused", (_, changed, what) => {
    const [refused, ...others] = refusals(stored(event()), stored(changed)).filter((line) => line.includes(what))
    assert.isDefined(refused, refusals(stored(event()), stored(changed)).join("\n"))
    assert.deepStrictEqual(others, [])
    assert.match(refused, /^test\/Happened, version 1: .*upcaster in src\/Upcasters\.ts and a golden file/)
    // The same change with a new schema version is allowed, and both versions stay in the snapshot.
    const next = stored(changed, 2)
    assert.deepStrictEqual(refusals(stored(event()), next), [])
    assert.deepStrictEqual(Object.keys(updated(stored(event()), next)["test"]?.["Happened"] ?? {}), ["1", "2"])
  })

  it.each<[string, Schema.Top]>([
    ["is the same", event()],
    ["gets an optional field", event({ who: Schema.optionalKey(Schema.String) })],
    ["needs less", event({ reason: Schema.optionalKey(fields.reason) })],
    ["gets a literal", event({ by: Schema.Literals(["Person", "Clock", "Provider"]) })],
    ["takes any text where there were literals", event({ by: Schema.String })],
    ["allows a longer text", event({ reason: Schema.String.check(Schema.isMaxLength(21)) })],
    ["checks less", event({ reason: Schema.String })],
    ["gets an alternative", event({ amount: Schema.Union([...fields.amount.members, Schema.Null]) })],
    ["makes one of several", event({ reason: Schema.Union([Schema.Null, fields.reason]) })],
  ])("that %s is allowed", (_, changed) => {
    assert.deepStrictEqual(refusals(stored(event()), stored(changed)), [])
  })

  it("that is gone, or has lost an upcaster, is refused", () => {
    const gone = ["test/Happened was removed or renamed, and is in logs. Undo that"]
    assert.deepStrictEqual(refusals(stored(event()), {}), gone)
    assert.deepStrictEqual(refusals(stored(event()), { test: {} }), gone)
    assert.deepStrictEqual(refusals(stored(event(), 3), stored(event(), 2)), [
      "test/Happened lost an upcaster: version 3 is in logs. Undo that",
    ])
  })

  it("that is new must be written into the snapshot", () => {
    assert.notDeepEqual(updated({}, stored(event())), {})
    assert.deepStrictEqual(refusals({}, stored(event())), [])
  })
})
