/**
 * Events as they come off the wire: from a row's bytes to its columns, or straight to its entry. On the wire a column stands
 * after its length, a null as the length −1, and so it does in an entry: most of a row is copied, and nothing is made of it.
 */
import type { WireRows } from "@paylog/event-store/Database"
import { format, type Stored } from "@paylog/transparency/Entry"
import { hash } from "node:crypto"
import { sha256 } from "./sha256.ts"

/** An event's entry, computed from its stored bytes; and all of it, where it is wanted. */
export interface Entered {
  readonly position: number
  /** In microseconds since 2000, to the digit until 2285; "infinity" is the largest, "-infinity" the smallest. */
  readonly recordedAt: number
  readonly entry: Uint8Array
  readonly event: Stored | undefined
}

/** Columns in the order of an entry, which is that of `stored-page.sql`. */
const at = {
  position: 0,
  recordedAt: 1,
  version: 2,
  schemaVersion: 3,
  id: 4,
  stream: 5,
  type: 6,
  data: 7,
  metadata: 8,
  appendKey: 9,
  appendDigest: 10,
  appendCount: 11,
} as const

/** As text, but for the time, of which no text has all digits, and the digest. */
const formats = [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0] as const

/** Where the row in hand has each column's bytes, and where they end; −1 for a null. */
const starts: Array<number> = formats.map(() => 0)
const ends: Array<number> = formats.map(() => 0)
let rowEnd = 0
const startOf = (column: number): number => starts[column] ?? 0
const endOf = (column: number): number => ends[column] ?? 0

/** Takes a row in hand. */
const take = (row: Buffer, start: number): void => {
  let next = start + 2
  for (let column = 0; column < formats.length; column++) {
    const length = row.readInt32BE(next)
    starts[column] = next + 4
    ends[column] = length < 0 ? -1 : next + 4 + length
    next += 4 + Math.max(0, length)
  }
  rowEnd = next
}

const text = (row: Buffer, column: number): string => row.toString("utf8", startOf(column), endOf(column))
const orNull = <A>(column: number, value: (column: number) => A): A | null => (endOf(column) < 0 ? null : value(column))

/** From 1970 to 2000, where Postgres begins to count. */
const epochMs = 946_684_800_000
/** What stands for "infinity" and for "-infinity". */
const infinities: ReadonlyArray<bigint> = [2n ** 63n - 1n, -(2n ** 63n)]

/** Microseconds since 2000, to the digit until 2285. */
const recordedAt = (row: Buffer): number => {
  const start = startOf(at.recordedAt)
  return row.readInt32BE(start) * 2 ** 32 + row.readUInt32BE(start + 4)
}

/**
 * Milliseconds since 1970. Of what is no whole millisecond, and so was not made by paylog.append, the microseconds with the sign
 * turned; of the infinities, one number. Before 1970 such a time has the number of a whole millisecond of today: who checks a log
 * tells by `recordedAt` that it is none of ours.
 */
const recordedAtMs = (row: Buffer): number | bigint => {
  const quick = recordedAt(row)
  if (Number.isSafeInteger(quick) && quick % 1000 === 0) return quick / 1000 + epochMs
  const us = row.readBigInt64BE(startOf(at.recordedAt))
  if (infinities.includes(us)) return -9_223_372_036_854_775_807n
  const since1970 = us + BigInt(epochMs) * 1000n
  return since1970 % 1000n === 0n ? since1970 / 1000n : -since1970
}

const stored = (row: Buffer): Stored => ({
  position: BigInt(text(row, at.position)),
  recordedAtMs: BigInt(recordedAtMs(row)),
  version: Number(text(row, at.version)),
  schemaVersion: Number(text(row, at.schemaVersion)),
  id: text(row, at.id),
  stream: text(row, at.stream),
  type: text(row, at.type),
  data: text(row, at.data),
  metadata: text(row, at.metadata),
  appendKey: orNull(at.appendKey, (column) => text(row, column)),
  appendDigest: orNull(at.appendDigest, (column) => new Uint8Array(row.subarray(startOf(column), endOf(column)))),
  appendCount: orNull(at.appendCount, (column) => Number(text(row, column))),
})

/** Each row a `Stored`. */
export const storedRows: WireRows = {
  formats,
  read: (row, start) => {
    take(row, start)
    return stored(row)
  },
}

// -- The entry: `Entry.entryOf`, of the same bytes.

/** A text after its length, a byte a character. */
const field = (bytes: string): string => String.fromCharCode(0, 0, bytes.length >> 8, bytes.length & 0xff).concat(bytes)

const head = field(format)
let entry = Buffer.alloc(4096)
entry.write(head, "latin1")

/** What is hashed of the row in hand. The first of its bytes are the same in all. */
const encode = (row: Buffer): Buffer => {
  // What is copied, and some more: the time, the digests, and what stands before them.
  const needed = endOf(at.type) - startOf(at.position) + rowEnd - startOf(at.appendKey) + 200
  if (entry.length < needed) {
    entry = Buffer.alloc(2 * needed)
    entry.write(head, "latin1")
  }
  const copied = (filled: number, first: number, last: number) =>
    filled + row.copy(entry, filled, startOf(first) - 4, Math.max(startOf(last), endOf(last)))
  const written = (filled: number, bytes: string) => filled + entry.write(bytes, filled, "latin1")

  let filled = copied(head.length, at.position, at.position)
  filled = written(filled, field(recordedAtMs(row).toString()))
  filled = copied(filled, at.version, at.type)
  filled = written(filled, field(digestOf(row, at.data)) + field(digestOf(row, at.metadata)))
  filled = copied(filled, at.appendKey, at.appendCount)
  return entry.subarray(0, filled)
}

/** A byte a character, which is the quickest way to get it from Node. */
const digestOf = (row: Buffer, column: number): string =>
  hash("sha256", row.subarray(startOf(column), endOf(column)), "binary")

/** Each row an `Entered`. */
export const entryRows = (wants: (type: string, metadata: Buffer) => boolean): WireRows => ({
  formats,
  read: (row, start): Entered => {
    take(row, start)
    const metadata = row.subarray(startOf(at.metadata), endOf(at.metadata))
    return {
      position: Number(row.toString("latin1", startOf(at.position), endOf(at.position))),
      recordedAt: recordedAt(row),
      entry: sha256(encode(row)),
      event: wants(text(row, at.type), metadata) ? stored(row) : undefined,
    }
  },
})
