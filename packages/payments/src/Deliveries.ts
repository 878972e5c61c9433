/**
 * Messages to customers, as rows. A follower and the bot's handlers write them, and with them who is to be written to;
 * `Sending` is how a process gets and settles them.
 */
import { Effect, Schema } from "effect"
import { type CustomerId, idOf, InvoiceId } from "@paylog/domain/Invoice"
import { Database, type Sql } from "@paylog/event-store/Database"
import type { RecordedEvent, StoreUnavailable } from "@paylog/event-store/EventStore"
import type { Follower } from "@paylog/event-store/Follower"
import * as Statement from "@paylog/event-store/Statement"
import { issuedIn } from "./Invoices.ts"

const common = {
  deliveryId: Schema.String,
  /** Counts what there was to show. */
  revision: Schema.Natural,
  /** The message that shows an earlier revision. */
  messageId: Schema.NullOr(Schema.String),
  /** New messages begun for it of which nobody knows whether they arrived. */
  sends: Schema.Natural,
}

/** One message with something new to show: the status of an invoice, edited in place as it changes; or a body of its own, sent once, and edited when it is shown again. */
export const Delivery = Schema.Union([
  Schema.Struct({ ...common, invoiceId: InvoiceId, body: Schema.Null }),
  Schema.Struct({ ...common, invoiceId: Schema.Null, body: Schema.String }),
])
export type Delivery = typeof Delivery.Type

export const decode = Schema.decodeUnknownSync(Delivery)

/**
 * Who is written to first when not all can be, as it is stored. Within one chat, a message that becomes a receipt where it stands
 * goes before all else and broadcasts after it; the rest keeps its order.
 */
export const Priority = {
  /** Money was seen, or went back: what the customer waits for most. Nobody who presses and presses delays it. */
  receipt: 0,
  /** To what somebody has just written or pressed. */
  answer: 1,
  /** Any other change of an invoice. */
  status: 2,
  broadcast: 3,
} as const
export type Priority = keyof typeof Priority

/** Events that make an invoice's message a receipt. */
const aboutMoney = new Set(["PaymentReceived", "InvoicePaid", "PaymentHeld", "HeldPaymentAccepted", "RefundRecorded"])

/** They change nothing that a customer sees, and Telegram counts edits that change nothing too. */
const unseen = new Set(["ProviderOrderRequested", "RefundTaken", "RefundDropped"])

/**
 * Every other event of an invoice makes its status message due, in the order of the events. Sending shows the newest state, so events
 * that come together are one edit.
 */
export const follower: Follower<StoreUnavailable> = {
  name: "deliveries",
  apply: Effect.fnUntraced(function* (events, sql) {
    const changed = changedBy(events)
    if (changed.size === 0) return
    const issued = issuedIn(events)
    yield* sql.query(addStatuses, [
      issued.map(({ invoiceId }) => statusId(invoiceId)),
      issued.map(({ customerId }) => customerId),
      issued.map(({ invoiceId }) => invoiceId),
    ])
    const values = [[...changed.keys()], [...changed.values()]]
    const revised = yield* sql.query<Due & { readonly nth: number }>(reviseStatuses, values)
    yield* makeDue(
      sql,
      revised.toSorted((one, other) => one.nth - other.nth),
    )
  }),
}

/** The invoices that the events change for who sees them, in order, and how urgent that is. */
const changedBy = (events: ReadonlyArray<RecordedEvent>): Map<InvoiceId, number> => {
  const changed = new Map<InvoiceId, number>()
  for (const { stream, type } of events) {
    const invoiceId = unseen.has(type) ? undefined : idOf(stream)
    if (invoiceId === undefined) continue
    const priority = aboutMoney.has(type) ? Priority.receipt : Priority.status
    changed.set(invoiceId, Math.min(priority, changed.get(invoiceId) ?? priority))
  }
  return changed
}

/** The delivery that shows an invoice's status. */
export const statusId = (invoiceId: InvoiceId): string => `status/${invoiceId}`

/**
 * Adds a message inside the caller's transaction. The same id adds nothing: a repeated handler sends once. To a customer who
 * has blocked the bot it goes when they come back. Of several that wait to take the place of the same message (a number `edit` in
 * their body), the last is sent, in the turn of the first.
 */
export const add = Effect.fn("Deliveries.add")(function* (
  sql: Sql,
  message: {
    readonly deliveryId: string
    readonly customerId: CustomerId
    readonly body: string
    /** Default: an answer. */
    readonly priority?: Priority
    /** What it shows of something that may change, for `showAgain`: no personal data. Empty: nothing that changes. */
    readonly about?: string | undefined
  },
) {
  const { customerId } = message
  const priority = Priority[message.priority ?? "answer"]
  yield* sql.query(addMessage, [message.deliveryId, customerId, message.body, priority, message.about ?? null])
  yield* makeDue(sql, [{ customerId, priority }])
})

/**
 * What these messages are about has changed: to these customers they are shown anew, in their place, as they are drawn then. One
 * whose place another message has taken since is left alone, and so is one that was set aside.
 */
export const showAgain = Effect.fn("Deliveries.showAgain")(function* (
  sql: Sql,
  which: { readonly about: ReadonlyArray<string>; readonly customerIds: ReadonlyArray<CustomerId> },
) {
  if (which.about.length === 0 || which.customerIds.length === 0) return
  yield* makeDue(sql, yield* sql.query<Due>(showAgainStatement, [which.about, which.customerIds]))
})

/** Whoever is being added to is not written to. */
const portion = 500

/**
 * Adds a message to every customer there is; answers how many. Each 500 customers are one transaction. The same id adds nothing where
 * it was added, so a broadcast that was cut off goes on when it is repeated.
 */
export const broadcast = Effect.fn("Deliveries.broadcast")(function* (message: {
  readonly broadcastId: string
  readonly body: string
}) {
  const { transaction } = yield* Database
  const addAfter = (last: string) =>
    transaction(
      Effect.fnUntraced(function* (sql) {
        const values = [message.broadcastId, message.body, last, portion]
        const seen = yield* sql.query<BroadcastTo>(addBroadcast, values)
        const added = seen.filter(({ isNew }) => isNew)
        yield* makeDue(
          sql,
          added.map(({ customerId }) => ({ customerId, priority: Priority.broadcast })),
        )
        return { added: added.length, last: seen.length < portion ? undefined : seen.at(-1)?.customerId }
      }),
    )
  let total = 0
  for (let last: string | undefined = ""; last !== undefined;) {
    const next: { readonly added: number; readonly last: string | undefined } = yield* addAfter(last)
    total += next.added
    last = next.last
  }
  return total
})

interface BroadcastTo {
  readonly customerId: CustomerId
  readonly isNew: boolean
}

/**
 * Has messages that were set aside sent after all, once what was wrong is mended: this one, or all. Inside the caller's
 * transaction; answers how many.
 */
export const release = Effect.fn("Deliveries.release")(function* (sql: Sql, deliveryId: string | undefined) {
  const released = yield* sql.query<Due>(releaseDeliveries, [deliveryId ?? null])
  yield* makeDue(sql, released)
  return released.length
})

/** The customer has written or pressed, so the bot is not blocked any more: what waited for that is due. */
export const heardFrom = Effect.fn("Deliveries.heardFrom")(function* (sql: Sql, customerId: CustomerId) {
  yield* sql.query(unblock, [customerId])
})

interface Due {
  readonly customerId: CustomerId
  readonly priority: number
}

const makeDue = (sql: Sql, due: ReadonlyArray<Due>) =>
  due.length === 0
    ? Effect.void
    : sql.query(makeDueStatement, [due.map(({ customerId }) => customerId), due.map(({ priority }) => priority)])

/** A customer's messages with something new to show, in the order in which they are sent. */
export const pending = Effect.fn("Deliveries.pending")(function* (customerId: CustomerId) {
  const rows = yield* (yield* Database).query(pendingStatement, [customerId])
  return rows.map((row) => decode(row))
})

const statement = (name: string) => Statement.fromFile(new URL(`../sql/${name}.sql`, import.meta.url))
const addStatuses = statement("add-status-deliveries")
const reviseStatuses = statement("revise-status-deliveries")
const addMessage = statement("add-message-delivery")
const showAgainStatement = statement("show-again")
const addBroadcast = statement("add-broadcast")
const releaseDeliveries = statement("release-deliveries")
const makeDueStatement = statement("sending/make-due")
const unblock = statement("sending/unblock")
const pendingStatement = statement("sending/pending")
