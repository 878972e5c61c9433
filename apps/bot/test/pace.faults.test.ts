/** Two processes of a bot, held against Telegram's limits: 30 a second in all, 1 a second in a chat; here a third as many in all. */
import { assert, layer } from "@effect/vitest"
import { sabotaged } from "@paylog/event-store/conformance/sabotaged"
import { Database } from "@paylog/event-store/Database"
import * as Customers from "@paylog/payments/Customers"
import * as Deliveries from "@paylog/payments/Deliveries"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { Effect } from "effect"
import { toJson } from "../src/Screen.ts"
import { count, eventually } from "./support/eventually.ts"
import { startProcess } from "./support/process.ts"
import { startBot } from "./support/shop.ts"
import { world } from "./support/world.ts"

const limits = { perBotPerSecond: 10, perChatPerSecond: 1 }
const pace = { perSecond: 25 / 3, perChatPerSecond: 1 }
const settings = { TELEGRAM_RATE: String(pace.perSecond), TELEGRAM_CHAT_RATE: String(pace.perChatPerSecond) }

/** More chats than the pace of all serves in a second, and a few with more than theirs does. */
const people = 50
const talkative = 6
const more = 8

/** Everybody writes, and a few get more messages than one. */
const busy = Effect.gen(function* () {
  const emulator = yield* Emulator
  const { transaction } = yield* Database
  for (let n = 0; n < people; n++) {
    const { id } = yield* emulator.addUser({ firstName: "Ada", languageCode: "en" })
    yield* emulator.send(id, "/help")
    if (n >= talkative) continue
    const ofThem = { telegramUserId: String(id), chatId: String(id), language: "en" }
    const { customerId } = yield* Customers.identify(ofThem)
    const body = toJson({ screen: { _tag: "Help" } })
    for (let m = 0; m < more; m++)
      yield* transaction((sql) =>
        Deliveries.add(sql, { deliveryId: `more/${customerId}/${m}`, customerId, body, priority: "status" }),
      )
  }
})

const refused = Effect.gen(function* () {
  const calls = yield* (yield* Emulator).transcript()
  return calls.filter(
    ({ answer, early }) => early === true || JSON.stringify(answer ?? "").includes("Too Many Requests"),
  ).length
})

const sent = count("select count(*) from payments.deliveries where shown = revision")

layer(world({ limits }), { excludeTestServices: true })("two processes of a bot at Telegram's limits", (it) => {
  it.effect("share the pace: no call comes too early", () =>
    Effect.gen(function* () {
      yield* busy
      yield* startProcess(settings)
      yield* startProcess(settings)
      const total = people + talkative * more
      yield* eventually(() => Effect.map(sent, (n) => n === total), "2 minutes")
      assert.strictEqual(yield* refused, 0)
    }).pipe(Effect.scoped),
  )

  it.effect("with a pace each come too early: a control", () =>
    Effect.gen(function* () {
      const { query } = yield* Database
      const own = "create table payments.sending_2 as select true as one, '-infinity'::timestamptz as next_at"
      yield* query({ name: "test-own-pace", text: own })
      const second = sabotaged("payments.sending", "payments.sending_2")
      yield* busy
      yield* startBot({ pace })
      yield* startBot({ pace }).pipe(Effect.provide(second.layer))
      yield* eventually(() => Effect.map(refused, (n) => n > 0), "2 minutes")
      assert.isTrue(second.wasRun())
    }).pipe(Effect.scoped),
  )
})
