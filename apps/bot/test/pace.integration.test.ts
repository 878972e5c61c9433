/** What may go first, at Telegram's pace. */
import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as FulfilInvoice from "@paylog/payments/FulfilInvoice"
import * as Work from "@paylog/payments/Work"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { Deferred, Effect, Fiber } from "effect"
import { count, eventually } from "./support/eventually.ts"
import { payButton } from "../src/view/invoiceMessage.ts"
import { buttonsOf, openOrder, pay, person, startBot } from "./support/shop.ts"
import { world } from "./support/world.ts"

/** Waits until the invoice's message can be paid. */
const payable = ({ see }: Pick<Effect.Success<ReturnType<typeof person>>, "see">) =>
  see(({ messages }) => messages.some((message) => buttonsOf(message).includes(payButton)))

layer(world(), { excludeTestServices: true })("at Telegram's pace", (it) => {
  it.effect("goods follow their receipt, also when it comes late", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      yield* Effect.forkScoped((yield* FollowerRunner).run(Work.follower))
      yield* startBot()
      const ada = yield* person()
      const invoiceId = yield* ada.buy("House blend")
      yield* openOrder(invoiceId)
      yield* payable(ada)
      const before = (yield* emulator.transcript()).length

      // Whoever writes receipts waits for this row.
      const { transaction } = yield* Database
      const held = yield* Deferred.make<void>()
      const release = yield* Deferred.make<void>()
      const lock = {
        name: "test-lock",
        text: `select from payments.deliveries where invoice_id = '${invoiceId}' for update`,
      }
      const holding = yield* Effect.forkChild(
        transaction((sql) =>
          sql
            .query(lock)
            .pipe(Effect.andThen(Deferred.succeed(held, undefined)), Effect.andThen(Deferred.await(release))),
        ),
      )
      yield* Deferred.await(held)
      yield* pay(invoiceId)
      const claimed = `select count(*) from paylog.work where queue = '${FulfilInvoice.queue}' and key = '${invoiceId}' and attempts > 0`
      yield* eventually(() => Effect.map(count(claimed), (n) => n === 1))
      const goods = `select count(*) from payments.deliveries where delivery_id = 'fulfilment/${invoiceId}'`
      // Long enough for goods that do not wait.
      yield* eventually(() => Effect.map(count(goods), (n) => n === 1), "500 millis").pipe(Effect.ignore)
      yield* Deferred.succeed(release, undefined)
      yield* Fiber.join(holding)
      yield* ada.message("Here is what you have paid for")
      const calls = (yield* emulator.transcript()).slice(before)
      const first = calls.find(({ method }) => /^(sendMessage|editMessageText)$/.test(method))
      assert.strictEqual(first?.method, "editMessageText")
      assert.include(first?.parameters["text"], "Paid")
    }).pipe(Effect.scoped),
  )

  it.effect("a chat that Telegram has wait delays no other's receipt", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      yield* startBot()
      const people = yield* Effect.forEach(
        Array.from({ length: 20 }),
        Effect.fnUntraced(function* () {
          const ada = yield* person()
          const invoiceId = yield* ada.buy("House blend")
          yield* openOrder(invoiceId)
          yield* payable(ada)
          return { ada, invoiceId }
        }),
        { concurrency: 4 },
      )
      const [first, ...others] = people
      if (first === undefined) return assert.fail("nobody is there")
      yield* emulator.armFault({ kind: "TooManyRequests", retryAfter: 5, chat: first.ada.id })
      yield* pay(first.invoiceId)
      const refused = yield* emulator.waitForCalls((calls) => calls.find(({ fault }) => fault === "TooManyRequests"))
      yield* Effect.forEach(others, ({ invoiceId }) => pay(invoiceId))
      yield* Effect.forEach(people, ({ ada }) => ada.message("Paid. Thank you!"))
      const receipts = (yield* emulator.transcript()).filter(
        ({ method, number, parameters }) =>
          number > refused.number && method === "editMessageText" && /Paid/.test(parameters["text"] ?? ""),
      )
      const theirs = receipts.filter(({ parameters }) => parameters["chat_id"] === String(first.ada.id))
      assert.lengthOf(theirs, 1)
      assert.isAtLeast(theirs[0]?.atMs ?? 0, refused.atMs + 5000)
      const late = receipts.filter(({ atMs }) => atMs >= refused.atMs + 5000)
      assert.deepStrictEqual(late, theirs)
      assert.lengthOf(receipts, people.length)
    }).pipe(Effect.scoped),
  )
})
