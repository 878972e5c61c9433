import { DateTime, Schema } from "effect"

const isBetween = Schema.makeIsBetween({ order: DateTime.Order })

/**
 * A moment in events: UTC, to the millisecond, an ISO 8601 string in JSON. From 1970 to 9999, the years that every
 * reader of the log can hold: beyond them JavaScript writes years of six digits.
 */
export const Time = Schema.DateTimeUtcFromString.check(
  isBetween({ minimum: DateTime.makeUnsafe(0), maximum: DateTime.makeUnsafe("9999-12-31T23:59:59.999Z") }),
)
