/** Messages to customers: rows beside due work. A follower and the bot's handlers write them, a worker sends them. */
import { Effect, Option, Schema } from "effect"
import { CustomerId, InvoiceId } from "@paylog/domain/Invoice"
import { Database, type Sql } from "@paylog/event-store/Database"
import type { StoreUnavailable } from "@paylog/event-store/EventStore"
import type { Follower } from "@paylog/event-store/Follower"
import * as Statement from "@paylog/event-store/Statement"
import { WorkQueue } from "@paylog/event-store/WorkQueue"
import { Clock } from "effect"
import { codec } from "./Invoices.ts"

/** The queue whose keys are delivery ids. */
export const queue = "deliveries"

const Common = { deliveryId: Schema.String, customerId: CustomerId, messageId: Schema.NullOr(Schema.String) }

/** One message: the status of an invoice, edited in place as it changes; or a text of its own, sent once. */
export const Delivery = Schema.Union([
  Schema.Struct({ ...Common, invoiceId: InvoiceId, body: Schema.Null }),
  Schema.Struct({ ...Common, invoiceId: Schema.Null, body: Schema.String }),
])
export type Delivery = typeof Delivery.Type

const addStatuses = Statement.fromFile(new URL("../sql/add-status-deliveries.sql", import.meta.url))
const addMessage = Statement.fromFile(new URL("../sql/add-message-delivery.sql", import.meta.url))
const findStatement = Statement.fromFile(new URL("../sql/find-delivery.sql", import.meta.url))
const sentStatement = Statement.fromFile(new URL("../sql/mark-delivery-sent.sql", import.meta.url))

const decode = Schema.decodeUnknownSync(Delivery)

/** Every event of an invoice makes its status message due. Sending shows the newest state, so events that come together are one edit. */
export const follower: Follower<StoreUnavailable, WorkQueue> = {
  name: "deliveries",
  apply: Effect.fnUntraced(function* (events, sql) {
    const ofInvoices = events.filter(({ stream }) => stream.startsWith("invoice-"))
    if (ofInvoices.length === 0) return
    const issued = ofInvoices.filter(({ type }) => type === "InvoiceIssued").map(codec.decode)
    const rows = issued.flatMap((event) => (event._tag === "InvoiceIssued" ? [event] : []))
    yield* sql.query(addStatuses, [
      rows.map(({ invoiceId }) => statusId(invoiceId)),
      rows.map(({ customerId }) => customerId),
      rows.map(({ invoiceId }) => invoiceId),
    ])
    const keys = new Set(ofInvoices.map(({ stream }) => statusId(stream.slice("invoice-".length))))
    yield* makeDue(sql, [...keys])
  }),
}

/** The delivery that shows an invoice's status. */
export const statusId = (invoiceId: string): string => `status/${invoiceId}`

/** Adds a message inside the caller's transaction. The same id adds nothing: a repeated handler sends once. */
export const add = Effect.fn("Deliveries.add")(function* (
  sql: Sql,
  message: { readonly deliveryId: string; readonly customerId: CustomerId; readonly body: string },
) {
  const added = yield* sql.query(addMessage, [message.deliveryId, message.customerId, message.body])
  if (added.length > 0) yield* makeDue(sql, [message.deliveryId])
})

const makeDue = Effect.fnUntraced(function* (sql: Sql, ids: ReadonlyArray<string>) {
  const work = yield* WorkQueue
  const dueAtMs = yield* Clock.currentTimeMillis
  yield* work.add(
    sql,
    queue,
    ids.map((key) => ({ key, dueAtMs })),
  )
})

/** The delivery, unless it was erased. */
export const find = Effect.fn("Deliveries.find")(function* (deliveryId: string) {
  const rows = yield* (yield* Database).query(findStatement, [deliveryId])
  return rows.length === 0 ? Option.none<Delivery>() : Option.some(decode(rows[0]))
})

/** Remembers the message that now shows this delivery, so that the next change edits it. */
export const sent = Effect.fn("Deliveries.sent")(function* (deliveryId: string, messageId: string) {
  yield* (yield* Database).query(sentStatement, [deliveryId, messageId])
})
