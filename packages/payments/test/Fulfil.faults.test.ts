/** Processes that deliver are killed at any moment: each invoice is delivered once, and the log says so of no other. */
import { awaiting } from "@paylog/payments/Samples"
import { assert, layer } from "@effect/vitest"
import type { InvoiceId } from "@paylog/domain/Invoice"
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { layerPostgres } from "@paylog/event-store/layerPostgres"
import { migratedTemplate } from "@paylog/event-store/migratedTemplate"
import { migrations } from "@paylog/payments/migrations"
import * as Work from "@paylog/payments/Work"
import { Context, Effect, Layer, Random, Redacted, Schedule } from "effect"
import { SecureRandom } from "effect/crypto"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { pay } from "./support/money.ts"

const isFull = process.env["PAYLOG_FULL"] === "1"
const invoices = isFull ? 3000 : 100
const kills = isFull ? 60 : 5

class Url extends Context.Service<Url, { readonly url: Redacted.Redacted }>()("test/Url") {}

const world = Layer.unwrap(
  Effect.map(Url, ({ url }) => layerPostgres({ url, ownerUrl: undefined, directUrl: url })),
).pipe(
  Layer.provideMerge(
    Layer.effect(Url, freshDatabase({ template: migratedTemplate([EventStorePostgres.migrations, migrations]) })),
  ),
  Layer.provide(DevPostgres.layer),
  Layer.merge(SecureRandom.layerWebCrypto),
)

const entry = fileURLToPath(new URL("support/fulfiller.ts", import.meta.url))

const fulfiller = Effect.fnUntraced(function* (mode: string) {
  const { url } = yield* Url
  return yield* Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [entry, Redacted.value(url), mode], { stdio: "ignore" })
      return { child, ended: once(child, "close") }
    }),
    ({ child, ended }) => Effect.promise(() => (child.kill("SIGKILL"), ended)),
  )
})

const sql = (text: string) =>
  Effect.flatMap(Database, ({ query }) => query<Record<string, unknown>>({ name: "", text }))

const keys = (text: string) => Effect.map(sql(text), (rows) => rows.map(({ key }) => String(key)).toSorted())

const parcels = keys("select key from parcels")
const recorded = keys("select substr(stream, 9) as key from paylog.events where type = 'InvoiceFulfilled'")
const waiting = keys("select key from paylog.work")

/** Invoices that were paid and are due, and what became of them once two processes at a time were killed again and again. */
const killed = Effect.fnUntraced(function* (mode: "deliver-first" | "record-first") {
  yield* sql("create table if not exists parcels (key text primary key)")
  const paid = yield* Effect.forEach(
    Array.from({ length: invoices }),
    () =>
      Effect.gen(function* () {
        const { invoiceId, orderId } = yield* awaiting
        yield* pay(invoiceId, { orderId })
        return invoiceId
      }),
    { concurrency: 20 },
  )
  // What the follower does, without the other queues, which nobody works off here.
  const events = yield* (yield* EventStore).readAll(0n, 100_000)
  yield* (yield* Database).transaction((sql) => Work.follower.apply(events, sql))
  yield* sql("delete from paylog.work where queue <> 'fulfil-invoice'")

  for (let kill = 0; kill < kills; kill++)
    yield* Effect.scoped(
      Effect.gen(function* () {
        const [before, first] = [(yield* parcels).length, yield* fulfiller(mode)]
        yield* fulfiller(mode)
        // In the middle of its work, wherever that is; or there is no more.
        yield* Effect.all([parcels, waiting]).pipe(
          Effect.repeat({
            until: ([sent, left]) => sent.length > before || left.length === 0,
            schedule: Schedule.spaced("5 millis"),
          }),
          Effect.timeout("20 seconds"),
        )
        yield* Effect.sleep(yield* Random.nextIntBetween(0, 80))
        first.child.kill("SIGKILL")
      }),
    )
  yield* fulfiller(mode)
  yield* waiting.pipe(
    Effect.repeat({ until: (left) => left.length === 0, schedule: Schedule.spaced("20 millis") }),
    Effect.timeout("2 minutes"),
  )
  const ours = (all: ReadonlyArray<string>) => all.filter((key) => paid.some((id: InvoiceId) => id === key))
  return { paid: [...paid].toSorted(), sent: ours(yield* parcels), recorded: ours(yield* recorded) }
})

layer(world, { excludeTestServices: true, timeout: "60 seconds" })("processes that deliver, killed", (it) => {
  it.effect("deliver each paid invoice once in effect, and the log says so once of each", () =>
    Effect.gen(function* () {
      const { paid, sent, recorded } = yield* killed("deliver-first")
      assert.strictEqual(paid.length, invoices)
      assert.deepStrictEqual(sent, paid)
      assert.deepStrictEqual(recorded, paid)
    }).pipe(Effect.scoped),
  )

  it.effect("control: one that records before it delivers says of some that they were, and loses them", () =>
    Effect.gen(function* () {
      const { paid, sent, recorded } = yield* killed("record-first")
      assert.deepStrictEqual(recorded, paid)
      assert.isBelow(sent.length, paid.length)
    }).pipe(Effect.scoped),
  )
})
