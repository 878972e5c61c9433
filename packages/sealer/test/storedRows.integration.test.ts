/** Rows from the wire against the same rows as text. */
import { assert, layer } from "@effect/vitest"
import * as Entry from "@paylog/transparency/Entry"
import { Effect } from "effect"
import * as StoredColumns from "../src/StoredColumns.ts"
import { sha256 } from "../src/sha256.ts"
import { grow, run, superuser, world } from "./support/world.ts"

/** The columns as the server writes them as text; the time as a calendar has it, to the millisecond. */
const asText = run<Record<string, string | null>>(`
  select
    position::text,
    to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as iso,
    version::text, schema_version::text as "schemaVersion", id::text, stream, type, data::text, metadata::text,
    append_key as "appendKey", encode(append_digest, 'hex') as "appendDigest", append_count::text as "appendCount"
  from paylog.events order by events.position`)

/** Times, and the number that stands for each in an entry, for ever: written out, since they are what the trees of today are made of. */
const times: ReadonlyArray<readonly [time: string, ms: bigint]> = [
  ["infinity", -9_223_372_036_854_775_807n],
  ["-infinity", -9_223_372_036_854_775_807n],
  ["1969-12-31 23:59:59.999Z", -1n],
  // The number of a whole millisecond in 2039: `paylog verify` names such a time.
  ["1900-01-01 00:00:00.000001Z", 2_208_988_799_999_999n],
  ["2000-01-01 00:00:00Z", 946_684_800_000n],
  ["9999-12-31 23:59:59.123Z", 253_402_300_799_123n],
  ["9999-12-31 23:59:59.123456Z", -253_402_300_799_123_456n],
]
const firstTime = 3

const strange = [
  ...times.map(([time], at) => `recorded_at = '${time}' where position = ${firstTime + at}`),
  "append_digest = sha256('x'), append_key = 'ü', append_count = 10000 where position = (select max(position) from paylog.events where append_key is not null)",
  "data = ('\"' || repeat('ж', 200000) || '\"')::json where position = 12",
  "metadata = '{}' where position = 13",
  "stream = repeat('日', 70), type = 'ü' where position = 14",
]

layer(world, { excludeTestServices: true })("a row from the wire", (it) => {
  it.effect(
    "is the columns that the server has, and has the entry that is computed of them, however strange they are",
    () =>
      Effect.gen(function* () {
        const head = Number(yield* grow(300))
        yield* superuser(...strange.map((change) => `update paylog.events set ${change}`))
        const expected = yield* asText
        assert.lengthOf(expected, head)
        const events = yield* StoredColumns.page(0n, head)
        const entries = [
          ...(yield* StoredColumns.entries(0n, 5, (type) => type === "ü")),
          ...(yield* StoredColumns.entries(5n, head, (type) => type === "ü")),
        ]
        assert.lengthOf(entries, head)
        for (const [index, { iso, ...text }] of expected.entries()) {
          const event = events[index] ?? assert.fail(`no event ${index + 1}`)
          const { appendDigest, recordedAtMs, ...columns } = event
          assert.deepStrictEqual(
            Object.fromEntries(Object.entries(columns).map(([name, value]) => [name, value?.toString() ?? null])),
            Object.fromEntries(Object.entries(text).filter(([name]) => name !== "appendDigest")),
          )
          assert.strictEqual(
            appendDigest === null ? null : Buffer.from(appendDigest).toString("hex"),
            text["appendDigest"],
          )
          const [, ms] = times[index + 1 - firstTime] ?? []
          assert.strictEqual(recordedAtMs, ms ?? BigInt(Date.parse(iso ?? "")))
          const entry = entries[index] ?? assert.fail(`no entry ${index + 1}`)
          assert.strictEqual(entry.position, index + 1)
          assert.deepStrictEqual(entry.entry, Entry.entryOf(event, sha256))
          assert.deepStrictEqual(entry.event, event.type === "ü" ? event : undefined)
        }
        const recorded = new Map(entries.map(({ position, recordedAt }) => [position, recordedAt]))
        const byTime = [4, 6, 5, 7, 1, 8, 3].map((position) => recorded.get(position) ?? Number.NaN)
        assert.deepStrictEqual(
          byTime,
          byTime.toSorted((a, b) => a - b),
        )
      }),
  )
})
