/** Who is written to next, and how fast: what claims give, whatever Telegram answers. */
import { assert, layer } from "@effect/vitest"
import type { CustomerId } from "@paylog/domain/Invoice"
import { sabotaged } from "@paylog/event-store/conformance/sabotaged"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as Customers from "@paylog/payments/Customers"
import * as Deliveries from "@paylog/payments/Deliveries"
import * as Invoices from "@paylog/payments/Invoices"
import { observe } from "@paylog/payments/Observe"
import * as Sending from "@paylog/payments/Sending"
import { DateTime, Deferred, Effect, Fiber, type Layer } from "effect"
import { about, awaitingOf, heard, payment } from "@paylog/payments/Samples"

import { world } from "./support/world.ts"

const fast: Sending.Pace = { perSecond: 1000, perChatPerSecond: 1000 }

const sql = (text: string) => Database.use(({ query }) => query<Record<string, unknown>>({ name: "", text }))

/** Nothing waits, and nobody was ever written to. */
const nothing = Effect.gen(function* () {
  yield* sql("truncate payments.deliveries, payments.recipients, payments.customers")
  yield* sql("update payments.sending set next_at = '-infinity'")
})

let people = 0

const customer = Effect.suspend(() => {
  const id = String(7_000_000_000 + people++)
  return Effect.map(
    Customers.identify({ telegramUserId: id, chatId: id, language: "en" }),
    ({ customerId }) => customerId,
  )
})

let messages = 0

const add = (customerId: CustomerId, priority: Deliveries.Priority) =>
  Database.use(({ transaction }) =>
    transaction((sql) => Deliveries.add(sql, { deliveryId: `test/${messages++}`, customerId, body: "{}", priority })),
  )

/** Whoever is next, one by one until nobody is due. */
const inTurn = Effect.gen(function* () {
  const turns: Array<CustomerId> = []
  while (true) {
    const [claim] = yield* Sending.claim(1, "1 minute", fast)
    if (claim === undefined) return turns
    turns.push(claim.customerId)
  }
})

/** Claims the one who is due. */
const next = Effect.gen(function* () {
  const [claim] = yield* Sending.claim(1, "1 minute", fast)
  assert(claim?.delivery !== undefined)
  return { claim, delivery: claim.delivery }
})

/** A chat in which a status waits, another one with a receipt, and then a receipt in the first: who is next? */
const receiptAfterStatus = Effect.gen(function* () {
  yield* nothing
  const [ann, ben] = [yield* customer, yield* customer]
  yield* add(ann, "status")
  yield* add(ben, "receipt")
  yield* add(ann, "receipt")
  return (yield* inTurn)[0] === ben
})

/** A status comes while a receipt is on its way in the same chat; then a receipt elsewhere: who is next? */
const statusMeanwhile = Effect.gen(function* () {
  yield* nothing
  const [ann, ben] = [yield* customer, yield* customer]
  yield* add(ann, "receipt")
  const { claim, delivery } = yield* next
  yield* add(ann, "status")
  yield* Sending.shown(claim, delivery, { messageId: "1", pace: fast })
  yield* Effect.sleep("5 millis")
  yield* add(ben, "receipt")
  return (yield* inTurn)[0] === ben
})

/** The same within one message: a paid invoice is delivered while its receipt is on its way. */
const changeMeanwhile = Effect.gen(function* () {
  yield* nothing
  const [ann, ben] = [yield* customer, yield* customer]
  const { invoiceId, orderId } = yield* awaitingOf(ann)
  yield* observe(
    {
      _tag: "PaymentCompleted",
      externalId: invoiceId,
      payment: payment(yield* DateTime.now, { orderId }),
    },
    heard,
  )
  yield* followed
  const { claim, delivery } = yield* next
  const done = { _tag: "RecordFulfilled", reference: "parcel/1", at: yield* DateTime.now } as const
  yield* Invoices.command(invoiceId, "fulfilled", done, about)
  yield* followed
  yield* Sending.shown(claim, delivery, { messageId: "1", status: invoiceId, pace: fast })
  yield* Effect.sleep("5 millis")
  yield* add(ben, "receipt")
  return (yield* inTurn)[0] === ben
})

const followed = Effect.gen(function* () {
  const head = yield* (yield* EventStore).head
  yield* (yield* FollowerRunner).awaitBookmark(Deliveries.follower.name, head, "20 seconds")
})

/** Telegram tells so many chats to wait for a minute: does another one that is due have to wait too? */
const waitsAfter = Effect.fnUntraced(function* (refused: number) {
  yield* nothing
  for (let n = 0; n < refused; n++) {
    yield* add(yield* customer, "answer")
    const { claim } = yield* next
    yield* Sending.later(claim, { afterMs: 60_000, tooFast: true, pace: fast })
  }
  yield* add(yield* customer, "answer")
  return (yield* inTurn).length === 0
})

/** One in ten seconds. */
const slow: Sending.Pace = { perSecond: 0.1, perChatPerSecond: 1 }

/** How many messages may come at once, of two processes with much to send? */
const burst = Effect.fnUntraced(function* (second: Layer.Layer<Database, never, Database> | undefined) {
  yield* nothing
  for (let n = 0; n < 20; n++) yield* add(yield* customer, "answer")
  const one = yield* Sending.claim(32, "1 minute", slow)
  const other = Sending.claim(32, "1 minute", slow)
  return one.length + (yield* second === undefined ? other : Effect.provide(other, second)).length
})

layer(world, { excludeTestServices: true })("messages", (it) => {
  it.effect("of one urgency go in the order in which they came, whatever less urgent waited before", () =>
    Effect.gen(function* () {
      assert.isTrue(yield* receiptAfterStatus)
      const { layer, wasRun } = sabotaged("when excluded.priority < recipient.priority then", "when false then")
      assert.isFalse(yield* Effect.provide(receiptAfterStatus, layer))
      assert.isTrue(wasRun())
    }),
  )

  it.effect("are as urgent as they are, not as what was on its way when they came", () =>
    Effect.gen(function* () {
      assert.isTrue(yield* statusMeanwhile)
      const { layer, wasRun } = sabotaged(
        "least(recipient.renewed_priority, coalesce(next.priority, 9))",
        "least(recipient.priority, coalesce(next.priority, 9))",
      )
      assert.isFalse(yield* Effect.provide(statusMeanwhile, layer))
      assert.isTrue(wasRun())
    }),
  )

  it.effect("that change while they are shown are as urgent as the change", () =>
    Effect.gen(function* () {
      yield* Effect.forkScoped((yield* FollowerRunner).run(Deliveries.follower))
      assert.isTrue(yield* changeMeanwhile)
      const { layer, wasRun } = sabotaged(
        "least(recipient.renewed_priority, coalesce(next.priority, 9))",
        "least(recipient.priority, coalesce(next.priority, 9))",
      )
      assert.isFalse(yield* Effect.provide(changeMeanwhile, layer))
      assert.isTrue(wasRun())
    }).pipe(Effect.scoped),
  )

  it.effect("to one chat that Telegram has wait hold up no other, nor do those to two", () =>
    Effect.gen(function* () {
      assert.isFalse(yield* waitsAfter(1))
      assert.isFalse(yield* waitsAfter(2))
      const everybody = sabotaged(">= 3", ">= 1")
      assert.isTrue(yield* Effect.provide(waitsAfter(1), everybody.layer))
      assert.isTrue(everybody.wasRun())
    }),
  )

  it.effect("wait all once Telegram has refused three chats within seconds, for as long as it said", () =>
    Effect.gen(function* () {
      assert.isTrue(yield* waitsAfter(3))
      const ms = yield* Sending.nextDueMs(fast)
      assert.isAbove(ms ?? 0, 50_000)
      assert.isAtMost(ms ?? 0, 60_000)
      const nobody = sabotaged(">= 3", ">= 99")
      assert.isFalse(yield* Effect.provide(waitsAfter(3), nobody.layer))
    }),
  )

  it.effect("of all processes share one pace", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* burst(undefined), 1)
      yield* sql("create table payments.sending_2 as select true as one, '-infinity'::timestamptz as next_at")
      const own = sabotaged("payments.sending", "payments.sending_2")
      assert.strictEqual(yield* burst(own.layer), 2)
      assert.isTrue(own.wasRun())
    }),
  )

  it.effect("to everybody reach each customer once, after whatever else waits for them", () =>
    Effect.gen(function* () {
      yield* nothing
      const [ann, ben] = [yield* customer, yield* customer]
      const news = (broadcastId: string) => Deliveries.broadcast({ broadcastId, body: '{"news":1}' })
      assert.strictEqual(yield* news("one"), 2)
      assert.strictEqual(yield* news("one"), 0)
      yield* add(ann, "status")
      const cat = yield* customer
      assert.strictEqual(yield* news("one"), 1)
      assert.deepStrictEqual(yield* news("two"), 3)

      const shown: Array<string> = []
      while (true) {
        const [claim] = yield* Sending.claim(1, "1 minute", fast)
        if (claim === undefined) break
        assert(claim.delivery !== undefined)
        shown.push(claim.delivery.deliveryId)
        yield* Sending.shown(claim, claim.delivery, { messageId: "1", pace: fast })
        yield* Effect.sleep("2 millis")
      }
      assert.match(shown[0] ?? "", /^test\//)
      assert.sameMembers(
        shown.slice(1),
        ["one", "two"].flatMap((id) => [ann, ben, cat].map((one) => `broadcast/${id}/${one}`)),
      )
      for (const one of [ann, ben, cat])
        assert.deepStrictEqual(
          shown.filter((id) => id.endsWith(one)),
          [`broadcast/one/${one}`, `broadcast/two/${one}`],
        )
    }),
  )

  it.effect("to one process: what another does late moves no message, and tells only that one arrived", () =>
    Effect.gen(function* () {
      yield* nothing
      const one = yield* customer
      yield* add(one, "answer")
      const message = Effect.map(
        sql("select message_id, sends, shown, parked_reason from payments.deliveries"),
        ([row]) => row,
      )

      // It stalls while it sends, and so does the next; a third one gives up.
      const late = yield* next
      assert.strictEqual(yield* Sending.begin(late.claim, late.delivery), 1)
      yield* sql("update payments.recipients set due_at = clock_timestamp(), open_at = '-infinity'")
      const second = yield* next
      assert.strictEqual(yield* Sending.begin(second.claim, second.delivery), 2)
      yield* Sending.park(second.claim, second.delivery, "SentTwice", fast)
      yield* Sending.park(late.claim, late.delivery, "late", fast)
      yield* Sending.notSent(late.claim, late.delivery)
      assert.deepInclude(yield* message, { message_id: null, sends: 1, shown: 0, parked_reason: "SentTwice" })
      yield* Sending.shown(late.claim, late.delivery, { messageId: "1", pace: fast })
      assert.deepInclude(yield* message, { message_id: "1", sends: 0, shown: 1, parked_reason: null })
      yield* Sending.shown(second.claim, second.delivery, { messageId: "2", pace: fast })
      assert.deepInclude(yield* message, { message_id: "2" })
      yield* Sending.shown(late.claim, late.delivery, { messageId: "1", pace: fast })
      assert.deepInclude(yield* message, { message_id: "2" })
    }),
  )

  it.effect("also when they were added while a claim that does not see them waited for another process's", () =>
    Effect.gen(function* () {
      yield* nothing
      const one = yield* customer
      yield* add(one, "answer")
      const { claim, delivery } = yield* next
      yield* Sending.shown(claim, delivery, { messageId: "1", pace: fast })
      const { transaction } = yield* Database
      // Once more, which adds nothing, and makes them due.
      yield* transaction((sql) =>
        Deliveries.add(sql, { deliveryId: delivery.deliveryId, customerId: one, body: "{}", priority: "answer" }),
      )
      const [held, over] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const other = yield* Effect.forkChild(
        transaction((sql) =>
          sql
            .query({ name: "", text: "select from payments.sending for update" })
            .pipe(Effect.andThen(Deferred.succeed(held, undefined)), Effect.andThen(Deferred.await(over))),
        ),
      )
      yield* Deferred.await(held)
      const claiming = yield* Effect.forkChild(Sending.claim(1, "1 minute", fast))
      const waits = sql(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%payments.sending%'`,
      )
      yield* Effect.repeat(waits, { until: (rows) => rows.length > 0 }).pipe(Effect.timeout("20 seconds"))
      yield* add(one, "answer")
      yield* Deferred.succeed(over, undefined)
      yield* Fiber.join(other)
      const [unseeing] = yield* Fiber.join(claiming)
      assert(unseeing !== undefined)
      assert.isUndefined(unseeing.delivery)
      yield* Sending.rest(unseeing, false)
      assert.strictEqual((yield* next).delivery.deliveryId, `test/${messages - 1}`)
    }),
  )

  it.effect("to everybody are added 500 at a time, so that nobody's own messages wait for all of them", () =>
    Effect.gen(function* () {
      yield* nothing
      yield* sql(`insert into payments.customers (customer_id, telegram_user_id, chat_id, language)
        select 'cus_' || n, n::text, n::text, 'en' from generate_series(1, 1000) as n`)
      const news = { broadcastId: "many", body: '{"news":1}' }
      assert.strictEqual(yield* Deliveries.broadcast(news), 1000)
      const [row] = yield* sql(
        "select count(*)::int, count(distinct xmin::text)::int as transactions from payments.deliveries",
      )
      assert.deepStrictEqual(row, { count: 1000, transactions: 2 })
      // As when it is cut off.
      yield* sql("delete from payments.deliveries where customer_id > 'cus_4'")
      assert.strictEqual(
        yield* Deliveries.broadcast(news),
        (yield* sql("select from payments.customers where customer_id > 'cus_4'")).length,
      )
      assert.strictEqual(yield* Deliveries.broadcast(news), 0)
    }),
  )
})
