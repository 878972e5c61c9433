/** What one customer may ask for, and what they read beyond that. */
import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import { Effect } from "effect"
import { count } from "./support/eventually.ts"
import { person, startBot } from "./support/shop.ts"
import { member, staffWorld } from "./support/staff.ts"

const budget = { ordersPerHour: 3, updatesPerMinute: 1000 }

type Person = Effect.Success<ReturnType<typeof person>>

/** Presses *Buy* and then *Cancel*, and tells what appears over the chat. */
const buyAndCancel = Effect.fnUntraced(function* (one: Person) {
  const message = (yield* one.chat).messages.findLast(({ from }) => from.id !== one.id)
  const press = (data: string) => one.ask({ data, messageId: message?.message_id ?? 0, forged: true })
  const toast = yield* press("b:house-blend")
  const [invoice] = yield* Database.use(({ query }) =>
    query<{ readonly id: string }>({
      name: "test-newest",
      text: `select invoice_id as id from bot.purchases where chosen_at = (select max(chosen_at) from bot.purchases)`,
    }),
  )
  yield* press(`x:${invoice?.id}`)
  return toast
})

const issued = count("select count(*) from paylog.events where type = 'InvoiceIssued'")

layer(staffWorld(), { excludeTestServices: true, timeout: "60 seconds" })("a customer", (it) => {
  it.effect(
    "has so many invoices an hour, whatever they cancel and whenever the bot starts; others and owners have theirs",
    () =>
      Effect.gen(function* () {
        const ada = yield* person()
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* startBot({ budget })
            yield* ada.send("/help")
            yield* ada.message("How it works")
            for (let n = 0; n < 2; n++) assert.include(yield* buyAndCancel(ada), "on its way")
          }),
        )
        yield* startBot({ budget })
        const before = yield* issued
        assert.include(yield* buyAndCancel(ada), "on its way")
        assert.include(yield* buyAndCancel(ada), "many new invoices within an hour")
        assert.strictEqual(yield* issued, before + 1)

        const eve = yield* person("ru")
        yield* eve.send("/help")
        yield* eve.message("Как это работает")
        assert.include(yield* buyAndCancel(eve), "Счёт сейчас придёт")
        const ann = yield* member("Ann")
        for (let n = 0; n < 5; n++) assert.include(yield* buyAndCancel(ann), "on its way")

        yield* Database.use(({ query }) =>
          query({ name: "test-an-hour", text: "update bot.orders set begun_at = begun_at - interval '1 hour'" }),
        )
        assert.include(yield* buyAndCancel(ada), "on its way")
      }),
  )

  it.effect(
    "who writes and presses faster than anybody reads is asked once to wait, and answered again a minute later",
    () =>
      Effect.gen(function* () {
        yield* startBot({ budget: { ordersPerHour: 3, updatesPerMinute: 4 } })
        const ada = yield* person()
        const ann = yield* member("Ann")
        for (const one of [ada, ann]) for (let n = 0; n < 8; n++) yield* one.send("/orders")
        const told = yield* ada.message("Please wait for a minute")
        assert.include(
          yield* ada.ask({ data: "m", messageId: told.message_id, forged: true }),
          "That was a lot within a minute",
        )
        const shown = (text: string) =>
          Effect.map(ada.chat, ({ messages }) => messages.filter((one) => one.text.includes(text)).length)
        assert.deepStrictEqual([yield* shown("Your orders"), yield* shown("Please wait for a minute")], [4, 1])
        yield* ann.see(({ messages }) => messages.filter(({ text }) => text.includes("Your orders")).length === 8)

        yield* Database.use(({ query }) =>
          query({
            name: "test-a-minute",
            text: "update bot.updates set received_at = received_at - interval '1 minute'",
          }),
        )
        yield* ada.send("/help")
        yield* ada.message("How it works")
      }),
  )
})
