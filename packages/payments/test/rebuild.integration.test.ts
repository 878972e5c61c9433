import { assert, layer } from "@effect/vitest"
import * as Invoice from "@paylog/domain/Invoice"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import type { Projection } from "@paylog/event-store/Projection"
import * as Rebuild from "@paylog/event-store/Rebuild"
import * as Deliveries from "@paylog/payments/Deliveries"
import * as InvoiceRows from "@paylog/payments/InvoiceRows"
import { codec } from "@paylog/payments/Invoices"
import * as Metadata from "@paylog/payments/Metadata"
import * as Work from "@paylog/payments/Work"
import { Effect, Fiber, Random } from "effect"
import { history } from "./support/histories.ts"
import { about } from "@paylog/payments/Samples"
import { world } from "./support/world.ts"

const invoices = 3000

/** The events of all of them, a step of each in turn of a few hundred at once, as a busy day would have them. */
const busyDay = Effect.gen(function* () {
  const store = yield* EventStore
  const metadata = Metadata.complete(about, undefined)
  const one = Effect.fnUntraced(function* (number: number) {
    const { invoiceId, events } = yield* history(number)
    const stream = Invoice.stream(invoiceId)
    for (const [index, event] of (yield* codec.encode(events, metadata)).entries())
      yield* store.append({
        key: `${stream}/${index}`,
        streams: [{ stream, expected: index === 0 ? "none" : index, events: [event] }],
      })
  })
  yield* Effect.forEach(
    Array.from({ length: invoices }, (_, number) => number),
    one,
    { concurrency: 250, discard: true },
  ).pipe(Random.withSeed("a busy day"))
  return yield* store.head
})

const lines = (table: string) =>
  Database.use(({ query }) =>
    query<{ readonly line: string }>({
      name: `test-lines-${table}`,
      text: `select rows::text as line from ${table} as rows order by 1`,
    }),
  ).pipe(Effect.map((rows) => rows.map(({ line }) => line)))

/** A projection that looks at the clock: its rows do not follow from the events alone. */
const { begin: _, ...plain } = InvoiceRows.follower
const impure: Projection = {
  ...plain,
  apply: (events, sql) =>
    InvoiceRows.follower.apply(events, {
      query: ({ name, text }, values) =>
        sql.query(
          {
            name: `${name}-now`,
            text: text.replace(
              /(\n {2}status,\n) {2}title,(?=\n {2}currency,\n {2}amount::numeric,)/,
              "$1  now()::text,",
            ),
          },
          values,
        ),
    }),
}

layer(world, { excludeTestServices: true })("a rebuild of invoices", (it) => {
  it.effect("equals the live rows byte for byte, and leaves due work and messages as they were", () =>
    Effect.gen(function* () {
      const runner = yield* FollowerRunner
      const following = [
        yield* Effect.forkScoped(runner.run(InvoiceRows.follower)),
        yield* Effect.forkScoped(runner.run(Work.follower)),
        yield* Effect.forkScoped(runner.run(Deliveries.follower)),
      ]
      const head = yield* busyDay
      for (const name of ["invoices", "work", "deliveries"]) yield* runner.awaitBookmark(name, head, "60 seconds")
      yield* Fiber.interruptAll(following)
      const [rows, work, deliveries] = [
        yield* lines("payments.invoices"),
        yield* lines("paylog.work"),
        yield* lines("payments.deliveries"),
      ]
      assert.strictEqual(rows.length, invoices)
      assert.isAbove(work.length, invoices)
      const statuses = new Set(rows.map((row) => row.split(",")[2]))
      assert.isAbove(statuses.size, 6, [...statuses].join())

      for (const options of [{ shards: 1 }, { shards: 3, batch: 500 }, { shards: 8, batch: 64 }]) {
        const { position } = yield* Rebuild.run(InvoiceRows.follower, options)
        assert.strictEqual(position, head)
        assert.deepStrictEqual(yield* lines("payments.invoices"), rows)
      }
      assert.deepStrictEqual(yield* lines("paylog.work"), work)
      assert.deepStrictEqual(yield* lines("payments.deliveries"), deliveries)

      // Control: the comparison sees a row that does not follow from the events.
      yield* Rebuild.run(impure, { shards: 2 })
      assert.notDeepEqual(yield* lines("payments.invoices"), rows)
    }),
  )
})
