/** Buttons, amounts and times, as the staff sees them. */
import * as Money from "@paylog/domain/Money"
import { Result } from "effect"
import type { Button } from "../view/Message.ts"
import { amount, type Language } from "../words/language.ts"
import type { Words } from "../words/owner/en.ts"
import { encode, type Press } from "./Press.ts"

export const button = (text: string, press: Press): Button => ({ text, data: encode(press) })

/** The way back to the lists. */
export const lists = (words: Words): ReadonlyArray<Button> => [
  button(words.buttons.open, { _tag: "Open", offset: 0 }),
  button(words.buttons.stats, { _tag: "Stats" }),
]

/** "2026-11-24 14:05:31", in UTC. */
export const utc = (date: Date): string => date.toISOString().slice(0, 19).replace("T", " ")

/** An amount as a read model has it: decimal text; `undefined` without one. */
export const money = (language: Language, of: { readonly currency: string | null; readonly amount: string | null }) => {
  if (of.currency === null || of.amount === null) return undefined
  const read = Money.read(Money.scales, of.currency, of.amount)
  return amount(
    language,
    Result.getOrElse(read, () => ({ currency: of.currency ?? "", unread: of.amount ?? "" })),
  )
}
