/** The texts that events may hold: what is stored can always be stored, shown and searched, whoever wrote it. */
import { Schema } from "effect"

/** An id or a code: exact, never cut. What does not fit is no id of ours, and is refused where it comes in. */
export const Word = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_.:-]{1,64}$/))

export const isWord = Schema.is(Word)

/** 1 to 255 characters without control characters (so no U+0000, line break or terminal escape) and lone surrogates. */
export const Text = Schema.String.check(Schema.isPattern(/^[^\p{Cc}\p{Cs}]{1,255}$/u))

/** `text` as a `Text`: what may not stand in one becomes U+FFFD, and the end is cut. Nothing at all becomes "-". */
export const clip = (text: string): string => {
  const characters = Array.from(text.slice(0, 510).replace(/[\p{Cc}\p{Cs}]/gu, "\uFFFD"))
  return characters.slice(0, 255).join("") || "-"
}

/**
 * An explanation, clipped. Adapters write it in their own words; should one quote what it sent or got, a run of five
 * digits or more is masked, since it could be the Telegram id of a person.
 */
export const explain = (text: string): string => clip(text.replace(/[0-9]{5,}/g, "#"))
