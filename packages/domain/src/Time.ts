import { DateTime, Schema } from "effect"

const latest = DateTime.makeUnsafe("9999-12-31T23:59:59.999Z")

const isBetween = Schema.makeIsBetween({ order: DateTime.Order })

/**
 * A moment in events: UTC, to the millisecond, an ISO 8601 string in JSON. From 1970 to 9999, the years that every
 * reader of the log can hold: beyond them JavaScript writes years of six digits.
 */
export const Time = Schema.DateTimeUtcFromString.check(isBetween({ minimum: DateTime.makeUnsafe(0), maximum: latest }))

/** As `Time` writes it. */
const form = /^(?:19[7-9][0-9]|[2-9][0-9]{3})-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/

/**
 * What `Time` decodes a moment to that is written as it writes it, several times as fast; `undefined` for all else, of which
 * `Time` may accept some and explains the rest.
 */
export const ofWritten = (written: unknown): DateTime.Utc | undefined => {
  if (typeof written !== "string" || !form.test(written)) return undefined
  const ms = Date.parse(written)
  // Not a number, or midnight after the last day.
  return ms <= latest.epochMilliseconds ? DateTime.makeUnsafe(ms) : undefined
}
