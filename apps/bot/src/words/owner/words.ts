/** All that the bot says to the staff, in the languages that it speaks. */
import type { Language } from "../language.ts"
import { en, type Words } from "./en.ts"
import { ru } from "./ru.ts"

export const ownerWordsIn: Readonly<Record<Language, Words>> = { en, ru }
