import { assert, layer } from "@effect/vitest"
import * as Money from "@paylog/domain/Money"
import { sabotaged } from "@paylog/event-store/conformance/sabotaged"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as Customers from "@paylog/payments/Customers"
import * as Deliveries from "@paylog/payments/Deliveries"
import * as Invoices from "@paylog/payments/Invoices"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { DateTime, Effect } from "effect"
import { type Handle, HandlerFailed } from "../src/Bot.ts"
import { count, eventually } from "./support/eventually.ts"
import { about, buttonsOf, openOrder, pay, person, startBot } from "./support/shop.ts"
import { world } from "./support/world.ts"

/** The calls that wrote into this person's chat. */
const written = (id: number) =>
  Effect.gen(function* () {
    const calls = yield* (yield* Emulator).transcript()
    return calls.filter(
      ({ method, parameters }) =>
        /^(sendMessage|editMessageText)$/.test(method) && parameters["chat_id"] === String(id),
    )
  })

/** All that events have made due is sent, withheld or forgotten. */
const nothingLeft = Effect.gen(function* () {
  const { awaitBookmark } = yield* FollowerRunner
  const { head } = yield* EventStore
  yield* awaitBookmark("deliveries", yield* head, "30 seconds")
  const left = count("select count(*) from payments.recipients where due_at < 'infinity'")
  yield* eventually(() => Effect.map(left, (n) => n === 0))
})

const withheld = (customerId: string) =>
  `select count(*) from payments.deliveries where customer_id = '${customerId}' and revision > shown`

layer(world(), { excludeTestServices: true })("sending", (it) => {
  it.effect("waits as long as Telegram says, keeps the chat's order, and lets other chats go on", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      const ada = yield* person()
      const bob = yield* person()
      yield* startBot()
      yield* emulator.armFault({ kind: "TooManyRequests", retryAfter: 2, method: "sendMessage", chat: ada.id })
      yield* ada.send("/help")
      yield* emulator.waitForCalls((calls) => calls.some(({ fault }) => fault === "TooManyRequests"))
      yield* ada.send("/orders")
      yield* ada.send("/start")
      yield* bob.send("/help")
      yield* bob.message("How it works")
      assert.lengthOf((yield* ada.chat).messages, 3)
      yield* ada.message("Paylog Coffee")
      const answers = (yield* ada.chat).messages
        .filter(({ from }) => from.is_bot)
        .map(({ text }) => text.split("\n")[0])
      assert.deepStrictEqual(answers, ["How it works", "Your orders", "Paylog Coffee"])
      assert.isFalse((yield* emulator.transcript()).some(({ early }) => early === true))
    }),
  )

  it.effect("tries again after Telegram's own errors, in order", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      const ada = yield* person()
      yield* startBot()
      for (const status of [500, 503, 500, 502]) yield* emulator.armFault({ kind: "ServerError", status, chat: ada.id })
      yield* ada.send("/help")
      yield* ada.send("/orders")
      yield* ada.message("You have not ordered anything yet.")
      const answers = (yield* ada.chat).messages
        .filter(({ from }) => from.is_bot)
        .map(({ text }) => text.split("\n")[0])
      assert.deepStrictEqual(answers, ["How it works", "Your orders"])
    }),
  )

  it.effect("repeats a message whose answer was lost once, and says so in it; a second time it is set aside", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      const ada = yield* person()
      yield* startBot()
      yield* emulator.armFault({ kind: "Reset", applied: true, method: "sendMessage", chat: ada.id })
      yield* ada.send("/help")
      yield* ada.message("How it works", "Sent again")
      yield* nothingLeft
      assert.lengthOf(yield* written(ada.id), 2)
      yield* emulator.armFault({ kind: "Reset", applied: true, method: "sendMessage", chat: ada.id, times: 2 })
      yield* ada.send("/orders")
      const aside = "select count(*) from payments.deliveries where parked_reason = 'SentTwice'"
      yield* eventually(() => Effect.map(count(aside), (n) => n === 1))
      yield* nothingLeft
      assert.lengthOf(yield* written(ada.id), 4)
      yield* ada.send("/start")
      yield* ada.message("Paylog Coffee")
    }),
  )

  it.effect("keeps the one repetition until Telegram is back, however long an outage takes", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      const ada = yield* person()
      yield* startBot()
      yield* ada.send("/start")
      yield* ada.message("Paylog Coffee")
      yield* emulator.armFault({ kind: "Reset", method: "sendMessage" })
      yield* emulator.armFault({ kind: "ServerError", status: 502, method: "getMe", times: 3 })
      yield* ada.send("/help")
      yield* ada.message("How it works", "Sent again")
      yield* nothingLeft
      assert.lengthOf((yield* ada.chat).messages, 4)
    }),
  )

  it.effect("writes first to whose money was seen and whom it answers, then of other changes, then of news", () =>
    Effect.gen(function* () {
      const database = yield* Database
      const { transaction } = database
      const people = yield* Effect.forEach(["status", "broadcast", "answer", "receipt"] as const, (priority) =>
        Effect.map(person(), (one) => ({ ...one, priority })),
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* startBot()
          for (const { send } of people) yield* send("/start")
          for (const { message } of people) yield* message("Paylog Coffee")
        }),
      )
      const before = (yield* (yield* Emulator).transcript()).length
      for (const { id, priority } of people) {
        const ofThem = { telegramUserId: String(id), chatId: String(id), language: "en" }
        const { customerId } = yield* Customers.identify(ofThem)
        const body = '{"screen":{"_tag":"Help"}}'
        yield* transaction((sql) => Deliveries.add(sql, { deliveryId: `first/${id}`, customerId, body, priority }))
      }
      yield* startBot({ pace: { perSecond: 5, perChatPerSecond: 1 } })
      for (const { message } of people) yield* message("How it works")
      const ids = people.map(({ id }) => String(id))
      const calls = yield* (yield* Emulator).transcript()
      const order = calls
        .slice(before)
        .filter(({ method, parameters }) => method === "sendMessage" && ids.includes(parameters["chat_id"] ?? ""))
        .map(({ parameters }) => people[ids.indexOf(parameters["chat_id"] ?? "")]?.priority)
      assert.deepStrictEqual(order, ["receipt", "answer", "status", "broadcast"])
    }),
  )

  it.effect("repeats an edit whose answer was lost: it converges on one message", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      const ada = yield* person()
      yield* startBot()
      const invoiceId = yield* ada.buy("House blend")
      yield* nothingLeft
      yield* emulator.armFault({ kind: "Reset", applied: true, method: "editMessageText", chat: ada.id })
      yield* openOrder(invoiceId)
      yield* ada.message("Your invoice")
      yield* pay(invoiceId)
      yield* ada.message("Paid. Thank you!")
      yield* nothingLeft
      const shown = (yield* ada.chat).messages.filter(({ text }) => text.includes("12.50 USD\nTotal"))
      assert.lengthOf(shown, 1)
    }),
  )

  it.effect("withholds what a customer who has blocked the bot cannot get, and sends it when they come back", () =>
    Effect.gen(function* () {
      const ada = yield* person()
      const bob = yield* person()
      yield* startBot()
      yield* ada.send("/help")
      yield* ada.message("How it works")
      yield* ada.setBlocked(true)
      const ofAda = { telegramUserId: String(ada.id), chatId: String(ada.id), language: "en" }
      const { customerId } = yield* Customers.identify(ofAda)
      const invoiceId = yield* Invoices.issue(
        {
          customerId,
          lines: [{ title: "House blend", quantity: 1, unitPrice: Money.of("USD", 1250n) }],
          payBy: DateTime.add(yield* DateTime.now, { minutes: 30 }),
          policy: { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 0 },
        },
        about,
      )
      yield* openOrder(invoiceId)
      yield* pay(invoiceId)
      yield* nothingLeft
      assert.strictEqual(yield* count(withheld(customerId)), 1)
      yield* bob.send("/help")
      yield* bob.message("How it works")

      yield* ada.setBlocked(false)
      yield* ada.send("/start")
      yield* ada.message("Paylog Coffee")
      // Older, and so before the answer.
      const titles = (yield* ada.chat).messages.map(({ text }) => text.split("\n")[0])
      assert.deepStrictEqual(titles, ["/help", "How it works", "/start", "✅ Paid. Thank you!", "Paylog Coffee"])
      yield* nothingLeft
      assert.strictEqual(yield* count(withheld(customerId)), 0)
    }),
  )

  it.effect("replaces a status message that its customer has deleted, once", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      const ada = yield* person()
      yield* startBot()
      const invoiceId = yield* ada.buy("House blend")
      const { message_id } = yield* ada.message("Preparing")
      yield* nothingLeft
      const gone = new URLSearchParams({ chat_id: String(ada.id), message_id: String(message_id) })
      yield* Effect.promise(() =>
        fetch(`${emulator.baseUrl}/bot${emulator.token}/deleteMessage`, { method: "POST", body: gone }),
      )
      yield* openOrder(invoiceId)
      const replaced = yield* ada.message("Your invoice")
      assert.isAbove(replaced.message_id, message_id)
      yield* pay(invoiceId)
      const receipt = yield* ada.message("Paid. Thank you!")
      assert.strictEqual(receipt.message_id, replaced.message_id)
    }),
  )

  it.effect("takes a message that shows just that already for shown", () =>
    Effect.gen(function* () {
      const ada = yield* person()
      yield* startBot()
      const invoiceId = yield* ada.buy("House blend")
      yield* openOrder(invoiceId)
      yield* ada.message("Your invoice")
      yield* nothingLeft
      yield* ada.ask({ text: "Check payment" })
      yield* ada.ask({ text: "Check payment" })
      yield* nothingLeft
      const unchanged = (yield* written(ada.id)).filter(({ answer }) => JSON.stringify(answer).includes("not modified"))
      assert.isAtLeast(unchanged.length, 2)
    }),
  )

  it.effect("does not send again what was sent when the process ended just after", () =>
    Effect.gen(function* () {
      const ada = yield* person()
      yield* startBot()
      yield* ada.send("/help")
      yield* ada.message("How it works")
      yield* nothingLeft
      const ofAda = { telegramUserId: String(ada.id), chatId: String(ada.id), language: "en" }
      const { customerId } = yield* Customers.identify(ofAda)
      const database = yield* Database
      const text = "update payments.recipients set due_at = clock_timestamp() where customer_id = $1"
      yield* database.query({ name: "due-again", text }, [customerId])
      yield* nothingLeft
      assert.lengthOf(yield* written(ada.id), 1)
    }),
  )

  it.effect(
    "sets a message aside that Telegram refuses, goes on with the others, and tries again when it has changed",
    () =>
      Effect.gen(function* () {
        const ada = yield* person()
        yield* startBot()
        const invoiceId = yield* ada.buy("House blend")
        yield* nothingLeft
        yield* openOrder(invoiceId, { directPayLink: "this is no link" })
        const refused = `select count(*) from payments.deliveries where invoice_id = '${invoiceId}' and parked_reason like '400 %'`
        yield* eventually(() => Effect.map(count(refused), (n) => n === 1))
        yield* ada.send("/help")
        yield* ada.message("How it works")
        yield* pay(invoiceId)
        yield* ada.message("Paid. Thank you!")
        yield* nothingLeft
      }),
  )

  it.effect("answers no presses while Telegram takes no answers, in any process, and sends messages meanwhile", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      const ada = yield* person()
      yield* startBot()
      yield* ada.send("/language")
      yield* ada.message("Language and time")
      const answers = Effect.map(
        emulator.transcript(),
        (calls) => calls.filter(({ method }) => method === "answerCallbackQuery").length,
      )
      const before = yield* answers
      yield* emulator.armFault({ kind: "TooManyRequests", retryAfter: 2, method: "answerCallbackQuery" })
      yield* ada.press({ text: "🕑 Change the time" })
      yield* ada.message("What time is it where you are?")
      const paused = count("select count(*) from bot.answer_pauses where until > clock_timestamp()")
      yield* eventually(() => Effect.map(paused, (n) => n === 1))
      // Another process has not heard that itself.
      yield* startBot()
      yield* ada.press({ text: "◀ Back" })
      yield* ada.message("Language and time")
      yield* eventually(() => Effect.map(paused, (n) => n === 0))
      assert.strictEqual(yield* answers, before + 1)
      assert.strictEqual(yield* ada.ask({ text: "🕑 Change the time" }), "")
      assert.strictEqual(yield* answers, before + 2)
      assert.isFalse((yield* emulator.transcript()).some(({ early }) => early === true))
    }),
  )

  it.effect("marks a message after it was sent, so that none is lost; marked before, one is", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      const arrives = Effect.fnUntraced(function* (starting: ReturnType<typeof startBot>) {
        const ada = yield* person()
        yield* starting
        yield* emulator.armFault({ kind: "Reset", method: "sendMessage", chat: ada.id })
        yield* ada.send("/help")
        const handled = `select count(*) from bot.updates where chat_id = ${ada.id} and handled_at is not null`
        yield* eventually(() => Effect.map(count(handled), (n) => n === 1))
        yield* nothingLeft
        return (yield* ada.chat).messages.some(({ text }) => text.startsWith("How it works"))
      }, Effect.scoped)
      assert.isTrue(yield* arrives(startBot()))
      const before = sabotaged("set sends = sends + 1", "set shown = revision, sends = sends + 1")
      assert.isFalse(yield* arrives(Effect.provide(startBot(), before.layer)))
      assert.isTrue(before.wasRun())
    }),
  )

  it.effect("says once what a handler says that fails after all it did; one that sends by itself says it twice", () =>
    Effect.gen(function* () {
      const { baseUrl, token } = yield* Emulator
      const failsOnce =
        (handle: Handle): Handle =>
        (received) =>
          Effect.tap(handle(received), () =>
            received.attempts === 1 ? new HandlerFailed({ cause: new Error("planted") }) : Effect.void,
          )
      const timesHelped = Effect.fnUntraced(function* (around: (handle: Handle) => Handle) {
        const ada = yield* person()
        yield* startBot({ around })
        yield* ada.send("/help")
        yield* ada.message("How it works")
        const handled = `select count(*) from bot.updates where chat_id = ${ada.id} and handled_at is not null`
        yield* eventually(() => Effect.map(count(handled), (n) => n === 1))
        yield* nothingLeft
        return (yield* ada.chat).messages.filter(({ text }) => text.startsWith("How it works")).length
      }, Effect.scoped)
      assert.strictEqual(yield* timesHelped(failsOnce), 1)

      const sendsItself =
        (handle: Handle): Handle =>
        (received) =>
          Effect.gen(function* () {
            const handled = yield* handle(received)
            if (handled?.customer === undefined) return undefined
            const { chatId: chat_id } = handled.customer
            const body = new URLSearchParams({ chat_id, text: "How it works" })
            yield* Effect.promise(() => fetch(`${baseUrl}/bot${token}/sendMessage`, { method: "POST", body }))
            return { ...handled, messages: [] }
          })
      assert.strictEqual(yield* timesHelped((handle) => failsOnce(sendsItself(handle))), 2)
    }),
  )

  it.effect("shows where quick presses have led, not each step on the way", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      const ada = yield* person()
      yield* startBot()
      yield* ada.send("/start")
      const { message_id } = yield* ada.message("Paylog Coffee")
      yield* nothingLeft
      yield* emulator.armFault({ kind: "TooManyRequests", retryAfter: 2, method: "editMessageText", chat: ada.id })
      const labels = (yield* ada.chat).messages.flatMap(buttonsOf)
      const [beans, mugs] = [/^Coffee beans/, /^Mugs/].map((title) => labels.find((label) => title.test(label)) ?? "")
      assert(beans !== undefined && mugs !== undefined)
      yield* ada.press({ text: beans, messageId: message_id })
      yield* emulator.waitForCalls((calls) => calls.some(({ fault }) => fault === "TooManyRequests"))
      for (const text of [mugs, beans, mugs, beans, mugs]) yield* ada.press({ text, messageId: message_id })
      yield* ada.send("/help")
      yield* ada.message("How it works")
      yield* nothingLeft
      const calls = (yield* written(ada.id)).slice(1)
      assert.deepStrictEqual(
        calls.map(({ fault, method }) => fault ?? method),
        ["TooManyRequests", "editMessageText", "sendMessage"],
      )
      const shown = (yield* ada.chat).messages.find((message) => message.message_id === message_id)
      assert.include(shown?.text, "Mugs")
      const all = `select count(*) from payments.deliveries join payments.customers using (customer_id) where chat_id = '${ada.id}'`
      assert.strictEqual(yield* count(all), 8)
    }),
  )

  it.effect("forgets a message whose customer was erased", () =>
    Effect.gen(function* () {
      const ada = yield* person()
      yield* startBot()
      const invoiceId = yield* ada.buy("House blend")
      yield* nothingLeft
      const database = yield* Database
      const text = "delete from payments.customers where chat_id = $1"
      yield* database.query({ name: "erase", text }, [String(ada.id)])
      const before = yield* written(ada.id)
      yield* openOrder(invoiceId)
      yield* nothingLeft
      assert.deepStrictEqual(yield* written(ada.id), before)
    }),
  )
})

/** Telegram's, and the pace for them, four times as fast. */
const limits = { perChatPerSecond: 4, perBotPerSecond: 120 }
const pace = { perSecond: 100, perChatPerSecond: 4 }

layer(world({ limits }), { excludeTestServices: true })("sending at Telegram's limits", (it) => {
  it.effect("brings a whole purchase, one message after the other, and never comes too early", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      const ada = yield* person()
      yield* startBot({ pace })
      const invoiceId = yield* ada.buy("House blend")
      yield* openOrder(invoiceId)
      const payable = yield* ada.message("Your invoice")
      yield* pay(invoiceId)
      const receipt = yield* ada.message("Paid. Thank you!")
      assert.strictEqual(receipt.message_id, payable.message_id)
      const calls = yield* emulator.transcript()
      assert.isFalse(calls.some(({ answer }) => JSON.stringify(answer ?? "").includes("Too Many Requests")))
      assert.isFalse(calls.some(({ early }) => early === true))
    }),
  )
})
