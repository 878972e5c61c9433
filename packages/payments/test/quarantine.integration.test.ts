/** Deliveries that were not understood, tried again: whatever happens in between, each element is recorded once. */
import { assert, layer } from "@effect/vitest"
import { EvidenceReader, EvidenceRefused, type Reread } from "@paylog/domain/EvidenceReader"
import type { DeliveryItem } from "@paylog/domain/PaymentProvider"
import * as Quarantine from "@paylog/domain/Quarantine"
import { Database } from "@paylog/event-store/Database"
import { EventStore, StoreUnavailable } from "@paylog/event-store/EventStore"
import * as Invoices from "@paylog/payments/Invoices"
import * as Metadata from "@paylog/payments/Metadata"
import * as QuarantineRetry from "@paylog/payments/QuarantineRetry"
import { recordDelivery } from "@paylog/payments/RecordDelivery"
import { sha256, toHex } from "@paylog/payments/sha256"
import { DateTime, Effect, Layer, Result } from "effect"
import { awaiting, freshOrder, payment } from "@paylog/payments/Samples"
import { because, dispositions, person } from "./support/money.ts"
import { world } from "./support/world.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

/** A provider whose evidence is "signed <body>", and whose code understands `items` of every body. */
const reader = (items: ReadonlyArray<DeliveryItem>, signature: Reread["signature"] = "Verified") =>
  Layer.succeed(
    EvidenceReader,
    EvidenceReader.of({
      provider: "wallet-pay",
      read: (evidence) => {
        const text = new TextDecoder().decode(evidence)
        return text.startsWith("signed ")
          ? Effect.succeed({ body: bytes(text.slice("signed ".length)), items, signature })
          : Effect.fail(new EvidenceRefused({ reason: "no evidence" }))
      },
    }),
  )

/** A delivery that was not understood in these places, and the name of its body. */
const quarantined = Effect.fnUntraced(function* (items: ReadonlyArray<DeliveryItem>, evidence = "signed ") {
  const body = `[${yield* freshOrder}]`
  const delivery = { method: "POST", headers: {}, body: bytes(body) }
  yield* recordDelivery("wallet-pay", delivery, { evidence: bytes(`${evidence}${body}`), items })
  return toHex(sha256(body))
})

const riddle = (index: number, reason = "an unknown type"): DeliveryItem => ({ _tag: "NotUnderstood", index, reason })

/** What an invoice's payment looks like once it is understood. */
const paying = Effect.gen(function* () {
  const { invoiceId, orderId } = yield* awaiting
  const item: DeliveryItem = {
    _tag: "Understood",
    eventId: `event-${orderId}`,
    observation: {
      _tag: "PaymentCompleted",
      externalId: invoiceId,
      payment: payment(yield* DateTime.now, { orderId }),
    },
  }
  return { invoiceId, item }
})

const eventsOf = (body: string) => EventStore.use((store) => store.readStream(Quarantine.stream(body)))
const head = EventStore.use((store) => store.head)

const tagOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.result(effect), (result) => (Result.isFailure(result) ? result.failure._tag : "done"))

layer(world, { excludeTestServices: true })("a retry of a delivery in quarantine", (it) => {
  it.effect("records what is understood by now, and leaves the rest where it is", () =>
    Effect.gen(function* () {
      const ann = yield* person("Ann")
      const { invoiceId, item } = yield* paying
      const body = yield* quarantined([riddle(0), riddle(1)])
      const retried = yield* QuarantineRetry.retry(body, because(ann)).pipe(
        Effect.provide(reader([riddle(0, "still unknown"), item], "KeyGone")),
      )
      assert.deepInclude(retried, {
        body,
        signature: "KeyGone",
        resolved: [{ index: 1, as: "Applied" }],
        waiting: [{ index: 0, reason: "still unknown" }],
      })
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Paid")
      const received = (yield* (yield* EventStore).readStream(`invoice-${invoiceId}`)).at(-1)
      assert.isDefined(received)
      assert.deepInclude(Metadata.of(received), {
        actor: { kind: "Staff", id: ann },
        source: "Manual",
        correlationId: `delivery-${body}`,
        attachment: retried.evidence,
        providerEventId: item._tag === "Understood" ? item.eventId : "",
      })
      const shown = yield* QuarantineRetry.show(body)
      assert.deepStrictEqual(shown.elements, [
        { index: 0, reason: "an unknown type" },
        { index: 1, reason: "an unknown type", resolved: { as: "Applied", by: ann } },
      ])
      const before = yield* head
      const again = yield* QuarantineRetry.retry(body, because(ann)).pipe(Effect.provide(reader([riddle(0), item])))
      assert.deepStrictEqual([again.signature, again.resolved], ["Verified", []])
      assert.strictEqual(yield* head, before)
    }),
  )

  it.effect("of a body that was no list finds all of its elements, and keeps those that are riddles", () =>
    Effect.gen(function* () {
      const ann = yield* person("Ann")
      const { invoiceId, item } = yield* paying
      const body = yield* quarantined([riddle(0, "The body is no array")])
      const retried = yield* QuarantineRetry.retry(body, because(ann)).pipe(Effect.provide(reader([item, riddle(1)])))
      assert.deepStrictEqual(retried.resolved, [{ index: 0, as: "Applied" }])
      assert.deepStrictEqual(yield* dispositions(invoiceId), ["Paid"])
      assert.deepStrictEqual(
        (yield* eventsOf(body)).map(({ type }) => type),
        ["DeliveryQuarantined", "DeliveryQuarantined", "ElementResolved"],
      )
    }),
  )

  it.effect("that ends at any point is finished by the next one, with each payment once", () =>
    Effect.gen(function* () {
      const ann = yield* person("Ann")
      const store = yield* EventStore
      // Three appends: two payments, then what they resolve. Each is lost before it is made, and after.
      for (let point = 0; point < 6; point++) {
        const [first, second] = [yield* paying, yield* paying]
        const body = yield* quarantined([riddle(0), riddle(1)])
        const items = reader([first.item, second.item])
        let appends = 0
        const lost = Effect.fail(new StoreUnavailable({ reason: "cut" }))
        const cut = Layer.succeed(
          EventStore,
          EventStore.of({
            ...store,
            append: (append) =>
              Effect.suspend(() => {
                const here = appends++ === Math.floor(point / 2)
                if (!here) return store.append(append)
                return point % 2 === 0 ? lost : Effect.andThen(store.append(append), lost)
              }),
          }),
        )
        const retry = QuarantineRetry.retry(body, because(ann)).pipe(Effect.provide(items))
        assert.strictEqual(yield* tagOf(Effect.provide(retry, cut)), "StoreUnavailable")
        // What is said to be resolved is recorded: nobody would look for it again.
        if ((yield* eventsOf(body)).length > 2)
          assert.deepStrictEqual(
            [...(yield* dispositions(first.invoiceId)), ...(yield* dispositions(second.invoiceId))],
            ["Paid", "Paid"],
          )
        yield* retry
        for (const { invoiceId } of [first, second]) assert.deepStrictEqual(yield* dispositions(invoiceId), ["Paid"])
        const types = (yield* eventsOf(body)).map(({ type }) => type)
        assert.deepStrictEqual(types.filter((type) => type === "ElementResolved").length, 2)
      }
    }),
  )

  it.effect("by ten people at once resolves each element once", () =>
    Effect.gen(function* () {
      const people = yield* Effect.forEach(Array.from({ length: 10 }), (_, n) => person(`P${n}`))
      const { invoiceId, item } = yield* paying
      const body = yield* quarantined([riddle(0)])
      yield* Effect.forEach(people, (by) => QuarantineRetry.retry(body, because(by)), {
        concurrency: "unbounded",
      }).pipe(Effect.provide(reader([item])))
      assert.deepStrictEqual(yield* dispositions(invoiceId), ["Paid"])
      assert.deepStrictEqual(
        (yield* eventsOf(body)).map(({ type }) => type),
        ["DeliveryQuarantined", "ElementResolved"],
      )
    }),
  )

  it.effect("is refused for what is not in quarantine, and for bytes that are not those of the log", () =>
    Effect.gen(function* () {
      const ann = yield* person("Ann")
      const { query } = yield* Database
      const { invoiceId, item } = yield* paying
      const retry = (body: string) => QuarantineRetry.retry(body, because(ann)).pipe(Effect.provide(reader([item])))
      assert.strictEqual(yield* tagOf(retry("0".repeat(64))), "NotQuarantined")
      assert.strictEqual(yield* tagOf(retry(yield* quarantined([riddle(0)], "forged "))), "EvidenceRefused")
      assert.strictEqual(yield* tagOf(retry(yield* quarantined([riddle(0)], "signed another "))), "EvidenceRefused")
      const erased = yield* quarantined([riddle(0)])
      const { evidence } = yield* QuarantineRetry.show(erased)
      yield* query({ name: "", text: "select paylog.erase_attachment($1)" }, [Buffer.from(evidence, "hex")])
      assert.strictEqual(yield* tagOf(retry(erased)), "EvidenceMissing")
      assert.deepStrictEqual(yield* dispositions(invoiceId), [])
    }),
  )
})
