import { assert, describe, it } from "vitest"
import * as ColumnSums from "../src/ColumnSums.ts"

const event = {
  position: 7n,
  recordedAtMs: 1_700_000_000_000n,
  version: 1,
  schemaVersion: 1,
  id: "0190a1b2-0000-7000-8000-000000000001",
  stream: "invoice-inv_1",
  type: "InvoiceIssued",
  data: '{"a":1}',
  metadata: "{}",
  appendKey: null,
  appendDigest: null,
  appendCount: null,
}

describe("column sums", () => {
  it("name each column that was changed, and no other", () => {
    const sealed = ColumnSums.sums(event)
    const changes: ReadonlyArray<readonly [ColumnSums.Column, Partial<typeof event> | object]> = [
      ["recorded_at", { recordedAtMs: 1_700_000_000_001n }],
      ["version", { version: 2 }],
      ["schema_version", { schemaVersion: 2 }],
      ["id", { id: "0190a1b2-0000-7000-8000-000000000002" }],
      ["stream", { stream: "invoice-inv_2" }],
      ["type", { type: "InvoiceIssuer" }],
      ["data", { data: '{"a":2}' }],
      ["metadata", { metadata: "[]" }],
      ["append_key", { appendKey: "" }],
      ["append_digest", { appendDigest: new Uint8Array(32) }],
      ["append_count", { appendCount: 1 }],
    ]
    assert.deepStrictEqual(
      changes.map(([, change]) => ColumnSums.differing({ ...event, ...change }, sealed)),
      changes.map(([column]) => [column]),
    )
    assert.deepStrictEqual(
      changes.map(([column]) => column),
      [...ColumnSums.columns],
    )
  })

  it("say nothing when they are not known", () => {
    assert.deepStrictEqual(ColumnSums.differing({ ...event, version: 2 }, undefined), [])
    assert.deepStrictEqual(ColumnSums.differing(event, ColumnSums.sums(event)), [])
  })
})
