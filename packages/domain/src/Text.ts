/** The texts that events may hold: what is stored can always be encoded, searched and shown, whoever wrote it. */
import { Schema } from "effect"

/** An id or a code: exact, never cut. */
export const Word = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_.:-]{1,64}$/))

export const isWord = Schema.is(Word)

/** A SHA-256 in hex. */
export const Digest = Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/))

/** No control character (U+0000, a line break, a terminal escape) and no lone surrogate. */
const clean = /^[^\p{Cc}\p{Cs}]*$/u
const isClean = Schema.isPattern(clean)

/** 1 to 255 clean characters. */
export const Text = Schema.String.check(Schema.isBetweenCodePoints(1, 255), isClean)

const longestLink = 2048

/** At most 2048 clean characters; "" when there is no link. */
export const Link = Schema.String.check(Schema.isMaxCodePoints(longestLink), isClean)

/** `written` if it is a `Link` for sure, which is found out several times as fast; `undefined` for all else. */
export const linkOfWritten = (written: unknown): string | undefined =>
  // A character is one or two units of the length.
  typeof written === "string" && written.length <= longestLink && clean.test(written) ? written : undefined

/** `text` as a `Text`: characters that are not clean become U+FFFD, the end is cut, and nothing becomes "-". */
export const clip = (text: string): string => {
  const characters = Array.from(text.slice(0, 510).replaceAll(/[\p{Cc}\p{Cs}]/gu, "\uFFFD"))
  return characters.slice(0, 255).join("") || "-"
}

/**
 * An explanation as a `Text`. Adapters explain in their own words; should one quote what it sent or got all the same, a
 * run of five digits or more is masked, since it could be the Telegram id of a person. What people read before they approve
 * must look as it is: separators of lines and controls of direction become U+FFFD too.
 */
export const explain = (text: string): string =>
  clip(text.replaceAll(/[0-9]{5,}/g, "#").replaceAll(/[\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, "\uFFFD"))

/** `text` as a `Link`. A link that was cut would lead elsewhere, so one that does not fit is none. */
export const link = (text: string): string => (isLink(text) ? text : "")

const isLink = Schema.is(Link)
