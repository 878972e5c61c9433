/** In which order customers' messages are claimed to be sent. */
import { assert, layer } from "@effect/vitest"
import type { CustomerId } from "@paylog/domain/Invoice"
import { sabotaged } from "@paylog/event-store/conformance/sabotaged"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as Deliveries from "@paylog/payments/Deliveries"
import * as Ids from "@paylog/payments/Ids"
import * as Sending from "@paylog/payments/Sending"
import { Clock, Effect } from "effect"
import { awaitingOf } from "@paylog/payments/Samples"
import { pay } from "./support/money.ts"
import { world } from "./support/world.ts"

/** So fast that only order counts. */
const fast: Sending.Pace = { perSecond: 10_000, perChatPerSecond: 10_000 }

const following = Effect.gen(function* () {
  yield* Effect.forkScoped((yield* FollowerRunner).run(Deliveries.follower))
})

const caughtUp = Effect.gen(function* () {
  const head = yield* (yield* EventStore).head
  yield* (yield* FollowerRunner).awaitBookmark(Deliveries.follower.name, head, "20 seconds")
})

const add = (customerId: CustomerId, deliveryId: string, priority: Deliveries.Priority) =>
  Database.use(({ transaction }) =>
    transaction((sql) => Deliveries.add(sql, { deliveryId, customerId, body: "{}", priority })),
  )

let message = 0

/** Claims and shows, one at a time, until nothing waits; what was shown, in order. */
const sent = Effect.gen(function* () {
  const shown: Array<string> = []
  while (true) {
    const waitMs = yield* Sending.nextDueMs(fast)
    if (waitMs === undefined) return shown
    yield* Effect.sleep(Math.max(0, waitMs))
    for (const claim of yield* Sending.claim(1, "10 seconds", fast)) {
      const { delivery } = claim
      if (delivery === undefined) {
        yield* Sending.rest(claim, false)
        continue
      }
      shown.push(delivery.deliveryId)
      const messageId = delivery.messageId ?? `${++message}`
      yield* Sending.shown(claim, delivery, { messageId, pace: fast })
    }
  }
})

/** A customer whose invoice waits for its payment in a message of its own. */
const buyer = Effect.gen(function* () {
  const customerId = yield* Ids.customerId
  const { invoiceId, orderId } = yield* awaitingOf(customerId)
  yield* caughtUp
  assert.deepStrictEqual(yield* sent, [Deliveries.statusId(invoiceId)])
  const paid = pay(invoiceId, { orderId })
  return { customerId, receipt: Deliveries.statusId(invoiceId), paid, pay: Effect.andThen(paid, caughtUp) }
})

layer(world, { excludeTestServices: true })("messages are sent", (it) => {
  it.effect("receipts first, then goods in order, then news: over all chats", () =>
    Effect.gen(function* () {
      yield* following
      const ada = yield* buyer
      const bob = yield* buyer
      const eve = yield* buyer
      yield* add(eve.customerId, "news-of-eve", "broadcast")
      yield* add(ada.customerId, "goods-of-ada", "status")
      yield* add(bob.customerId, "goods-of-bob", "status")
      yield* eve.pay
      yield* bob.pay
      assert.deepStrictEqual(yield* sent, [eve.receipt, bob.receipt, "goods-of-ada", "goods-of-bob", "news-of-eve"])
    }).pipe(Effect.scoped),
  )

  it.effect("receipts before answers, however many people press, and though who pays presses too", () =>
    Effect.gen(function* () {
      yield* following
      const ada = yield* buyer
      const bob = yield* buyer
      const pressing = yield* Effect.forEach(Array.from({ length: 30 }), () => Ids.customerId)
      yield* Effect.forEach(pressing, (customerId) => add(customerId, `answer-to-${customerId}`, "answer"))
      yield* add(bob.customerId, "answer-to-bob", "answer")
      yield* ada.pay
      yield* bob.pay
      assert.deepStrictEqual(yield* sent, [
        ada.receipt,
        bob.receipt,
        ...pressing.map((customerId) => `answer-to-${customerId}`),
        "answer-to-bob",
      ])
    }).pipe(Effect.scoped),
  )

  it.effect("in one chat: what becomes a receipt where it stands before all that waited, the rest as it came", () =>
    Effect.gen(function* () {
      yield* following
      const { customerId, pay, receipt } = yield* buyer
      yield* add(customerId, "news", "broadcast")
      yield* add(customerId, "goods-1", "status")
      yield* add(customerId, "answer", "answer")
      yield* add(customerId, "goods-2", "status")
      yield* pay
      const expected = [receipt, "goods-1", "answer", "goods-2", "news"]
      const pending = yield* Deliveries.pending(customerId)
      assert.deepStrictEqual(
        pending.map(({ deliveryId }) => deliveryId),
        expected,
      )
      assert.deepStrictEqual(yield* sent, expected)
    }).pipe(Effect.scoped),
  )

  it.effect("receipts in the order of their payments, whatever waited in their chats before", () =>
    Effect.gen(function* () {
      yield* following
      const ada = yield* buyer
      const bob = yield* buyer
      yield* add(bob.customerId, "old-goods", "status")
      yield* ada.pay
      yield* bob.pay
      assert.deepStrictEqual(yield* sent, [ada.receipt, bob.receipt, "old-goods"])
    }).pipe(Effect.scoped),
  )

  it.effect("receipts in the order of their payments, also when the follower comes to many of them at once", () =>
    Effect.gen(function* () {
      const buyers = yield* Effect.scoped(Effect.andThen(following, Effect.all(Array.from({ length: 8 }, () => buyer))))
      const inOrder = buyers.toSorted((one, other) => (one.customerId < other.customerId ? 1 : -1))
      for (const { paid } of inOrder) yield* paid
      yield* following
      yield* caughtUp
      assert.deepStrictEqual(
        yield* sent,
        inOrder.map(({ receipt }) => receipt),
      )
    }).pipe(Effect.scoped),
  )

  it.effect("receipts at once while goods use up the pace, which is kept all the same", () =>
    Effect.gen(function* () {
      yield* following
      const ada = yield* buyer
      // Of five that may come at once, three are kept.
      const slow: Sending.Pace = { perSecond: 25, perChatPerSecond: 10_000 }
      const take = Effect.gen(function* () {
        const claims = yield* Sending.claim(32, "10 seconds", slow)
        for (const claim of claims) {
          if (claim.delivery === undefined) return assert.fail("nothing to send")
          yield* Sending.shown(claim, claim.delivery, { messageId: "1", pace: slow })
        }
        return claims.map(({ delivery }) => delivery?.deliveryId)
      })
      const customers = yield* Effect.forEach(Array.from({ length: 20 }), () => Ids.customerId)
      yield* Effect.forEach(customers, (customerId) => add(customerId, `goods-of-${customerId}`, "status"))
      // The time by which the pace goes stands still.
      const still = sabotaged("select clock_timestamp() as now", "select timestamptz '2100-01-01' as now")
      yield* Effect.gen(function* () {
        assert.lengthOf(yield* take, 2)
        assert.lengthOf(yield* take, 0)
        yield* ada.pay
        assert.deepStrictEqual(yield* take, [ada.receipt])
        assert.lengthOf(yield* take, 0)
      }).pipe(Effect.provide(still.layer))
      assert.isTrue(still.wasRun())
      yield* Database.use(({ query }) =>
        query({ name: "test-pace", text: "update payments.sending set next_at = clock_timestamp()" }),
      )

      const start = yield* Clock.currentTimeMillis
      let sends = 0
      while (true) {
        const inMs = yield* Sending.nextDueMs(slow)
        if (inMs === undefined) break
        yield* Effect.sleep(Math.max(0, inMs + 1))
        const taken = yield* take
        // What it says is so: nobody looks in vain again and again.
        assert.isAtLeast(taken.length, 1)
        sends += taken.length
      }
      assert.strictEqual(sends, 18)
      const seconds = ((yield* Clock.currentTimeMillis) - start) / 1000
      assert.isAtMost(sends, 5 + seconds * 25)
    }).pipe(Effect.scoped),
  )

  it.effect("a change that comes while a receipt is on its way is no receipt, and gives way to others'", () =>
    Effect.gen(function* () {
      yield* following
      const ada = yield* buyer
      const bob = yield* buyer
      yield* ada.pay
      const [claim] = yield* Sending.claim(1, "10 seconds", fast)
      const delivery = claim?.delivery
      if (claim === undefined || delivery === undefined) return assert.fail("nothing was claimed")
      // What makes a status due again, as the follower does it for a delivery of goods.
      yield* Database.use(({ transaction }) =>
        transaction((sql) =>
          Deliveries.follower.apply([{ ...event, stream: ada.receipt.replace("status/", "invoice-") }], sql),
        ),
      )
      yield* Sending.shown(claim, delivery, { messageId: delivery.messageId ?? "", pace: fast })
      yield* bob.pay
      assert.deepStrictEqual(yield* sent, [bob.receipt, ada.receipt])
    }).pipe(Effect.scoped),
  )
})

const event = {
  position: 1n,
  version: 6,
  id: "",
  type: "InvoiceFulfilled",
  schemaVersion: 1,
  data: "{}",
  metadata: "{}",
  recordedAtMs: 0,
}
