import { assert, layer } from "@effect/vitest"
import { CustomerId, InvoiceId } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as Customers from "@paylog/payments/Customers"
import * as Ids from "@paylog/payments/Ids"
import * as Invoices from "@paylog/payments/Invoices"
import { request, terms } from "@paylog/payments/Samples"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { ConfigProvider, DateTime, Duration, Effect, Redacted } from "effect"
import * as Catalog from "../src/Catalog.ts"
import * as Purchases from "../src/Purchases.ts"
import { DeepLinks } from "../src/DeepLinks.ts"
import { encode } from "../src/view/Action.ts"
import { about, buttonsOf, expire, openOrder, pay, person, startBot } from "./support/shop.ts"
import { count, eventually } from "./support/eventually.ts"
import { world } from "./support/world.ts"

/** All that the log has of theirs. */
const invoicesOf = Effect.fnUntraced(function* (id: number) {
  const { customerId } = yield* Customers.identify({
    telegramUserId: String(id),
    chatId: String(id),
    language: "en",
  })
  const { query } = yield* Database
  const text =
    "select stream from paylog.events where type = 'InvoiceIssued' and data->>'customerId' = $1 order by position"
  const rows = yield* query<{ readonly stream: string }>({ name: "test-invoices-of", text }, [customerId])
  return rows.map(({ stream }) => InvoiceId.make(stream.replace("invoice-", "")))
})

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
      assert.deepStrictEqual(buttonsOf(receipt), ["Receipt", "All products"])
      // What they lead to stands below: this message stays the receipt.
      yield* ada.press({ text: "Receipt", messageId: receipt.message_id })
      yield* ada.message("🧾 Receipt", "12.51 USDT")
      yield* ada.press({ text: "All products", messageId: receipt.message_id })
      yield* ada.message("What would you like?")
      const kept = (yield* ada.chat).messages.find(({ message_id }) => message_id === receipt.message_id)
      assert.include(kept?.text, "Paid. Thank you!")
    }),
  )

  it.effect("has Wallet asked after the payment by a press, every ten seconds at most", () =>
    Effect.gen(function* () {
      yield* startBot()
      const ada = yield* person()
      const invoiceId = yield* ada.buy("House blend")
      yield* openOrder(invoiceId)
      yield* ada.message("Your invoice", "12.50 USD")
      const { query } = yield* Database
      const asked = query({
        name: "test-asked",
        text: `delete from paylog.work where queue = 'ask-order' and key = '${invoiceId}' returning key`,
      })
      assert.lengthOf(yield* asked, 0)
      assert.include(
        yield* ada.ask({ text: "Check payment" }),
        "We have not heard of a payment yet. We are asking Wallet",
      )
      assert.lengthOf(yield* asked, 1)
      yield* ada.ask({ text: "Check payment" })
      assert.lengthOf(yield* asked, 0)
      yield* query({
        name: "test-ten-seconds",
        text: "update bot.asked_orders set asked_at = asked_at - interval '10 seconds'",
      })
      yield* ada.ask({ text: "Check payment" })
      assert.lengthOf(yield* asked, 1)
    }),
  )

  it.effect("gets the receipt of what they have paid for last, however many orders came after it", () =>
    Effect.gen(function* () {
      yield* startBot()
      const ada = yield* person()
      const invoiceId = yield* ada.buy("House blend")
      yield* openOrder(invoiceId)
      yield* pay(invoiceId)
      yield* ada.message("Paid. Thank you!")
      const { customerId } = yield* Customers.identify({
        telegramUserId: String(ada.id),
        chatId: String(ada.id),
        language: "en",
      })
      for (let n = 0; n < 51; n++) yield* Invoices.issue(terms(customerId, yield* DateTime.now), about)
      yield* (yield* FollowerRunner).awaitBookmark("invoices", yield* (yield* EventStore).head, "20 seconds")
      yield* ada.send("/receipt")
      yield* ada.message("🧾 Receipt", "12.51 USDT")
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
      assert.include(yield* anna.ask({ text: "Проверить оплату" }), "О платеже мы пока не знаем. Спрашиваем Wallet")
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

  it.effect("who presses Buy twice has one invoice, is told so, and gets another one when they want it", () =>
    Effect.gen(function* () {
      yield* startBot()
      const ada = yield* person()
      const first = yield* ada.buy("House blend")
      const card = yield* ada.message("House blend", "Price: 12.50 USD")
      const buy = { data: "b:house-blend", messageId: card.message_id, forged: true }
      assert.strictEqual(yield* ada.ask(buy), "You have an invoice for this that waits for your payment.")
      yield* openOrder(first)
      yield* ada.message("Your invoice", "12.50 USD")
      const again = yield* ada.message("House blend", "waits for your payment")
      assert.strictEqual(again.message_id, card.message_id)
      assert.deepStrictEqual(buttonsOf(again)[0], "Buy another for 12.50 USD")
      assert.deepStrictEqual(yield* invoicesOf(ada.id), [first])

      // Another one, and that too once, however often it is pressed.
      const another = { data: encode({ _tag: "Again", invoiceId: first }), messageId: card.message_id, forged: true }
      assert.strictEqual(yield* ada.ask(another), "Your invoice is on its way.")
      assert.include(yield* ada.ask(another), "waits for your payment")
      assert.lengthOf(yield* invoicesOf(ada.id), 2)

      // When both are paid, the shop sells as ever.
      for (const invoiceId of yield* invoicesOf(ada.id)) {
        if (invoiceId !== first) yield* openOrder(invoiceId)
        yield* pay(invoiceId)
      }
      assert.strictEqual(yield* ada.ask(buy), "Your invoice is on its way.")
      assert.lengthOf(yield* invoicesOf(ada.id), 3)
    }),
  )

  it.effect("is shown the open invoice anew when it was made a while ago, and no second one is made", () =>
    Effect.gen(function* () {
      yield* startBot()
      const ada = yield* person()
      const { customerId } = yield* Customers.identify({
        telegramUserId: String(ada.id),
        chatId: String(ada.id),
        language: "en",
      })
      const product = (yield* Catalog.environment.parse(ConfigProvider.fromEnvRecord({}))).products[0]
      const invoiceId = yield* Ids.invoiceId
      const now = yield* DateTime.now
      yield* Purchases.choose(customerId, product, invoiceId, undefined)
      yield* Invoices.command(
        invoiceId,
        "issue",
        {
          _tag: "Issue",
          invoiceId,
          customerId,
          lines: [Catalog.toLine(product, "en")],
          payBy: DateTime.add(now, { minutes: 25 }),
          policy: { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 120 },
          at: DateTime.subtract(now, { minutes: 5 }),
        },
        about,
      )
      yield* openOrder(invoiceId)
      yield* ada.send("/start")
      yield* ada.message("Paylog Coffee")
      const before = yield* ada.message("Your invoice")
      yield* ada.press({ data: `b:${product.id}`, messageId: before.message_id, forged: true })
      const anew = yield* ada.see(({ messages }) =>
        messages.findLast(({ message_id, text }) => text.includes("Your invoice") && message_id > before.message_id),
      )
      yield* pay(invoiceId)
      assert.strictEqual((yield* ada.message("Paid. Thank you!")).message_id, anew.message_id)
      assert.deepStrictEqual(yield* invoicesOf(ada.id), [invoiceId])
    }),
  )

  it.effect("who taps Buy as fast as they can, with two processes of the bot, has one invoice of each product", () =>
    Effect.gen(function* () {
      yield* startBot()
      yield* startBot()
      const people = yield* Effect.forEach(Array.from({ length: 10 }), () => person())
      for (const { send } of people) yield* send("/start")
      for (const { message } of people) yield* message("Paylog Coffee")
      const products = ["house-blend", "ethiopia"]
      const handled = count("select count(*) from bot.updates where handled_at is not null")
      const before = yield* handled
      const taps = 4
      for (let tap = 0; tap < taps; tap++)
        for (const { press, chat } of people) {
          const messageId = (yield* chat).messages.at(-1)?.message_id ?? 0
          for (const product of products) yield* press({ data: `b:${product}`, messageId, forged: true })
        }
      yield* eventually(() => Effect.map(handled, (n) => n === before + taps * people.length * products.length))
      for (const { id } of people) assert.lengthOf(yield* invoicesOf(id), products.length)
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
      yield* Invoices.command(invoiceId, "request-order", request(invoiceId, yield* DateTime.now), about)
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
      yield* ada.message("Paylog Coffee", "What would you like?")
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
          "This button no longer works. Here is what we sell.",
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
      for (const title of ["Ethiopia", "Colombia", "Brazil", "Kenya", "Guatemala", "House blend"])
        bought.push(yield* ada.buy(title))
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
      for (const { parameters } of calls)
        assert.deepStrictEqual(JSON.parse(parameters["scope"] ?? ""), { type: "all_private_chats" })
      assert.include(calls[1]?.parameters["commands"], "Ваши заказы")
    }),
  )

  it.effect("looks through a category page by page, at a product and back", () =>
    Effect.gen(function* () {
      yield* startBot()
      const ada = yield* person()
      yield* ada.send("/start")
      const { message_id: messageId } = yield* ada.message("Welcome!", "What would you like?")
      const inPlace = (...parts: ReadonlyArray<string>) =>
        Effect.map(ada.message(...parts), (shown) => {
          assert.strictEqual(shown.message_id, messageId)
          return buttonsOf(shown)
        })
      yield* ada.press({ text: "Coffee beans (10)" })
      const first = yield* inPlace("Coffee beans", "10 products", "Page 1 of 2")
      assert.lengthOf(first, 10)
      assert.deepStrictEqual(first.slice(-2), ["Next ▶", "All products"])
      yield* ada.press({ text: "Next ▶" })
      assert.deepStrictEqual(yield* inPlace("Coffee beans", "Page 2 of 2"), [
        "Drip bags, 8 pieces — 9.00 USD",
        "Tasting set, 4 × 60 g — 24.00 USD",
        "◀ Previous",
        "All products",
      ])
      yield* ada.press({ text: "Drip bags, 8 pieces — 9.00 USD" })
      assert.deepStrictEqual(yield* inPlace("House blend, ground", "Price: 9.00 USD", "You pay in crypto"), [
        "Buy for 9.00 USD",
        "◀ Coffee beans",
        "All products",
      ])
      yield* ada.press({ text: "◀ Coffee beans" })
      yield* inPlace("Coffee beans", "Page 2 of 2")
    }),
  )

  it.effect("follows a link to a product, and to an order of theirs; a forged one leads to the catalogue", () =>
    Effect.gen(function* () {
      const { token } = yield* Emulator
      yield* startBot()
      const links = DeepLinks.make({ token: Redacted.make(token) })
      const ada = yield* person()
      const product = links.payload({ _tag: "Product", productId: Catalog.ProductId.make("moka") })
      yield* ada.send(`/start ${product}`)
      assert.include(buttonsOf(yield* ada.message("Moka pot", "Price: 29.00 EUR")), "Buy for 29.00 EUR")
      yield* ada.send(`/start ${links.payload({ _tag: "Product", productId: Catalog.ProductId.make("gone") })}`)
      yield* ada.message("This is no longer on sale", "Paylog Coffee")
      yield* ada.send(`/start ${product.slice(0, -1)}`)
      yield* ada.message("This link is not ours", "What would you like?")
      const invoiceId = yield* ada.buy("House blend")
      yield* openOrder(invoiceId)
      const { message_id: before } = yield* ada.message("Your invoice")
      yield* ada.send(`/start ${links.payload({ _tag: "Invoice", invoiceId })}`)
      yield* ada.see(({ messages }) =>
        messages.some((one) => one.message_id > before && one.text.includes("Your invoice")),
      )
    }),
  )

  it.effect("gets a receipt once more, by its number, by its place, or the newest; one that is not paid as it is", () =>
    Effect.gen(function* () {
      yield* startBot()
      const ada = yield* person()
      yield* ada.send("/receipt")
      yield* ada.message("There is no order yet that you have paid for")
      const paid = yield* ada.buy("House blend")
      yield* openOrder(paid, { number: "ABC12345" })
      yield* pay(paid)
      yield* ada.message("Paid. Thank you!")
      yield* (yield* FollowerRunner).awaitBookmark("invoices", yield* (yield* EventStore).head, "20 seconds")
      let last = 0
      for (const text of ["/receipt", "/receipt ABC12345", "/receipt abc12345", "/receipt 1", `/receipt ${paid}`]) {
        yield* ada.send(text)
        const receipt = yield* ada.see(({ messages }) =>
          messages.find((one) => one.message_id > last && one.text.includes("🧾 Receipt")),
        )
        assert.match(receipt.text, /House blend, 250 g — 12\.50 USD[^]*Paid: 12\.51 USDT\nOrder: ABC12345\n.* UTC$/)
        last = receipt.message_id
      }
      for (const text of ["/receipt 2", "/receipt nothing", "/receipt 0"]) {
        yield* ada.send(text)
        const answer = yield* ada.see(({ messages }) =>
          messages.find((one) => one.message_id > last && one.text.includes("You have no such order")),
        )
        last = answer.message_id
      }
      const open = yield* ada.buy("House blend")
      yield* (yield* FollowerRunner).awaitBookmark("invoices", yield* (yield* EventStore).head, "20 seconds")
      yield* ada.send(`/receipt ${open}`)
      yield* ada.see(
        ({ messages }) => messages.filter(({ text }) => text.includes("Preparing your invoice")).length === 2,
      )
    }),
  )

  it.effect("chooses a language and a clock, which later messages keep to", () =>
    Effect.gen(function* () {
      yield* startBot()
      const ada = yield* person("en")
      yield* ada.send("/language")
      assert.deepStrictEqual(buttonsOf(yield* ada.message("Language: English", "(UTC)")), [
        "✓ English",
        "Русский",
        "🕑 Change the time",
        "All products",
      ])
      assert.strictEqual(yield* ada.ask({ text: "Русский" }), "Сохранено.")
      yield* ada.message("Язык: Русский", "(UTC+3)")
      yield* ada.press({ text: "🕑 Изменить время" })
      const clocks = yield* ada.message("Сколько у вас сейчас времени?")
      const kathmandu = buttonsOf(clocks).find((text) => text.endsWith(" UTC+5:45"))
      assert.isDefined(kathmandu)
      yield* ada.press({ text: kathmandu })
      yield* ada.message("Язык: Русский", "(UTC+5:45)")
      // Telegram goes on to report English.
      const invoiceId = yield* ada.buy("Домашняя смесь")
      yield* openOrder(invoiceId)
      yield* ada.message("Ваш счёт", "UTC+5:45")
      yield* ada.send("/help")
      yield* ada.message("Как это работает")
    }),
  )

  it.effect("reads the terms, and where to turn with a payment", () =>
    Effect.gen(function* () {
      yield* startBot()
      const ada = yield* person()
      yield* ada.send("/terms")
      yield* ada.message("Paylog Coffee: terms", "for a demonstration only", "Refunds are made by hand")
      yield* ada.send("/paysupport")
      yield* ada.message("When something is wrong", "Check payment", "@paylog_demo")
    }),
  )

  it.effect("changes nothing by editing what they wrote", () =>
    Effect.gen(function* () {
      yield* startBot()
      const ada = yield* person()
      yield* ada.send("/help")
      yield* ada.message("How it works")
      // Telegram is not even asked for edits; nor for what happens in channels.
      const asked = (yield* (yield* Emulator).transcript()).find(({ method }) => method === "getUpdates")
      assert.deepStrictEqual(JSON.parse(asked?.parameters["allowed_updates"] ?? ""), ["message", "callback_query"])
    }),
  )

  it.effect("is served though Telegram fails to take the menu, which is tried again", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      yield* emulator.armFault({ kind: "ServerError", method: "setMyCommands", times: 2, status: 500 })
      yield* startBot()
      const ada = yield* person()
      yield* ada.send("/start")
      yield* ada.message("Welcome!")
      yield* emulator
        .waitForCalls((calls) => {
          const set = calls.filter(({ method }) => method === "setMyCommands")
          const failed = set.findLastIndex(({ fault }) => fault === "ServerError")
          return failed >= 0 && set.length >= failed + 2
        })
        .pipe(Effect.timeout("10 seconds"))
      const { commands } = yield* ada.chat
      assert.sameMembers(
        commands.map(({ command }) => command),
        ["start", "orders", "receipt", "language", "help", "terms", "paysupport"],
      )
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
