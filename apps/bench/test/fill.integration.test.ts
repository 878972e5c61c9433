import { layer } from "@effect/vitest"
import * as Invoice from "@paylog/domain/Invoice"
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { EventStore } from "@paylog/event-store/EventStore"
import * as Invoices from "@paylog/payments/Invoices"
import { Context, Effect, Layer, type Redacted } from "effect"
import { assert } from "vitest"
import { Ground } from "../src/Ground.ts"
import * as Paylog from "../src/peers/paylog.ts"
import { connect } from "../src/postgres.ts"

const events = 2 * 64 * 5

const ground = Ground.layer({ events, long: false }).pipe(Layer.provide(DevPostgres.layer))

/** All that is the same in every run: not ids, times and digests, but how much room they take. */
const rows = Effect.fnUntraced(function* (url: Redacted.Redacted) {
  const client = yield* connect(url)
  const result = yield* Effect.promise(() =>
    client.query(`
      select
        position, stream, version, schema_version, type, data::text, metadata::text,
        append_key, append_count, length(append_digest), pg_column_size(events.*)
      from paylog.events
      order by position`),
  )
  return result.rows
})

layer(ground, { excludeTestServices: true, timeout: 120_000 })("a log that is filled in bulk", (it) => {
  it.effect("has the rows that appends would have made, down to their size", () =>
    Effect.gen(function* () {
      const { url, filled } = yield* Ground
      const log = yield* filled
      const source = Context.get(yield* Paylog.services(log.url), EventStore)
      const target = Context.get(yield* Paylog.services(url), EventStore)
      for (const event of yield* source.readAll(0n, events)) {
        const { stream, type, version } = event
        yield* target.append({
          key: `${stream}/${type}`,
          streams: [{ stream, expected: version === 1 ? "none" : version - 1, events: [event] }],
        })
      }
      const expected = yield* rows(url)
      assert.lengthOf(expected, events)
      assert.deepStrictEqual(yield* rows(log.url), expected)
    }).pipe(Effect.scoped),
  )

  it.effect("holds invoices that the domain reads as paid", () =>
    Effect.gen(function* () {
      const log = yield* (yield* Ground).filled
      const store = Context.get(yield* Paylog.services(log.url), EventStore)
      const [first] = yield* store.readAll(0n, 1)
      const history = yield* store.readStream(first?.stream ?? "")
      assert.lengthOf(history, 5)
      const state = Invoice.fold(history.map(Invoices.codec.decode))
      assert.strictEqual(state._tag, "Paid")
      if (state._tag !== "Absent") assert.strictEqual(state.terms.invoiceId, Invoice.idOf(first?.stream ?? ""))
    }).pipe(Effect.scoped),
  )
})
