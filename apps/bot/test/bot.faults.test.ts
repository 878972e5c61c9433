import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { ConfigProvider, Effect, Fiber, Random } from "effect"
import * as Catalog from "../src/Catalog.ts"
import { ciOrFull, timeLimit } from "./support/full.ts"
import { count, eventually } from "./support/eventually.ts"
import { isHopeless } from "./support/fates.ts"
import { paylog, startProcess } from "./support/process.ts"
import { person, shows } from "./support/shop.ts"
import { world } from "./support/world.ts"

const people = ciOrFull(48, 953)
/** Of products of which everybody buys one each, and so many questions. */
const presses = 10
const kills = ciOrFull(4, 20)
const total = people * (1 + 2 * presses)

/** As many as claims that one process has at a time. */
const inHand = 32

const fast = { TELEGRAM_RATE: "1000", TELEGRAM_CHAT_RATE: "1000", CUSTOMER_UPDATES_PER_MINUTE: "100000" }

const handled = count("select count(*) from bot.updates where handled_at is not null")
const parked = count("select count(*) from bot.updates where parked_at is not null")
const issued = count("select count(*) from paylog.events where type = 'InvoiceIssued'")
/** Presses of Buy that have not issued one invoice, their own. */
const notOnce = count(`
  select count(*)
  from bot.updates
  where body -> 'callback_query' is not null
    and 1 <> (select count(*) from paylog.events where stream = 'invoice-' || invoice_id and type = 'InvoiceIssued')`)
const answers = count("select count(*) from payments.deliveries where delivery_id like 'update/%'")
const waiting = count("select count(*) from payments.recipients where due_at < 'infinity'")

layer(world({ transcriptLimit: 1_000_000 }), { excludeTestServices: true })(
  "the bot, whose handlers fail and which is killed again and again",
  (it) => {
    it.effect(
      "handles every update once or sets it aside, and once it is mended those too: an invoice for each order, and no message lost",
      () =>
        Effect.gen(function* () {
          const emulator = yield* Emulator
          const { products } = yield* Catalog.environment.parse(ConfigProvider.fromEnvRecord({}))
          const shoppers = yield* Effect.forEach(Array.from({ length: people }), () => person())
          for (const { send } of shoppers) yield* send("/start")

          // Everybody buys as fast as they can, and asks something each time.
          const shopping = yield* Effect.forkScoped(
            Effect.gen(function* () {
              for (const { id } of products.slice(0, presses))
                for (const { chat, press, send } of shoppers) {
                  const messageId = (yield* chat).messages.at(-1)?.message_id ?? 0
                  yield* press({ data: `b:${id}`, messageId, forged: true })
                  yield* send("/help")
                  yield* Effect.sleep(ciOrFull(5, 2))
                }
            }),
          )

          for (let kill = 0; kill < kills; kill++)
            yield* Effect.scoped(
              Effect.gen(function* () {
                const before = yield* handled
                const { child } = yield* startProcess(fast, "faulty")
                // In the middle of its work, wherever that is.
                yield* eventually(
                  () => Effect.map(handled, (n) => n > before + total / (kills + 4)),
                  `${ciOrFull(2, 20)} minutes`,
                )
                yield* Effect.sleep(yield* Random.nextIntBetween(0, 400))
                child.kill("SIGKILL")
              }),
            )
          yield* Effect.scoped(
            Effect.gen(function* () {
              yield* startProcess(fast, "faulty")
              yield* Fiber.join(shopping)
              yield* eventually(
                () => Effect.map(Effect.all([handled, parked]), ([done, aside]) => done + aside === total),
                `${ciOrFull(2, 20)} minutes`,
              )
            }),
          )

          const { query } = yield* Database
          const aside = yield* query<{ readonly updateId: bigint }>({
            name: "test-parked",
            text: `select update_id as "updateId" from bot.updates where parked_at is not null`,
          })
          const all = yield* query<{ readonly updateId: bigint }>({
            name: "test-all",
            text: `select update_id as "updateId" from bot.updates`,
          })
          assert.lengthOf(all, total)
          const hopeless = all.filter(({ updateId }) => isHopeless(updateId))
          assert.isAbove(hopeless.length, 0)
          assert.includeMembers(
            aside.map(({ updateId }) => updateId),
            hopeless.map(({ updateId }) => updateId),
          )
          // A kill takes a try too: beside what is hopeless, hardly anything is set aside.
          assert.isAtMost(aside.length - hopeless.length, kills)
          const first = { handled: total - aside.length, parked: aside.length }

          // What was wrong is mended, and what was set aside is handled after all.
          const released = yield* paylog("unpark", "updates", "all")
          assert.strictEqual(released.stdout, `The bot handles ${aside.length} updates again\n`, released.log)
          yield* startProcess(fast)
          yield* eventually(() => Effect.map(handled, (n) => n === total), `${ciOrFull(5, 20)} minutes`)
          yield* eventually(() => Effect.map(waiting, (n) => n === 0), `${ciOrFull(2, 20)} minutes`)

          assert.strictEqual(yield* count("select count(*) from bot.updates"), total)
          assert.strictEqual(yield* parked, 0)
          assert.strictEqual(yield* issued, people * presses)
          assert.strictEqual(yield* notOnce, 0)
          assert.strictEqual(yield* answers, people * (1 + presses))
          let repeated = 0
          for (const { chat } of shoppers) {
            const { messages } = yield* chat
            for (const text of ["How it works", "Preparing your invoice"]) {
              const theirs = messages.filter(shows(text))
              const marked = theirs.filter(shows("Sent again")).length
              assert.isAtLeast(theirs.length, presses)
              // Twice only what says so.
              assert.isAtMost(theirs.length - marked, presses)
              repeated += theirs.length - presses
            }
          }
          // A message is repeated only when its sender was killed between Telegram's answer and the note of it.
          assert.isAtMost(repeated, kills * inHand)
          assert.deepStrictEqual(yield* emulator.faults, [])
          yield* Effect.logInfo(
            `${total} updates, ${kills} kills: ${first.handled} handled once, ${first.parked} set aside (${hopeless.length} hopeless) and handled once they were released; 0 lost, 0 twice; ${repeated} messages repeated, each marked`,
          )
        }),
      timeLimit(280_000),
    )
  },
)

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
