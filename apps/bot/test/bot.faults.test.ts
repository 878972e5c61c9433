import { assert, layer } from "@effect/vitest"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { ConfigProvider, Effect, Random } from "effect"
import * as Catalog from "../src/Catalog.ts"
import { ciOrFull } from "./support/full.ts"
import { count, eventually } from "./support/eventually.ts"
import { startProcess } from "./support/process.ts"
import { buttonsOf, person, shows } from "./support/shop.ts"
import { world } from "./support/world.ts"

const people = 20
/** Of products of which everybody buys one each. */
const presses = 10
const kills = ciOrFull(4, 20)

const fast = { TELEGRAM_RATE: "1000", TELEGRAM_CHAT_RATE: "1000" }

layer(world(), { excludeTestServices: true })("the bot, killed again and again", (it) => {
  it.effect("handles every update once: an invoice for each order, and no message lost", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      const { products } = yield* Catalog.environment.parse(ConfigProvider.fromEnvRecord({}))
      const shoppers = yield* Effect.forEach(Array.from({ length: people }), () => person())

      // Everybody opens the shop, then buys as fast as they can; now and then they write something.
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* startProcess(fast)
          for (const { send } of shoppers) yield* send("/start")
          for (const { press, see } of shoppers) {
            yield* see(({ messages }) => messages.some((one) => one.reply_markup !== undefined))
            yield* press({ text: "Coffee beans (10)" })
            yield* see(({ messages }) => messages.flatMap(buttonsOf).includes("House blend, 250 g — 12.50 USD"))
            yield* press({ text: "House blend, 250 g — 12.50 USD" })
          }
          for (const { message } of shoppers) yield* message("House blend", "Price")
        }),
      )
      const shopping = yield* Effect.forkScoped(
        Effect.gen(function* () {
          for (const { id } of products.slice(0, presses))
            for (const { press, send, chat } of shoppers) {
              const messageId = (yield* chat).messages.at(-1)?.message_id ?? 0
              yield* press({ data: `b:${id}`, messageId, forged: true })
              yield* send("/help")
              yield* Effect.sleep("20 millis")
            }
        }),
      )

      for (let kill = 0; kill < kills; kill++)
        yield* Effect.scoped(
          Effect.gen(function* () {
            const before = yield* handled
            const { child } = yield* startProcess(fast)
            // In the middle of its work, wherever that is.
            yield* eventually(() => Effect.map(handled, (n) => n > before))
            yield* Effect.sleep(yield* Random.nextIntBetween(0, 400))
            child.kill("SIGKILL")
          }),
        )
      yield* startProcess(fast)
      const total = people * (3 + 2 * presses)
      yield* eventually(() => Effect.map(handled, (n) => n === total), "2 minutes")
      yield* eventually(() => Effect.map(waiting, (n) => n === 0), "2 minutes")
      assert.isDefined(shopping)

      assert.strictEqual(yield* count("select count(*) from bot.updates"), total)
      assert.strictEqual(yield* count("select count(*) from bot.updates where parked_at is not null"), 0)
      assert.strictEqual(
        yield* count("select count(*) from paylog.events where type = 'InvoiceIssued'"),
        people * presses,
      )
      let repeated = 0
      for (const { chat } of shoppers) {
        const { messages } = yield* chat
        const helps = messages.filter(shows("How it works")).length
        const invoices = messages.filter(shows("Preparing your invoice")).length
        assert.isAtLeast(helps, presses)
        assert.isAtLeast(invoices, presses)
        repeated += helps + invoices - 2 * presses
      }
      // A message is repeated only when its sender was killed between Telegram's answer and the note of it.
      yield* Effect.logInfo(`${total} updates, ${kills} kills, ${repeated} repeated messages`)
      assert.isAtMost(repeated, kills * people)
      assert.deepStrictEqual(yield* emulator.faults, [])
    }),
  )
})

layer(world(), { excludeTestServices: true })("two processes of a bot that polls", (it) => {
  it.effect("take turns at polling, never at once; when one is killed, the other goes on", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      const ada = yield* person()
      const first = yield* startProcess(fast)
      yield* ada.send("/help")
      yield* ada.message("How it works")
      yield* startProcess(fast)
      for (let n = 0; n < 20; n++) yield* ada.send("/orders")
      yield* eventually(() => Effect.map(waitsInInbox, (n) => n === 0))
      first.child.kill("SIGKILL")
      yield* ada.send("/start")
      yield* ada.message("Paylog Coffee")
      const calls = yield* emulator.transcript()
      const conflicts = calls.filter(({ answer }) => JSON.stringify(answer ?? "").includes("Conflict"))
      // The one that was killed was waiting at Telegram; who takes over ends that wait.
      assert.isAtMost(conflicts.length, 1)
    }),
  )
})

const waitsInInbox = count("select count(*) from bot.updates where handled_at is null")
const handled = count("select count(*) from bot.updates where handled_at is not null")
const waiting = count("select count(*) from payments.recipients where due_at < 'infinity'")
