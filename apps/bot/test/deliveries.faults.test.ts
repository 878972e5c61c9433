import { assert, layer } from "@effect/vitest"
import type { CustomerId, InvoiceId } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as Customers from "@paylog/payments/Customers"
import * as Deliveries from "@paylog/payments/Deliveries"
import * as Invoices from "@paylog/payments/Invoices"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { DateTime, Effect, Fiber, Random } from "effect"
import { ciOrFull, timeLimit } from "./support/full.ts"
import { toJson } from "../src/Screen.ts"
import { count, eventually } from "./support/eventually.ts"
import { startProcess } from "./support/process.ts"
import { about, openOrder, pay } from "./support/shop.ts"
import { world } from "./support/world.ts"

const people = 250
const kills = 20

/** What happens to somebody, again and again: messages of their own, and an invoice that changes between them. */
const round = [
  "Message",
  "Message",
  "Issue",
  "Message",
  "Open",
  "Message",
  "Pay",
  "Message",
  "Message",
  "Message",
] as const
const rounds = ciOrFull(2, 20)
const newInRound = round.filter((step) => step === "Message" || step === "Issue").length

const fast = { TELEGRAM_RATE: "400", TELEGRAM_CHAT_RATE: "50" }

const waiting = count("select count(*) from payments.recipients where due_at < 'infinity'")
const ours = "from payments.deliveries where (invoice_id is not null or delivery_id like 'bulk/%')"
const ofThem = (somebody: Person) => `and customer_id = '${somebody.customerId}'`
const shown = count(`select count(*) ${ours} and shown = revision`)
const setAside = count(`select count(*) ${ours} and parked_reason is not null`)
/** The tries of which nobody knows whether they arrived, by name. */
const inDoubt = Effect.gen(function* () {
  const { query } = yield* Database
  const text = `select concat_ws(' ', delivery_id, revision, sends) as try ${ours} and sends > 0 and parked_reason is null`
  const rows = yield* query<{ readonly try: string }>({ name: "test-in-doubt", text })
  return rows.map((row) => row.try)
})

interface Person {
  readonly id: number
  readonly customerId: CustomerId
  /** Has blocked the bot, and sees nothing. */
  readonly isGone: boolean
  /** What has happened to them. */
  steps: number
  /** New messages, by their numbers from 0. */
  messages: number
  invoiceId: InvoiceId | undefined
  /** Which message each of their deliveries is. */
  readonly numbers: Map<string, number>
}

/** The number of a new message; an invoice's is in the title of what it is for, whatever becomes of it. */
const numbered = (n: number) => `No. ${n};`
const numberIn = (text: string) => {
  const found = /No\. (\d+);/.exec(text)?.[1]
  return found === undefined ? undefined : Number(found)
}

/** The messages that show an invoice in its newest state. */
const liveMessages = Effect.gen(function* () {
  const { query } = yield* Database
  const text = `
    select customer_id || ' ' || message_id as live
    from payments.deliveries
    where invoice_id is not null and shown = revision and message_id is not null`
  const rows = yield* query<{ readonly live: string }>({ name: "test-live", text })
  return new Set(rows.map(({ live }) => live))
})

/** The deliveries that are set aside. */
const parked = Effect.gen(function* () {
  const { query } = yield* Database
  const text = `select delivery_id as id ${ours} and parked_reason is not null`
  const rows = yield* query<{ readonly id: string }>({ name: "test-parked", text })
  return new Set(rows.map(({ id }) => id))
})

/** The next thing that happens to them. */
const step = Effect.fnUntraced(function* (person: Person) {
  const what = round[person.steps++ % round.length]
  switch (what) {
    case "Message": {
      const goods = [{ title: numbered(person.messages), text: { en: "x", ru: "x" } }]
      const deliveryId = `bulk/${person.customerId}/${String(person.messages).padStart(4, "0")}`
      person.numbers.set(deliveryId, person.messages++)
      const body = toJson({ screen: { _tag: "Delivered", goods } })
      return yield* Database.use(({ transaction }) =>
        transaction((sql) =>
          Deliveries.add(sql, { deliveryId, customerId: person.customerId, priority: "status", body }),
        ),
      )
    }
    case "Issue":
      person.invoiceId = yield* Invoices.issue(
        {
          customerId: person.customerId,
          lines: [{ title: numbered(person.messages), quantity: 1, unitPrice: Money.of("USD", 1250n) }],
          payBy: DateTime.add(yield* DateTime.now, { hours: 5 }),
          policy: { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 0 },
        },
        about,
      )
      person.numbers.set(Deliveries.statusId(person.invoiceId), person.messages++)
      return yield* followed
    case "Open":
      return yield* Effect.andThen(openOrder(person.invoiceId!), followed)
    case "Pay":
      return yield* Effect.andThen(pay(person.invoiceId!), followed)
    case undefined:
  }
})

/** Its message waits: what is said to them after it is said later. */
const followed = Effect.gen(function* () {
  const head = yield* (yield* EventStore).head
  yield* (yield* FollowerRunner).awaitBookmark(Deliveries.follower.name, head, "30 seconds")
})

/** How many messages wait for somebody, by customer. */
const unseen = Effect.gen(function* () {
  const { query } = yield* Database
  const text = `
    select customer_id as "customerId", count(*)::int as count
    from payments.deliveries
    where revision > shown and parked_reason is null
    group by customer_id`
  const rows = yield* query<{ readonly customerId: string; readonly count: number }>({ name: "test-unseen", text })
  return new Map(rows.map(({ count, customerId }) => [customerId, count]))
})

/** All that happens, as it would: mostly once the last message is seen, and now and then before. */
const life = Effect.fnUntraced(function* (everybody: ReadonlyArray<Person>) {
  const all = rounds * round.length
  while (true) {
    const left = everybody.filter(({ steps }) => steps < all)
    if (left.length === 0) return
    const waits = yield* unseen
    yield* Effect.forEach(
      left,
      Effect.fnUntraced(function* (person) {
        const count = waits.get(person.customerId) ?? 0
        if (count === 0 || person.isGone || (count === 1 && (yield* Random.next) < 0.05)) yield* step(person)
      }),
      { concurrency: 16, discard: true },
    )
    yield* Effect.sleep("100 millis")
  }
})

layer(world({ transcriptLimit: 1_000_000 }), { excludeTestServices: true })("messages, whatever happens", (it) => {
  it.effect(
    "arrive or are set aside, in the order of their chat, changed ones in their newest state; none before Telegram allows, twice only what is marked",
    () =>
      Effect.gen(function* () {
        const emulator = yield* Emulator
        const everybody = yield* Effect.forEach(Array.from({ length: people }), (_, nth) =>
          Effect.gen(function* () {
            const { id } = yield* emulator.addUser({ firstName: "Ada", languageCode: "en" })
            // Only who has written can be written to. Nobody is there yet to answer.
            yield* emulator.send(id, "/start")
            const ofThem = { telegramUserId: String(id), chatId: String(id), language: "en" }
            const { customerId } = yield* Customers.identify(ofThem)
            const person: Person = {
              id,
              customerId,
              isGone: nth === 0,
              steps: 0,
              messages: 0,
              invoiceId: undefined,
              numbers: new Map(),
            }
            return person
          }),
        )

        const [gone, ...others] = everybody
        assert(gone !== undefined && others.length > 0)
        yield* emulator.setBlocked(gone.id, true)
        const lost = 20
        for (const method of ["sendMessage", "editMessageText"])
          for (const fault of [
            { kind: "TooManyRequests", retryAfter: 1, times: 20, probability: 0.01 },
            { kind: "TooManyRequests", retryAfter: 3, times: 5, probability: 0.01 },
            { kind: "ServerError", status: 500, times: 40, probability: 0.02 },
            { kind: "ServerError", status: 502, times: 10, probability: 0.01 },
            { kind: "Reset", times: 10, probability: 0.01 },
            { kind: "Reset", applied: true, times: lost, probability: 0.01 },
          ] as const)
            yield* emulator.armFault({ ...fault, method })

        const living = yield* Effect.forkScoped(life(everybody))
        const doubted = new Set<string>()
        for (let kill = 0; kill < kills; kill++) {
          yield* Effect.scoped(
            Effect.gen(function* () {
              const before = yield* shown
              const { child } = yield* startProcess(fast)
              // In the middle of its work, wherever that is.
              yield* eventually(() => Effect.map(shown, (n) => n > before), "2 minutes")
              yield* Effect.sleep(yield* Random.nextIntBetween(0, 400))
              child.kill("SIGKILL")
            }),
          )
          for (const one of yield* inDoubt) doubted.add(one)
        }
        // An outage, and two processes that get over it.
        yield* emulator.armFault({ kind: "ServerError", status: 503, times: "always" })
        yield* startProcess(fast)
        yield* startProcess(fast)
        yield* Effect.sleep("3 seconds")
        // Of the answers to new messages.
        const left = (yield* emulator.faults).find(
          ({ applied, method }) => applied === true && method === "sendMessage",
        )
        const doubts = doubted.size + lost - Number(left?.times ?? 0)
        yield* emulator.clearFaults
        yield* Fiber.join(living)
        yield* eventually(() => Effect.map(waiting, (n) => n === 0), `${ciOrFull(100, 1000)} seconds`)

        const eachGets = rounds * newInRound
        // Of who has blocked the bot nothing has arrived; a kill while they were tried counts as a try of theirs.
        const asideOfGone = yield* count(`select count(*) ${ours} ${ofThem(gone)} and parked_reason is not null`)
        const aside = (yield* setAside) - asideOfGone
        const arrived = yield* shown
        assert.strictEqual(arrived + aside, others.length * eachGets)
        const blocked = count("select count(*) from payments.recipients where blocked_at is not null")
        assert.strictEqual(yield* blocked, 1)

        let repeated = 0
        let newest = 0
        const live = yield* liveMessages
        const setAsideIds = yield* parked
        for (const { customerId, id, numbers: numberOf } of others) {
          const numbers = new Set<number>()
          const inOrder: Array<number> = []
          for (const { earlier, message_id, text } of (yield* emulator.chat(id)).messages) {
            const n = numberIn(text)
            if (n === undefined) continue
            if (live.has(`${customerId} ${message_id}`)) {
              newest++
              assert.include(text, "Paid. Thank you!")
            }
            // As it came.
            const sent = (earlier[0] ?? { text }).text
            const isMarked = sent.includes("Sent again")
            if (numbers.has(n)) {
              repeated++
              assert.isTrue(isMarked, `a copy of ${n} says nothing: ${sent}`)
            }
            // An invoice whose first state was set aside comes with its next one.
            else if (!(isMarked && /Your invoice|Paid/.test(sent))) inOrder.push(n)
            numbers.add(n)
          }
          assert.deepStrictEqual(
            inOrder,
            inOrder.toSorted((a, b) => a - b),
          )
          const missing = [...numberOf].filter(([id, n]) => !numbers.has(n) && !setAsideIds.has(id))
          assert.deepStrictEqual(missing, [], `of ${customerId}`)
          assert.strictEqual(numberOf.size, eachGets)
        }
        // Each invoice's newest state is in one message: a copy that a lost answer left behind stays as it was.
        assert.strictEqual(newest, live.size)
        assert.isAtLeast(newest, others.length * rounds - aside)
        // Each copy is for an answer that was lost, or for one that nobody was there to hear.
        assert.isAtMost(repeated, doubts)

        const calls = yield* emulator.transcript()
        const edits = calls.filter(({ answer, fault, method }) => {
          return method === "editMessageText" && fault === undefined && JSON.stringify(answer).includes('"ok":true')
        })
        // Of two changes that come together one edit shows both.
        assert.isAtLeast(edits.length, others.length * rounds)
        assert.deepStrictEqual(
          calls.filter((call) => call.early === true),
          [],
        )
        yield* Effect.logInfo(
          `${arrived} messages shown and ${edits.length} edits of ${newest} invoices, ${aside} set aside, ${repeated} repeated of ${doubts} in doubt (${lost} answers lost, ${kills} kills), none early`,
        )

        // Back again, and everything that waited comes.
        yield* emulator.setBlocked(gone.id, false)
        yield* emulator.send(gone.id, "/help")
        yield* eventually(() => Effect.map(shown, (n) => n + aside + asideOfGone === people * eachGets), "60 seconds")
      }),
    timeLimit(290_000),
  )
})
