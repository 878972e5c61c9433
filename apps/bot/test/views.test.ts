/** What customers read, at its limits: long, many, hostile, late; in both languages. */
import { assert, describe, it } from "@effect/vitest"
import { CategoryId, type Contents, ProductId } from "../src/Catalog.ts"
import type { Existing } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { catalogueMessage, categoryMessage, productMessage, productsOnPage } from "../src/view/catalogue.ts"
import { html } from "../src/view/html.ts"
import { invoiceMessage } from "../src/view/invoiceMessage.ts"
import { type Message, toDocument, toTelegram } from "../src/view/Message.ts"
import { notes } from "../src/view/notes.ts"
import { ordersMessage } from "../src/view/orders.ts"
import { helpMessage, notUnderstoodMessage, paySupportMessage, termsMessage } from "../src/view/pages.ts"
import { pageOf } from "../src/view/paging.ts"
import { receiptMessage } from "../src/view/receipt.ts"
import { clocksMessage, settingsMessage } from "../src/view/settings.ts"
import { shorten } from "../src/view/shorten.ts"
import { type Language, languages, readerOf, utcOffsets } from "../src/words/language.ts"
import { wordsIn } from "../src/words/words.ts"
import * as sample from "./support/invoices.ts"

const { after, at, cancelled, expired, held, opened, paid, received, requested } = sample

/** As Telegram counts: what is left when the markup is read. */
const lengthOf = ({ text }: Message): number =>
  text.html.replaceAll(/<[^>]*>/g, "").replaceAll(/&(amp|lt|gt|quot);/g, "x").length

const dataOf = (message: Message): ReadonlyArray<string> =>
  toTelegram(message).reply_markup.inline_keyboard.flatMap((row) =>
    row.flatMap((button) => ("callback_data" in button ? [button.callback_data] : [])),
  )

/** The longest and most hostile of everything. */
const nasty = (length: number) => `<b>&"\u202e💣`.padEnd(length, "<")
const both = (length: number) => ({ en: nasty(length), ru: nasty(length) })
const product = (n: number) => ({
  id: ProductId.make(`${n}`.padStart(32, "p")),
  title: both(100),
  description: both(1000),
  price: Money.of("EUR", 10n ** 12n),
  category: CategoryId.make(`${n % 20}`.padStart(32, "c")),
})
const sold = (n: number) => ({ id: CategoryId.make(`${n}`.padStart(32, "c")), title: both(100) })
const full: Contents = {
  shop: both(100),
  categories: [sold(0), ...Array.from({ length: 19 }, (_, n) => sold(n + 1))],
  products: [product(0), ...Array.from({ length: 499 }, (_, n) => product(n + 1))],
  terms: both(2500),
  support: both(500),
}
const [category] = full.categories ?? []

/** A hundred lines that are as long as can be. */
const crowded = (invoice: Existing): Existing => {
  const [line] = invoice.terms.lines
  const lines = Array.from({ length: 100 }, () => ({ ...line, title: nasty(255), quantity: 12 }))
  return { ...invoice, terms: { ...invoice.terms, lines: [line, ...lines] } }
}

const states: ReadonlyArray<Existing> = [
  after(),
  after(requested),
  after(requested, sample.unknown),
  after(requested, opened),
  after(requested, opened, received, paid),
  after(requested, opened, received, held("WrongAmount")),
  after(requested, opened, received, paid, sample.refundRequested(Money.of("USDT", 12_510_000n))),
  after(
    requested,
    opened,
    received,
    paid,
    sample.refundRequested(Money.of("USDT", 12_510_000n)),
    sample.refundRecorded(Money.of("USDT", 12_510_000n)),
  ),
  after(requested, opened, expired),
  after(requested, opened, cancelled),
  after(requested, sample.refused),
]

const everything = (language: Language): ReadonlyArray<Message> => {
  const reader = readerOf({ language, utcOffset: -210 })
  assert.isDefined(category)
  return [
    ...[undefined, ...notes].map((note) => catalogueMessage(language, full, { greet: true, ...(note && { note }) })),
    categoryMessage(language, full, category, 8),
    productMessage(language, full, full.products[0]),
    ordersMessage(reader, [], { offset: 0, note: "NoSuchOrder" }),
    helpMessage(language),
    notUnderstoodMessage(language),
    termsMessage(language, full),
    paySupportMessage(language, full),
    settingsMessage(reader, at("14:15:00")),
    clocksMessage(reader, at("14:15:00")),
    ...states
      .map(crowded)
      .flatMap((invoice) => [invoiceMessage(reader, invoice, at("14:15:00")), receiptMessage(reader, invoice)]),
  ]
}

describe("every message", () => {
  it("is one that Telegram takes, however much there is to say: text, buttons and their data", () => {
    for (const language of languages)
      for (const message of everything(language)) {
        assert.isAtMost(lengthOf(message), 4096)
        assert.isAtMost(dataOf(message).length, 100)
        for (const data of dataOf(message)) assert.isAtMost(Buffer.byteLength(data), 64)
      }
  })

  it("holds no markup but ours, whatever a title says", () => {
    for (const language of languages)
      for (const { text } of everything(language)) {
        assert.notMatch(text.html.replaceAll(/<\/?(b|i|code)>/g, ""), /[<>"]/)
        assert.notMatch(text.html, /&(?!(amp|lt|gt|quot);)/)
        assert.notInclude(text.html, "undefined")
      }
  })

  it("says of an invoice, in every state, what is so and what happens next", () => {
    assert.sameMembers(
      states.map(({ _tag }) => _tag),
      Object.keys(wordsIn.en.invoice.headline),
    )
    for (const language of languages)
      for (const invoice of states) {
        const { buttons, text } = invoiceMessage(readerOf({ language, utcOffset: null }), invoice, at("14:15:00"))
        assert.isAtLeast(text.html.split("\n\n").length, 3, invoice._tag)
        // Whoever has paid needs do nothing more; anybody else has something to press.
        if (invoice._tag !== "Paid") assert.isNotEmpty(buttons.flat(), invoice._tag)
      }
  })

  it("never calls a payment failed", () => {
    for (const language of languages)
      for (const invoice of states) {
        const { text } = invoiceMessage(readerOf({ language, utcOffset: null }), invoice, at("14:15:00"))
        assert.notMatch(text.html, /fail|ошибк|неудач/i)
      }
  })
})

describe("an invoice's message", () => {
  const english = readerOf({ language: "en", utcOffset: null })
  const textAt = (invoice: Existing, time: string) => invoiceMessage(english, invoice, at(time)).text.html

  it("says how long the invoice is valid from when it is sent, by the reader's clock", () => {
    const open = after(requested, opened)
    assert.include(textAt(open, "14:34:00"), "Valid for 2 minutes from 14:34, until 24 November, 14:35 UTC.")
    const nepal = readerOf({ language: "ru", utcOffset: 345 })
    assert.include(
      invoiceMessage(nepal, open, at("18:20:00")).text.html,
      "Был действителен до 24 ноября, 20:20 UTC+5:45.",
    )
  })

  it("has no button to pay once the time is over, and says that a payment is still heard of", () => {
    const open = after(requested, opened)
    assert.include(textAt(open, "14:36:00"), "It was valid until 24 November, 14:35 UTC.")
    assert.include(textAt(open, "14:36:00"), "If you have paid, we hear of it in a moment")
    const buttons = invoiceMessage(english, open, at("14:36:00")).buttons.flat()
    assert.isFalse(buttons.some((button) => "url" in button))
    assert.notInclude(textAt(after(requested, opened, cancelled), "14:36:00"), "can be paid until")
  })

  it("lists as many lines as there is room for, says how many more there are, and the total of all", () => {
    const text = textAt(crowded(after()), "14:15:00")
    assert.match(text, /\n\d+ more lines\n<b>Total: 12\.50 USD<\/b>/)
    const shown = text.split("\n").filter((line) => line.includes(" × 12 — ")).length
    assert.include(text, `\n${100 - shown} more lines\n`)
  })
})

describe("a receipt", () => {
  it("says what was paid, when and under which number, and of money that went back", () => {
    const part = Money.of("USDT", 2_000_000n)
    const invoice = after(requested, opened, received, paid, sample.refundRequested(part), sample.refundRecorded(part))
    const reader = readerOf({ language: "en", utcOffset: 60 })
    assert.deepStrictEqual(receiptMessage(reader, invoice).text.html.split("\n"), [
      "<b>🧾 Receipt</b>",
      "",
      "House blend &lt;250 g&gt; — 12.50 USD",
      "<b>Total: 12.50 USD</b>",
      "",
      "Paid: 12.51 USDT",
      "Order: <code>XYTNJP2O</code>",
      "24 November 2026, 15:21 UTC+1",
      "",
      "We have sent 2 USDT back to you.",
    ])
    assert.include(
      receiptMessage(readerOf({ language: "ru", utcOffset: 60 }), invoice).text.html,
      "Оплачено: 12,51 USDT",
    )
  })
})

describe("a receipt's file", () => {
  const invoice = after(requested, opened, received, paid)
  const reader = readerOf({ language: "en", utcOffset: 0 })

  it("is spoken of only where it is: below it, and neither in an edit nor in a message that has no room for one", () => {
    const message = receiptMessage(reader, invoice, "{}")
    assert.include(toDocument(message)?.caption, "The file is the proof")
    assert.notInclude(toTelegram(message).text, "The file")
    assert.isUndefined(toDocument({ ...message, text: html`${"a".repeat(1024)}` }))
    assert.isUndefined(toDocument(receiptMessage(reader, invoice)))
  })

  it("has room for as much as Telegram counts: what is shown, and no tags", () => {
    const { file } = receiptMessage(reader, invoice, "{}")
    assert.isDefined(file)
    const left = 1024 - file.about.length - 2
    const caption = (length: number) => toDocument({ text: html`<b>${"<".repeat(length)}</b>`, buttons: [], file })
    assert.isDefined(caption(left))
    assert.isUndefined(caption(left + 1))
  })
})

describe("a category", () => {
  it("has eight products a page and the ways to the others; one that is asked too far shows its last page", () => {
    assert.isDefined(category)
    const page = categoryMessage("en", full, category, 9999)
    assert.include(page.text.html, "25 products to choose from:")
    assert.include(page.text.html, "Page 4 of 4")
    assert.deepStrictEqual(dataOf(page).slice(1), [`g:${category.id}:16`, "m"])
    const first = categoryMessage("en", full, category, 0)
    assert.lengthOf(dataOf(first), productsOnPage + 2)
    assert.deepStrictEqual(dataOf(first).slice(-2), [`g:${category.id}:8`, "m"])
  })

  it("is what a product leads back to, on the page where the product stands", () => {
    const twelfth = full.products.filter((one) => one.category === category?.id)[11]
    assert.isDefined(twelfth)
    assert.include(dataOf(productMessage("ru", full, twelfth)), `g:${category?.id}:8`)
  })

  it("is none when the shop has none: then all products stand in pages", () => {
    const { categories: _, ...flat } = full
    const page = catalogueMessage("en", flat, { offset: 8 })
    assert.include(page.text.html, "Page 2 of 63")
    assert.deepStrictEqual(dataOf(page).slice(-2), ["n:0", "n:16"])
  })
})

describe("the clocks", () => {
  it("show what time it is by each, so that everybody finds theirs", () => {
    const page = clocksMessage(readerOf({ language: "en", utcOffset: null }), at("23:30:00"))
    const texts = page.buttons.flat().map(({ text }) => text)
    assert.lengthOf(texts, utcOffsets.length + 1)
    for (const text of ["23:30 UTC", "11:30 UTC−12", "02:30 UTC+3", "05:15 UTC+5:45", "13:30 UTC+14"])
      assert.include(texts, text)
  })
})

describe("a page and a short text", () => {
  it("begin where they say, and never show less than there is", () => {
    const all = Array.from({ length: 17 }, (_, n) => n)
    for (let offset = 0; offset < 40; offset++) {
      const { next, number, of, previous, shown } = pageOf(all, offset, 8)
      assert.strictEqual(of, 3)
      assert.strictEqual(shown[0], (number - 1) * 8)
      assert.strictEqual(previous, number === 1 ? undefined : (number - 2) * 8)
      assert.strictEqual(next, number === 3 ? undefined : number * 8)
      if (offset < 17) assert.include(shown, offset)
    }
    assert.deepStrictEqual(pageOf([], 0, 8), { shown: [], number: 1, of: 1, previous: undefined, next: undefined })
  })

  it("cut no character in half", () => {
    assert.strictEqual(shorten("💣💣💣", 3), "💣💣💣")
    assert.strictEqual(shorten("💣💣💣", 2), "💣…")
  })
})
