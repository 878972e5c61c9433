/** What is done under a claim ends before the claim does, however slow Telegram is. */
import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import * as Customers from "@paylog/payments/Customers"
import * as Deliveries from "@paylog/payments/Deliveries"
import * as Sending from "@paylog/payments/Sending"
import { Clock, ConfigProvider, Deferred, Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as Catalog from "../src/Catalog.ts"
import { toJson } from "../src/Screen.ts"
import { send } from "../src/send.ts"
import { lease, sendNext } from "../src/sendNext.ts"
import { MessageGone, Telegram, Unavailable } from "../src/Telegram.ts"
import { world } from "./support/world.ts"

const pace = { perSecond: 1000, perChatPerSecond: 1000 }

/** Every call takes nearly all of the time that it may; an edit finds its message gone. */
const slow = (calls: Array<string>) =>
  Layer.succeed(
    Telegram,
    Telegram.of({
      call: (method, _, deadlineMs = 10_000) =>
        Effect.gen(function* () {
          calls.push(method)
          yield* TestClock.adjust(deadlineMs - 1)
          if (method === "editMessageText") return yield* new MessageGone()
          if (method === "sendMessage" && calls.length < 3)
            return yield* new Unavailable({ reason: "no answer", perhapsDone: true })
          return JSON.parse('{ "message_id": 7 }')
        }),
    }),
  )

layer(world(), { excludeTestServices: true })("a claim", (it) => {
  it.effect("is longer than all that is done under it, and each of its calls has time", () =>
    Effect.gen(function* () {
      const { customerId } = yield* Customers.identify({ telegramUserId: "1", chatId: "1", language: "en" })
      const { transaction } = yield* Database
      const body = toJson({ screen: { _tag: "Help" }, edit: 3 })
      yield* transaction((sql) => Deliveries.add(sql, { deliveryId: "slow", customerId, body }))
      const calls: Array<string> = []
      const catalog = Layer.effect(Catalog.Catalog, Catalog.environment.parse(ConfigProvider.fromEnvRecord({})))
      for (const turn of [0, 1]) {
        const [claim] = yield* Sending.claim(1, lease, pace)
        assert(claim?.delivery?.deliveryId === "slow")
        const before = yield* Clock.currentTimeMillis
        yield* Effect.provide(sendNext(claim, pace), [slow(calls), catalog])
        const tookMs = (yield* Clock.currentTimeMillis) - before
        assert.isBelow(tookMs, Duration.toMillis(lease), `turn ${turn}`)
        yield* TestClock.adjust("1 minute")
        const text =
          "update payments.recipients set due_at = clock_timestamp(), open_at = '-infinity' where due_at < 'infinity'"
        yield* Database.use(({ query }) => query({ name: "test-not-later", text }))
      }
      assert.deepStrictEqual(calls, ["editMessageText", "sendMessage", "editMessageText", "getMe", "sendMessage"])
      const text = "select message_id from payments.deliveries where delivery_id = 'slow'"
      const [row] = yield* Database.use(({ query }) =>
        query<{ readonly message_id: string }>({ name: "test-slow", text }),
      )
      assert.strictEqual(row?.message_id, "7")
    }).pipe(Effect.provide(TestClock.layer())),
  )

  it.effect("that finds nobody, since a transaction holds whoever is due, is not repeated without a pause", () =>
    Effect.gen(function* () {
      const { customerId } = yield* Customers.identify({ telegramUserId: "2", chatId: "2", language: "en" })
      const database = yield* Database
      const body = toJson({ screen: { _tag: "Help" } })
      yield* database.transaction((sql) => Deliveries.add(sql, { deliveryId: "held", customerId, body }))
      const [held, over] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const holder = yield* Effect.forkChild(
        database.transaction((sql) =>
          sql
            .query({ name: "test-hold", text: "select from payments.recipients for update" })
            .pipe(Effect.andThen(Deferred.succeed(held, undefined)), Effect.andThen(Deferred.await(over))),
        ),
      )
      yield* Deferred.await(held)
      let claims = 0
      const counting = Layer.succeed(
        Database,
        Database.of({
          ...database,
          query: (statement, values) => {
            if (statement.text.includes("update payments.sending")) claims++
            return database.query(statement, values)
          },
        }),
      )
      const catalog = Layer.effect(Catalog.Catalog, Catalog.environment.parse(ConfigProvider.fromEnvRecord({})))
      const sending = yield* Effect.forkChild(Effect.provide(send(pace), [slow([]), catalog, counting]))
      // No time passes, but that of these.
      const turn = database.query({ name: "test-turn", text: "select 1" })
      yield* Effect.repeat(turn, { until: () => claims >= 5, times: 2000 })
      // The first, and one for each wake-up that had been under way.
      assert.isAbove(claims, 0)
      assert.isBelow(claims, 5)
      const before = claims
      yield* TestClock.adjust("30 millis")
      yield* Effect.repeat(turn, { until: () => claims > before, times: 10_000 })
      assert.isAbove(claims, before)
      yield* Deferred.succeed(over, undefined)
      yield* Fiber.interrupt(sending)
      yield* Fiber.join(holder)
    }).pipe(Effect.provide(TestClock.layer())),
  )
})
