/**
 * How this shop delivers what was paid for: each product's text, as a message to its customer. Another shop has another
 * implementation of the port `Fulfilment`; `docs/extend.md` says how.
 */
import type { InvoiceIssued } from "@paylog/domain/Invoice"
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import type { WorkQueue } from "@paylog/event-store/WorkQueue"
import * as Customers from "@paylog/payments/Customers"
import * as Deliveries from "@paylog/payments/Deliveries"
import { CannotFulfil, Fulfilment, FulfilmentUnavailable } from "@paylog/payments/Fulfilment"
import { Effect, Layer, Option } from "effect"
import { Catalog, findSold } from "./Catalog.ts"
import { toJson } from "./Screen.ts"

const deliver = Effect.fnUntraced(function* ({ customerId, lines }: InvoiceIssued, key: string) {
  const deliveryId = deliveryOf(key)
  const catalog = yield* Catalog
  if (Option.isNone(yield* Customers.find(customerId))) return yield* new CannotFulfil({ reason: "CustomerErased" })
  const goods = yield* Effect.forEach(lines, (line) => {
    const product = findSold(catalog, line)
    if (product === undefined) return Effect.fail(new CannotFulfil({ reason: "NotInCatalogue" }))
    return product.delivers === undefined
      ? // A parcel, say: a person sends it.
        Effect.fail(new CannotFulfil({ reason: "ByHand" }))
      : Effect.succeed({ title: line.title, text: product.delivers })
  })
  // The id makes it once; from then on the message is sure to be sent, as any other is.
  yield* (yield* Database).transaction((sql) =>
    Deliveries.add(sql, {
      deliveryId,
      customerId,
      body: toJson({ screen: { _tag: "Delivered", goods } }),
      // After the receipt.
      priority: "status",
    }),
  )
  return deliveryId
})

const found = Effect.fnUntraced(function* (key: string) {
  const rows = yield* (yield* Database).query(hasDelivery, [deliveryOf(key)])
  return rows.length === 0 ? Option.none<string>() : Option.some(deliveryOf(key))
})

/** The message's delivery: it is also the reference that stands in the log. */
const deliveryOf = (key: string): string => `fulfilment/${key}`

const hasDelivery = Statement.fromFile(new URL("../sql/has-delivery.sql", import.meta.url))

export const layer = Layer.effect(
  Fulfilment,
  Effect.map(Effect.context<Catalog | Database | WorkQueue>(), (services) =>
    Fulfilment.of({
      fulfil: (invoice, key) =>
        deliver(invoice, key).pipe(Effect.catchTag("StoreUnavailable", later), Effect.provide(services)),
      find: (key) => found(key).pipe(Effect.catchTag("StoreUnavailable", later), Effect.provide(services)),
    }),
  ),
)

const later = () => Effect.fail(new FulfilmentUnavailable({ reason: "the database is out of reach" }))
