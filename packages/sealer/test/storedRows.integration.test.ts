/** Rows from the wire against the same rows as text. */
import { assert, layer } from "@effect/vitest"
import * as Entry from "@paylog/transparency/Entry"
import { Effect } from "effect"
import * as StoredColumns from "../src/StoredColumns.ts"
import { sha256 } from "../src/sha256.ts"
import { grow, run, superuser, world } from "./support/world.ts"

/** The columns as the server writes them as text; times as microseconds. */
const asText = run<Record<string, string | null>>(`
  select
    position::text,
    case when isfinite(recorded_at) then (extract(epoch from recorded_at) * 1000000)::bigint::text else 'none' end as us,
    version::text, schema_version::text as "schemaVersion", id::text, stream, type, data::text, metadata::text,
    append_key as "appendKey", encode(append_digest, 'hex') as "appendDigest", append_count::text as "appendCount"
  from paylog.events order by events.position`)

const msOf = (us: string): bigint => {
  if (us === "none") return -9_223_372_036_854_775_807n
  return BigInt(us) % 1000n === 0n ? BigInt(us) / 1000n : -BigInt(us)
}

const strange = [
  "recorded_at = 'infinity' where position = 3",
  "recorded_at = '-infinity' where position = 4",
  "recorded_at = '1969-12-31 23:59:59.999Z' where position = 5",
  "recorded_at = '1900-01-01 00:00:00.000001Z' where position = 6",
  "recorded_at = '2000-01-01 00:00:00Z' where position = 7",
  "recorded_at = '9999-12-31 23:59:59.123Z' where position = 8",
  "recorded_at = '9999-12-31 23:59:59.123456Z' where position = 9",
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
        for (const [index, { us, ...text }] of expected.entries()) {
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
          assert.strictEqual(recordedAtMs, msOf(us ?? ""))
          const entry = entries[index] ?? assert.fail(`no entry ${index + 1}`)
          assert.strictEqual(entry.position, index + 1)
          assert.deepStrictEqual(entry.entry, Entry.entryOf(event, sha256))
          assert.deepStrictEqual(entry.event, event.type === "ü" ? event : undefined)
        }
        const times = new Map(entries.map(({ position, recordedAt }) => [position, recordedAt]))
        const byTime = [4, 6, 5, 7, 1, 8, 3].map((position) => times.get(position) ?? Number.NaN)
        assert.deepStrictEqual(
          byTime,
          byTime.toSorted((a, b) => a - b),
        )
      }),
  )
})
