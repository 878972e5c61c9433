import { assert, layer } from "@effect/vitest"
import { InvoiceId } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import type { DeliveryItem, Observation } from "@paylog/domain/PaymentProvider"
import { EventStore } from "@paylog/event-store/EventStore"
import * as Invoices from "@paylog/payments/Invoices"
import { observe } from "@paylog/payments/Observe"
import { recordDelivery } from "@paylog/payments/RecordDelivery"
import { sha256 } from "@paylog/payments/sha256"
import { Array, DateTime, Effect } from "effect"
import { about, awaitingOf, heard, orderId, payment, stranger } from "@paylog/payments/Samples"
import { world } from "./support/world.ts"

/** It waits for the payment of the sample's order. */
const awaiting = Effect.map(awaitingOf(stranger, { orderId }), ({ invoiceId }) => invoiceId)

const paid = (externalId: string, changes: Parameters<typeof payment>[1] = {}) =>
  Effect.map(DateTime.now, (now): Observation => ({
    _tag: "PaymentCompleted",
    externalId,
    payment: payment(now, changes),
  }))

const types = (stream: string) =>
  EventStore.use((store) =>
    Effect.map(
      store.readStream(stream),
      Array.map((event) => event.type),
    ),
  )

layer(world, { excludeTestServices: true })("observations", (it) => {
  it.effect("apply a payment of the right amount", () =>
    Effect.gen(function* () {
      const invoiceId = yield* awaiting
      assert.strictEqual(yield* observe(yield* paid(invoiceId, { orderId: "1" }), heard), "Applied")
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Paid")
    }),
  )

  it.effect("hold a payment of a wrong amount, and say so", () =>
    Effect.gen(function* () {
      const invoiceId = yield* awaiting
      const wrong = yield* paid(invoiceId, { orderId: "2", orderAmount: Money.of("USD", 1249n) })
      assert.strictEqual(yield* observe(wrong, heard), "Held")
      assert.deepStrictEqual((yield* types(`invoice-${invoiceId}`)).slice(-2), ["PaymentReceived", "PaymentHeld"])
    }),
  )

  it.effect("keep a payment of no invoice, once, whether the id is ours in form or not", () =>
    Effect.gen(function* () {
      const ofOurForm = InvoiceId.make("inv_00000000000000000000")
      for (const [externalId, orderId] of [
        [ofOurForm, "31"],
        ["JDF23NN", "32"],
      ] as const) {
        const observation = yield* paid(externalId, { orderId })
        assert.strictEqual(yield* observe(observation, heard), "Unmatched")
        assert.strictEqual(yield* observe(observation, heard), "Duplicate")
        assert.deepStrictEqual(yield* types(`unmatched-wallet-pay-${orderId}`), ["PaymentReceived", "PaymentUnmatched"])
      }
    }),
  )

  it.effect("keep amounts as long as a provider may write them", () =>
    Effect.gen(function* () {
      const long = (currency: string): Money.Unread => ({ currency, unread: "1".repeat(128) })
      const invoiceId = yield* awaiting
      const observation = yield* paid(invoiceId, {
        orderId: "33",
        orderAmount: long("GRAM"),
        gross: long("GRAM"),
        fee: long("GRAM"),
        net: long("GRAM"),
      })
      assert.strictEqual(yield* observe(observation, heard), "Held")
      assert.strictEqual(yield* observe(observation, heard), "Duplicate")
    }),
  )

  it.effect("ignore an order that is not ours and is no money", () =>
    Effect.gen(function* () {
      const before = yield* (yield* EventStore).head
      const closed = { orderId: "34", outcome: "Expired", closedAt: yield* DateTime.now } as const
      for (const externalId of ["JDF23NN", "inv_00000000000000000000"])
        assert.strictEqual(yield* observe({ _tag: "OrderClosed", externalId, ...closed }, heard), "Ignored")
      assert.strictEqual(yield* (yield* EventStore).head, before)
    }),
  )

  it.effect("record a payment that is told a hundred times at once, once", () =>
    Effect.gen(function* () {
      const invoiceId = yield* awaiting
      const observation = yield* paid(invoiceId, { orderId: "4" })
      // Who finds no free connection in time tries again, as the provider does.
      const told = Effect.retry(observe(observation, heard), { while: ({ _tag }) => _tag === "StoreUnavailable" })
      const outcomes = yield* Effect.all(Array.replicate(told, 100), {
        concurrency: "unbounded",
      })
      assert.deepStrictEqual(
        Array.countBy(outcomes, (outcome) => outcome === "Applied"),
        1,
      )
      assert.deepStrictEqual(
        Array.countBy(outcomes, (outcome) => outcome === "Duplicate"),
        99,
      )
      assert.strictEqual((yield* types(`invoice-${invoiceId}`)).filter((type) => type === "PaymentReceived").length, 1)
    }),
  )

  it.effect("settle a race between a payment and a cancel either way, and lose nothing", () =>
    Effect.gen(function* () {
      for (let i = 0; i < 20; i++) {
        const invoiceId = yield* awaiting
        const observation = yield* paid(invoiceId, { orderId: `5${i}` })
        yield* Effect.all([observe(observation, heard), Effect.exit(Invoices.cancel(invoiceId, about))], {
          concurrency: "unbounded",
        })
        const state = yield* Invoices.get(invoiceId)
        assert.include(["Paid", "Held"], state._tag)
        assert.strictEqual(yield* observe(observation, heard), "Duplicate")
      }
    }),
  )
})

layer(world, { excludeTestServices: true })("deliveries", (it) => {
  const delivery = (text: string) => ({ method: "POST", headers: {}, body: new TextEncoder().encode(text) })
  const verified = (evidence: string, items: ReadonlyArray<DeliveryItem>) => ({
    evidence: new TextEncoder().encode(evidence),
    items,
  })

  it.effect("record every element once, whatever its neighbours are, with the delivery as evidence", () =>
    Effect.gen(function* () {
      const store = yield* EventStore
      const invoiceId = yield* awaiting
      const known = yield* paid(invoiceId, { orderId: "61" })
      const items: ReadonlyArray<DeliveryItem> = [
        { _tag: "Understood", eventId: "1", observation: known },
        { _tag: "NotUnderstood", index: 1, reason: "unknown type" },
        { _tag: "Understood", eventId: "2", observation: yield* paid("stranger", { orderId: "62" }) },
      ]
      yield* observe(known, heard)
      const first = yield* recordDelivery("wallet-pay", delivery("[1,2,3]"), verified("signed at 1", items))
      assert.deepStrictEqual(first.outcomes, ["Duplicate", "Unmatched", "Quarantined"])
      const again = yield* recordDelivery("wallet-pay", delivery("[1,2,3]"), verified("signed at 2", items))
      assert.deepStrictEqual(again.outcomes, ["Duplicate", "Duplicate", "Duplicate"])

      const quarantined = yield* store.readStream(first.correlationId.replace("delivery", "quarantine"))
      assert.strictEqual(quarantined.length, 1)
      const [event] = yield* store.readStream("unmatched-wallet-pay-62")
      const digest = sha256(new TextEncoder().encode("signed at 1"))
      assert.include(event?.metadata, Buffer.from(digest).toString("hex"))
      assert.include(event?.metadata, `"providerEventId":"2"`)
      assert.strictEqual(new TextDecoder().decode(yield* store.readAttachment(digest)), "signed at 1")
    }),
  )

  it.effect("keep a delivery of nothing but riddles in one append", () =>
    Effect.gen(function* () {
      const store = yield* EventStore
      const riddles = Array.makeBy(256, (index): DeliveryItem => ({ _tag: "NotUnderstood", index, reason: "a riddle" }))
      const before = yield* store.head
      const { outcomes } = yield* recordDelivery("wallet-pay", delivery("[riddles]"), verified("signed", riddles))
      assert.deepStrictEqual(new Set(outcomes), new Set(["Quarantined"]))
      const events = yield* store.readAll(before, 1000)
      assert.strictEqual(events.length, 256)
      assert.strictEqual(new Set(events.map(({ recordedAtMs }) => recordedAtMs)).size, 1)
    }),
  )
})
