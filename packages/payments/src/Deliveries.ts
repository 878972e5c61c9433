/**
 * Messages to customers: rows beside due work. A follower and the bot's handlers write them, a worker sends them. What is
 * due is a customer: whoever holds that item sends the customer's messages, one after the other.
 */
import { Clock, DateTime, Effect, Schema } from "effect"
import { type CustomerId, idOf, InvoiceId } from "@paylog/domain/Invoice"
import { Database, type Sql } from "@paylog/event-store/Database"
import type { StoreUnavailable } from "@paylog/event-store/EventStore"
import type { Follower } from "@paylog/event-store/Follower"
import * as Statement from "@paylog/event-store/Statement"
import { WorkQueue } from "@paylog/event-store/WorkQueue"
import { issuedIn } from "./Invoices.ts"

/** The queue whose keys are customer ids. */
export const queue = "deliveries"

const common = {
  deliveryId: Schema.String,
  /** Counts what there was to show. */
  revision: Schema.Natural,
  /** Until then neither it nor a later message of its customer may be sent. */
  notBefore: Schema.NullOr(Schema.DateTimeUtcFromDate),
  /** The message that shows an earlier revision. */
  messageId: Schema.NullOr(Schema.String),
}

/** One message with something new to show: the status of an invoice, edited in place as it changes; or a body of its own, sent once. */
export const Delivery = Schema.Union([
  Schema.Struct({ ...common, invoiceId: InvoiceId, body: Schema.Null }),
  Schema.Struct({ ...common, invoiceId: Schema.Null, body: Schema.String }),
])
export type Delivery = typeof Delivery.Type

const decode = Schema.decodeUnknownSync(Delivery)

/** Every event of an invoice makes its status message due. Sending shows the newest state, so events that come together are one edit. */
export const follower: Follower<StoreUnavailable, WorkQueue> = {
  name: "deliveries",
  apply: Effect.fnUntraced(function* (events, sql) {
    const changed = [...new Set(events.flatMap(({ stream }) => idOf(stream) ?? []))]
    if (changed.length === 0) return
    const issued = issuedIn(events)
    yield* sql.query(addStatuses, [
      issued.map(({ invoiceId }) => statusId(invoiceId)),
      issued.map(({ customerId }) => customerId),
      issued.map(({ invoiceId }) => invoiceId),
    ])
    const revised = yield* sql.query<{ readonly customerId: CustomerId }>(reviseStatuses, [changed])
    yield* makeDue(sql, [...new Set(revised.map(({ customerId }) => customerId))])
  }),
}

/** The delivery that shows an invoice's status. */
export const statusId = (invoiceId: InvoiceId): string => `status/${invoiceId}`

/**
 * Adds a message inside the caller's transaction; with it goes out what could not be sent to this customer before. The
 * same id adds nothing: a repeated handler sends once.
 */
export const add = Effect.fn("Deliveries.add")(function* (
  sql: Sql,
  message: { readonly deliveryId: string; readonly customerId: CustomerId; readonly body: string },
) {
  yield* sql.query(addMessage, [message.deliveryId, message.customerId, message.body])
  yield* makeDue(sql, [message.customerId])
})

const makeDue = Effect.fnUntraced(function* (sql: Sql, customerIds: ReadonlyArray<CustomerId>) {
  const work = yield* WorkQueue
  const dueAtMs = yield* Clock.currentTimeMillis
  yield* work.add(
    sql,
    queue,
    customerIds.map((key) => ({ key, dueAtMs })),
  )
})

/** A customer's messages with something new to show, in the order in which that came up. */
export const pending = Effect.fn("Deliveries.pending")(function* (customerId: CustomerId) {
  const rows = yield* (yield* Database).query(pendingStatement, [customerId])
  return rows.map((row) => decode(row))
})

/** Remembers that the delivery is shown, and by which message, so that the next change edits it. */
export const shown = Effect.fn("Deliveries.shown")(function* (
  { deliveryId, revision }: Pick<Delivery, "deliveryId" | "revision">,
  messageId: string,
) {
  yield* (yield* Database).query(markShown, [deliveryId, revision, messageId])
})

/** From now on the invoice's status changes in this message. */
export const moveStatus = Effect.fn("Deliveries.moveStatus")(function* (invoiceId: InvoiceId, messageId: string) {
  yield* (yield* Database).query(moveStatusStatement, [invoiceId, messageId])
})

/** Keeps in mind how long the message has to wait, whatever else becomes due. */
export const postpone = Effect.fn("Deliveries.postpone")(function* (
  { deliveryId }: Pick<Delivery, "deliveryId">,
  notBefore: DateTime.Utc,
) {
  yield* (yield* Database).query(postponeStatement, [deliveryId, DateTime.toDateUtc(notBefore)])
})

/** Sets a message aside that can never be shown as it is; the next change is tried again. `reason` holds no personal data. */
export const park = Effect.fn("Deliveries.park")(function* (
  { deliveryId, revision }: Pick<Delivery, "deliveryId" | "revision">,
  reason: string,
) {
  yield* (yield* Database).query(parkStatement, [deliveryId, revision, reason])
})

const statement = (name: string) => Statement.fromFile(new URL(`../sql/${name}.sql`, import.meta.url))
const addStatuses = statement("add-status-deliveries")
const reviseStatuses = statement("revise-status-deliveries")
const addMessage = statement("add-message-delivery")
const pendingStatement = statement("pending-deliveries")
const markShown = statement("mark-delivery-shown")
const postponeStatement = statement("postpone-delivery")
const parkStatement = statement("park-delivery")
const moveStatusStatement = statement("move-status-delivery")
