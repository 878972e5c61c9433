import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { EventStore } from "@paylog/event-store/EventStore"
import * as EventStoreMemory from "@paylog/event-store/EventStoreMemory"
import * as Codec from "@paylog/payments/Codec"
import * as StoredEvents from "@paylog/payments/StoredEvents"
import type { Upcasters } from "@paylog/payments/Upcasters"

// An event of these tests that has been stored in three ways: {"cents":1250}, {"amount":"12.50"}, {"amount":"12.50","currency":"USD"}.
const Weighed = Schema.TaggedStruct("Weighed", { grams: Schema.Int })
const Priced = Schema.TaggedStruct("Priced", { amount: Schema.String, currency: Schema.Literals(["USD", "EUR"]) })
const Events = Schema.Union([Weighed, Priced])

const upcasters: Upcasters = {
  Priced: [
    ({ cents, ...rest }) => ({ ...rest, amount: (Number(cents) / 100).toFixed(2) }),
    (version2) => ({ ...version2, currency: "USD" }),
  ],
}

const codec = Codec.make<typeof Events.Type>(Events, upcasters)

const metadata = {
  actor: { kind: "Staff", id: "test" },
  source: "Manual",
  correlationId: "test",
  codeVersion: "0",
} as const

const services = Layer.merge(EventStoreMemory.layer, SecureRandom.layerWebCrypto)

describe("a codec", () => {
  it.effect("reads from the log, as the newest version, what was appended in older ones", () =>
    Effect.gen(function* () {
      const store = yield* EventStore
      const newest = yield* codec.encode([{ _tag: "Priced", amount: "3.00", currency: "EUR" }], metadata)
      const older = (type: string, schemaVersion: number, data: string) => ({
        id: crypto.randomUUID(),
        type,
        schemaVersion,
        data,
        metadata: "{}",
      })
      const first = older("Priced", 1, `{"cents":1250}`)
      const rest = [older("Priced", 2, `{"amount":"7.00"}`), older("Weighed", 1, `{"grams":5}`), ...newest]
      yield* store.append({
        key: "prices",
        streams: [{ stream: "prices", expected: "none", events: [first, ...rest] }],
      })
      const recorded = yield* store.readStream("prices")
      assert.deepStrictEqual(recorded.map(codec.decode), [
        { _tag: "Priced", amount: "12.50", currency: "USD" },
        { _tag: "Priced", amount: "7.00", currency: "USD" },
        { _tag: "Weighed", grams: 5 },
        { _tag: "Priced", amount: "3.00", currency: "EUR" },
      ])
      assert.deepStrictEqual(
        recorded.map(({ schemaVersion }) => schemaVersion),
        [1, 2, 1, 3],
        "what is stored stays as it was, and the newest version is what is written",
      )
      // Control: without its upcasters, a program does not read what the log holds.
      const without = Codec.make<typeof Events.Type>(Events, {})
      assert.throws(() => recorded.map(without.decode), /Priced in schema version 1 at position 1 .*schema version/)
    }).pipe(Effect.provide(services)),
  )

  const assertUnreadable = (stored: Codec.Stored, message: RegExp) => assert.throws(() => codec.decode(stored), message)

  it("says of an event that it does not know, or in a newer version, that the program is older than the log", () => {
    assertUnreadable(
      { type: "Priced", schemaVersion: 4, data: "{}", position: 17n },
      /^The event Priced in schema version 4 at position 17 cannot be read: this program knows it up to schema version 3\. This program is older than the log: start the version that wrote the event, or a later one\.$/,
    )
    assertUnreadable(
      { type: "Measured", schemaVersion: 1, data: "{}" },
      /^The event Measured in schema version 1 cannot be read: this program does not know such an event\. This program is older/,
    )
    for (const type of ["constructor", "__proto__", ""])
      assertUnreadable({ type, schemaVersion: 1, data: "{}" }, /does not know/)
  })

  it("says of data that does not fit that the log is damaged or a schema was changed without a new version", () => {
    const cases: ReadonlyArray<readonly [number, string]> = [
      [3, `{"amount":"1.00"}`],
      [2, `{"amount":100}`],
      [3, `{"amount":"1.00","currency":"TON"}`],
      [1, `null`],
      [3, `null`],
      [3, `5`],
      [3, `[]`],
      [3, `{`],
      [0, `{"amount":"1.00","currency":"USD"}`],
    ]
    for (const [schemaVersion, data] of cases)
      assertUnreadable(
        { type: "Priced", schemaVersion, data },
        /^The event Priced in schema version \d cannot be read: /,
      )
    assertUnreadable(
      { type: "Priced", schemaVersion: 3, data: "{}" },
      /log is damaged, or a stored schema was changed without/,
    )
  })

  it("takes the type from the log, whatever the data says", () => {
    const data = `{"_tag":"Weighed","amount":"1.00","currency":"USD","grams":1,"__proto__":{"amount":"9.00"}}`
    assert.deepStrictEqual(codec.decode({ type: "Priced", schemaVersion: 3, data }), {
      _tag: "Priced",
      amount: "1.00",
      currency: "USD",
    })
  })

  it("knows the version of each of its events", () => {
    assert.deepStrictEqual(
      [...codec.versions],
      [
        ["Weighed", 1],
        ["Priced", 3],
      ],
    )
    assert.strictEqual(StoredEvents.invoice.versions.get("InvoiceIssued"), 1)
  })
})
