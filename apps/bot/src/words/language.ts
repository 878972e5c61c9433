/** The languages that the bot speaks, and what depends on nothing but the language and the clock of who reads. */
import * as Money from "@paylog/domain/Money"
import { DateTime } from "effect"

export const languages = ["en", "ru"] as const
export type Language = (typeof languages)[number]

/** The language for an IETF tag as Telegram reports it ("ru", "pt-br"). English for what we do not speak. */
export const languageOf = (tag: string): Language =>
  languages.find((language) => language === tag.toLowerCase().split("-")[0]) ?? "en"

/** Each in its own language. */
export const ownNames: Readonly<Record<Language, string>> = { en: "English", ru: "Русский" }

/** Who reads: in which language, and by which clock. */
export interface Reader {
  readonly language: Language
  /** Minutes ahead of UTC. An offset, not a place: a time with its offset beside it is right all year. */
  readonly utcOffset: number
}

/** Telegram does not tell where a customer is. Until they say, it is UTC, and Moscow's time for who reads Russian. */
const usualUtcOffset: Readonly<Record<Language, number>> = { en: 0, ru: 180 }

/** The reader that a customer is. */
export const readerOf = (customer: { readonly language: string; readonly utcOffset?: number | null }): Reader => {
  const language = languageOf(customer.language)
  return { language, utcOffset: customer.utcOffset ?? usualUtcOffset[language] }
}

/** All offsets in use on Earth, in minutes. */
export const utcOffsets: ReadonlyArray<number> = [
  [-720, -660, -600, -570, -540, -480, -420, -360, -300, -240, -210, -180, -150, -120, -60, 0, 60, 120, 180, 210, 240],
  [270, 300, 330, 345, 360, 390, 420, 480, 525, 540, 570, 600, 630, 660, 720, 765, 780, 825, 840],
].flat()

export const isUtcOffset = (minutes: number): boolean => utcOffsets.includes(minutes)

/** "UTC", "UTC+3", "UTC−3:30". */
export const zone = (utcOffset: number): string => {
  if (utcOffset === 0) return "UTC"
  const [hours, minutes] = [Math.floor(Math.abs(utcOffset) / 60), Math.abs(utcOffset) % 60]
  return `UTC${utcOffset < 0 ? "−" : "+"}${hours}${minutes === 0 ? "" : `:${String(minutes).padStart(2, "0")}`}`
}

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

/** "24 November, 17:35 UTC+3". */
export const dayAndTime = (reader: Reader, at: DateTime.Utc): string =>
  `${format(reader, { day: "numeric", month: "long" }, at)}, ${time(reader, at)} ${zone(reader.utcOffset)}`

/** "24 November 2026, 17:35 UTC+3", for what is kept. */
export const dateAndTime = (reader: Reader, at: DateTime.Utc): string =>
  `${format(reader, { day: "numeric", month: "long", year: "numeric" }, at)}, ${time(reader, at)} ${zone(reader.utcOffset)}`

/** "24 Nov", for lists. */
export const shortDay = (reader: Reader, at: DateTime.Utc): string =>
  format(reader, { day: "numeric", month: "short" }, at)

/** "17:35". */
export const time = (reader: Reader, at: DateTime.Utc): string =>
  format(reader, { hour: "2-digit", minute: "2-digit" }, at)

const format = ({ language, utcOffset }: Reader, options: Intl.DateTimeFormatOptions, at: DateTime.Utc): string =>
  new Intl.DateTimeFormat(locales[language], { ...options, timeZone: "UTC" }).format(
    DateTime.toDateUtc(DateTime.add(at, { minutes: utcOffset })),
  )
