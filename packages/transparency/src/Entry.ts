/**
 * `paylog-event/1`: what the log's tree holds of an event. An entry is the SHA-256 of the stored columns, each after its
 * length (four bytes, big-endian; a null is the length 0xFFFFFFFF alone). `data` and `metadata` stand by their own SHA-256, so
 * that one may be shown without the other. A new column means `paylog-event/2`; rows of before keep this encoding.
 */
import { fromText, joined } from "./Bytes.ts"
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

/** Each value after its length. */
const field = (value: string | number | bigint | Uint8Array | null): ReadonlyArray<Uint8Array> => {
  const bytes = value === null || value instanceof Uint8Array ? value : fromText(value.toString())
  const length = new DataView(new ArrayBuffer(4))
  length.setUint32(0, bytes?.length ?? 0xffffffff)
  return [new Uint8Array(length.buffer), bytes ?? new Uint8Array()]
}

/** The entry, 32 bytes; the leaf at index `position` − 1 is `leafHash` of it. */
export const entryOf = (event: StoredColumns, hash: Hash = sha256): Uint8Array => {
  const digest = (text: string | Uint8Array) => (typeof text === "string" ? hash(fromText(text)) : text)
  const { position, recordedAtMs, version, schemaVersion, id, stream, type } = event
  const numbers = [position, recordedAtMs, version, schemaVersion]
  const texts = [id, stream, type, digest(event.data), digest(event.metadata)]
  const append = [event.appendKey, event.appendDigest, event.appendCount]
  return hash(joined([format, ...numbers, ...texts, ...append].flatMap(field)))
}
