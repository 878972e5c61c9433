/** The languages that the bot speaks, and what depends on nothing but the language. */
import * as Money from "@paylog/domain/Money"
import { DateTime } from "effect"

export const languages = ["en", "ru"] as const
export type Language = (typeof languages)[number]

/** The language for an IETF tag as Telegram reports it ("ru", "pt-br"). English for what we do not speak. */
export const languageOf = (tag: string): Language =>
  languages.find((language) => language === tag.toLowerCase().split("-")[0]) ?? "en"

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string }

/** "1 day", "2 days"; "1 день", "2 дня", "5 дней": the number and the noun's form that goes with it. */
export const counted = (language: Language) => {
  const rules = new Intl.PluralRules(language)
  return (forms: Forms) => (n: number) => `${n} ${forms[rules.select(n)] ?? forms.other}`
}

const locales: Record<Language, string> = { en: "en-GB", ru: "ru-RU" }
const decimalPoint: Record<Language, string> = { en: ".", ru: "," }

/** All digits of fiat ("12.50 USD"); of other money no zeros at the end ("0.069848 TON"). Never rounded. */
export const amount = (language: Language, stated: Money.Stated): string => {
  const digits = Money.isMoney(stated) ? Money.format(stated) : stated.unread
  const short = Money.isMoney(stated) && stated.scale > 2 ? digits.replace(/\.?0+$/, "") : digits
  return `${short.replace(".", decimalPoint[language])} ${stated.currency}`
}

/** "24 November, 14:35 UTC". Telegram does not tell where a customer is, so the zone is said. */
export const dayAndTime = (language: Language, at: DateTime.Utc): string =>
  `${format(language, { day: "numeric", month: "long" }, at)}, ${clock(language, at)} UTC`

/** "24 November 2026, 14:35 UTC", for what is kept. */
export const dateAndTime = (language: Language, at: DateTime.Utc): string =>
  `${format(language, { day: "numeric", month: "long", year: "numeric" }, at)}, ${clock(language, at)} UTC`

/** "24 Nov", for lists. */
export const shortDay = (language: Language, at: DateTime.Utc): string =>
  format(language, { day: "numeric", month: "short" }, at)

const clock = (language: Language, at: DateTime.Utc): string =>
  format(language, { hour: "2-digit", minute: "2-digit" }, at)

const format = (language: Language, options: Intl.DateTimeFormatOptions, at: DateTime.Utc): string =>
  new Intl.DateTimeFormat(locales[language], { ...options, timeZone: "UTC" }).format(DateTime.toDateUtc(at))
