/** All that the bot says, in the languages that it speaks. */
import { en, type Words } from "./en.ts"
import type { Language } from "./language.ts"
import { ru } from "./ru.ts"

export const wordsIn: Readonly<Record<Language, Words>> = { en, ru }

/** "30 minutes", "1 hour 30 minutes", "2 days 3 hours": the two largest units, to the nearest minute, at least one. */
export const span = (words: Words, milliseconds: number): string => {
  const minutes = Math.max(1, Math.round(milliseconds / 60_000))
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60]
  const parts = [
    ...(days > 0 ? [words.days(days)] : []),
    ...(hours > 0 ? [words.hours(hours)] : []),
    ...(rest > 0 ? [words.minutes(rest)] : []),
  ]
  return parts.slice(0, 2).join(" ")
}
