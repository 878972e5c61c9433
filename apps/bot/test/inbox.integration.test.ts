import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import * as Customers from "@paylog/payments/Customers"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { ConfigProvider, Deferred, Duration, Effect, Exit, Fiber, Layer, Redacted } from "effect"
import { once } from "node:events"
import { createServer } from "node:http"
import type { Update } from "telegraf/types"
import * as Bot from "../src/Bot.ts"
import * as Catalog from "../src/Catalog.ts"
import { Terms } from "../src/handlers.ts"
import { handleUpdates } from "../src/handleUpdates.ts"
import { Inbox, type Received } from "../src/Inbox.ts"
import { FirstWait } from "../src/persist.ts"
import { Telegram } from "../src/Telegram.ts"
import { capture } from "./support/capture.ts"
import { count, eventually } from "./support/eventually.ts"
import { startBot, person } from "./support/shop.ts"
import { world } from "./support/world.ts"

let lastId = 1000

/** A text message from a chat, as Telegram tells of it. */
const told = (chat: number, text: string): Update => ({
  update_id: ++lastId,
  message: {
    message_id: lastId,
    date: 0,
    chat: { id: chat, type: "private", first_name: "Ada" },
    from: { id: chat, is_bot: false, first_name: "Ada" },
    text,
  },
})

const textOf = ({ update }: Received) => ("message" in update && "text" in update.message ? update.message.text : "")
const chatOf = ({ update }: Received) => ("message" in update ? update.message.chat.id : 0)

/** A bot id of the test's own: an inbox that no other test sees. What fails is tried again soon. */
const inbox = (botId: number) =>
  Layer.unwrap(
    Effect.map(Emulator, ({ baseUrl, token }) =>
      Layer.mergeAll(
        Inbox.layer(botId),
        Layer.succeed(FirstWait, 3),
        Telegram.layer({ token: Redacted.make(token), botId, apiRoot: `${baseUrl}/` }),
      ),
    ),
  )

const shop = Layer.mergeAll(
  Layer.effect(Catalog.Catalog, Catalog.environment.parse(ConfigProvider.fromEnvRecord({})).pipe(Effect.orDie)),
  Layer.succeed(Terms, { payWithin: Duration.minutes(30) }),
)

const nothing: Effect.Effect<Bot.Handled | undefined> = Effect.undefined

layer(world(), { excludeTestServices: true })("the inbox", (it) => {
  it.effect("hands out the updates of one chat one after the other, and those of others meanwhile", () =>
    Effect.gen(function* () {
      const { store } = yield* Inbox
      const slow = yield* Deferred.make<void>()
      const seen: Array<string> = []
      yield* store([told(1, "a"), told(1, "b"), told(2, "c"), told(1, "d"), told(2, "e")])
      yield* Effect.forkScoped(
        handleUpdates((received) =>
          Effect.gen(function* () {
            if (textOf(received) === "a") yield* Deferred.await(slow)
            seen.push(textOf(received))
            return undefined
          }),
        ),
      )
      // Else a failing test would wait for it.
      yield* Effect.addFinalizer(() => Deferred.succeed(slow, undefined))
      yield* eventually(() => seen.length >= 2)
      assert.deepStrictEqual(seen, ["c", "e"])
      yield* Deferred.succeed(slow, undefined)
      yield* eventually(() => seen.length === 5)
      assert.deepStrictEqual(seen, ["c", "e", "a", "b", "d"])
    }).pipe(Effect.provide(inbox(1))),
  )

  it.effect("keeps an update once, however often it is told, and handles it once", () =>
    Effect.gen(function* () {
      const { store } = yield* Inbox
      const update = told(1, "once")
      yield* store([update])
      const seen: Array<string> = []
      const handle = (received: Received) => Effect.sync(() => void seen.push(received.invoiceId))
      yield* Effect.forkScoped(handleUpdates((received) => Effect.as(handle(received), undefined)))
      yield* eventually(() => seen.length === 1)
      yield* store([update, told(1, "next"), update])
      yield* eventually(() => seen.length === 2)
      assert.strictEqual(yield* count("select count(*) from bot.updates where bot_id = 2"), 2)
    }).pipe(Effect.provide(inbox(2))),
  )

  it.effect(
    "tries again what fails, in order, and sets it aside in the end; nobody else waits, and no log tells of the person",
    () =>
      Effect.gen(function* () {
        const { store } = yield* Inbox
        const seen: Array<string> = []
        let failures = 0
        yield* store([told(777_000_111, "my secret wish"), told(777_000_111, "after"), told(2, "other")])
        const log = capture()
        yield* Effect.forkScoped(
          handleUpdates((received) => {
            if (textOf(received) === "my secret wish") {
              failures++
              return new Bot.HandlerFailed({ cause: new TypeError(`cannot read ${textOf(received)} of 777000111`) })
            }
            seen.push(textOf(received))
            return nothing
          }).pipe(Effect.provide(log.layer)),
        )
        yield* eventually(() => seen.length === 2)
        assert.deepStrictEqual(seen, ["other", "after"])
        assert.strictEqual(failures, 6)
        assert.strictEqual(
          yield* count(
            "select count(*) from bot.updates where bot_id = 3 and parked_at is not null and last_error like 'TypeError%'",
          ),
          1,
        )
        const logged = log.lines.join("\n")
        assert.include(logged, "parked after 6 attempts: TypeError")
        assert.notMatch(logged, /secret|777000111|Ada/)
      }).pipe(Effect.provide(inbox(3))),
  )

  it.effect("goes on where a process ended: what was stored is handled, what was half handled is handled again", () =>
    Effect.gen(function* () {
      const { store } = yield* Inbox
      yield* store([told(1, "stored only"), told(2, "half handled")])
      const [first] = yield* (yield* Inbox).claim(1, "100 millis")
      assert.isDefined(first)
      // The process ends here: nobody settles the claim.
      const seen: Array<string> = []
      yield* Effect.forkScoped(
        handleUpdates((received) =>
          Effect.as(
            Effect.sync(() => void seen.push(textOf(received))),
            undefined,
          ),
        ),
      )
      yield* eventually(() => seen.length === 2)
      assert.sameMembers(seen, ["stored only", "half handled"])
    }).pipe(Effect.provide(inbox(4))),
  )

  it.effect("sets aside an update that ends the process each time", () =>
    Effect.gen(function* () {
      const { store, claim } = yield* Inbox
      yield* store([told(1, "poison")])
      for (let attempt = 1; attempt <= 6; attempt++)
        assert.deepStrictEqual(
          (yield* claim(1, 0)).map(({ attempts }) => attempts),
          [attempt],
        )
      let handled = 0
      yield* store([told(1, "next")])
      yield* Effect.forkScoped(handleUpdates(() => Effect.sync(() => void handled++)))
      yield* eventually(() => handled === 1)
      assert.strictEqual(yield* count("select count(*) from bot.updates where bot_id = 5 and parked_at is not null"), 1)
    }).pipe(Effect.provide(inbox(5))),
  )

  it.effect("lets one of two handlers commit: the slow one that was overtaken adds no message", () =>
    Effect.gen(function* () {
      const { store, claim, handled } = yield* Inbox
      const database = yield* Database
      yield* store([told(1, "x")])
      const [slow] = yield* claim(1, 0)
      const [fast] = yield* claim(1, "1 minute")
      assert(slow !== undefined && fast !== undefined)
      assert.strictEqual(slow.invoiceId, fast.invoiceId)
      assert.isFalse(yield* database.transaction((sql) => handled(sql, slow)))
      assert.isTrue(yield* database.transaction((sql) => handled(sql, fast)))
      assert.isFalse(yield* database.transaction((sql) => handled(sql, fast)))
    }).pipe(Effect.provide(inbox(6))),
  )

  it.effect("has one invoice issued for one press, however often it is handled", () =>
    Effect.gen(function* () {
      const { store, claim } = yield* Inbox
      const from = { id: 4242, is_bot: false, first_name: "Ada" }
      const chat = { id: 4242, type: "private" as const, first_name: "Ada" }
      const message = { message_id: 1, date: 0, chat, from, text: "House blend" }
      const query = { id: "1", from, chat_instance: "1", message, data: "b:house-blend" }
      yield* store([{ update_id: ++lastId, callback_query: query }])
      const me = yield* (yield* Telegram).call("getMe", {})
      const handle = yield* Bot.make({ token: Redacted.make("11:x"), botId: 11, apiRoot: "http://127.0.0.1:1/" }, me)
      for (let attempt = 0; attempt < 3; attempt++) {
        const [received] = yield* claim(1, 0)
        assert.isDefined(received)
        const handled = yield* handle(received)
        assert.strictEqual(handled?.toast, "Your invoice is on its way.")
        const issued = `select count(*) from paylog.events where stream = 'invoice-${received.invoiceId}'`
        assert.strictEqual(yield* count(issued), 1)
      }
      const byPress = "select count(*) from paylog.events where metadata ->> 'correlationId' like 'update/11/%'"
      assert.strictEqual(yield* count(byPress), 1)
    }).pipe(Effect.provide([inbox(11), shop])),
  )

  it.effect("issues no invoice that nobody expects any more: a press that was set aside shows the product", () =>
    Effect.gen(function* () {
      const { store, claim } = yield* Inbox
      const from = { id: 4243, is_bot: false, first_name: "Ada" }
      const chat = { id: 4243, type: "private" as const, first_name: "Ada" }
      const message = { message_id: 1, date: 0, chat, from, text: "House blend" }
      yield* store([
        {
          update_id: ++lastId,
          callback_query: { id: "1", from, chat_instance: "1", message, data: "b:house-blend" },
        },
      ])
      yield* (yield* Database).query({
        name: "test-a-day",
        text: "update bot.updates set received_at = received_at - interval '1 day' where bot_id = 12",
      })
      const me = yield* (yield* Telegram).call("getMe", {})
      const handle = yield* Bot.make({ token: Redacted.make("12:x"), botId: 12, apiRoot: "http://127.0.0.1:1/" }, me)
      const [received] = yield* claim(1, 0)
      assert.isDefined(received)
      const handled = yield* handle(received)
      assert.deepStrictEqual(
        handled?.messages.map(({ screen }) => screen._tag),
        ["Product"],
      )
      const issued = `select count(*) from paylog.events where stream = 'invoice-${received.invoiceId}'`
      assert.strictEqual(yield* count(issued), 0)
    }).pipe(Effect.provide([inbox(12), shop])),
  )

  it.effect("answers an album once, although it is an update for each of its pictures", () =>
    Effect.gen(function* () {
      const { store } = yield* Inbox
      const picture = (group: string): Update => ({
        update_id: ++lastId,
        message: {
          message_id: lastId,
          date: 0,
          chat: { id: 4244, type: "private", first_name: "Ada" },
          from: { id: 4244, is_bot: false, first_name: "Ada" },
          photo: [],
          media_group_id: group,
        },
      })
      yield* store(["1", "1", "1", "2", "2"].map(picture))
      const me = yield* (yield* Telegram).call("getMe", {})
      const handle = yield* Bot.make({ token: Redacted.make("13:x"), botId: 13, apiRoot: "http://127.0.0.1:1/" }, me)
      yield* Effect.forkScoped(handleUpdates(handle))
      const handled = count("select count(*) from bot.updates where bot_id = 13 and handled_at is not null")
      yield* eventually(() => Effect.map(handled, (n) => n === 5))
      assert.strictEqual(yield* count("select count(*) from payments.deliveries where delivery_id like 'album/%'"), 2)
    }).pipe(Effect.scoped, Effect.provide([inbox(13), shop])),
  )

  it.effect("commits messages with the mark, or neither", () =>
    Effect.gen(function* () {
      const { store } = yield* Inbox
      const customer = yield* Customers.identify({ telegramUserId: "1", chatId: "1", language: "en" })
      let attempts = 0
      yield* store([told(1, "x")])
      yield* Effect.forkScoped(
        handleUpdates((received) =>
          Effect.sync((): Bot.Handled => {
            attempts++
            // A body that cannot be stored fails inside the transaction, after the mark.
            const offset = received.attempts === 1 ? -1 : 0
            return {
              customer,
              messages: [{ screen: { _tag: "Help" } }, { screen: { _tag: "Orders", offset } }],
            }
          }),
        ),
      )
      const handled = "select count(*) from bot.updates where bot_id = 7 and handled_at is not null"
      yield* eventually(() => Effect.map(count(handled), (n) => n === 1))
      assert.strictEqual(attempts, 2)
      assert.strictEqual(
        yield* count("select count(*) from payments.deliveries where delivery_id like 'update/7/%'"),
        2,
      )
    }).pipe(Effect.provide(inbox(7))),
  )

  it.effect("is worked off by two processes at once, each update once and in its chat's order", () =>
    Effect.gen(function* () {
      const { store } = yield* Inbox
      const seen = new Map<number, Array<string>>()
      const handle = (received: Received) =>
        Effect.sync(() => {
          seen.set(chatOf(received), [...(seen.get(chatOf(received)) ?? []), textOf(received)])
          return undefined
        })
      const processes = yield* Effect.forEach([1, 2], () =>
        Effect.forkScoped(handleUpdates(handle).pipe(Effect.provide(Layer.fresh(inbox(8))))),
      )
      const numbers = Array.from({ length: 10 }, (_, n) => String(n))
      for (const n of numbers) yield* store(Array.from({ length: 12 }, (_, chat) => told(chat + 1, n)))
      const handled = "select count(*) from bot.updates where bot_id = 8 and handled_at is not null"
      yield* eventually(() => Effect.map(count(handled), (n) => n === 120))
      yield* Effect.forEach(processes, Fiber.interrupt)
      // One that could not be committed, for want of a connection, is handled again, before the next.
      const inOrder = [...seen.values()].map((texts) => texts.filter((text, i) => text !== texts[i - 1]))
      assert.deepStrictEqual(
        inOrder,
        Array.from({ length: 12 }, () => numbers),
      )
    }).pipe(Effect.provide(inbox(8))),
  )

  it.effect("finishes what is in hand when it is stopped", () =>
    Effect.gen(function* () {
      const { store } = yield* Inbox
      const started = yield* Deferred.make<void>()
      yield* store([told(1, "x")])
      const fiber = yield* Effect.forkScoped(
        handleUpdates(() =>
          Effect.as(Effect.andThen(Deferred.succeed(started, undefined), Effect.sleep("300 millis")), undefined),
        ),
      )
      yield* Deferred.await(started)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(
        yield* count("select count(*) from bot.updates where bot_id = 9 and handled_at is not null"),
        1,
      )
    }).pipe(Effect.provide(inbox(9))),
  )

  it.effect("deletes what was handled a week ago, and nothing that waits", () =>
    Effect.gen(function* () {
      const { store, claim, handled, forget } = yield* Inbox
      const database = yield* Database
      yield* store([told(1, "old"), told(2, "waiting")])
      const [old] = yield* claim(1, "1 minute")
      assert.isDefined(old)
      yield* database.transaction((sql) => handled(sql, old))
      const backdate = {
        name: "backdate",
        text: "update bot.updates set handled_at = handled_at - interval '8 days', received_at = received_at - interval '8 days' where bot_id = 10 and handled_at is not null",
      }
      yield* database.query(backdate)
      yield* forget
      assert.strictEqual(yield* count("select count(*) from bot.updates where bot_id = 10"), 1)
    }).pipe(Effect.provide(inbox(10))),
  )
})

layer(world(), { excludeTestServices: true })("the bot's polling", (it) => {
  it.effect("survives whatever Telegram does to it, and loses nothing", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      for (const fault of [
        { kind: "ServerError", status: 502 },
        { kind: "TooManyRequests", retryAfter: 1 },
        { kind: "Reset", applied: true },
      ] as const)
        yield* emulator.armFault({ ...fault, method: "getUpdates" })
      yield* emulator.armFault({ kind: "ServerError", method: "getMe" })
      yield* startBot()
      const ada = yield* person()
      yield* ada.send("/help")
      yield* ada.message("How it works")
      yield* ada.send("/orders")
      yield* ada.message("You have not ordered anything yet.")
      assert.lengthOf((yield* ada.chat).messages, 4)
      assert.deepStrictEqual(yield* emulator.faults, [])
      assert.isFalse((yield* emulator.transcript()).some(({ early }) => early === true))
    }),
  )

  it.effect("gives way to another poller, and takes over when that is gone", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      yield* startBot()
      const ada = yield* person()
      yield* ada.send("/help")
      yield* ada.message("How it works")
      // Ends the bot's own call with 409.
      const other = yield* Effect.forkScoped(
        Effect.promise((signal) => fetch(`${emulator.baseUrl}/bot${emulator.token}/getUpdates?timeout=1`, { signal })),
      )
      yield* Fiber.join(other)
      yield* ada.send("/orders")
      yield* ada.message("You have not ordered anything yet.")
    }),
  )

  it.effect("ends with the bot when what it polls is no Telegram, instead of standing still", () =>
    Effect.gen(function* () {
      const server = createServer((_, response) => void response.end(`{"ok":true,"result":{"id":1}}`))
      yield* Effect.acquireRelease(
        Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening")),
        () => Effect.sync(() => server.closeAllConnections()).pipe(Effect.andThen(Effect.sync(() => server.close()))),
      )
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const apiRoot = `http://127.0.0.1:${port}/`
      const fiber = yield* startBot({ telegram: { botId: 99, token: Redacted.make("99:x"), apiRoot } })
      const exit = yield* Fiber.await(fiber).pipe(Effect.timeout("30 seconds"))
      assert.isTrue(Exit.hasDies(exit))
    }),
  )
})
