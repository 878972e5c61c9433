import { assert, layer } from "@effect/vitest"
import { CustomerId, InvoiceId } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import * as Invoices from "@paylog/payments/Invoices"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { DateTime, Duration, Effect } from "effect"
import { encode } from "../src/view/Action.ts"
import { about, buttonsOf, expire, openOrder, pay, person, startBot } from "./support/shop.ts"
import { world } from "./support/world.ts"

layer(world(), { excludeTestServices: true })("a customer", (it) => {
  it.effect("buys: one message is the invoice, gets its button, and becomes the receipt", () =>
    Effect.gen(function* () {
      yield* startBot()
      const ada = yield* person()
      const invoiceId = yield* ada.buy("House blend")
      const preparing = yield* ada.message("Preparing your invoice")
      yield* openOrder(invoiceId)
      const payable = yield* ada.message("Your invoice", "12.50 USD")
      assert.strictEqual(payable.message_id, preparing.message_id)
      assert.deepStrictEqual(
        payable.reply_markup?.inline_keyboard.map((row) => row.map(({ text }) => text)),
        [["👛 Pay via Wallet"], ["Check payment", "Cancel"], ["Help"]],
      )
      assert.deepStrictEqual(yield* ada.press({ text: "👛 Pay via Wallet" }), {
        _tag: "Opened",
        url: `https://t.me/wallet/start?startapp=${invoiceId}`,
      })
      yield* pay(invoiceId)
      const receipt = yield* ada.message("Paid. Thank you!", "Paid: 12.51 USDT", "Order: XYTNJP2O")
      assert.strictEqual(receipt.message_id, preparing.message_id)
      assert.deepStrictEqual(buttonsOf(receipt), [])
    }),
  )

  it.effect("is spoken to in Russian when that is their language", () =>
    Effect.gen(function* () {
      yield* startBot()
      const anna = yield* person("ru")
      const invoiceId = yield* anna.buy("Домашняя смесь")
      yield* openOrder(invoiceId)
      const payable = yield* anna.message("Ваш счёт", "Итого: 12,50 USD", "Действителен 30 минут с ")
      assert.deepStrictEqual(buttonsOf(payable), ["👛 Pay via Wallet", "Проверить оплату", "Отменить", "Помощь"])
      assert.include(yield* anna.ask({ text: "Проверить оплату" }), "Платежа пока нет")
      yield* pay(invoiceId)
      yield* anna.message("Оплачено. Спасибо!", "Оплачено: 12,51 USDT")
    }),
  )

  it.effect("sees an invoice expire, and takes a new one with one press", () =>
    Effect.gen(function* () {
      yield* startBot()
      const ada = yield* person()
      const invoiceId = yield* ada.buy("House blend")
      yield* openOrder(invoiceId)
      const payable = yield* ada.message("Your invoice")
      yield* expire(invoiceId)
      const expired = yield* ada.message("This invoice has expired")
      assert.strictEqual(expired.message_id, payable.message_id)
      assert.strictEqual(yield* ada.ask({ text: "New invoice" }), "Your invoice is on its way.")
      const next = yield* ada.message("Preparing your invoice", "12.50 USD")
      assert.notStrictEqual(next.message_id, expired.message_id)
    }),
  )

  it.effect("pays in the last moment, and an invoice that had expired becomes the receipt", () =>
    Effect.gen(function* () {
      yield* startBot()
      const ada = yield* person()
      const invoiceId = yield* ada.buy("House blend")
      yield* openOrder(invoiceId)
      const completedAt = yield* DateTime.now
      yield* expire(invoiceId)
      yield* ada.message("This invoice has expired")
      yield* pay(invoiceId, { completedAt })
      yield* ada.message("Paid. Thank you!")
    }),
  )

  it.effect("cancels, is told that the link stays payable, and that money sent there is not lost", () =>
    Effect.gen(function* () {
      yield* startBot()
      const ada = yield* person()
      const invoiceId = yield* ada.buy("House blend")
      yield* openOrder(invoiceId)
      const payable = yield* ada.message("Your invoice")
      assert.strictEqual(yield* ada.ask({ text: "Cancel" }), "This invoice is cancelled.")
      const cancelled = yield* ada.message("This invoice is cancelled", "can be paid until", "not lost")
      assert.strictEqual(cancelled.message_id, payable.message_id)
      yield* pay(invoiceId)
      const held = yield* ada.message("We have your money", "12.51 USDT", "after the invoice was cancelled")
      assert.strictEqual(held.message_id, payable.message_id)
    }),
  )

  it.effect("cannot cancel while the order is being opened, and is asked to try again", () =>
    Effect.gen(function* () {
      yield* startBot()
      const ada = yield* person()
      const invoiceId = yield* ada.buy("House blend")
      const { message_id: messageId } = yield* ada.message("Preparing your invoice")
      yield* Invoices.command(
        invoiceId,
        "request-order",
        {
          _tag: "RequestOrder",
          provider: "wallet-pay",
          externalId: invoiceId,
          description: "coffee",
          timeoutSeconds: 1790,
          repeatUntil: yield* DateTime.now,
          at: yield* DateTime.now,
        },
        about,
      )
      const cancel = { data: encode({ _tag: "Cancel", invoiceId }), messageId, forged: true }
      assert.include(yield* ada.ask(cancel), "try again in a moment")
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Requested")
      yield* Invoices.command(
        invoiceId,
        "order-unknown",
        { _tag: "RecordOutcomeUnknown", reason: "status 502", at: yield* DateTime.now },
        about,
      )
      yield* ada.message("Checking with Wallet")
    }),
  )

  it.effect("paid another amount than was due: the money is held, and they are told what happens next", () =>
    Effect.gen(function* () {
      yield* startBot()
      const ada = yield* person()
      const invoiceId = yield* ada.buy("House blend")
      yield* openOrder(invoiceId)
      yield* pay(invoiceId, { orderAmount: Money.of("USD", 1249n) })
      yield* ada.message("We have your money", "What happens next", "do not pay again")
    }),
  )

  it.effect("presses stale buttons, and gets what is true now", () =>
    Effect.gen(function* () {
      yield* startBot()
      const ada = yield* person()
      const invoiceId = yield* ada.buy("House blend")
      yield* openOrder(invoiceId)
      const { message_id: messageId } = yield* ada.message("Your invoice")
      yield* pay(invoiceId)
      yield* ada.message("Paid. Thank you!")
      for (const _tag of ["Check", "Cancel"] as const)
        assert.strictEqual(
          yield* ada.ask({ data: encode({ _tag, invoiceId }), messageId, forged: true }),
          "Paid. Thank you!",
        )
      // A message that shows something else becomes what its button is about.
      const welcome = (yield* ada.chat).messages.find(({ from }) => from.is_bot)
      assert.isDefined(welcome)
      yield* ada.ask({ data: encode({ _tag: "Check", invoiceId }), messageId: welcome.message_id, forged: true })
      yield* ada.see(({ messages }) =>
        messages.find((one) => one.message_id === welcome.message_id && one.text.includes("Paid. Thank you!")),
      )
      const gone = { data: "b:no-longer-sold", messageId: welcome.message_id, forged: true }
      assert.strictEqual(yield* ada.ask(gone), "This is no longer on sale.")
      yield* ada.message("Paylog Coffee", "3 products to choose from:")
    }),
  )

  it.effect("is shown and can change nothing of somebody else's", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      yield* startBot()
      const ada = yield* person()
      const eve = yield* person()
      const invoiceId = yield* ada.buy("House blend")
      yield* openOrder(invoiceId)
      yield* ada.message("Your invoice")
      yield* eve.send("/start")
      const { message_id: messageId } = yield* eve.message("Paylog Coffee")
      const before = yield* eve.chat
      const nobodys = InvoiceId.make("inv_00000000000000000000")
      for (const _tag of ["Order", "Check", "Cancel", "Again"] as const)
        for (const id of [invoiceId, nobodys])
          assert.strictEqual(
            yield* eve.ask({ data: encode({ _tag, invoiceId: id }), messageId, forged: true }),
            "There is no such order.",
          )
      // Whatever was still to be sent is sent before this.
      yield* eve.send("/help")
      yield* eve.message("How it works")
      const after = yield* eve.chat
      assert.deepStrictEqual(after.messages.slice(0, before.messages.length), before.messages)
      assert.lengthOf(after.messages, before.messages.length + 2)
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "AwaitingPayment")
      const calls = yield* emulator.transcript()
      assert.isFalse(
        calls.some(
          ({ parameters }) => parameters["chat_id"] === String(eve.id) && parameters["text"]?.includes("12.50 USD</b>"),
        ),
      )
    }),
  )

  it.effect("sends what is no button of ours, and gets the catalogue", () =>
    Effect.gen(function* () {
      yield* startBot()
      const ada = yield* person()
      yield* ada.send("/help")
      const { message_id: messageId } = yield* ada.message("Something went wrong")
      for (const data of ["x", "x:inv_1' or true--", "💣".repeat(16), "p:", "\u0000"])
        assert.strictEqual(
          yield* ada.ask({ data, messageId, forged: true }),
          "This button works no more. Here is what we sell.",
        )
      const catalogue = yield* ada.message("Paylog Coffee")
      assert.strictEqual(catalogue.message_id, messageId)
    }),
  )

  it.effect("writes what the bot does not understand, and is told what it can do", () =>
    Effect.gen(function* () {
      yield* startBot()
      const ada = yield* person()
      for (const text of ["hello <b>", "/unknown", "12.50", "\ud83d\udc5b"]) {
        yield* ada.send(text)
        yield* ada.see(({ messages }) => messages.length % 2 === 0 && messages.at(-1)?.text.includes("/orders"))
      }
      assert.deepStrictEqual(buttonsOf(yield* ada.message("This is what I can do")), ["All products"])
    }),
  )

  it.effect("pages through their orders, and opens one: it is shown anew, and changes there from now on", () =>
    Effect.gen(function* () {
      yield* startBot()
      const ada = yield* person()
      yield* ada.send("/orders")
      yield* ada.message("You have not ordered anything yet.")
      const bought: Array<InvoiceId> = []
      for (let n = 0; n < 6; n++) bought.push(yield* ada.buy("House blend"))
      yield* ada.send("/orders")
      const first = yield* ada.message("Your orders", "5. ", "House blend, 250 g · 12.50 USD · being prepared")
      assert.notInclude(first.text, "6. ")
      assert.deepStrictEqual(buttonsOf(first), ["1", "2", "3", "4", "5", "Older ▶"])
      yield* ada.press({ text: "Older ▶" })
      const second = yield* ada.message("Your orders", "6. ")
      assert.strictEqual(second.message_id, first.message_id)
      assert.deepStrictEqual(buttonsOf(second), ["6", "◀ Newer"])
      const [oldest] = bought
      assert.isDefined(oldest)
      yield* ada.press({ text: "6" })
      const opened = yield* ada.see(({ messages }) =>
        messages.find(({ message_id, text }) => message_id > second.message_id && text.includes("Preparing")),
      )
      yield* openOrder(oldest)
      yield* ada.see(({ messages }) =>
        messages.find(({ message_id, text }) => message_id === opened.message_id && text.includes("Your invoice")),
      )
    }),
  )

  it.effect("finds the bot's commands in their language", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      yield* startBot()
      const calls = yield* emulator
        .waitForCalls((all) => {
          const set = all.filter(({ method }) => method === "setMyCommands")
          return set.length >= 2 && set.slice(-2)
        })
        .pipe(Effect.timeout("10 seconds"))
      assert.deepStrictEqual(
        calls.map(({ parameters }) => parameters["language_code"]),
        [undefined, "ru"],
      )
      assert.include(calls[1]?.parameters["commands"], "Ваши заказы")
    }),
  )

  it.effect("has as long to pay as the shop gives", () =>
    Effect.gen(function* () {
      yield* startBot({ payWithin: Duration.hours(2) })
      const ada = yield* person()
      const invoiceId = yield* ada.buy("Enamel mug")
      yield* ada.message("Enamel mug — 9.90 EUR", "Valid for 2 hours from ")
      const invoice = yield* Invoices.get(invoiceId)
      assert(invoice._tag === "Issued")
      assert.isTrue(CustomerId.make(invoice.terms.customerId).startsWith("cus_"))
    }),
  )
})
