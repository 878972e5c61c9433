/**
 * `paylog-event/1`: what the log's tree holds of an event. An entry is the SHA-256 of the stored columns, each after its
 * length (four bytes, big-endian; a null is the length 0xFFFFFFFF alone). `data` and `metadata` stand by their own SHA-256, so
 * that one may be shown without the other. A new column means `paylog-event/2`; rows of before keep this encoding.
 */
import { fromText } from "./Bytes.ts"
import { type Hash, sha256 } from "./Sha256.ts"

/** An event's columns as they are stored. */
export interface StoredColumns {
  readonly position: bigint
  /** Milliseconds since 1970, UTC. */
  readonly recordedAtMs: bigint
  readonly version: number
  readonly schemaVersion: number
  /** A UUID in lower case. */
  readonly id: string
  readonly stream: string
  readonly type: string
  /** The text as it is stored, or the SHA-256 of it. */
  readonly data: string | Uint8Array
  /** As `data`. */
  readonly metadata: string | Uint8Array
  readonly appendKey: string | null
  readonly appendDigest: Uint8Array | null
  readonly appendCount: number | null
}

/** With the texts themselves, as the log has them. */
export type Stored = StoredColumns & { readonly data: string; readonly metadata: string }

export const format = "paylog-event/1"

let scratch = new Uint8Array(1024)
let filled = 0

const reserve = (bytes: number): void => {
  if (filled + bytes <= scratch.length) return
  const larger = new Uint8Array(2 * (filled + bytes))
  larger.set(scratch)
  scratch = larger
}

const length = (value: number): void => {
  scratch[filled++] = value >>> 24
  scratch[filled++] = value >>> 16
  scratch[filled++] = value >>> 8
  scratch[filled++] = value
}

const bytesField = (value: Uint8Array): void => {
  reserve(4 + value.length)
  length(value.length)
  scratch.set(value, filled)
  filled += value.length
}

/** Columns are short and nearly always ASCII; byte by byte they cost a tenth of an encoder's call. */
const field = (value: string | Uint8Array | number | bigint | null): void => {
  if (value instanceof Uint8Array) return bytesField(value)
  if (value === null) {
    reserve(4)
    return length(0xffffffff)
  }
  const text = value.toString()
  reserve(4 + text.length)
  const begin = filled
  length(text.length)
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 0x80) {
      filled = begin
      return bytesField(fromText(text))
    }
    scratch[filled++] = code
  }
}

/** The bytes whose SHA-256 is the entry. The result is overwritten by the next call. */
const encode = (event: StoredColumns, hash: Hash): Uint8Array => {
  const digest = (column: string | Uint8Array) => (typeof column === "string" ? hash(fromText(column)) : column)
  filled = 0
  field(format)
  field(event.position)
  field(event.recordedAtMs)
  field(event.version)
  field(event.schemaVersion)
  field(event.id)
  field(event.stream)
  field(event.type)
  field(digest(event.data))
  field(digest(event.metadata))
  field(event.appendKey)
  field(event.appendDigest)
  field(event.appendCount)
  return scratch.subarray(0, filled)
}

/** The entry, 32 bytes; the leaf at index `position` − 1 is `leafHash` of it. */
export const entryOf = (event: StoredColumns, hash: Hash = sha256): Uint8Array => hash(encode(event, hash))
