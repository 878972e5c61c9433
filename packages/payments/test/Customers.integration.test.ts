import { assert, layer } from "@effect/vitest"
import { CustomerId } from "@paylog/domain/Invoice"
import * as Customers from "@paylog/payments/Customers"
import { Effect, Option } from "effect"
import { world } from "./support/world.ts"

const person = { telegramUserId: "7123456789", chatId: "7123456788", language: "en" }

layer(world, { excludeTestServices: true })("a customer", (it) => {
  it.effect("is the same at every message, in the chat and the language that Telegram reports last", () =>
    Effect.gen(function* () {
      const first = yield* Customers.identify(person)
      assert.deepStrictEqual(first, { ...person, customerId: first.customerId, utcOffset: null })
      const moved = { ...person, chatId: "9", language: "pt-br" }
      assert.deepStrictEqual(yield* Customers.identify(moved), { ...first, chatId: "9", language: "pt-br" })
    }),
  )

  it.effect("keeps the language and the clock they chose, whatever Telegram reports", () =>
    Effect.gen(function* () {
      const anna = { telegramUserId: "7123456790", chatId: "8", language: "en" }
      const { customerId } = yield* Customers.identify(anna)
      yield* Customers.choose(customerId, { language: "ru" })
      const spoken = yield* Customers.identify(anna)
      assert.strictEqual(spoken.language, "ru")
      assert.isNull(spoken.utcOffset)
      const set = yield* Customers.choose(customerId, { utcOffset: -210 })
      assert.deepStrictEqual(set, Option.some({ ...spoken, utcOffset: -210 }))
      assert.deepStrictEqual(yield* Customers.identify({ ...anna, language: "de" }), Option.getOrThrow(set))
      assert.deepStrictEqual(yield* Customers.find(customerId), set)
    }),
  )

  it.effect("who was erased chooses nothing", () =>
    Effect.gen(function* () {
      const gone = CustomerId.make("cus_00000000000000000000")
      assert.deepStrictEqual(yield* Customers.choose(gone, { language: "ru" }), Option.none())
    }),
  )
})
