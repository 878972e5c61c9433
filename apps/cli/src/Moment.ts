/** A moment as people type it: a day in UTC, or a time with its offset. Nothing is guessed from the machine's own time zone. */
import { Time } from "@paylog/domain/Time"
import { DateTime, Option, Schema } from "effect"

const form = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/

/** JavaScript takes 31 February for 3 March. */
const isOfTheCalendar = (day: string): boolean =>
  Option.exists(DateTime.make(day), (start) => DateTime.formatIsoDateUtc(start) === day)

export const Moment = Schema.String.check(
  Schema.makeFilter((text: string) => form.test(text) && isOfTheCalendar(text.slice(0, 10)), {
    expected: "a day as 2026-03-01, or a time as 2026-03-01T12:00:00Z",
  }),
).pipe(Schema.decodeTo(Time))
