import { assert, it } from "@effect/vitest"
import { DateTime, Option, Schema } from "effect"
import { Moment } from "../src/Moment.ts"

const read = (text: string) => Option.getOrUndefined(Option.map(Schema.decodeOption(Moment)(text), DateTime.formatIso))

it("a moment is a day in UTC, or a time with its offset", () => {
  assert.strictEqual(read("2026-03-01"), "2026-03-01T00:00:00.000Z")
  assert.strictEqual(read("2028-02-29"), "2028-02-29T00:00:00.000Z")
  assert.strictEqual(read("2026-03-01T12:00Z"), "2026-03-01T12:00:00.000Z")
  assert.strictEqual(read("2026-03-01T12:00:00.5+02:00"), "2026-03-01T10:00:00.500Z")
})

it("what a machine's time zone would decide, or what no calendar has, is no moment", () => {
  for (const text of [
    "",
    "1",
    "today",
    "2026-3-1",
    "03/01/2026",
    "2026-03",
    "2026-03-01T12:00",
    "2026-03-01 12:00Z",
    "2026-02-31",
    "2026-02-29T12:00Z",
    "2026-13-01",
    "2026-03-01T25:00Z",
    "+012026-03-01",
  ])
    assert.isUndefined(read(text), text)
})
