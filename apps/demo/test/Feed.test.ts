import { masked, shown } from "../src/Feed.ts"
import { assert, describe, it } from "@effect/vitest"

const event = {
  position: 7n,
  stream: "invoice-inv_1",
  version: 2,
  id: "00000000-0000-4000-8000-000000000000",
  type: "ProviderOrderOpened",
  schemaVersion: 1,
  data: `{"payLink":"https://pay.example/secret-id","amount":"12.50"}`,
  metadata: `{"actor":{"kind":"Worker","id":"order-opener"},"source":"Worker","correlationId":"c","codeVersion":"1"}`,
  recordedAtMs: 0,
}

describe("what the page shows of an event", () => {
  it("is its type in words, who did it and how, and its data", () => {
    assert.deepStrictEqual(shown(event), {
      position: "7",
      version: 2,
      stream: "invoice-inv_1",
      type: "ProviderOrderOpened",
      title: "Provider order opened",
      recordedAt: "1970-01-01T00:00:00.000Z",
      actor: { kind: "Worker", id: "order-opener" },
      source: "Worker",
      data: { payLink: "https://pay.example/…", amount: "12.50" },
    })
  })

  it("is also that of a program with metadata of its own", () => {
    assert.deepInclude(shown({ ...event, metadata: "{}" }), { source: "Unknown" })
  })

  it("holds no link that can be used, and no free text, however deep", () => {
    assert.deepStrictEqual(masked({ links: [{ direct: "tg://resolve?domain=x" }], reason: "Ann Smith called", n: 1 }), {
      links: [{ direct: "tg://resolve/…" }],
      reason: "(not shown here)",
      n: 1,
    })
  })
})
