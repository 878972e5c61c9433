/** The owners' chat: told once what needs a person, it gives nobody a right, and is no single point of failure. */
import { assert, layer } from "@effect/vitest"
import * as HeldMoney from "@paylog/payments/HeldMoney"
import * as Proposals from "@paylog/payments/Proposals"
import { Database } from "@paylog/event-store/Database"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import type { ButtonChoice, SeenMessage } from "@paylog/telegram-emulator/UserActs"
import { Effect, Option } from "effect"
import { capture } from "./support/capture.ts"
import { count } from "./support/eventually.ts"
import { buttonsOf, person, shows, startBot } from "./support/shop.ts"
import { heldInvoice, paidInvoice } from "./support/sold.ts"
import { followed, member, staffWorld } from "./support/staff.ts"

const patience = "30 seconds"

/** A group of these people with the bot, which is told to use it. */
const start = Effect.fnUntraced(function* (
  people: ReadonlyArray<{ readonly id: number }>,
  { language = "en" as "en" | "ru", chatId = "" } = {},
) {
  const emulator = yield* Emulator
  const [creator, ...members] = people.map(({ id }) => id)
  const { chat } = yield* emulator.addRoom({
    type: "supergroup",
    title: "Shop",
    creator: creator ?? 0,
    members,
    botIs: "member",
  })
  const log = capture()
  yield* startBot({
    tellOwnersEvery: "50 millis",
    ownersChat: Option.some({ chatId: chatId === "" ? String(chat.id) : chatId, language }),
  }).pipe(Effect.provide(log.layer))
  const bot = (yield* emulator.bots)[0]?.id ?? 0
  return {
    id: chat.id,
    log: log.lines,
    messages: Effect.map(emulator.room(chat.id), ({ messages }) => messages),
    message: (...parts: ReadonlyArray<string>) =>
      emulator
        .waitForRoom(chat.id, ({ messages }) => messages.findLast(shows(...parts)))
        .pipe(Effect.timeout(patience)),
    setBot: (status: "member" | "kicked") => emulator.setMember(chat.id, creator ?? 0, bot, status),
    /** What appears over the chat of who has pressed. */
    ask: Effect.fnUntraced(function* ({ id }: { readonly id: number }, choice: ButtonChoice) {
      const pressed = yield* emulator.pressInRoom(chat.id, id, choice)
      const query = pressed._tag === "Asked" ? pressed.callbackQueryId : ""
      const answer = yield* emulator
        .waitForCalls((calls) => calls.find(({ parameters }) => parameters["callback_query_id"] === query))
        .pipe(Effect.timeout(patience))
      return answer.parameters["text"] ?? ""
    }),
  }
})

const dataOf = ({ reply_markup }: SeenMessage, text: string): string =>
  reply_markup?.inline_keyboard.flat().find((button) => button.text === text)?.callback_data ?? assert.fail(text)

layer(staffWorld(), { excludeTestServices: true, timeout: "60 seconds" })("the owners' chat", (it) => {
  it.effect("is told once, says in the same message when it is over, and shows nothing of a customer", () =>
    Effect.gen(function* () {
      const ann = yield* joined("Ann")
      const chat = yield* start([ann])
      const invoiceId = yield* heldInvoice
      const told = yield* chat.message("🔔 Held money", "12.51 USDT", invoiceId, "price is not the invoice's")
      assert.deepStrictEqual(buttonsOf(told), ["See what can be done", "What is open", "Numbers"])
      yield* HeldMoney.accept(invoiceId, 1, { by: ann.staffId, reason: "a cent short" })
      const over = yield* chat.message("✅ Held money", "This is settled", invoiceId)
      assert.strictEqual(over.message_id, told.message_id)
      assert.deepStrictEqual(buttonsOf(over), ["What is open", "Numbers"])
      assert.lengthOf((yield* chat.messages).filter(shows(invoiceId)), 1)
      // The chat is told instead of each owner.
      assert.lengthOf((yield* ann.chat).messages.filter(shows(invoiceId)), 0)
    }),
  )

  it.effect("leads the staff to their own chat, where their role holds, and refuses everybody else kindly", () =>
    Effect.gen(function* () {
      const [ann, cam] = [yield* joined("Ann"), yield* joined("Cam", "support")]
      const stranger = yield* person("ru")
      const chat = yield* start([ann, cam, stranger])
      const invoiceId = yield* heldInvoice
      const told = yield* chat.message("Held money", invoiceId)
      const see = { data: dataOf(told, "See what can be done"), messageId: told.message_id }
      const customers = yield* count("select count(*) from payments.customers")

      assert.include(yield* chat.ask(stranger, see), "Эти кнопки — для сотрудников магазина")
      assert.strictEqual(yield* count("select count(*) from payments.customers"), customers)
      assert.lengthOf((yield* stranger.chat).messages, 0)

      assert.include(yield* chat.ask(cam, see), "your own chat")
      const looked = yield* cam.message("Held money", invoiceId)
      assert.notInclude([...buttonsOf(looked)], "Accept payment 1")

      assert.include(yield* chat.ask(ann, see), "your own chat")
      const item = yield* ann.message("Held money", invoiceId)
      yield* ann.press({ text: "Accept payment 1", messageId: item.message_id })
      yield* ann.message("Why?", invoiceId)
      yield* ann.press({ text: "Agreed with the customer" })
      yield* chat.message("✅ Held money", invoiceId)
      // Nothing but what the chat's own buttons say, whoever forges it there.
      const forged = { data: `!:a:a:${invoiceId}:1`, messageId: told.message_id, forged: true }
      assert.strictEqual(yield* chat.ask(ann, forged), "There is nothing of the kind any more.")
      assert.include(yield* chat.ask(stranger, forged), "Эти кнопки")
      // Numbers too are shown to who asks, and not to the chat.
      assert.include(yield* chat.ask(ann, { text: "Numbers", messageId: told.message_id }), "your own chat")
      yield* ann.message("Numbers", "Today (UTC)")
      assert.lengthOf((yield* chat.messages).filter(shows("Numbers")), 0)
    }),
  )

  it.effect("reads of a proposal without its text, and who has approved it", () =>
    Effect.gen(function* () {
      const [ann, ben] = [yield* joined("Ann"), yield* joined("Ben")]
      const chat = yield* start([ann, ben], { language: "ru" })
      const invoiceId = yield* paidInvoice
      const { proposalId } = yield* Proposals.proposeCorrection(
        invoiceId,
        { _tag: "HoldPayment", payment: 1 },
        { by: ann.staffId, reason: "a secret reason" },
      )
      yield* followed
      const told = yield* chat.message("🔔 Предложение ждёт второго человека", invoiceId, "Просит Ann")
      assert.notInclude(told.text, "a secret reason")
      yield* chat.ask(ben, { text: "Посмотреть, что можно сделать", messageId: told.message_id })
      const read = yield* ben.message("paylog-proposal/1", proposalId, "a secret reason")
      assert.strictEqual(yield* ben.ask({ text: "✅ Approve", messageId: read.message_id }), "Done.")
      const over = yield* chat.message("✅ Предложение одобрено: Ben", invoiceId)
      assert.strictEqual(over.message_id, told.message_id)
    }),
  )

  it.effect("says of an alarm that is no single thing to decide when it is over, and when it is there again", () =>
    Effect.gen(function* () {
      const ann = yield* joined("Ann")
      const chat = yield* start([ann])
      const { query } = yield* Database
      const park = query({
        name: "test-park",
        text: `insert into paylog.parked (follower, stream, position, version, reason, parked_at)
               values ('open-items', 'invoice-inv_x', 1, 1, 'a test', '2026-11-24T12:00:00Z')`,
      })
      const unpark = query({ name: "test-unpark", text: "delete from paylog.parked where reason = 'a test'" })
      yield* park
      const told = yield* chat.message("🔔 A stream is parked", "invoice-inv_x", "paylog unpark")
      yield* unpark
      const over = yield* chat.message("✅ A stream is parked", "This is over.")
      yield* park
      const again = yield* chat.message("🔔 A stream is parked", "paylog unpark")
      yield* unpark
      yield* chat.message("✅ A stream is parked")
      assert.deepStrictEqual([over.message_id, again.message_id], [told.message_id, told.message_id])
    }),
  )

  it.effect(
    "that throws the bot out leaves nothing untold: each owner is, and the log says so; then it is told again",
    () =>
      Effect.gen(function* () {
        const [ann, ben] = [yield* joined("Ann"), yield* joined("Ben")]
        const chat = yield* start([ann, ben])
        const first = yield* heldInvoice
        yield* chat.message("Held money", first)
        yield* chat.setBot("kicked")
        const second = yield* heldInvoice
        for (const one of [ann, ben]) yield* one.message("Held money", second)
        const third = yield* heldInvoice
        for (const one of [ann, ben]) yield* one.message("Held money", third)
        assert.lengthOf((yield* ann.chat).messages.filter(shows(second)), 1)
        assert.lengthOf(
          chat.log.filter((line) => line.includes("cannot write to OWNERS_CHAT_ID")),
          1,
        )
        assert.notInclude(chat.log.join(), String(chat.id))
        assert.lengthOf((yield* chat.messages).filter(shows(second)), 0)

        yield* chat.setBot("member")
        // What was on its way arrives; what came while the chat was known to be closed is the owners'.
        yield* chat.message("Held money", second)
        const fourth = yield* heldInvoice
        yield* chat.message("Held money", fourth)
        assert.lengthOf((yield* ann.chat).messages.filter(shows(fourth)), 0)
        assert.lengthOf((yield* chat.messages).filter(shows(third)), 0)
      }),
  )

  it.effect("that is none is said at the start", () =>
    Effect.gen(function* () {
      const ann = yield* joined("Ann")
      const chat = yield* start([ann], { chatId: "-1009999999999" })
      const invoiceId = yield* heldInvoice
      yield* ann.message("Held money", invoiceId)
      assert.isTrue(chat.log.some((line) => line.includes("cannot write to OWNERS_CHAT_ID")))
    }),
  )
})

/** Somebody of the staff who is linked before the chat's bot runs. */
const joined = Effect.fnUntraced(function* (name: string, role: "owner" | "support" = "owner") {
  return yield* Effect.scoped(Effect.andThen(startBot(), member(name, { role })))
})
