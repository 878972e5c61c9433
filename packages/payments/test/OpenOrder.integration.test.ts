import { assert, layer } from "@effect/vitest"
import type { CustomerId } from "@paylog/domain/Invoice"
import * as Invoice from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import {
  type ListedOrder,
  type ListLine,
  type OpenOutcome,
  type OrderRequest,
  PaymentProvider,
} from "@paylog/domain/PaymentProvider"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { RetryAfter } from "@paylog/event-store/WorkerRunner"
import { Circuit, NotNow } from "@paylog/payments/Circuit"
import * as Customers from "@paylog/payments/Customers"
import * as Invoices from "@paylog/payments/Invoices"
import * as Metadata from "@paylog/payments/Metadata"
import { observe } from "@paylog/payments/Observe"
import { openOrder } from "@paylog/payments/OpenOrder"
import { expireWhenDue } from "@paylog/payments/Work"
import { Array, DateTime, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { about, order, payment, terms } from "@paylog/payments/Samples"
import { world } from "./support/world.ts"

/** A provider that answers as told, and remembers what it was asked. */
const scripted = (
  answers: ReadonlyArray<OpenOutcome | "Hang">,
  listed: ReadonlyArray<ListedOrder | ListLine> = [],
  ...counts: ReadonlyArray<number>
) => {
  const asked: Array<OrderRequest> = []
  let calls = 0
  let counted = 0
  const provider = PaymentProvider.of({
    name: "wallet-pay",
    capabilities: {
      cancelOrder: false,
      refund: false,
      listOrders: true,
      payerMustBeKnown: true,
      shortestTimeoutSeconds: 30,
      longestTimeoutSeconds: 864_000,
    },
    open: (request) =>
      Effect.suspend(() => {
        const answer = answers[asked.push(request) - 1]
        if (answer === undefined) return Effect.die(new Error("Asked more often than the test says"))
        return answer === "Hang" ? Effect.never : Effect.succeed(answer)
      }),
    get: () =>
      Effect.map(DateTime.now, (now) => ({ order: order(DateTime.add(now, { minutes: 5 })), status: "Active" })),
    list: (offset, count) =>
      Effect.sync(() => {
        calls++
        return listed
          .slice(offset, offset + count)
          .map((line, index) =>
            "_tag" in line ? line : { _tag: "Understood" as const, index: offset + index, order: line },
          )
      }),
    count: Effect.sync(() => counts[counted++] ?? listed.length),
    verify: () => Effect.die("unused"),
  })
  return { asked, listed: () => calls, layer: Layer.succeed(PaymentProvider, provider) }
}

/** An open order in the list. */
const line = (externalId: string) =>
  Effect.map(DateTime.now, (now): ListedOrder => ({
    externalId,
    orderId: externalId.replace("inv_", ""),
    status: "Active",
    orderAmount: payment(now).orderAmount,
    createdAt: now,
    expiresAt: DateTime.add(now, { minutes: 30 }),
    payment: undefined,
  }))

const heard = { provider: "wallet-pay", about }

const unknown: OpenOutcome = { _tag: "Unknown", reason: "time-out" }
const opened: Effect.Effect<OpenOutcome> = Effect.map(DateTime.now, (now) => ({
  _tag: "Opened",
  order: order(DateTime.add(now, { minutes: 30 })),
}))

let people = 0
const customer = Effect.suspend(() =>
  Customers.identify({ telegramUserId: `${7_000_000_000 + people++}`, chatId: "1", language: "en" }),
)

const issued = Effect.gen(function* () {
  yield* TestClock.setTime(Date.UTC(2026, 0, 1))
  const { customerId } = yield* customer
  const invoiceId = yield* Invoices.issue(terms(customerId, yield* DateTime.now), about)
  return { invoiceId, customerId }
})

const step = (invoiceId: Invoice.InvoiceId) => openOrder(invoiceId, { returnUrl: "https://t.me/shop_bot" }, about)

const types = (invoiceId: Invoice.InvoiceId) =>
  EventStore.use((store) =>
    Effect.map(
      store.readStream(Invoice.stream(invoiceId)),
      Array.map(({ type }) => type),
    ),
  )

const erase = (customerId: CustomerId) =>
  Database.use(({ query }) =>
    query({ name: "test-erase", text: "delete from payments.customers where customer_id = $1" }, [customerId]),
  )

/** Runs a step that is to come back later; answers in how many seconds. */
const comesBack = <R>(step: Effect.Effect<void, unknown, R>) =>
  Effect.flip(step).pipe(
    Effect.map((error) => (error instanceof RetryAfter ? error.afterMs / 1000 : assert.fail(String(error)))),
  )

layer(world, { excludeTestServices: true })("opening an order", (it) => {
  const timed = (name: string, body: () => Effect.Effect<void, unknown, Layer.Success<typeof world>>) =>
    it.effect(name, () => body().pipe(Effect.provide(TestClock.layer())))

  timed("writes the request, calls once, and records the order with its links", () =>
    Effect.gen(function* () {
      const { invoiceId } = yield* issued
      const provider = scripted([yield* opened])
      yield* step(invoiceId).pipe(Effect.provide(provider.layer))
      assert.deepStrictEqual(yield* types(invoiceId), [
        "InvoiceIssued",
        "ProviderOrderRequested",
        "ProviderOrderOpened",
      ])
      assert.deepInclude(provider.asked[0], {
        externalId: invoiceId,
        description: "Green tea × 2",
        timeoutSeconds: 1800,
        returnUrl: "https://t.me/shop_bot",
      })
      yield* step(invoiceId).pipe(Effect.provide(provider.layer))
      assert.deepStrictEqual([provider.asked.length, provider.listed()], [1, 0])
    }),
  )

  timed("learns the order of money that was heard of first, whose payment in time is then no late one", () =>
    Effect.gen(function* () {
      const { invoiceId } = yield* issued
      yield* comesBack(step(invoiceId).pipe(Effect.provide(scripted([unknown]).layer)))
      yield* TestClock.adjust("31 minutes")
      const late = payment(yield* DateTime.now)
      yield* observe({ _tag: "PaymentCompleted", externalId: invoiceId, payment: late }, heard)
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Held")

      const listed = { ...(yield* line(invoiceId)), orderId: late.orderId, status: "Paid" as const, payment: late }
      yield* step(invoiceId).pipe(Effect.provide(scripted([], [listed]).layer))
      assert.deepStrictEqual((yield* types(invoiceId)).slice(-2), ["ProviderOrderOpened", "InvoicePaid"])
      const known = scripted([])
      yield* step(invoiceId).pipe(Effect.provide(known.layer))
      assert.strictEqual(known.listed(), 0)
    }),
  )

  timed("learns the order whose end was heard of first, and does not look for ever", () =>
    Effect.gen(function* () {
      const ended = Effect.gen(function* () {
        const { invoiceId } = yield* issued
        yield* comesBack(step(invoiceId).pipe(Effect.provide(scripted([unknown]).layer)))
        const [orderId, closedAt] = [order(yield* DateTime.now).orderId, yield* DateTime.now]
        yield* observe({ _tag: "OrderClosed", externalId: invoiceId, orderId, outcome: "Cancelled", closedAt }, heard)
        return invoiceId
      })
      const found = yield* ended
      const listed = { ...(yield* line(found)), status: "Cancelled" as const }
      yield* step(found).pipe(Effect.provide(scripted([], [listed]).layer))
      assert.deepStrictEqual((yield* types(found)).slice(-2), ["InvoiceExpired", "ProviderOrderOpened"])
      assert.strictEqual((yield* Invoices.get(found))._tag, "Expired")

      const lacking = yield* ended
      const unclear: ListLine = { _tag: "NotUnderstood", index: 0, externalId: undefined, reason: "test" }
      const steps = step(lacking).pipe(Effect.provide(scripted([], [unclear]).layer))
      yield* comesBack(steps)
      yield* TestClock.adjust("1 day")
      yield* steps
      assert.strictEqual((yield* types(lacking)).at(-1), "InvoiceExpired")
    }),
  )

  timed("continues what issuing the invoice belongs to, event by event", () =>
    Effect.gen(function* () {
      const { invoiceId } = yield* issued
      const worker: Metadata.About = { actor: { kind: "Worker", id: "order-opener" }, source: "Worker" }
      yield* openOrder(invoiceId, {}, worker).pipe(Effect.provide(scripted([yield* opened]).layer))
      const events = yield* EventStore.use((store) => store.readStream(Invoice.stream(invoiceId)))
      const metadata = events.map(Metadata.of)
      assert.deepStrictEqual(
        metadata.map(({ correlationId }) => correlationId),
        ["test", "test", "test"],
      )
      assert.deepStrictEqual(
        metadata.map(({ causationId }) => causationId),
        [undefined, events[0]?.id, events[1]?.id],
      )
    }),
  )

  timed("has the request in the log before the call, so that a crash in between repeats the same one", () =>
    Effect.gen(function* () {
      const { invoiceId } = yield* issued
      const provider = scripted(["Hang", yield* opened])
      const first = yield* Effect.forkChild(step(invoiceId).pipe(Effect.provide(provider.layer)))
      while (provider.asked.length === 0) yield* Effect.promise(() => new Promise(setImmediate))
      assert.deepStrictEqual(yield* types(invoiceId), ["InvoiceIssued", "ProviderOrderRequested"])
      first.interruptUnsafe()

      assert.strictEqual(yield* comesBack(step(invoiceId).pipe(Effect.provide(provider.layer))), 15)
      yield* TestClock.adjust("15 seconds")
      yield* step(invoiceId).pipe(Effect.provide(provider.layer))
      assert.deepStrictEqual(provider.asked[1], provider.asked[0])
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "AwaitingPayment")
      assert.deepStrictEqual((yield* types(invoiceId)).slice(2), ["ProviderOutcomeUnknown", "ProviderOrderOpened"])
    }),
  )

  timed("repeats an unknown outcome with the identical request, then only looks into the list", () =>
    Effect.gen(function* () {
      const { invoiceId } = yield* issued
      const now = yield* DateTime.now
      const other: ListedOrder = {
        externalId: "another",
        orderId: "1",
        status: "Active",
        orderAmount: { currency: "USD", unread: "1.234" },
        createdAt: now,
        expiresAt: now,
        payment: undefined,
      }
      const provider = scripted(Array.replicate(unknown, 8), [other])
      for (let tries = 1; tries <= 8; tries++) {
        assert.strictEqual(yield* comesBack(step(invoiceId).pipe(Effect.provide(provider.layer))), 15)
        assert.strictEqual(provider.asked.length, tries)
        yield* TestClock.adjust("15 seconds")
      }
      assert.strictEqual(yield* comesBack(step(invoiceId).pipe(Effect.provide(provider.layer))), 30)
      assert.strictEqual(provider.asked.length, 8)
      for (const request of provider.asked) assert.deepStrictEqual(request, provider.asked[0])
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Unknown")

      const found = scripted([], [other, { ...(yield* line(invoiceId)), orderId: "2" }])
      yield* step(invoiceId).pipe(Effect.provide(found.layer))
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "AwaitingPayment")
    }),
  )

  timed("takes a conflict for no refusal, never repeats it, and looks into the list at once", () =>
    Effect.gen(function* () {
      const { invoiceId } = yield* issued
      const provider = scripted([{ _tag: "Conflict" }])
      const seconds = yield* comesBack(step(invoiceId).pipe(Effect.provide(provider.layer)))
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Unknown")
      assert.deepStrictEqual((yield* types(invoiceId)).slice(2), ["ProviderOrderConflicted"])
      assert.strictEqual(seconds, 15)
      yield* TestClock.adjust({ seconds })
      yield* comesBack(step(invoiceId).pipe(Effect.provide(provider.layer)))
      assert.strictEqual(provider.asked.length, 1)

      const reused = yield* issued
      const found = scripted([{ _tag: "Conflict" }], [yield* line(reused.invoiceId)])
      yield* step(reused.invoiceId).pipe(Effect.provide(found.layer))
      assert.strictEqual((yield* Invoices.get(reused.invoiceId))._tag, "AwaitingPayment")
    }),
  )

  timed("shows nobody the link of an order at another price, and holds what is paid of it", () =>
    Effect.gen(function* () {
      const { invoiceId } = yield* issued
      const listed = yield* line(invoiceId)
      assert.ok(Money.isMoney(listed.orderAmount))
      for (const orderAmount of [
        Money.of(listed.orderAmount.currency, listed.orderAmount.minor + 1n),
        Money.of("EUR", listed.orderAmount.minor),
      ]) {
        const found = scripted([{ _tag: "Conflict" }], [{ ...listed, orderAmount }])
        assert.strictEqual(yield* comesBack(step(invoiceId).pipe(Effect.provide(found.layer))), 15)
        assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Unknown")
        yield* TestClock.adjust("15 seconds")
      }
      assert.notInclude(yield* types(invoiceId), "ProviderOrderOpened")
      const closed = scripted([], [{ ...listed, orderAmount: Money.of("EUR", 1n), status: "Expired" }])
      yield* step(invoiceId).pipe(Effect.provide(closed.layer))
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Expired")
    }),
  )

  timed("calls an order absent only after a whole list, read long enough after the last try, lacks it", () =>
    Effect.gen(function* () {
      const { invoiceId } = yield* issued
      yield* comesBack(step(invoiceId).pipe(Effect.provide(scripted([unknown]).layer)))
      yield* TestClock.adjust("6 minutes")
      const list = [yield* line("another")]
      assert.strictEqual(yield* comesBack(step(invoiceId).pipe(Effect.provide(scripted([], list).layer))), 60)
      yield* TestClock.adjust("1 minute")
      const strange = (externalId: string | undefined): ListLine => ({
        _tag: "NotUnderstood",
        index: 1,
        externalId,
        reason: "test",
      })
      for (const unclear of [strange(undefined), strange(invoiceId)]) {
        const provider = scripted([], [...list, unclear])
        yield* comesBack(step(invoiceId).pipe(Effect.provide(provider.layer)))
      }
      for (const provider of [scripted([], list, 2), scripted([], list, 1, 0)])
        yield* comesBack(step(invoiceId).pipe(Effect.provide(provider.layer)))
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Unknown")

      yield* step(invoiceId).pipe(Effect.provide(scripted([], [...list, strange("of another")]).layer))
      assert.deepStrictEqual((yield* types(invoiceId)).slice(3), ["ProviderOrderAbsent", "InvoiceExpired"])
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Expired")
    }),
  )

  timed("finds an order of a long list, whatever else is in it", () =>
    Effect.gen(function* () {
      const { invoiceId } = yield* issued
      yield* comesBack(step(invoiceId).pipe(Effect.provide(scripted([unknown]).layer)))
      const old = { ...(yield* line("old")), createdAt: DateTime.makeUnsafe(0) }
      const list = [...Array.replicate(old, 1000), ...Array.replicate(yield* line("new"), 200), yield* line(invoiceId)]
      const provider = scripted([], list)
      yield* TestClock.adjust("3 minutes")
      yield* step(invoiceId).pipe(Effect.provide(provider.layer))
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "AwaitingPayment")
      assert.isBelow(provider.listed(), 20)
    }),
  )

  timed("writes and sends nothing while the provider is left alone", () =>
    Effect.gen(function* () {
      const { invoiceId } = yield* issued
      const provider = scripted([yield* opened])
      const left = Circuit.of({ admit: Effect.suspend(() => new NotNow({ afterMs: 4000 })) })
      const seconds = yield* comesBack(
        step(invoiceId).pipe(Effect.provideService(Circuit, left), Effect.provide(provider.layer)),
      )
      assert.strictEqual(seconds, 4)
      yield* TestClock.adjust("2 minutes")
      const later = step(invoiceId).pipe(Effect.provideService(Circuit, left), Effect.provide(provider.layer))
      assert.strictEqual(yield* comesBack(later), 30)
      assert.deepStrictEqual(yield* types(invoiceId), ["InvoiceIssued"])
      assert.strictEqual(provider.asked.length, 0)

      const untried = scripted([{ _tag: "NotTried", retryAfterMs: 7000 }])
      assert.strictEqual(yield* comesBack(step(invoiceId).pipe(Effect.provide(untried.layer))), 7)
      assert.deepStrictEqual(yield* types(invoiceId), ["InvoiceIssued", "ProviderOrderRequested"])
    }),
  )

  timed("believes no refusal of a repetition after a crash", () =>
    Effect.gen(function* () {
      const { invoiceId } = yield* issued
      const provider = scripted(["Hang", { _tag: "Refused", reason: "ACCESS_DENIED" }])
      const first = yield* Effect.forkChild(step(invoiceId).pipe(Effect.provide(provider.layer)))
      while (provider.asked.length === 0) yield* Effect.promise(() => new Promise(setImmediate))
      first.interruptUnsafe()
      yield* TestClock.adjust("15 seconds")
      assert.strictEqual(yield* comesBack(step(invoiceId).pipe(Effect.provide(provider.layer))), 15)
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Unknown")
    }),
  )

  timed("takes a payment and an end from the provider's list, and gives an unknown order up in the end", () =>
    Effect.gen(function* () {
      const lost = Effect.gen(function* () {
        const { invoiceId } = yield* issued
        yield* comesBack(step(invoiceId).pipe(Effect.provide(scripted([unknown]).layer)))
        yield* TestClock.adjust("2 minutes")
        return invoiceId
      })
      const line = (externalId: string, now: DateTime.Utc): ListedOrder => ({
        externalId,
        orderId: externalId.slice(4),
        status: "Paid",
        orderAmount: payment(now).orderAmount,
        createdAt: now,
        expiresAt: DateTime.add(now, { minutes: 30 }),
        payment: payment(now, { orderId: externalId.slice(4) }),
      })
      const [paid, expired, absent] = [yield* lost, yield* lost, yield* lost]
      const now = yield* DateTime.now
      const list = [line(paid, now), { ...line(expired, now), status: "Expired" as const, payment: undefined }]
      yield* step(paid).pipe(Effect.provide(scripted([], list).layer))
      yield* step(expired).pipe(Effect.provide(scripted([], list).layer))
      assert.strictEqual((yield* Invoices.get(paid))._tag, "Paid")
      assert.strictEqual((yield* Invoices.get(expired))._tag, "Expired")

      yield* comesBack(step(absent).pipe(Effect.provide(scripted([], list).layer)))
      const expires = expireWhenDue(absent, about, 0).pipe(Effect.provide(scripted([]).layer))
      const seconds = yield* comesBack(expires)
      yield* TestClock.adjust({ seconds })
      yield* expires
      assert.strictEqual((yield* Invoices.get(absent))._tag, "Expired")
      yield* step(absent).pipe(Effect.provide(scripted([]).layer))
    }),
  )

  timed("records a refusal, and one for a customer whose details were erased", () =>
    Effect.gen(function* () {
      const refused = yield* issued
      yield* step(refused.invoiceId).pipe(
        Effect.provide(scripted([{ _tag: "Refused", reason: "ACCESS_DENIED" }]).layer),
      )
      assert.strictEqual((yield* Invoices.get(refused.invoiceId))._tag, "Refused")

      const erased = yield* issued
      yield* erase(erased.customerId)
      yield* step(erased.invoiceId).pipe(Effect.provide(scripted([]).layer))
      assert.strictEqual((yield* Invoices.get(erased.invoiceId))._tag, "Refused")
    }),
  )

  timed("never takes an erased customer for a refusal once an answer was lost", () =>
    Effect.gen(function* () {
      const { invoiceId, customerId } = yield* issued
      const provider = scripted([unknown])
      yield* comesBack(step(invoiceId).pipe(Effect.provide(provider.layer)))
      yield* erase(customerId)
      yield* TestClock.adjust("15 seconds")
      assert.strictEqual(yield* comesBack(step(invoiceId).pipe(Effect.provide(provider.layer))), 15)
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Unknown")
    }),
  )

  timed("opens nothing that could not be paid in time", () =>
    Effect.gen(function* () {
      const { invoiceId } = yield* issued
      yield* TestClock.adjust({ minutes: 29, seconds: 31 })
      yield* step(invoiceId).pipe(Effect.provide(scripted([]).layer))
      assert.deepStrictEqual(yield* types(invoiceId), ["InvoiceIssued"])
    }),
  )
})
