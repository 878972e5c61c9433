import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import * as Customers from "@paylog/payments/Customers"
import * as Deliveries from "@paylog/payments/Deliveries"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { Effect } from "effect"
import { forgetAnswers } from "../src/forgetAnswers.ts"
import { toJson } from "../src/Screen.ts"
import { count, eventually } from "./support/eventually.ts"
import { person, startBot } from "./support/shop.ts"
import { world } from "./support/world.ts"

layer(world(), { excludeTestServices: true })("answers", (it) => {
  it.effect("are forgotten a week after they were shown; what waits, was set aside or is no answer stays", () =>
    Effect.gen(function* () {
      const { query, transaction } = yield* Database
      const ada = yield* person()
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* startBot()
          const invoiceId = yield* ada.buy("House blend")
          yield* ada.message("Preparing")
          yield* (yield* Emulator).armFault({
            kind: "Reset",
            applied: true,
            method: "sendMessage",
            chat: ada.id,
            times: 2,
          })
          yield* ada.send("/help")
          const aside = count("select count(*) from payments.deliveries where parked_reason is not null")
          yield* eventually(() => Effect.map(aside, (n) => n === 1))
          yield* ada.send("/orders")
          yield* ada.message("Your orders", invoiceId === undefined ? "" : "House blend")
          const left = count("select count(*) from payments.recipients where due_at < 'infinity'")
          yield* eventually(() => Effect.map(left, (n) => n === 0))
        }),
      )
      const { customerId } = yield* Customers.identify({
        telegramUserId: String(ada.id),
        chatId: String(ada.id),
        language: "en",
      })
      const body = toJson({ screen: { _tag: "Help" } })
      yield* transaction((sql) =>
        Effect.andThen(
          Deliveries.add(sql, { deliveryId: "update/1/1/0", customerId, body }),
          Deliveries.add(sql, { deliveryId: "fulfilment/inv_1", customerId, body }),
        ),
      )
      const ids = Effect.map(
        query<{ readonly id: string }>({
          name: "test-ids",
          text: `select case
              when parked_reason is not null then 'aside'
              when revision > shown then 'waits ' || split_part(delivery_id, '/', 1)
              else split_part(delivery_id, '/', 1)
            end as id
            from payments.deliveries order by 1`,
        }),
        (rows) => rows.map(({ id }) => id),
      )
      const before = yield* ids
      assert.isAbove(before.filter((id) => id === "update").length, 3)
      yield* forgetAnswers
      assert.deepStrictEqual(yield* ids, before)
      yield* query({
        name: "test-week",
        text: "update payments.deliveries set sent_at = coalesce(sent_at, clock_timestamp()) - interval '7 days 1 second'",
      })
      yield* forgetAnswers
      assert.deepStrictEqual(yield* ids, ["aside", "status", "waits fulfilment", "waits update"])
    }),
  )
})
