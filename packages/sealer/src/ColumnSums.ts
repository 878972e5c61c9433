/**
 * Which column of an event was changed: beside the tree, four bytes for each stored column: a number itself, of a text the first
 * of its SHA-256. They prove nothing (whoever changes an event can change them too, and then only the position is known), but they name the column.
 */
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import type { StoredColumns } from "@paylog/transparency/Entry"
import { Effect } from "effect"
import { sha256 } from "./sha256.ts"

/** The columns of paylog.events, in the order of their sums. */
export const columns = [
  "recorded_at",
  "version",
  "schema_version",
  "id",
  "stream",
  "type",
  "data",
  "metadata",
  "append_key",
  "append_digest",
  "append_count",
] as const
export type Column = (typeof columns)[number]

/** Of an event's sums, in bytes. */
export const length = 4 * columns.length

const none = Buffer.from("ffffffff", "hex")

const sumOf = (value: number | string | Uint8Array | null): Uint8Array => {
  if (value === null) return none
  if (typeof value === "number") return int32(BigInt(value))
  return sha256(typeof value === "string" ? Buffer.from(value) : value).subarray(0, 4)
}

/** The lower half of its bits. */
const int32 = (value: bigint): Uint8Array => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(Number(BigInt.asIntN(32, value)))
  return bytes
}

/** The sums of an event as it stands in the table now. */
export const sums = (event: StoredColumns): Uint8Array =>
  Buffer.concat([
    // Both halves, one over the other.
    int32(event.recordedAtMs ^ (event.recordedAtMs >> 32n)),
    ...[
      event.version,
      event.schemaVersion,
      event.id,
      event.stream,
      event.type,
      event.data,
      event.metadata,
      event.appendKey,
      event.appendDigest,
      event.appendCount,
    ].map(sumOf),
  ])

/** The columns in which an event differs from what was sealed. Empty when its sums are not known, or agree. */
export const differing = (event: StoredColumns, sealed: Uint8Array | undefined): ReadonlyArray<Column> => {
  if (sealed?.length !== length) return []
  const now = sums(event)
  return columns.filter((_, at) =>
    Buffer.compare(now.subarray(4 * at, 4 * at + 4), sealed.subarray(4 * at, 4 * at + 4)),
  )
}

/** The sums that were sealed for the event at `position`; `undefined` when there are none. One query. */
export const at = Effect.fnUntraced(function* (position: bigint) {
  const { query } = yield* Database
  const index = position - 1n
  const [row] = yield* query<{ readonly sums: Uint8Array }>(statement, [
    index / 256n,
    Number(index % 256n) * length,
    length,
  ])
  return row?.sums
})

const statement = Statement.fromFile(new URL("../sql/read/column-sums.sql", import.meta.url))
