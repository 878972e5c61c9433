import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Append, type NewEvent } from "../src/EventStore.ts"
import { itemOf } from "../src/internal/item.ts"

const event = (type: string, schemaVersion: number, data: string): NewEvent => ({
  id: "00000000-0000-4000-8000-000000000000",
  type,
  schemaVersion,
  data,
  metadata: "{}",
})

const digestOf = (streams: Append["streams"]) => Buffer.from(itemOf({ key: "k", streams }).digest).toString("hex")

describe("the digest of an append's content", () => {
  it.effect("never changes: it is stored, and a redelivery years later is compared with it", () =>
    Effect.sync(() => {
      const streams: Append["streams"] = [
        { stream: "invoice-ü", expected: "none", events: [event("Issued", 1, `{"n":1}`), event("Paid", 2, `"🙂"`)] },
        { stream: "other", expected: 7, events: [event("Seen", 1, "null")] },
      ]
      // printf '%s' '10:invoice-ü,1:2,6:Issued,1:1,7:{"n":1},4:Paid,1:2,6:"🙂",5:other,1:1,4:Seen,1:1,4:null,' | sha256sum
      assert.strictEqual(digestOf(streams), "2e90cb92a68a47a4a5f1ecabe008503be2144aad1a133e284b62b530fabf8bad")
    }),
  )

  it.effect("tells several streams from one whose events have the same fields in a row", () =>
    Effect.sync(() => {
      const one = (stream: string) => ({ stream, expected: "any", events: [event("1", 1, "1")] }) as const
      const several = digestOf([one("s"), one("t"), one("2"), one("4")])
      const single = digestOf([
        {
          stream: "s",
          expected: "any",
          events: [event("1", 1, "1"), event("t", 1, "1"), event("1", 2, "1"), event("1", 1, "4"), event("1", 1, "1")],
        },
      ])
      assert.notStrictEqual(several, single)
    }),
  )
})
