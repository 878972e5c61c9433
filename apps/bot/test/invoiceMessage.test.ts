import { assert, describe, it } from "@effect/vitest"
import * as Money from "@paylog/domain/Money"
import type { Existing } from "@paylog/domain/Invoice"
import { type Language, languages, readerOf } from "../src/words/language.ts"
import { wordsIn } from "../src/words/words.ts"
import { invoiceMessage } from "../src/view/invoiceMessage.ts"
import { toTelegram } from "../src/view/Message.ts"
import * as sample from "./support/invoices.ts"

const { after, requested, unknown, opened, received, paid, held, expired, cancelled, refused } = sample

/** Drawn ten minutes after it was issued, for somebody who has not told their clock. */
const drawn = (language: Language, invoice: Existing, now = sample.at("14:15:30")) =>
  invoiceMessage(readerOf({ language, utcOffset: null }), invoice, now)

const english = (invoice: Existing) => drawn("en", invoice).text.html.split("\n")

/** Row by row, the text of each button and where it leads. */
const buttons = (invoice: Existing) =>
  toTelegram(drawn("en", invoice)).reply_markup.inline_keyboard.map((row) =>
    row.map((button) => [
      button.text,
      "url" in button ? button.url : "callback_data" in button && button.callback_data,
    ]),
  )

const bill = ["", "House blend &lt;250 g&gt; — 12.50 USD", "<b>Total: 12.50 USD</b>", ""]

describe("an invoice's message", () => {
  it("says that the invoice is being prepared, before and while the order is opened", () => {
    for (const invoice of [after(), after(requested)])
      assert.deepStrictEqual(english(invoice), [
        "<b>⏳ Preparing your invoice…</b>",
        ...bill,
        "Valid for 20 minutes from 14:15, until 24 November, 14:35 UTC.",
        "",
        "The button to pay appears here in a moment.",
      ])
    // One and the same message, since the step between the two is not shown.
    assert.deepStrictEqual(drawn("en", after()), drawn("en", after(requested)))
    assert.deepStrictEqual(buttons(after()), [[["Cancel", `x:${sample.invoiceId}`]]])
  })

  it("says that Wallet is being asked while the outcome is unknown, and never that it failed", () => {
    const invoice = after(requested, unknown)
    assert.deepStrictEqual(english(invoice), [
      "<b>🔎 Checking with Wallet…</b>",
      ...bill,
      "Valid for 20 minutes from 14:15, until 24 November, 14:35 UTC.",
      "",
      "Wallet has not given a clear answer yet. We keep asking, and this message changes by itself.",
    ])
    for (const language of languages)
      assert.notMatch(drawn(language, invoice).text.html, /fail|error|не удалось|ошибка/i)
  })

  it("has Wallet's own button alone in its first row when the invoice can be paid", () => {
    const invoice = after(requested, opened)
    assert.deepStrictEqual(english(invoice), [
      "<b>🧾 Your invoice</b>",
      ...bill,
      "Valid for 20 minutes from 14:15, until 24 November, 14:35 UTC.",
      "",
      "This message becomes your receipt as soon as you have paid.",
    ])
    assert.deepStrictEqual(buttons(invoice), [
      [["👛 Pay via Wallet", opened.directPayLink]],
      [
        ["Check payment", `c:${sample.invoiceId}`],
        ["Cancel", `x:${sample.invoiceId}`],
      ],
      [["Help", "h"]],
    ])
    assert.strictEqual(
      toTelegram(drawn("ru", invoice)).reply_markup.inline_keyboard[0]?.[0]?.text,
      "\u{1F45B} Pay via Wallet",
    )
  })

  it("takes the other link when there is no direct one, and has no such button without any", () => {
    const only = after(requested, { ...opened, directPayLink: "" })
    assert.deepStrictEqual(buttons(only)[0], [["👛 Pay via Wallet", opened.payLink]])
    const none = after(requested, { ...opened, directPayLink: "", payLink: "" })
    assert.deepStrictEqual(
      buttons(none)
        .flat()
        .map(([text]) => text),
      ["Check payment", "Cancel", "Help"],
    )
    assert.include(english(none), "Wallet has not given us a link to pay yet. It appears here by itself.")
  })

  it("becomes the receipt: what was paid, the order's number, when", () => {
    const invoice = after(requested, opened, received, paid)
    assert.deepStrictEqual(english(invoice), [
      "<b>✅ Paid. Thank you!</b>",
      ...bill,
      "Paid: 12.51 USDT",
      "Order: <code>XYTNJP2O</code>",
      "24 November 2026, 14:21 UTC",
    ])
    // Both open below it: it stays what it is.
    assert.deepStrictEqual(buttons(invoice), [
      [
        ["Receipt", `r:${sample.invoiceId}`],
        ["All products", "k"],
      ],
    ])
  })

  it("is a receipt under our own number when the payment came before the order's", () => {
    assert.include(english(after(requested, received, paid)), `Order: <code>${sample.invoiceId}</code>`)
  })

  it("tells on the receipt of other money that came, but not of a contradiction about the same", () => {
    const other = { ...received, orderId: "2", gross: Money.of("TON", 2_000_000_000n) }
    const surplus = after(requested, opened, received, paid, other, held("Surplus", 2))
    assert.include(english(surplus), "Beyond that we received 2 TON. A person looks at it; nothing is lost.")
    const restated = after(
      requested,
      opened,
      received,
      paid,
      { ...received, net: Money.of("USDT", 1n) },
      held("Restated", 2),
    )
    assert.notInclude(english(restated).join("\n"), "Beyond that")
  })

  it("says of held money that we have it, why, and what happens next", () => {
    const invoice = after(requested, opened, { ...received, orderAmount: Money.of("USD", 1249n) }, held("WrongAmount"))
    assert.deepStrictEqual(english(invoice), [
      "<b>🤝 We have your money</b>",
      ...bill,
      "We received 12.51 USDT.",
      "",
      "It differs from the amount of the invoice.",
      "",
      "<b>What happens next:</b> a person looks at it, and either completes your order or sends the money back.",
      "You need do nothing. Please do not pay again: this message tells you how it ends.",
    ])
    assert.deepStrictEqual(buttons(invoice), [[["Check payment", `c:${sample.invoiceId}`]]])
  })

  it("says that money is on its way back, and then that it was sent", () => {
    const all = received.gross
    assert.isTrue(Money.isMoney(all))
    if (!Money.isMoney(all)) return
    const pending = after(requested, opened, received, paid, sample.refundRequested(all))
    assert.deepStrictEqual(english(pending), [
      "<b>↩️ Your money is on its way back</b>",
      ...bill,
      "We are sending 12.51 USDT back to you.",
      "",
      "A person does it by hand, so it can take a while. This message tells you when it is done.",
      "",
      "Order: <code>XYTNJP2O</code>",
    ])
    assert.deepStrictEqual(buttons(pending), [[["Check payment", `c:${sample.invoiceId}`]]])
    const done = after(requested, opened, received, paid, sample.refundRequested(all), sample.refundRecorded(all))
    assert.deepStrictEqual(english(done), [
      "<b>↩️ We have sent your money back</b>",
      ...bill,
      "We have sent 12.51 USDT back to you.",
      "",
      "Order: <code>XYTNJP2O</code>",
      "",
      "Has it not arrived? Write to us with the order's number: /paysupport",
    ])
    assert.deepStrictEqual(buttons(done), [[["New invoice", `a:${sample.invoiceId}`]]])
  })

  it("stays a receipt when a part goes back, and says so", () => {
    const part = Money.of("USDT", 2_000_000n)
    const going = after(requested, opened, received, paid, sample.refundRequested(part))
    assert.strictEqual(english(going)[0], "<b>✅ Paid. Thank you!</b>")
    assert.strictEqual(english(going).at(-1), "We are sending 2 USDT back to you.")
    const gone = after(requested, opened, received, paid, sample.refundRequested(part), sample.refundRecorded(part))
    assert.strictEqual(english(gone).at(-1), "We have sent 2 USDT back to you.")
  })

  it("says that it has expired, and offers a new one", () => {
    const invoice = after(requested, opened, expired)
    assert.deepStrictEqual(english(invoice), [
      "<b>⌛ This invoice has expired</b>",
      ...bill,
      "If you paid in time, do not worry: this message becomes your receipt when Wallet confirms it.",
      "",
      "Still want it? Take a new invoice, at today's price.",
    ])
    assert.deepStrictEqual(buttons(invoice), [[["New invoice", `a:${sample.invoiceId}`]]])
  })

  it("says after a cancel that the link can still be paid, until when, and that such money is not lost", () => {
    assert.deepStrictEqual(english(after(requested, opened, cancelled)), [
      "<b>✖️ This invoice is cancelled</b>",
      ...bill,
      "Nothing is due.",
      "",
      "Wallet cannot take its link back: it can be paid until 24 November, 14:35 UTC. Please do not use it. Money that is sent there all the same is not lost: a person looks at it.",
    ])
    assert.deepStrictEqual(english(after(cancelled)).at(-1), "Nothing is due.")
  })

  it("says that a refused order cost nothing", () => {
    assert.include(english(after(requested, refused)), "Nothing was charged. You can try again with a new invoice.")
  })

  it("is in Russian for who speaks it", () => {
    assert.deepStrictEqual(drawn("ru", after(requested, opened, received, paid)).text.html.split("\n"), [
      "<b>✅ Оплачено. Спасибо!</b>",
      "",
      "House blend &lt;250 g&gt; — 12,50 USD",
      "<b>Итого: 12,50 USD</b>",
      "",
      "Оплачено: 12,51 USDT",
      "Заказ: <code>XYTNJP2O</code>",
      "24 ноября 2026 г., 17:21 UTC+3",
    ])
    assert.include(drawn("ru", after()).text.html, "Действителен 20 минут с 17:15, до 24 ноября, 17:35 UTC+3.")
  })

  it("fits into Telegram's 4096 characters with the longest lines that the catalogue allows", () => {
    const invoice = after(requested, opened, cancelled)
    const line = { ...invoice.terms.lines[0], title: "&".repeat(100) }
    const long = { ...invoice, terms: { ...invoice.terms, lines: [line] as const } }
    for (const language of languages) assert.isBelow(drawn(language, long).text.html.length, 4096)
    assert.isDefined(wordsIn.ru)
  })
})
