import { assert, layer } from "@effect/vitest"
import type { Observation } from "@paylog/domain/PaymentProvider"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { WorkQueue } from "@paylog/event-store/WorkQueue"
import * as Customers from "@paylog/payments/Customers"
import type { CustomerId } from "@paylog/domain/Invoice"
import * as Deliveries from "@paylog/payments/Deliveries"
import * as Sending from "@paylog/payments/Sending"
import * as InvoiceRows from "@paylog/payments/InvoiceRows"
import { observe } from "@paylog/payments/Observe"
import { OrderList } from "@paylog/payments/OrderList"
import * as Polls from "@paylog/payments/Polls"
import * as Work from "@paylog/payments/Work"
import { DateTime, Effect, Option } from "effect"
import { awaitingOf, heard, orderId, payment } from "@paylog/payments/Samples"
import { world } from "./support/world.ts"

const person = { telegramUserId: "7123456789", chatId: "7123456788", language: "en" }

/** An invoice from its issue to its payment. */
const lifeCycle = Effect.gen(function* () {
  const now = yield* DateTime.now
  const { customerId } = yield* Customers.identify(person)
  const { invoiceId } = yield* awaitingOf(customerId, { orderId })
  const paid: Observation = { _tag: "PaymentCompleted", externalId: invoiceId, payment: payment(now) }
  yield* observe(paid, heard)
  return { customerId, invoiceId }
})

/** The invoice's message, when it has something new to show. */
const pendingStatus = Effect.fnUntraced(function* ({ customerId, invoiceId }: Effect.Success<typeof lifeCycle>) {
  return (yield* Deliveries.pending(customerId)).find((delivery) => delivery.invoiceId === invoiceId)
})

const pace: Sending.Pace = { perSecond: 1000, perChatPerSecond: 1000 }

/** As a sender gets it. The claim ends at once. */
const claimed = Effect.fnUntraced(function* (customerId: CustomerId) {
  const open = Effect.map(Sending.claim(10, 0, pace), (claims) =>
    claims.find((claim) => claim.customerId === customerId),
  )
  const claim = yield* Effect.repeat(open, { until: (found) => found !== undefined, times: 1000 })
  assert.isDefined(claim)
  return claim
})

const caughtUp = Effect.gen(function* () {
  const runner = yield* FollowerRunner
  const head = yield* (yield* EventStore).head
  for (const { name } of [InvoiceRows.follower, Work.follower, Deliveries.follower])
    yield* runner.awaitBookmark(name, head, "20 seconds")
})

const followers = Effect.gen(function* () {
  const runner = yield* FollowerRunner
  yield* Effect.forkScoped(runner.run(InvoiceRows.follower))
  yield* Effect.forkScoped(runner.run(Work.follower))
  yield* Effect.forkScoped(runner.run(Deliveries.follower))
})

layer(world, { excludeTestServices: true })("followers", (it) => {
  it.effect("bring the row, the due work and the customer's message", () =>
    Effect.gen(function* () {
      yield* followers
      const { customerId, invoiceId } = yield* lifeCycle
      yield* caughtUp

      const row = Option.getOrThrow(yield* InvoiceRows.find(invoiceId))
      assert.deepInclude(row, {
        customerId,
        status: "Paid",
        title: "Green tea × 2",
        currency: "USD",
        amount: "12.50",
        orderId: "10030467668508673",
        paidCurrency: "USDT",
        gross: "12.500000",
        fee: "0.125000",
        net: "12.375000",
        heldPayments: 0,
        fulfilledAt: null,
        version: 5,
      })
      assert.deepStrictEqual(yield* InvoiceRows.list(customerId, { offset: 0, limit: 10 }), [row])
      assert.deepStrictEqual(yield* InvoiceRows.list(customerId, { offset: 1, limit: 10 }), [])

      const { orderNumber } = row
      assert.isNotNull(orderNumber)
      for (const number of [orderNumber, orderNumber.toLowerCase(), invoiceId])
        assert.deepStrictEqual(yield* InvoiceRows.findNumbered(customerId, number), Option.some(row))
      assert.deepStrictEqual(yield* InvoiceRows.findNumbered(customerId, "no such number"), Option.none())
      const other = yield* Customers.identify({ ...person, telegramUserId: "1" })
      assert.deepStrictEqual(yield* InvoiceRows.findNumbered(other.customerId, orderNumber), Option.none())

      const work = yield* WorkQueue
      const [toOpen, toAskAfter, toExpire] = yield* Effect.all([
        work.claim(Work.openOrders, 10, "1 minute"),
        work.claim(Polls.queue, 10, "1 minute"),
        work.claim(Work.expiries, 10, "1 minute"),
      ])
      assert.deepStrictEqual(
        toOpen.map(({ key }) => key),
        [invoiceId],
      )
      assert.deepStrictEqual(
        toAskAfter.map(({ key }) => key),
        [invoiceId],
      )
      const inList = { from: 0, until: 1, openedBefore: DateTime.add(yield* DateTime.now, { hours: 1 }) }
      assert.deepStrictEqual(yield* OrderList.use((orders) => orders.tally("wallet-pay", inList)), {
        ours: 0,
        missing: 1,
      })
      assert.deepStrictEqual(toExpire, [])
      const toSend = yield* Sending.claim(10, 0, pace)
      assert.isTrue(toSend.some((claim) => claim.customerId === customerId))
      const [status, ...others] = yield* Deliveries.pending(customerId)
      assert.deepInclude(status, { deliveryId: Deliveries.statusId(invoiceId), invoiceId, body: null, messageId: null })
      assert.deepStrictEqual(others, [])
    }),
  )

  it.effect("make a message due again for what happens while it is being sent", () =>
    Effect.gen(function* () {
      yield* followers
      const paid = yield* lifeCycle
      yield* caughtUp
      const before = yield* pendingStatus(paid)
      assert.isDefined(before)
      const other = payment(yield* DateTime.now, { orderId: "another" })
      yield* observe({ _tag: "PaymentCompleted", externalId: paid.invoiceId, payment: other }, heard)
      yield* caughtUp
      yield* Sending.shown(yield* claimed(paid.customerId), before, { messageId: "1", pace })
      const after = yield* pendingStatus(paid)
      assert.isDefined(after)
      assert.isAbove(after.revision, before.revision)
      assert.strictEqual(after.messageId, "1")
      yield* Sending.shown(yield* claimed(paid.customerId), after, { messageId: "1", pace })
      assert.isUndefined(yield* pendingStatus(paid))
    }),
  )

  it.effect("try a message again that was set aside, once it changes", () =>
    Effect.gen(function* () {
      yield* followers
      const paid = yield* lifeCycle
      yield* caughtUp
      const status = yield* pendingStatus(paid)
      assert.isDefined(status)
      yield* Sending.park(yield* claimed(paid.customerId), status, "refused", pace)
      assert.isUndefined(yield* pendingStatus(paid))
      const other = payment(yield* DateTime.now, { orderId: "another" })
      yield* observe({ _tag: "PaymentCompleted", externalId: paid.invoiceId, payment: other }, heard)
      yield* caughtUp
      assert.isDefined(yield* pendingStatus(paid))
    }),
  )

  it.effect("write the same rows whether events come one by one or all at once", () =>
    Effect.gen(function* () {
      const store = yield* EventStore
      const database = yield* Database
      for (let i = 0; i < 3; i++) yield* lifeCycle
      const events = yield* store.readAll(0n, 1000)
      const rows = { name: "test-rows", text: "select * from payments.invoices order by invoice_id" }
      const clear = { name: "test-clear", text: "delete from payments.invoices" }

      const written = Effect.fnUntraced(function* (batch: number) {
        yield* database.query(clear)
        for (let i = 0; i < events.length; i += batch)
          yield* database.transaction((sql) => InvoiceRows.follower.apply(events.slice(i, i + batch), sql))
        return yield* database.query(rows)
      })
      const atOnce = yield* written(1000)
      assert.isAbove(atOnce.length, 2)
      assert.deepStrictEqual(yield* written(1), atOnce)
      assert.deepStrictEqual(yield* written(3), atOnce)
    }),
  )

  it.effect("take one order id of two invoices for one order, and park nothing", () =>
    Effect.gen(function* () {
      for (let i = 0; i < 2; i++) yield* lifeCycle
      const events = yield* (yield* EventStore).readAll(0n, 1000)
      yield* (yield* Database).transaction((sql) => Work.follower.apply(events, sql))
      const orders = yield* OrderList
      const [index, createdAt] = [0, yield* DateTime.now]
      const place = { orderId: "1", externalId: "x", index, createdAt, ours: true, ended: false }
      yield* orders.note("wallet-pay", [{ ...place, index: 7 }, place])
      assert.strictEqual(yield* orders.locate("wallet-pay", "1"), 0)
    }),
  )

  it.effect("leave nothing in the log that names or numbers a person", () =>
    Effect.gen(function* () {
      yield* lifeCycle
      const log = yield* (yield* Database).query<{ readonly line: string }>({
        name: "test-log-text",
        text: "select events::text || encode(coalesce(append_key, '')::bytea, 'escape') as line from paylog.events",
      })
      assert.isAbove(log.length, 4)
      for (const { line } of log) assert.notMatch(line, /712345678/)
    }),
  )
})
