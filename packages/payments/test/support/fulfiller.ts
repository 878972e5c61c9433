/**
 * A process that delivers: the worker, with a port that writes parcels into a table and takes its time before and after. Its
 * arguments are the database's URL and, for the control, `record-first`: a worker that says so before it delivers.
 */
import * as Invoice from "@paylog/domain/Invoice"
import { Database } from "@paylog/event-store/Database"
import { layerPostgres } from "@paylog/event-store/layerPostgres"
import * as WorkerRunner from "@paylog/event-store/WorkerRunner"
import { Fulfilment, FulfilmentUnavailable } from "@paylog/payments/Fulfilment"
import * as FulfilInvoice from "@paylog/payments/FulfilInvoice"
import * as Invoices from "@paylog/payments/Invoices"
import { DateTime, Effect, Layer, Option, Random, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import { about } from "@paylog/payments/Samples"

const [, , url = "", mode] = process.argv

/** Long enough to be killed in. */
const aWhile = Effect.flatMap(Random.nextIntBetween(0, 60), (ms) => Effect.sleep(ms))

const unavailable = () => new FulfilmentUnavailable({ reason: "the depot is out of reach" })

const port = Layer.effect(
  Fulfilment,
  Effect.map(Database, ({ query }) =>
    Fulfilment.of({
      fulfil: (_, key) =>
        aWhile.pipe(
          Effect.andThen(
            query({ name: "parcel", text: "insert into parcels (key) values ($1) on conflict (key) do nothing" }, [
              key,
            ]),
          ),
          // Delivered: it shall not be forgotten, nor done again, whenever this process ends.
          Effect.andThen(aWhile),
          Effect.as(`parcel/${key}`),
          Effect.mapError(unavailable),
        ),
      find: (key) =>
        query({ name: "find-parcel", text: "select from parcels where key = $1" }, [key]).pipe(
          Effect.map((rows) => (rows.length === 0 ? Option.none() : Option.some(`parcel/${key}`))),
          Effect.mapError(unavailable),
        ),
    }),
  ),
)

const recordFirst = Effect.fnUntraced(function* (id: Invoice.InvoiceId) {
  const invoice = yield* Invoices.get(id)
  if (invoice._tag === "Absent" || invoice.fulfilment !== undefined) return
  const done = { _tag: "RecordFulfilled", reference: `parcel/${id}`, at: yield* DateTime.now } as const
  yield* Invoices.command(id, "fulfilled", done, about)
  yield* (yield* Fulfilment).fulfil(invoice.terms, id)
})

const worker = FulfilInvoice.worker("1 second")

await Effect.runPromise(
  WorkerRunner.run(
    mode === "record-first" ? { ...worker, handle: ({ key }) => recordFirst(Invoice.InvoiceId.make(key)) } : worker,
  ).pipe(
    Effect.provide(
      port.pipe(
        Layer.provideMerge(
          layerPostgres({ url: Redacted.make(url), ownerUrl: undefined, directUrl: Redacted.make(url) }),
        ),
        Layer.merge(SecureRandom.layerWebCrypto),
      ),
    ),
  ),
)
