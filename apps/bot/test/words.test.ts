import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import * as Money from "@paylog/domain/Money"
import {
  amount,
  dateAndTime,
  dayAndTime,
  type Language,
  languageOf,
  languages,
  readerOf,
  shortDay,
  time,
  utcOffsets,
} from "../src/words/language.ts"
import { ownerWordsIn } from "../src/words/owner/words.ts"
import { span, wordsIn } from "../src/words/words.ts"

/** Everything that is said there, with "7" wherever something is filled in. */
const said = (words: unknown, path = ""): ReadonlyArray<readonly [path: string, text: string]> => {
  if (typeof words === "string") return [[path, words]]
  if (typeof words === "function") {
    const say: (...args: ReadonlyArray<unknown>) => unknown = words.bind(undefined)
    return path.endsWith(".disposition")
      ? ["Undecided", "Paid", "Dismissed", "Released", ...Object.keys(ownerWordsIn.en.held)].flatMap((of) =>
          said(say(of), `${path}(${of})`),
        )
      : said(say("7", "7", "7"), path)
  }
  if (typeof words !== "object" || words === null) return []
  return "html" in words
    ? [[path, String(words.html)]]
    : Object.entries(words).flatMap(([key, inner]) => said(inner, `${path}.${key}`))
}

const everyWord = (language: Language) => [
  ...said(wordsIn[language], "customers"),
  ...said(ownerWordsIn[language], "staff"),
]

const keys = (value: unknown, path = ""): ReadonlyArray<string> =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => keys(inner, `${path}.${key}`))
    : [`${path}: ${typeof value}`]

describe("words", () => {
  it("exist in every language, and none is empty", () => {
    for (const language of languages) {
      assert.deepStrictEqual(keys(wordsIn[language]).toSorted(), keys(wordsIn.en).toSorted(), language)
      assert.notInclude(JSON.stringify(wordsIn[language]), '""')
    }
  })

  it("are not English in Russian, and not Russian in English", () => {
    const foreign = (text: string): boolean =>
      text
        .replaceAll(/<[^>]*>/g, "")
        .split("\n")
        .some((line) => /[a-z]/i.test(line) && !/[а-яё]/i.test(line))
    assert.deepStrictEqual(
      everyWord("ru").filter(([, text]) => foreign(text)),
      [],
    )
    assert.deepStrictEqual(
      everyWord("en").filter(([, text]) => /[а-яё]/i.test(text)),
      [],
    )
  })

  it("have no white space of the program's text: Telegram shows it", () => {
    for (const language of languages)
      assert.deepStrictEqual(
        everyWord(language).filter(([, text]) => /\n[ \t]|[ \t]\n|  /.test(text)),
        [],
      )
  })

  it("fit over the chat: Telegram cuts off after 200 characters", () => {
    for (const language of languages)
      for (const [path, toast] of [
        ...said(wordsIn[language].toasts),
        ...said(ownerWordsIn[language].toasts),
        ...said(ownerWordsIn[language].item.settled),
        ...said(ownerWordsIn[language].request.own),
      ])
        assert.isAtMost(toast.length, 200, path)
  })

  it("agree with the number in English and in Russian", () => {
    const [en, ru] = [wordsIn.en, wordsIn.ru]
    const forms: ReadonlyArray<readonly [say: (n: number) => string, one: string, few: string, other: string]> = [
      [en.minutes, "minute", "minutes", "minutes"],
      [en.hours, "hour", "hours", "hours"],
      [en.days, "day", "days", "days"],
      [en.invoice.moreLines, "more line", "more lines", "more lines"],
      [en.catalogue.choose, "product to choose from:", "products to choose from:", "products to choose from:"],
      [ownerWordsIn.en.many, "thing needs a person", "things need a person", "things need a person"],
      [ru.minutes, "минуту", "минуты", "минут"],
      [ru.hours, "час", "часа", "часов"],
      [ru.days, "день", "дня", "дней"],
      [ru.invoice.moreLines, "позиция не показана", "позиции не показаны", "позиций не показано"],
      [ru.catalogue.choose, "товар на выбор:", "товара на выбор:", "товаров на выбор:"],
      [ownerWordsIn.ru.many, "дело ждёт человека", "дела ждут человека", "дел ждут человека"],
    ]
    for (const [say, one, few, other] of forms) {
      const russian = /[а-яё]/.test(one)
      const agreeing = (n: number) => (n === 1 || (russian && n === 21) ? one : n === 2 || n === 22 ? few : other)
      for (const n of [1, 2, 5, 11, 12, 21, 22, 25, 111]) assert.strictEqual(say(n), `${n} ${agreeing(n)}`)
    }
  })

  it("say how long something lasts with the two largest units", () => {
    const minute = 60_000
    const spans = [20_000, 29.6 * minute, 30 * minute, 60 * minute, 90 * minute, 1440 * minute, 3061 * minute]
    assert.deepStrictEqual(
      spans.map((ms) => span(wordsIn.en, ms)),
      ["1 minute", "30 minutes", "30 minutes", "1 hour", "1 hour 30 minutes", "1 day", "2 days 3 hours"],
    )
    assert.strictEqual(span(wordsIn.ru, 90 * minute), "1 час 30 минут")
  })
})

describe("a language", () => {
  it("is chosen by the tag that Telegram reports, English where we have none", () => {
    assert.deepStrictEqual(["ru", "ru-RU", "RU", "en", "pt-br", "", "rum"].map(languageOf), [
      "ru",
      "ru",
      "ru",
      "en",
      "en",
      "en",
      "en",
    ])
  })

  it("writes amounts with its decimal point, all their digits, and no idle zeros of crypto", () => {
    assert.strictEqual(amount("en", Money.of("USD", 1250n)), "12.50 USD")
    assert.strictEqual(amount("ru", Money.of("USD", 1250n)), "12,50 USD")
    assert.strictEqual(amount("en", Money.of("TON", 69_848_000n)), "0.069848 TON")
    assert.strictEqual(amount("en", Money.of("USDT", 5_000_000n)), "5 USDT")
    assert.strictEqual(amount("en", Money.of("TON", 10_000_000_000n)), "10 TON")
    assert.strictEqual(amount("en", Money.of("BTC", 1n)), "0.00000001 BTC")
    assert.strictEqual(amount("ru", { currency: "DOGE", unread: "1000.50" }), "1000,50 DOGE")
  })

  it("writes times by the reader's clock, and says how far it is from UTC", () => {
    const at = DateTime.makeUnsafe("2026-11-04T23:05:59+01:00")
    const english = readerOf({ language: "en", utcOffset: null })
    const russian = readerOf({ language: "ru", utcOffset: null })
    assert.strictEqual(dayAndTime(english, at), "4 November, 22:05 UTC")
    assert.strictEqual(dayAndTime(russian, at), "5 ноября, 01:05 UTC+3")
    assert.strictEqual(dateAndTime(english, at), "4 November 2026, 22:05 UTC")
    assert.strictEqual(dateAndTime(russian, at), "5 ноября 2026 г., 01:05 UTC+3")
    assert.strictEqual(shortDay(english, at), "4 Nov")
    assert.strictEqual(dayAndTime({ language: "en", utcOffset: -210 }, at), "4 November, 18:35 UTC−3:30")
    assert.strictEqual(time(readerOf({ language: "ru", utcOffset: 345 }), at), "03:50")
  })

  it("knows every clock on Earth, each once and in order", () => {
    assert.deepStrictEqual(
      utcOffsets,
      [...new Set(utcOffsets)].toSorted((a, b) => a - b),
    )
    assert.isTrue(utcOffsets.every((minutes) => minutes % 15 === 0 && minutes >= -720 && minutes <= 840))
  })
})
