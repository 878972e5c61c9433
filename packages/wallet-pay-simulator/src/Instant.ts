import { DateTime } from "effect"

/** A moment of the simulator's clock: microseconds since 1970, exact as a `number` until the year 2255. */
export type Instant = number

export const second = 1_000_000

/** ISO 8601 in UTC with no, three or six fraction digits, whichever is exact: what a Java server prints, and why real dates vary. */
export const iso = (instant: Instant): string => {
  const millis = Math.floor(instant / 1000)
  const micros = instant - millis * 1000
  const text = DateTime.formatIso(DateTime.makeUnsafe(millis))
  if (micros !== 0) return text.replace("Z", `${String(micros).padStart(3, "0")}Z`)
  return millis % 1000 === 0 ? text.replace(".000", "") : text
}
