/** New messages whose answers were lost: whoever may have one already reads so on the next. */
import { assert, layer } from "@effect/vitest"
import * as Money from "@paylog/domain/Money"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as Customers from "@paylog/payments/Customers"
import * as Deliveries from "@paylog/payments/Deliveries"
import * as Invoices from "@paylog/payments/Invoices"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { DateTime, Effect } from "effect"
import { count, eventually } from "./support/eventually.ts"
import { about, openOrder, pay, person, startBot } from "./support/shop.ts"
import { world } from "./support/world.ts"

/** The texts of all new messages to this person, whatever became of their answers. */
const sentTo = (id: number) =>
  Effect.gen(function* () {
    const calls = yield* (yield* Emulator).transcript()
    return calls
      .filter(({ method, parameters }) => method === "sendMessage" && parameters["chat_id"] === String(id))
      .map(({ parameters }) => parameters["text"] ?? "")
  })

const marks = (texts: ReadonlyArray<string>) => texts.map((text) => text.includes("Sent again"))

const nothingLeft = Effect.gen(function* () {
  const { head } = yield* EventStore
  yield* (yield* FollowerRunner).awaitBookmark("deliveries", yield* head, "30 seconds")
  const left = count("select count(*) from payments.recipients where due_at < 'infinity'")
  yield* eventually(() => Effect.map(left, (n) => n === 0))
})

/** An invoice of theirs, whose message is new. */
const issued = Effect.fnUntraced(function* (id: number) {
  const { customerId } = yield* Customers.identify({ telegramUserId: String(id), chatId: String(id), language: "en" })
  return yield* Invoices.issue(
    {
      customerId,
      lines: [{ title: "House blend", quantity: 1, unitPrice: Money.of("USD", 1250n) }],
      payBy: DateTime.add(yield* DateTime.now, { minutes: 30 }),
      policy: { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 0 },
    },
    about,
  )
})

const setAside = (id: string) =>
  `select count(*) from payments.deliveries where delivery_id = '${id}' and parked_reason = 'SentTwice'`

/** The next answers about new messages to this person are lost, though the messages arrive. */
const losesAnswers = Effect.fnUntraced(function* (id: number, times: number) {
  yield* (yield* Emulator).armFault({ kind: "Reset", applied: true, method: "sendMessage", chat: id, times })
})

layer(world(), { excludeTestServices: true })("a message of which nobody knows whether it arrived", (it) => {
  it.effect("says that it may be a repetition when it changes after it was set aside, and may be lost once more", () =>
    Effect.gen(function* () {
      const ada = yield* person()
      yield* ada.send("/start")
      yield* startBot()
      yield* ada.message("Paylog Coffee")
      yield* nothingLeft
      yield* losesAnswers(ada.id, 2)
      const invoiceId = yield* issued(ada.id)
      yield* eventually(() => Effect.map(count(setAside(`status/${invoiceId}`)), (n) => n === 1))
      yield* nothingLeft
      assert.deepStrictEqual(marks((yield* sentTo(ada.id)).slice(1)), [false, true])
      // One more try for each change, and each is marked.
      yield* losesAnswers(ada.id, 1)
      yield* openOrder(invoiceId)
      yield* eventually(() => Effect.map(count(setAside(`status/${invoiceId}`)), (n) => n === 1))
      yield* nothingLeft
      assert.deepStrictEqual(marks((yield* sentTo(ada.id)).slice(1)), [false, true, true])
      yield* pay(invoiceId)
      yield* ada.message("Paid. Thank you!", "Sent again")
      yield* nothingLeft
      assert.deepStrictEqual(marks((yield* sentTo(ada.id)).slice(1)), [false, true, true, true])
    }),
  )

  it.effect("says so too when a person has it sent again", () =>
    Effect.gen(function* () {
      const ada = yield* person()
      yield* losesAnswers(ada.id, 2)
      yield* ada.send("/help")
      yield* startBot()
      const aside = `select count(*) from payments.deliveries
        join payments.customers using (customer_id)
        where chat_id = '${ada.id}' and parked_reason = 'SentTwice'`
      yield* eventually(() => Effect.map(count(aside), (n) => n === 1))
      yield* nothingLeft
      const { transaction } = yield* Database
      assert.strictEqual(yield* transaction((sql) => Deliveries.release(sql, undefined)), 1)
      yield* nothingLeft
      assert.deepStrictEqual(marks(yield* sentTo(ada.id)), [false, true, true])
      assert.strictEqual(yield* count(aside), 0)
    }),
  )

  it.effect("says so when another call goes wrong meanwhile", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      for (const kind of ["TooManyRequests", "ServerError"] as const) {
        const ada = yield* person()
        yield* ada.send("/start")
        yield* Effect.gen(function* () {
          yield* startBot({}, 1000)
          yield* ada.message("Paylog Coffee")
          const invoiceId = yield* issued(ada.id)
          const { message_id } = yield* ada.message("Preparing")
          yield* nothingLeft
          const gone = new URLSearchParams({ chat_id: String(ada.id), message_id: String(message_id) })
          yield* Effect.promise(() =>
            fetch(`${emulator.baseUrl}/bot${emulator.token}/deleteMessage`, { method: "POST", body: gone }),
          )
          const before = (yield* sentTo(ada.id)).length
          yield* losesAnswers(ada.id, 1)
          yield* openOrder(invoiceId)
          yield* eventually(() => Effect.map(sentTo(ada.id), (texts) => texts.length > before))
          // The next try begins with an edit.
          yield* emulator.armFault({ kind, method: "editMessageText", chat: ada.id })
          yield* eventually(() => Effect.map(sentTo(ada.id), (texts) => texts.length > before + 1))
          yield* nothingLeft
          const invoices = (yield* sentTo(ada.id)).slice(before).filter((text) => text.includes("Your invoice"))
          assert.deepStrictEqual(marks(invoices), [false, true], kind)
          assert.isTrue((yield* emulator.transcript()).some((call) => call.fault === kind))
        }).pipe(Effect.scoped)
      }
    }),
  )
})
