/** What customers get for their money: the product's text, in a message of its own. */
import { assert, layer } from "@effect/vitest"
import type { InvoiceId } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { Database } from "@paylog/event-store/Database"
import { CannotFulfil, Fulfilment } from "@paylog/payments/Fulfilment"
import * as FulfilByHand from "@paylog/payments/FulfilByHand"
import * as HeldMoney from "@paylog/payments/HeldMoney"
import * as Ids from "@paylog/payments/Ids"
import * as Invoices from "@paylog/payments/Invoices"
import * as Refunds from "@paylog/payments/Refunds"
import * as Staff from "@paylog/payments/Staff"
import * as Work from "@paylog/payments/Work"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { ConfigProvider, Effect, Layer, Option, Struct } from "effect"
import * as Catalog from "../src/Catalog.ts"
import * as ShopFulfilment from "../src/fulfilment.ts"
import { count, eventually } from "./support/eventually.ts"
import { openOrder, pay, person, shows, startBot } from "./support/shop.ts"
import { world } from "./support/world.ts"

/** The demo's catalogue, of which two products are delivered in a message. */
const catalog = Effect.map(
  Catalog.environment.parse(ConfigProvider.fromEnvRecord({})),
  (contents): Catalog.Contents => {
    const [first, second, ...others] = contents.products.map((product) => Struct.omit(product, ["delivers"]))
    if (first === undefined || second === undefined) throw new Error("It sells too little")
    const texts = { en: "Your <code> is 4711", ru: "Ваш <код> 4711" }
    return { ...contents, products: [{ ...first, delivers: texts }, second, ...others] as const }
  },
)

const started = Effect.gen(function* () {
  yield* Effect.forkScoped((yield* FollowerRunner).run(Work.follower))
  yield* startBot({ catalog: yield* catalog })
})

const types = (invoiceId: InvoiceId) =>
  EventStore.use((store) =>
    Effect.map(store.readStream(`invoice-${invoiceId}`), (events) =>
      events.map(({ type }) => type).filter((type) => /Fulfil/.test(type)),
    ),
  )

/** Somebody who has an invoice for it, and can pay. */
const ordered = Effect.fnUntraced(function* (product: string) {
  const ada = yield* person()
  const invoiceId = yield* ada.buy(product)
  yield* openOrder(invoiceId)
  return { ada, invoiceId }
})

const ended = (invoiceId: InvoiceId) => eventually(() => Effect.map(types(invoiceId), (all) => all.length > 0))

const messages = (invoiceId: InvoiceId) =>
  count(`select count(*) from payments.deliveries where delivery_id = 'fulfilment/${invoiceId}'`)

layer(world(), { excludeTestServices: true })("a customer who has paid", (it) => {
  it.effect("gets what was bought in a message of its own, and the invoice says that it was delivered", () =>
    Effect.gen(function* () {
      yield* started
      const { ada, invoiceId } = yield* ordered("House blend")
      const payable = yield* ada.message("Your invoice")
      assert.strictEqual(yield* messages(invoiceId), 0)
      yield* pay(invoiceId)
      const goods = yield* ada.message("Here is what you have paid for", "House blend, 250 g", "Your <code> is 4711")
      const receipt = yield* ada.message("Paid. Thank you!", "Paid: 12.51 USDT", "Delivered.")
      assert.strictEqual(receipt.message_id, payable.message_id)
      assert.notStrictEqual(goods.message_id, receipt.message_id)
      // The receipt comes first.
      const calls = (yield* (yield* Emulator).transcript()).flatMap(({ method, parameters: { chat_id, text = "" } }) =>
        Number(chat_id) === ada.id && /Paid\. Thank you|Here is what you have paid for/.test(text) ? [method] : [],
      )
      assert.deepStrictEqual(calls.slice(0, 2), ["editMessageText", "sendMessage"])
      assert.deepStrictEqual(yield* types(invoiceId), ["InvoiceFulfilled"])
      const state = yield* Invoices.get(invoiceId)
      assert.deepInclude(state._tag === "Absent" ? {} : state.fulfilment, { reference: `fulfilment/${invoiceId}` })
    }),
  )

  it.effect("gets it in their language", () =>
    Effect.gen(function* () {
      yield* started
      const anna = yield* person("ru")
      const invoiceId = yield* anna.buy("Домашняя смесь")
      yield* openOrder(invoiceId)
      yield* pay(invoiceId)
      yield* anna.message("Ваша покупка", "Домашняя смесь", "Ваш <код> 4711")
      yield* anna.message("Оплачено. Спасибо!", "Доставлено.")
    }),
  )

  it.effect("gets nothing for money that is held, until somebody has accepted it", () =>
    Effect.gen(function* () {
      yield* started
      const { staffId: by } = yield* Staff.add({ name: "Ann", login: undefined })
      const { ada, invoiceId } = yield* ordered("House blend")
      yield* pay(invoiceId, { orderAmount: Money.of("USD", 1249n) })
      yield* ada.message("We have your money")
      assert.strictEqual(yield* messages(invoiceId), 0)
      yield* HeldMoney.accept(invoiceId, 1, { by, reason: "a cent short" })
      yield* ada.message("Here is what you have paid for")
      yield* ada.message("Paid. Thank you!", "Delivered.")
    }),
  )

  it.effect("reads that a person sees to it when no message can deliver it, and that it was delivered", () =>
    Effect.gen(function* () {
      yield* started
      const { staffId: by } = yield* Staff.add({ name: "Ann", login: undefined })
      const { ada, invoiceId } = yield* ordered("Ethiopia")
      yield* pay(invoiceId, { orderAmount: Money.of("USD", 1600n) })
      yield* ada.message("Paid. Thank you!", "a person sees to it")
      assert.deepStrictEqual(yield* types(invoiceId), ["FulfilmentFailed"])
      yield* FulfilByHand.record(invoiceId, "parcel 1", { by, reason: "sent" })
      yield* ada.message("Paid. Thank you!", "Delivered.")
    }),
  )

  it.effect("is delivered to once Telegram has taken the message, and not before", () =>
    Effect.gen(function* () {
      yield* started
      const { ada, invoiceId } = yield* ordered("House blend")
      yield* ada.message("Your invoice")
      const { armFault, clearFaults, waitForCalls } = yield* Emulator
      yield* armFault({ kind: "ServerError", status: 500, method: "sendMessage", chat: ada.id, times: "always" })
      yield* pay(invoiceId)
      yield* ada.message("Paid. Thank you!")
      yield* waitForCalls((calls) =>
        calls.find(
          ({ parameters: { chat_id, text = "" } }) => Number(chat_id) === ada.id && text.includes("code&gt; is 4711"),
        ),
      ).pipe(Effect.timeout("30 seconds"))
      assert.strictEqual(yield* messages(invoiceId), 1)
      assert.deepStrictEqual(yield* types(invoiceId), [])
      yield* clearFaults
      yield* ada.message("Here is what you have paid for")
      yield* ada.message("Paid. Thank you!", "Delivered.")
      assert.deepStrictEqual(yield* types(invoiceId), ["InvoiceFulfilled"])
    }),
  )

  it.effect("gets it when they unblock the bot; until then a person knows, and it is not called delivered", () =>
    Effect.gen(function* () {
      yield* started
      const { ada, invoiceId } = yield* ordered("House blend")
      yield* ada.message("Your invoice")
      yield* ada.setBlocked(true)
      yield* pay(invoiceId)
      yield* eventually(() => Effect.map(types(invoiceId), (all) => all.length > 0), "60 seconds")
      assert.deepStrictEqual(yield* types(invoiceId), ["FulfilmentFailed"])
      const state = yield* Invoices.get(invoiceId)
      assert.deepInclude(state._tag === "Absent" ? {} : state.fulfilment, { reason: "CustomerBlocksBot" })
      yield* ada.setBlocked(false)
      yield* ada.send("/receipt")
      yield* ada.message("Here is what you have paid for", "Your <code> is 4711")
      yield* ada.message("Paid. Thank you!", "Delivered.")
      assert.deepStrictEqual(yield* types(invoiceId), ["FulfilmentFailed", "InvoiceFulfilled"])
    }),
  )

  it.effect("and whose money goes back meanwhile gets nothing when they come back", () =>
    Effect.gen(function* () {
      yield* started
      const { staffId: by } = yield* Staff.add({ name: "Ann", login: undefined })
      const { ada, invoiceId } = yield* ordered("House blend")
      yield* ada.message("Your invoice")
      yield* ada.setBlocked(true)
      yield* pay(invoiceId)
      yield* eventually(() => Effect.map(types(invoiceId), (all) => all.length > 0), "60 seconds")
      const refundId = yield* Ids.refundId
      const request = { refundId, payment: 1, amount: Money.of("USDT", 12_510_000n) }
      yield* Refunds.request(`invoice-${invoiceId}`, request, { by, reason: "it cannot be delivered" })
      yield* ada.setBlocked(false)
      yield* ada.send("/orders")
      yield* ada.message("Your orders")
      yield* eventually(() =>
        Effect.map(
          count(
            `select count(*) from payments.deliveries where delivery_id = 'fulfilment/${invoiceId}' and revision > shown`,
          ),
          (n) => n === 0,
        ),
      )
      assert.deepStrictEqual(yield* types(invoiceId), ["FulfilmentFailed"])
      const { messages: seen } = yield* ada.chat
      assert.lengthOf(seen.filter(shows("Here is what you have paid for")), 0)
    }),
  )

  it.effect("is put in front of a person when Telegram refuses the message, who has it tried anew", () =>
    Effect.gen(function* () {
      yield* started
      const { staffId: by } = yield* Staff.add({ name: "Ann", login: undefined })
      const { ada, invoiceId } = yield* ordered("House blend")
      yield* ada.message("Your invoice")
      const { query } = yield* Database
      // Set aside before it is sent, as a refusal of Telegram's does.
      yield* query({
        name: "test-refused",
        text: `insert into payments.deliveries (delivery_id, customer_id, body, revision, priority, parked_reason)
               select 'fulfilment/${invoiceId}', customer_id, '{}', 1, 2, '400 Bad Request'
               from payments.invoices where invoice_id = '${invoiceId}'`,
      })
      yield* pay(invoiceId)
      yield* ended(invoiceId)
      const state = yield* Invoices.get(invoiceId)
      assert.deepInclude(state._tag === "Absent" ? {} : state.fulfilment, { reason: "TelegramRefuses" })
      yield* FulfilByHand.retry(invoiceId, { by, reason: "mended" })
      yield* ada.message("Here is what you have paid for")
      yield* ada.message("Paid. Thank you!", "Delivered.")
    }),
  )

  it.effect("reads on whatever comes later that it may be a repetition, when nobody knows whether it arrived", () =>
    Effect.gen(function* () {
      yield* started
      const emulator = yield* Emulator
      const { staffId: by } = yield* Staff.add({ name: "Ann", login: undefined })
      const { ada, invoiceId } = yield* ordered("House blend")
      yield* ada.message("Your invoice")
      const lose = { kind: "Reset", applied: true, method: "sendMessage", chat: ada.id, times: 2 } as const
      const marks = Effect.map(ada.chat, ({ messages: all }) =>
        all.filter(shows("Here is what you have paid for")).map(shows("Sent again")),
      )
      const reason = Effect.map(Invoices.get(invoiceId), (state) =>
        state._tag !== "Absent" && state.fulfilment?._tag === "FulfilmentFailed" ? state.fulfilment.reason : undefined,
      )
      yield* emulator.armFault(lose)
      yield* pay(invoiceId)
      yield* eventually(() => Effect.map(reason, (is) => is === "MayHaveArrived"))
      assert.deepStrictEqual(yield* marks, [false, true])
      yield* emulator.armFault({ ...lose, times: 1 })
      yield* FulfilByHand.retry(invoiceId, { by, reason: "not there" })
      yield* eventually(() => Effect.map(types(invoiceId), (all) => all.length === 3))
      assert.deepStrictEqual(yield* marks, [false, true, true])
      // As whoever dies before the log has it: the same key is asked again.
      const state = yield* Invoices.get(invoiceId)
      const { terms } = state._tag === "Absent" ? assert.fail("no invoice") : state
      const port = yield* Fulfilment
      const asked = Effect.map(Effect.flip(port.fulfil(terms, invoiceId)), ({ reason: is }) => is)
      yield* eventually(() => Effect.map(asked, (is) => is === "its message is on its way"))
      yield* eventually(() => Effect.map(marks, (all) => all.length === 4))
      assert.deepStrictEqual(yield* marks, [false, true, true, true])
      yield* ada.message("Paid. Thank you!", "Delivered.")
    }).pipe(Effect.provide(ShopFulfilment.layer.pipe(Layer.provide(Layer.effect(Catalog.Catalog, catalog))))),
  )

  it.effect("gets it once, however often it is delivered under the same key, and by however many", () =>
    Effect.gen(function* () {
      yield* started
      const { ada, invoiceId } = yield* ordered("House blend")
      yield* pay(invoiceId)
      yield* ada.message("Here is what you have paid for")
      yield* ended(invoiceId)
      const invoice = yield* Invoices.get(invoiceId)
      const { terms } = invoice._tag === "Absent" ? assert.fail("no invoice") : invoice
      const port = yield* Fulfilment
      const again = yield* Effect.all(
        Array.from({ length: 5 }, () => port.fulfil(terms, invoiceId)),
        { concurrency: 5 },
      )
      assert.deepStrictEqual([...new Set(again)], [`fulfilment/${invoiceId}`])
      assert.deepStrictEqual(yield* port.find(invoiceId), Option.some(`fulfilment/${invoiceId}`))
      assert.deepStrictEqual(yield* port.find("inv_00000000000000000000"), Option.none())
      assert.strictEqual(yield* messages(invoiceId), 1)
      yield* ada.message("Here is what you have paid for")
      yield* ada.message("Paid. Thank you!", "Delivered.")
      const { messages: seen } = yield* ada.chat
      assert.strictEqual(seen.filter(shows("Here is what you have paid for")).length, 1)

      // More than one message takes is a person's to deliver: Telegram would refuse it again and again.
      const [line] = terms.lines
      const many = { ...terms, lines: [line, ...Array.from({ length: 200 }, () => line)] as const }
      assert.deepStrictEqual(yield* Effect.flip(port.fulfil(many, "many")), new CannotFulfil({ reason: "TooLong" }))
      assert.strictEqual(
        yield* count("select count(*) from payments.deliveries where delivery_id = 'fulfilment/many'"),
        0,
      )

      // Somebody whose details were erased gets nothing, and is not called delivered to.
      yield* Database.use(({ query }) =>
        query({ name: "test-erase", text: `delete from payments.customers where customer_id = '${terms.customerId}'` }),
      )
      assert.deepStrictEqual(
        yield* Effect.flip(port.fulfil(terms, "another")),
        new CannotFulfil({ reason: "CustomerErased" }),
      )
    }).pipe(Effect.provide(ShopFulfilment.layer.pipe(Layer.provide(Layer.effect(Catalog.Catalog, catalog))))),
  )
})
