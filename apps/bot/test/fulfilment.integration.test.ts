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
import * as Invoices from "@paylog/payments/Invoices"
import * as Staff from "@paylog/payments/Staff"
import * as Work from "@paylog/payments/Work"
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

const ended = (invoiceId: InvoiceId) => eventually(() => Effect.map(types(invoiceId), (all) => all.length > 0))

const messages = (invoiceId: InvoiceId) =>
  count(`select count(*) from payments.deliveries where delivery_id = 'fulfilment/${invoiceId}'`)

layer(world(), { excludeTestServices: true })("a customer who has paid", (it) => {
  it.effect("gets what was bought in a message of its own, and the invoice says that it was delivered", () =>
    Effect.gen(function* () {
      yield* started
      const ada = yield* person()
      const invoiceId = yield* ada.buy("House blend")
      yield* openOrder(invoiceId)
      const payable = yield* ada.message("Your invoice")
      assert.strictEqual(yield* messages(invoiceId), 0)
      yield* pay(invoiceId)
      const goods = yield* ada.message("Here is what you have paid for", "House blend, 250 g", "Your <code> is 4711")
      const receipt = yield* ada.message("Paid. Thank you!", "Paid: 12.51 USDT", "Delivered.")
      assert.strictEqual(receipt.message_id, payable.message_id)
      assert.notStrictEqual(goods.message_id, receipt.message_id)
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
      const ada = yield* person()
      const invoiceId = yield* ada.buy("House blend")
      yield* openOrder(invoiceId)
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
      const ada = yield* person()
      const invoiceId = yield* ada.buy("Ethiopia")
      yield* openOrder(invoiceId)
      yield* pay(invoiceId, { orderAmount: Money.of("USD", 1600n) })
      yield* ada.message("Paid. Thank you!", "a person sees to it")
      assert.deepStrictEqual(yield* types(invoiceId), ["FulfilmentFailed"])
      yield* FulfilByHand.record(invoiceId, "parcel 1", { by, reason: "sent" })
      yield* ada.message("Paid. Thank you!", "Delivered.")
    }),
  )

  it.effect("gets it once, however often it is delivered under the same key, and by however many", () =>
    Effect.gen(function* () {
      yield* started
      const ada = yield* person()
      const invoiceId = yield* ada.buy("House blend")
      yield* openOrder(invoiceId)
      yield* pay(invoiceId)
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
