/**
 * How this shop delivers what was paid for: each product's text, as a message to its customer. It is delivered once Telegram has
 * taken the message; whoever has blocked the bot gets it when they come back, and until then a person is told. Another shop has
 * another implementation of the port `Fulfilment`; `docs/extend.md` says how.
 */
import * as Invoice from "@paylog/domain/Invoice"
import { InvoiceId, type InvoiceIssued } from "@paylog/domain/Invoice"
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { WorkQueue } from "@paylog/event-store/WorkQueue"
import * as Customers from "@paylog/payments/Customers"
import * as Deliveries from "@paylog/payments/Deliveries"
import * as FulfilInvoice from "@paylog/payments/FulfilInvoice"
import { CannotFulfil, Fulfilment, FulfilmentUnavailable } from "@paylog/payments/Fulfilment"
import { Clock, Effect, Layer, Option } from "effect"
import { Catalog, findSold } from "./Catalog.ts"
import { toJson } from "./Screen.ts"
import { deliveredMessage } from "./view/deliveredMessage.ts"
import { shownLength } from "./view/html.ts"
import { messageLimit } from "./view/Message.ts"
import { languages } from "./words/language.ts"

/** Whoever delivers is woken when the message has arrived, or cannot; this is for a wake-up that was lost. */
const lookAgainMs = 30_000

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
  // Telegram would refuse it each time: a person delivers.
  if (languages.some((language) => shownLength(deliveredMessage(language, goods).text) > messageLimit))
    return yield* new CannotFulfil({ reason: "TooLong" })
  const { query, transaction } = yield* Database
  const [known] = yield* query<Message>(findGoods, [deliveryId])
  // Asked again, it is there: its customer is not due once more for it.
  if (known === undefined || known.givenUp) {
    const [receipt] = yield* query<{ readonly waits: boolean }>(receiptWaits, [Invoice.stream(InvoiceId.make(key))])
    if (receipt?.waits === true)
      return yield* new FulfilmentUnavailable({ reason: "its receipt is not written yet", retryAfterMs: 50 })
    const body = toJson({ screen: { _tag: "Delivered", goods, invoiceId: InvoiceId.make(key) } })
    yield* transaction((sql) =>
      // A person has had it tried anew. If copies of it may have arrived, this one says so.
      Effect.andThen(
        sql.query(tryAnew, [deliveryId, body]),
        // The id makes it once. It gives way to receipts, also to other customers'.
        Deliveries.add(sql, { deliveryId, customerId, body, priority: "status" }),
      ),
    )
  }
  return yield* arrived(deliveryId)
})

/** Its name once Telegram has taken the message: it is also the reference that stands in the log. */
const arrived = Effect.fnUntraced(function* (deliveryId: string) {
  const { query } = yield* Database
  const [message] = yield* query<Message>(findGoods, [deliveryId])
  if (message?.arrived === true) return deliveryId
  if (message?.parkedReason != null) {
    yield* query(giveUp, [deliveryId])
    return yield* new CannotFulfil({
      reason: message.parkedReason === "SentTwice" ? "MayHaveArrived" : "TelegramRefuses",
    })
  }
  // It stays, and goes out when they come back, unless the money has gone back by then.
  if (message?.blocked === true) return yield* new CannotFulfil({ reason: "CustomerBlocksBot" })
  return yield* new FulfilmentUnavailable({ reason: "its message is on its way", retryAfterMs: lookAgainMs })
})

const found = Effect.fnUntraced(function* (key: string) {
  const [message] = yield* (yield* Database).query<Message>(findGoods, [deliveryOf(key)])
  return message?.arrived === true ? Option.some(deliveryOf(key)) : Option.none<string>()
})

interface Message {
  readonly arrived: boolean
  readonly givenUp: boolean
  readonly parkedReason: string | null
  readonly blocked: boolean
}

const prefix = "fulfilment/"

const deliveryOf = (key: string): string => prefix + key

/** Something became of a message: when it carries goods, whoever delivers looks at once. */
export const look = Effect.fnUntraced(function* (deliveryId: string) {
  if (!deliveryId.startsWith(prefix)) return
  const work = yield* WorkQueue
  const key = deliveryId.slice(prefix.length)
  const dueAtMs = yield* Clock.currentTimeMillis
  yield* (yield* Database).transaction((sql) => work.add(sql, FulfilInvoice.queue, [{ key, dueAtMs }]))
})

const statement = (name: string) => Statement.fromFile(new URL(`../sql/${name}.sql`, import.meta.url))
const findGoods = statement("find-goods")
const receiptWaits = statement("receipt-waits")
const giveUp = statement("give-up-goods")
const tryAnew = statement("try-goods-anew")

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
