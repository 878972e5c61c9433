import { createHash } from "node:crypto"
import { assert, describe, it } from "vitest"
import { Malformed } from "../src/Malformed.ts"
import { entryOf, type StoredColumns } from "../src/Entry.ts"
import { bytes, hex, sha256 } from "./support/merkle.ts"

const event: StoredColumns = {
  position: 42n,
  recordedAtMs: 1_700_000_000_123n,
  version: 3,
  schemaVersion: 1,
  id: "0192f4c8-7a51-7c3e-9d0a-5b1f6f0a9c11",
  stream: "invoice-0192f4c8",
  type: "InvoicePaid",
  data: '{"amount": "1.50", "who": "Zoë 🙂"}',
  metadata: "{}",
  appendKey: "webhook-17",
  appendDigest: bytes("ab".repeat(32)),
  appendCount: 2,
}

/** The encoding once more, from its definition alone. */
const expected = (columns: StoredColumns): string => {
  const field = (value: string | Uint8Array | null) => {
    if (value === null) return bytes("ffffffff")
    const length = Buffer.alloc(4)
    const body = typeof value === "string" ? Buffer.from(value) : value
    length.writeUInt32BE(body.length)
    return Buffer.concat([length, body])
  }
  const text = (column: string | Uint8Array) => (typeof column === "string" ? sha256(Buffer.from(column)) : column)
  const fields = [
    "paylog-event/1",
    `${columns.position}`,
    `${columns.recordedAtMs}`,
    `${columns.version}`,
    `${columns.schemaVersion}`,
    columns.id,
    columns.stream,
    columns.type,
    text(columns.data),
    text(columns.metadata),
    columns.appendKey,
    columns.appendDigest,
    columns.appendCount === null ? null : `${columns.appendCount}`,
  ]
  return createHash("sha256")
    .update(Buffer.concat(fields.map(field)))
    .digest("hex")
}

const later = { ...event, appendKey: null, appendDigest: null, appendCount: null }

describe("an entry", () => {
  it("is the SHA-256 of the columns after their lengths", () => {
    for (const columns of [
      event,
      later,
      { ...event, stream: "ünïcode-🙂", data: "x".repeat(5000) },
      { ...event, type: "é".repeat(3000), position: 2n ** 63n - 1n },
    ]) {
      assert.strictEqual(hex(entryOf(columns)), expected(columns))
      assert.strictEqual(hex(entryOf(columns, sha256)), expected(columns))
    }
  })

  it("stays what it is: these two were computed elsewhere, from the definition", () => {
    assert.strictEqual(hex(entryOf(event)), "ee80e6999067fe077e0dd55f99314e6a85e6c9cfb5c8efaa6f7654f67d06765c")
    assert.strictEqual(hex(entryOf(later)), "207c16acbf3681f0b455b5bb9c1f699c5b864e1791ea8a06261d7e7fa09b4267")
  })

  it("is the same when data and metadata stand by their digests", () => {
    const digests = { data: sha256(Buffer.from(String(event.data))), metadata: sha256(Buffer.from("{}")) }
    assert.deepStrictEqual(entryOf({ ...event, ...digests }), entryOf(event))
  })

  it("differs when any column differs, and when a text moves from one column to the next", () => {
    const changed: { readonly [Column in keyof StoredColumns]: StoredColumns[Column] } = {
      position: 43n,
      recordedAtMs: 1_700_000_000_124n,
      version: 4,
      schemaVersion: 2,
      id: "0192f4c8-7a51-7c3e-9d0a-5b1f6f0a9c12",
      stream: "invoice-0192f4c9",
      type: "InvoicePaix",
      data: '{"amount":"1.50", "who": "Zoë 🙂"}',
      metadata: "{} ",
      appendKey: null,
      appendDigest: bytes("ac".repeat(32)),
      appendCount: 3,
    }
    const seen = new Set([hex(entryOf(event))])
    for (const [column, value] of Object.entries(changed)) seen.add(hex(entryOf({ ...event, [column]: value })))
    seen.add(hex(entryOf({ ...event, stream: `${event.stream}I`, type: "nvoicePaid" })))
    seen.add(hex(entryOf({ ...event, appendKey: "" })))
    assert.strictEqual(seen.size, 15)
  })

  it("is refused of a text that has no UTF-8", () => {
    assert.throws(() => entryOf({ ...event, stream: "\ud800" }), Malformed)
    assert.throws(() => entryOf({ ...event, data: '"\udc00"' }), Malformed)
  })
})
