/** Makes a log to read, fast. */
import { Effect, type Redacted } from "effect"
import { connect, count, run, sql } from "./postgres.ts"
import { sampleDelivery, sampleInvoice, type Way, ways } from "./sampleInvoice.ts"

/** So many histories are under way at a time. */
const together = 64

/** So many events a statement, so that neither side holds them all. */
const atOnce = 250_000

/**
 * Writes `events` events of invoices with such a history (default: paid ones) into an empty log, by `fill-log.sql`, and leaves the
 * table as a settled one is.
 */
export const fill = (
  url: Redacted.Redacted,
  events: number,
  way: Way = "unkept",
  history: typeof sampleInvoice = sampleInvoice,
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const client = yield* connect(url)
    const text = sql("fill-log")
    for (let first = 1; first <= events; first += atOnce) {
      const last = Math.min(first + atOnce - 1, events)
      const types = history.map(({ type }) => type)
      const data = history.map(({ data }) => data)
      yield* Effect.promise(() => client.query(text, [first, last, together, types, data, ways[way], sampleDelivery]))
    }
    yield* run(client, "vacuum (analyze) paylog.events, paylog.attachments")
    yield* run(client, "checkpoint")
    const made = yield* count(client, "select count(*) from paylog.events")
    if (made !== events) return yield* Effect.die(new Error(`The log was to have ${events} events and has ${made}`))
  }).pipe(Effect.scoped)
