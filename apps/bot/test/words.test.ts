import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import * as Money from "@paylog/domain/Money"
import {
  amount,
  dateAndTime,
  dayAndTime,
  languageOf,
  languages,
  readerOf,
  shortDay,
  time,
  utcOffsets,
} from "../src/words/language.ts"
import { span, wordsIn } from "../src/words/words.ts"

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

  it("are not English in Russian", () => {
    const cyrillic = (text: unknown): boolean =>
      typeof text === "object" && text !== null
        ? Object.values(text).every(cyrillic)
        : typeof text !== "string" || /[а-яё]/i.test(text)
    assert.isTrue(cyrillic(wordsIn.ru))
    assert.isFalse(cyrillic(wordsIn.en))
  })

  it("fit over the chat: Telegram cuts off after 200 characters", () => {
    for (const language of languages)
      for (const toast of Object.values(wordsIn[language].toasts)) assert.isAtMost(toast.length, 200)
  })

  it("agree with the number in English and in Russian", () => {
    const numbers = [1, 2, 5, 11, 21, 22, 25, 111]
    assert.deepStrictEqual(numbers.map(wordsIn.en.minutes), [
      "1 minute",
      "2 minutes",
      "5 minutes",
      "11 minutes",
      "21 minutes",
      "22 minutes",
      "25 minutes",
      "111 minutes",
    ])
    assert.deepStrictEqual(numbers.map(wordsIn.ru.minutes), [
      "1 минуту",
      "2 минуты",
      "5 минут",
      "11 минут",
      "21 минуту",
      "22 минуты",
      "25 минут",
      "111 минут",
    ])
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
