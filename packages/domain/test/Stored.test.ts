/** What holds of the stored form of any event. That it never changes is held by the golden files of `packages/payments`. */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as Erasure from "../src/Erasure.ts"
import * as Invoice from "../src/Invoice.ts"
import * as Quarantine from "../src/Quarantine.ts"
import * as Unmatched from "../src/Unmatched.ts"
import {
  anyText,
  type AnyCommand,
  decide,
  eventsOf,
  issue,
  opened,
  order,
  pay,
  refused,
  request,
  unknown,
} from "./fixtures.ts"

type Events = Schema.Codec<{ readonly _tag: string }, { readonly _tag: string }>

const schemas: ReadonlyArray<readonly [string, Events]> = [
  ["an invoice", Invoice.InvoiceEvent],
  ["unmatched money", Unmatched.UnmatchedEvent],
  ["a quarantined delivery", Quarantine.QuarantineEvent],
  ["an erased customer", Erasure.ErasureEvent],
]

describe.each(schemas)("the stored format of %s", (_, schema) => {
  const encode = Schema.encodeSync(schema)
  const decode = Schema.decodeUnknownSync(schema)

  it.prop(
    "holds every event that the schema allows, and lets a later version add fields",
    [schema],
    ([event]) => {
      const text = JSON.stringify(encode(event))
      assert.deepStrictEqual(decode(JSON.parse(text)), event)
      assert.strictEqual(JSON.stringify(encode(decode(JSON.parse(text)))), text)
      assert.deepStrictEqual(decode({ ...JSON.parse(text), addedLater: { by: "version 2" } }), event)
    },
    { arbitrary: { runs: 500 }, timeout: 60_000 },
  )

  it("does not read an event that it does not know", () => {
    assert.throws(() => decode({ _tag: "AddedLater" }))
  })
})

describe("what a provider writes", () => {
  const encode = Schema.encodeSync(Invoice.InvoiceEvent)
  const before = Invoice.fold(eventsOf([issue, request]))
  const commands = (text: string): ReadonlyArray<AnyCommand> => [
    { ...unknown, reason: text },
    { ...refused, reason: text },
    { ...opened, order: { ...order, number: text, payLink: text, directPayLink: text } },
    pay({ rate: text }),
  ]

  it.prop(
    "never makes an event that cannot be stored",
    [anyText],
    ([text]) => {
      for (const command of commands(text)) {
        for (const event of Result.getOrThrow(decide(before, command))) {
          const stored = JSON.stringify(encode(event))
          assert.isTrue(stored.isWellFormed())
          assert.notInclude(stored, "\\u")
        }
      }
    },
    { arbitrary: { runs: 500, size: 600 }, timeout: 60_000 },
  )
})
