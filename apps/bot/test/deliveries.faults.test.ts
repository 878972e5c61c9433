import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import * as Customers from "@paylog/payments/Customers"
import * as Deliveries from "@paylog/payments/Deliveries"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { Effect, Random } from "effect"
import { ciOrFull, timeLimit } from "./support/full.ts"
import { toJson } from "../src/Screen.ts"
import { count, eventually } from "./support/eventually.ts"
import { startProcess } from "./support/process.ts"
import { world } from "./support/world.ts"

const people = 250
const eachGets = ciOrFull(20, 200)
const kills = 20

/** As many as claims that one process has at a time. */
const inHand = 32

const fast = { TELEGRAM_RATE: "400", TELEGRAM_CHAT_RATE: "50" }

const waiting = count("select count(*) from payments.recipients where due_at < 'infinity'")
const shown = count("select count(*) from payments.deliveries where shown = revision and delivery_id like 'bulk/%'")

layer(world({ transcriptLimit: 1_000_000 }), { excludeTestServices: true })("messages, whatever happens", (it) => {
  it.effect(
    "arrive, in the order of their chat, or are set aside; none before Telegram allows, twice only what is marked",
    () =>
      Effect.gen(function* () {
        const emulator = yield* Emulator
        const { transaction } = yield* Database

        const chats = yield* Effect.forEach(Array.from({ length: people }), () =>
          Effect.gen(function* () {
            const { id } = yield* emulator.addUser({ firstName: "Ada", languageCode: "en" })
            // Only who has written can be written to. Nobody is there yet to answer.
            yield* emulator.send(id, "/start")
            const ofThem = { telegramUserId: String(id), chatId: String(id), language: "en" }
            return { id, customerId: (yield* Customers.identify(ofThem)).customerId }
          }),
        )
        for (let n = 0; n < eachGets; n++)
          yield* transaction((sql) =>
            Effect.forEach(chats, ({ customerId }) =>
              Deliveries.add(sql, {
                deliveryId: `bulk/${customerId}/${String(n).padStart(4, "0")}`,
                customerId,
                priority: "status",
                body: toJson({
                  screen: { _tag: "Delivered", goods: [{ title: `No. ${n};`, text: { en: "x", ru: "x" } }] },
                }),
              }),
            ),
          )

        const [gone, ...others] = chats
        assert(gone !== undefined && others.length > 0)
        yield* emulator.setBlocked(gone.id, true)
        const method = "sendMessage"
        for (const fault of [
          { kind: "TooManyRequests", retryAfter: 1, times: 20, probability: 0.01 },
          { kind: "TooManyRequests", retryAfter: 3, times: 5, probability: 0.01 },
          { kind: "ServerError", status: 500, times: 40, probability: 0.02 },
          { kind: "ServerError", status: 502, times: 10, probability: 0.01 },
          { kind: "Reset", times: 10, probability: 0.01 },
        ] as const)
          yield* emulator.armFault({ ...fault, method })
        const lost = 20
        yield* emulator.armFault({ kind: "Reset", applied: true, times: lost, probability: 0.01, method })

        const total = people * eachGets
        for (let kill = 0; kill < kills; kill++)
          yield* Effect.scoped(
            Effect.gen(function* () {
              const before = yield* shown
              const { child } = yield* startProcess(fast)
              // In the middle of its work, wherever that is.
              yield* eventually(() => Effect.map(shown, (n) => n > before))
              yield* Effect.sleep(yield* Random.nextIntBetween(0, 400))
              child.kill("SIGKILL")
            }),
          )
        // An outage, and two processes that get over it.
        yield* emulator.armFault({ kind: "ServerError", status: 503, times: "always" })
        yield* startProcess(fast)
        yield* startProcess(fast)
        yield* Effect.sleep("3 seconds")
        yield* emulator.clearFaults
        yield* eventually(() => Effect.map(waiting, (n) => n === 0), `${ciOrFull(100, 1000)} seconds`)

        const aside = yield* count("select count(*) from payments.deliveries where parked_reason = 'SentTwice'")
        const arrived = yield* shown
        assert.strictEqual(arrived + aside + eachGets, total)
        const blocked = count("select count(*) from payments.recipients where blocked_at is not null")
        assert.strictEqual(yield* blocked, 1)

        let repeated = 0
        for (const { id } of others) {
          const numbers = new Map<number, number>()
          const inOrder: Array<number> = []
          for (const { text } of (yield* emulator.chat(id)).messages) {
            const n = /No\. (\d+);/.exec(text)?.[1]
            if (n === undefined) continue
            const copies = numbers.get(Number(n)) ?? 0
            numbers.set(Number(n), copies + 1)
            if (copies === 0) inOrder.push(Number(n))
            else {
              repeated++
              assert.include(text, "Sent again")
            }
            assert.isAtMost(copies, 1)
          }
          assert.deepStrictEqual(
            inOrder,
            inOrder.toSorted((a, b) => a - b),
          )
          if (aside === 0) assert.lengthOf(inOrder, eachGets)
        }
        assert.isAtMost(repeated, lost + kills * inHand)
        yield* Effect.logInfo(
          `${arrived} messages shown, ${aside} set aside, ${repeated} repeated (${lost} answers lost, ${kills} kills)`,
        )

        const early = (yield* emulator.transcript()).filter((call) => call.early === true)
        assert.deepStrictEqual(early, [])

        // Back again, and everything that waited comes.
        yield* emulator.setBlocked(gone.id, false)
        yield* emulator.send(gone.id, "/help")
        yield* eventually(() => Effect.map(shown, (n) => n + aside === total), "60 seconds")
      }),
    timeLimit(280_000),
  )
})
