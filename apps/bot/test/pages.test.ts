import { assert, describe, it } from "@effect/vitest"
import { InvoiceId } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import type { InvoiceRow } from "@paylog/payments/InvoiceRows"
import { DateTime } from "effect"
import { type Contents, ProductId } from "../src/Catalog.ts"
import { type Message, toTelegram } from "../src/view/Message.ts"
import { catalogueMessage, productMessage } from "../src/view/catalogue.ts"
import { ordersMessage } from "../src/view/orders.ts"
import { commands, helpMessage, notUnderstoodMessage } from "../src/view/pages.ts"
import { languages, type Reader } from "../src/words/language.ts"
import { customerId } from "./support/invoices.ts"

const mug = {
  id: ProductId.make("mug"),
  title: { en: "Mug <big>", ru: "Кружка" },
  description: { en: "300 ml & white.", ru: "300 мл." },
  price: Money.of("EUR", 990n),
}
const contents: Contents = { shop: { en: "Tom & Co", ru: "Том" }, products: [mug] }

const reader: Reader = { language: "en", utcOffset: 0 }

const text = (message: Message) => message.text.html.split("\n")
const buttons = (message: Message) =>
  toTelegram(message).reply_markup.inline_keyboard.map((row) =>
    row.map((button) => `${button.text} → ${"callback_data" in button ? button.callback_data : ""}`),
  )

/** The n-th order, the first being the newest. */
const row = (n: number): InvoiceRow => ({
  invoiceId: InvoiceId.make(`inv_${String(n).padStart(20, "0")}`),
  customerId,
  status: n === 2 ? "Paid" : "AwaitingPayment",
  title: `Mug ${n}`,
  currency: "EUR",
  amount: "9.90",
  issuedAt: DateTime.makeUnsafe("2026-11-24T14:00:00Z"),
  payBy: DateTime.makeUnsafe("2026-11-24T14:30:00Z"),
  orderId: null,
  orderNumber: null,
  payLink: null,
  orderExpiresAt: null,
  paidCurrency: null,
  gross: null,
  fee: null,
  net: null,
  paidAt: null,
  heldPayments: 0,
  fulfilledAt: null,
  version: 1,
  position: 1n,
})
const rows = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => row(from + i))

describe("the catalogue's page", () => {
  it("greets, counts, and has a button for each product", () => {
    const page = catalogueMessage("en", contents, { greet: true })
    assert.deepStrictEqual(text(page), [
      "<b>Tom &amp; Co</b>",
      "",
      "Welcome! You pay with Wallet, right here in Telegram.",
      "",
      "1 product to choose from:",
    ])
    assert.deepStrictEqual(buttons(page), [["Mug <big> — 9.90 EUR → p:mug"]])
    assert.deepStrictEqual(text(catalogueMessage("ru", contents)), ["<b>Том</b>", "", "1 товар на выбор:"])
  })

  it("leads to a product, which can be bought", () => {
    const page = productMessage("en", contents, mug)
    assert.deepStrictEqual(text(page), [
      "<b>Mug &lt;big&gt;</b>",
      "",
      "300 ml &amp; white.",
      "",
      "<b>Price: 9.90 EUR</b>",
      "",
      "You pay in crypto with Wallet, which shows the exact amount first. The price in EUR stays as it is.",
    ])
    assert.deepStrictEqual(buttons(page), [["Buy for 9.90 EUR → b:mug"], ["All products → m"]])
  })
})

describe("the page of orders", () => {
  it("lists five, newest first, with a number to open each and a way to the older ones", () => {
    const page = ordersMessage(reader, rows(1, 6), { offset: 0 })
    assert.deepStrictEqual(text(page).slice(0, 4), [
      "<b>Your orders</b>",
      "",
      "1. 24 Nov · Mug 1 · 9.90 EUR · to be paid",
      "2. 24 Nov · Mug 2 · 9.90 EUR · paid",
    ])
    assert.deepStrictEqual(buttons(page).flat(), [
      ...rows(1, 5).map(({ invoiceId }, i) => `${i + 1} → o:${invoiceId}`),
      "Older ▶ → l:5",
    ])
  })

  it("has a way back, and none further when there is no more", () => {
    const page = ordersMessage(reader, rows(6, 7), { offset: 5 })
    assert.deepStrictEqual(text(page)[2], "6. 24 Nov · Mug 6 · 9.90 EUR · to be paid")
    assert.deepStrictEqual(buttons(page)[1], ["◀ Newer → l:0"])
    assert.lengthOf(buttons(ordersMessage(reader, rows(1, 5), { offset: 0 })), 1)
  })

  it("says so when there are none", () => {
    assert.deepStrictEqual(text(ordersMessage(reader, [], { offset: 0 })).at(-1), "You have not ordered anything yet.")
    assert.deepStrictEqual(buttons(ordersMessage(reader, [], { offset: 0 })), [["All products → m"]])
    assert.deepStrictEqual(buttons(ordersMessage(reader, [], { offset: 10 })), [["◀ Newer → l:5"]])
  })

  it("shows a status that this version does not know as it is", () => {
    assert.include(text(ordersMessage(reader, [{ ...row(1), status: "Donated" }], { offset: 0 }))[2], "· Donated")
  })
})

describe("help", () => {
  it("tells the documented causes of Wallet's error page", () => {
    const causes = text(helpMessage("en")).filter((line) => line.startsWith("•"))
    assert.lengthOf(causes, 5)
    for (const cause of [/anywhere but in this chat/, /Gaming Platform/, /somebody else/, /blocked the payer/, /fault/])
      assert.isTrue(
        causes.some((line) => cause.test(line)),
        String(cause),
      )
  })

  it("tells who was not understood what the bot can do", () => {
    for (const language of languages)
      for (const { command } of commands(language))
        assert.include(notUnderstoodMessage(language).text.html, `/${command} — `)
  })

  it("has commands that Telegram takes", () => {
    for (const language of languages)
      for (const { command, description } of commands(language)) {
        assert.match(command, /^[a-z0-9_]{1,32}$/)
        assert.isAtMost(description.length, 256)
      }
  })
})
