import { assert, describe, it } from "@effect/vitest"
import * as Invoice from "@paylog/domain/Invoice"
import * as Decisions from "@paylog/domain/InvoiceDecisions"
import { StaffId } from "@paylog/domain/Manual"
import * as ManualDecisions from "@paylog/domain/ManualDecisions"
import * as Money from "@paylog/domain/Money"
import { ProposalId } from "@paylog/domain/Proposal"
import { EventStore, type NewEvent } from "@paylog/event-store/EventStore"
import * as EventStoreMemory from "@paylog/event-store/EventStoreMemory"
import { codec } from "@paylog/payments/Invoices"
import * as LoggedOrders from "@paylog/payments/LoggedOrders"
import * as Metadata from "@paylog/payments/Metadata"
import * as StoredEvents from "@paylog/payments/StoredEvents"
import { DateTime, Effect, Layer, Random, Result } from "effect"
import { SecureRandom } from "effect/crypto"
import { TestClock } from "effect/testing"
import { invoiceHistory, unmatchedHistory } from "./support/moneyHistories.ts"
import { about, at, order, payment, terms } from "@paylog/payments/Samples"

const metadata = Metadata.complete(about, undefined)
const all = { from: undefined, until: undefined }

/** Histories of many orders, an event a minute, each time of another stream. */
const busyDays = Effect.gen(function* () {
  const histories = [
    ...(yield* Effect.forEach(
      Array.from({ length: 60 }, (_, n) => n),
      invoiceHistory,
    )).map(({ stream, events }) => ({
      stream,
      encoded: codec.encode(events, metadata),
    })),
    ...(yield* Effect.forEach(
      Array.from({ length: 15 }, (_, n) => n),
      unmatchedHistory,
    )).map(({ stream, events }) => ({
      stream,
      encoded: StoredEvents.unmatched.encode(events, metadata),
    })),
  ]
  const waiting: Array<{ readonly stream: string; readonly events: Array<NewEvent>; version: number }> = []
  for (const { stream, encoded } of histories) waiting.push({ stream, events: [...(yield* encoded)], version: 0 })
  const store = yield* EventStore
  while (waiting.length > 0) {
    const place = yield* Random.nextIntBetween(0, Math.min(19, waiting.length - 1))
    const one = waiting[place]!
    const event = one.events.shift()
    if (event === undefined) {
      waiting.splice(place, 1)
      continue
    }
    yield* TestClock.adjust("1 minute")
    const expected = one.version === 0 ? "none" : one.version
    yield* store.append({ key: event.id, streams: [{ stream: one.stream, expected, events: [event] }] })
    one.version++
  }
  return yield* store.readAll(0n, 100_000)
}).pipe(Random.withSeed("busy days"))

const world = Layer.merge(EventStoreMemory.layer, SecureRandom.layerWebCrypto)

const start = at("2026-03-01T12:00:00Z")
const later = at("2026-03-01T12:30:00Z")
const invoiceIdOf = (number: number) => Invoice.InvoiceId.make(`inv_${`${number}`.padStart(20, "0")}`)
const by = (number: number) => ({
  by: StaffId.make(`stf_${`${number}`.padStart(20, "0")}`),
  reason: "As agreed",
  at: start,
})

/** An invoice whose order was asked for, and what else is done with it. */
const append = Effect.fnUntraced(function* (
  invoiceId: Invoice.InvoiceId,
  commands: ReadonlyArray<Decisions.InvoiceCommand | ManualDecisions.ManualCommand>,
) {
  const issued = terms(Invoice.CustomerId.make("cus_00000000000000000000"), start)
  const request = { provider: "wallet-pay", externalId: invoiceId, description: "Green tea", timeoutSeconds: 1800 }
  let state: Invoice.Invoice = Invoice.absent
  const all: Array<Invoice.InvoiceEvent> = []
  for (const command of [
    { ...issued, _tag: "Issue", invoiceId, at: start } as const,
    { ...request, _tag: "RequestOrder", repeatUntil: start, at: start } as const,
    ...commands,
  ]) {
    const decided: Result.Result<ReadonlyArray<Invoice.InvoiceEvent>, unknown> = "by" in command
      ? ManualDecisions.decide(state, command)
      : Decisions.decide(state, command)
    const events = Result.getOrThrow(decided)
    all.push(...events)
    state = Invoice.fold(events, state)
  }
  const [first, ...others] = yield* codec.encode(all, metadata)
  const stream = Invoice.stream(invoiceId)
  yield* (yield* EventStore).append({
    key: stream,
    streams: [{ stream, expected: "none", events: [first!, ...others] }],
  })
})

const words = ({ stream, externalId, orderId, status, payment, price }: LoggedOrders.LoggedOrder) =>
  [stream, externalId, orderId, status, price && Money.words(price), payment && Money.words(payment.gross)].join(" ")

describe("the orders of the log", () => {
  it.effect("are one for each order that was asked for or paid, whatever stream has its money by now", () =>
    Effect.gen(function* () {
      const events = yield* busyDays
      const { orders, position } = yield* LoggedOrders.read("wallet-pay", all)
      assert.strictEqual(position, events.at(-1)!.position)
      const requested = events.filter(({ type }) => type === "ProviderOrderRequested")
      assert.deepStrictEqual(
        orders.flatMap(({ externalId }) => externalId ?? []).toSorted(),
        requested.map(({ data }) => String(JSON.parse(data).externalId)).toSorted(),
      )
      const ids = orders.flatMap(({ orderId }) => orderId ?? [])
      assert.deepStrictEqual([...new Set(ids)], ids)
      const statuses = new Set(orders.map(({ status }) => status))
      for (const status of ["Requested", "Paid", "Lapsed", "Withdrawn"] as const) assert.include(statuses, status)
      assert.deepStrictEqual((yield* LoggedOrders.read("another-provider", all)).orders, [])
    }).pipe(Effect.provide(world)),
  )

  it.effect("are counted once when people move money to an invoice whose own order never opened", () =>
    Effect.gen(function* () {
      const opened = {
        _tag: "RecordOrderOpened",
        provider: "wallet-pay",
        order: { ...order(later), orderId: "0" },
      } as const
      for (const [number, owner] of [opened, undefined].entries()) {
        const [from, to] = [invoiceIdOf(2 * number), invoiceIdOf(2 * number + 1)]
        const money = { _tag: "RecordPayment", payment: payment(start, { orderId: `${number}` }) } as const
        const release = { _tag: "ReleasePayment", payment: 1 } as const
        const proposed = { proposalId: ProposalId.make("pro_00000000000000000001"), digest: "ab".repeat(32) }
        yield* append(from, [
          ...(owner === undefined ? [] : [owner]),
          money,
          { _tag: "ProposeCorrection", correction: release, ...proposed, expiresAt: later, ...by(1) },
          { _tag: "Approve", ...proposed, ...by(2) },
        ])
        yield* append(to, [{ _tag: "RecordAssigned", payment: money.payment }])
        const { orders } = yield* LoggedOrders.read("wallet-pay", all)
        const ours = orders.filter(({ stream }) => [from, to].map(Invoice.stream).includes(stream))
        assert.deepStrictEqual(
          ours.filter((one) => one.payment !== undefined).map(({ externalId }) => externalId),
          [owner === undefined ? to : from],
        )
      }
    }).pipe(Effect.provide(world)),
  )

  it.effect("of a range have all that nobody asked for: when those were created, only the provider knows", () =>
    Effect.gen(function* () {
      yield* busyDays
      const { orders } = yield* LoggedOrders.read("wallet-pay", all)
      const range = { from: undefined, until: DateTime.makeUnsafe("2026-03-01T11:00:00Z") }
      const before = (yield* LoggedOrders.read("wallet-pay", range)).orders
      assert.isNotEmpty(before)
      assert.deepStrictEqual(before.map(words), orders.filter(({ externalId }) => externalId === undefined).map(words))
    }).pipe(Effect.provide(world)),
  )

  it.effect("hide none behind a stream that this program cannot read", () =>
    Effect.gen(function* () {
      const store = yield* EventStore
      yield* busyDays
      const { orders } = yield* LoggedOrders.read("wallet-pay", all)
      const streams = [orders.find(({ externalId }) => externalId !== undefined)!.stream, "unmatched-wallet-pay-7003"]
      for (const stream of streams) {
        const event = { type: "Teleported", schemaVersion: 1, data: "{}", metadata: "{}" }
        const id = "00000000-0000-4000-8000-000000000000"
        yield* store.append({ key: stream, streams: [{ stream, expected: "any", events: [{ ...event, id }] }] })
      }
      const after = yield* LoggedOrders.read("wallet-pay", all)
      const unreadable = after.orders.filter(({ status }) => status === "Unreadable")
      assert.deepStrictEqual(unreadable.map(({ stream }) => stream).toSorted(), streams.toSorted())
      for (const { reason } of unreadable)
        assert.match(reason ?? "", /^The event Teleported .* does not know such an event/)
      assert.deepStrictEqual(
        new Set(unreadable.map(({ externalId, orderId }) => externalId ?? orderId)),
        new Set([streams[0]!.slice("invoice-".length), "7003"]),
      )
      const others = (all: typeof orders) => all.filter(({ stream }) => !streams.includes(stream)).map(words)
      assert.deepStrictEqual(others(after.orders), others(orders))
    }).pipe(Effect.provide(world)),
  )

  it.effect("of a range are those of the whole log, read from the range's begin on", () =>
    Effect.gen(function* () {
      const events = yield* busyDays
      const whole = new Set((yield* LoggedOrders.read("wallet-pay", all)).orders.map(words))
      const store = yield* EventStore
      let smallest = events.length
      for (const start of [0, 1, events.length >> 2, events.length >> 1, events.length - 20, events.length - 2]) {
        let read = 0
        const counting = EventStore.of({
          ...store,
          readAll: (after, limit) =>
            Effect.tap(store.readAll(after, limit), ({ length }) =>
              Effect.sync(() => (read += limit === 1 ? 0 : length)),
            ),
        })
        const from = DateTime.makeUnsafe(events[start]!.recordedAtMs)
        const { orders } = yield* LoggedOrders.read("wallet-pay", { from, until: undefined }).pipe(
          Effect.provideService(EventStore, counting),
        )
        smallest = Math.min(smallest, orders.length)
        for (const order of orders) assert.isTrue(whole.has(words(order)), words(order))
        const found = new Set(orders.map(({ stream }) => stream))
        for (const { type, stream } of events.slice(start))
          if (type === "ProviderOrderRequested") assert.isTrue(found.has(stream), `${stream}, from ${start}`)
        assert.strictEqual(read, events.length - start)
      }
      assert.isBelow(smallest, whole.size / 2)
    }).pipe(Effect.provide(world)),
  )
})
