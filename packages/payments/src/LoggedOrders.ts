/** What the log says of every order at a provider: from the events themselves, not from read models. Reads only. */
import * as Invoice from "@paylog/domain/Invoice"
import type { Stated } from "@paylog/domain/Money"
import { counts, type PaymentReceived } from "@paylog/domain/Payment"
import * as Unmatched from "@paylog/domain/Unmatched"
import { EventStore, type RecordedEvent, type StoreUnavailable } from "@paylog/event-store/EventStore"
import { DateTime, Effect } from "effect"
import { Unreadable } from "./Codec.ts"
import type { Range } from "./ListedOrders.ts"
import * as StoredEvents from "./StoredEvents.ts"

/**
 * What we hold of an order. `Lapsed`: expired by our own clock. `Withdrawn`: nobody here waits for it any more, the customer
 * having cancelled or paid otherwise; it may still be open at the provider. `Absent`: proven to be in no list. `Unreadable`: its
 * stream has an event that this program cannot read.
 */
export type Status =
  | "Requested"
  | "Active"
  | "Paid"
  | "Expired"
  | "Cancelled"
  | "Lapsed"
  | "Withdrawn"
  | "Refused"
  | "Absent"
  | "Unreadable"

export interface LoggedOrder {
  readonly stream: string
  /** Absent for money that no request of ours is behind. */
  readonly externalId: string | undefined
  /** Absent as long as the provider has not told it. */
  readonly orderId: string | undefined
  /** What was asked for; of unmatched money, what the provider says was. */
  readonly price: Stated | undefined
  readonly status: Status
  /** The statement that counts as the order's money. What became of it here (held, refunded) is none of the provider's. */
  readonly payment: PaymentReceived | undefined
  /** When it was asked for; of unmatched money, when it was paid. */
  readonly since: DateTime.Utc
  /** When the last event was recorded that the status follows from. */
  readonly settledAt: DateTime.Utc
  /** Why it is unreadable. */
  readonly reason?: string
}

export interface LoggedOrders {
  /** Up to where the log was read. */
  readonly position: bigint
  /** One for each order, by whichever of its ids is known. */
  readonly orders: ReadonlyArray<LoggedOrder>
}

const pageSize = 2000

/**
 * Every order that was asked for in the range, every payment of the range's time that nobody asked for, and perhaps others.
 * One pass over the log, from the range's begin (found in about log₂ of the log's length reads) to its head as it is now;
 * memory grows with the orders, not with the events.
 */
export const read = Effect.fn("LoggedOrders.read")(function* (
  provider: string,
  range: Range,
  onProgress: (progress: { readonly done: number; readonly total: number }) => void = () => {},
): Effect.fn.Return<LoggedOrders, StoreUnavailable, EventStore> {
  const store = yield* EventStore
  const head = yield* store.head

  /** The position before the first event that was recorded at or after the time. */
  const before = Effect.fnUntraced(function* (time: DateTime.Utc) {
    let [low, high] = [0n, head]
    while (low < high) {
      const middle = (low + high) / 2n
      const [event] = yield* store.readAll(middle, 1)
      if (event !== undefined && event.recordedAtMs < DateTime.toEpochMillis(time)) low = middle + 1n
      else high = middle
    }
    return low
  })

  const start = range.from === undefined ? 0n : yield* before(range.from)
  const histories = new Map<string, History>()
  const take = (history: History, event: RecordedEvent) => histories.set(event.stream, advanceOr(history, event))

  for (let after = start; after < head;) {
    onProgress({ done: Number(after - start), total: Number(head - start) })
    const page = yield* store.readAll(after, Math.min(pageSize, Number(head - after)))
    for (const event of page) {
      const known = histories.get(event.stream)
      const none = known ?? beginning(event.stream)
      if (none === undefined) continue
      if (known !== undefined || event.version === 1) take(none, event)
      else if (isAboutAnOrder(event)) {
        // Its stream began before the range.
        for (const earlier of yield* store.readStream(event.stream, { limit: event.version })) {
          take(histories.get(event.stream) ?? none, earlier)
        }
      }
    }
    after = page.at(-1)?.position ?? head
  }
  onProgress({ done: Number(head - start), total: Number(head - start) })

  const { until } = range
  // When an order was created that nobody here asked for, only the provider knows: it may be long before it was paid.
  const isOver = ({ externalId, since }: LoggedOrder) =>
    until !== undefined && externalId !== undefined && !DateTime.isLessThan(since, until)
  const opened = openedBy(provider, histories.values())
  const found = [...histories].flatMap(([stream, history]) => ordersOf(stream, history, provider, opened))
  return { position: head, orders: onePerOrder(found).filter((order) => !isOver(order)) }
})

// -- Histories, folded as the domain folds them.

type History = { readonly settledAtMs: number } & (
  | {
      readonly _tag: "Invoice"
      readonly state: Invoice.Invoice
      readonly expiredBy: ExpiredBy | undefined
    }
  | { readonly _tag: "Unmatched"; readonly state: Unmatched.Unmatched }
  | { readonly _tag: "Unreadable"; readonly reason: string }
)

type ExpiredBy = Extract<Invoice.InvoiceEvent, { readonly _tag: "InvoiceExpired" }>["by"]

const beginning = (stream: string): History | undefined => {
  if (Invoice.idOf(stream) !== undefined)
    return { _tag: "Invoice", state: Invoice.absent, expiredBy: undefined, settledAtMs: 0 }
  return stream.startsWith("unmatched-") ? { _tag: "Unmatched", state: Unmatched.absent, settledAtMs: 0 } : undefined
}

const isAboutAnOrder = ({ type }: RecordedEvent): boolean =>
  type === "ProviderOrderRequested" || type === "PaymentReceived"

const settling: ReadonlySet<string> = new Set(["ProviderOrderOpened", "PaymentReceived", "InvoiceExpired"])

/** One stream that cannot be read hides no other. */
const advanceOr = (history: History, event: RecordedEvent): History => {
  if (history._tag === "Unreadable") return history
  try {
    return advance(history, event)
  } catch (error) {
    if (error instanceof Unreadable)
      return { _tag: "Unreadable", reason: error.message, settledAtMs: event.recordedAtMs }
    throw error
  }
}

const advance = (history: Exclude<History, { _tag: "Unreadable" }>, recorded: RecordedEvent): History => {
  const settledAtMs = settling.has(recorded.type) ? recorded.recordedAtMs : history.settledAtMs
  if (history._tag === "Unmatched")
    return { ...history, settledAtMs, state: Unmatched.evolve(history.state, StoredEvents.unmatched.decode(recorded)) }
  const event = StoredEvents.invoice.decode(recorded)
  const expiredBy = event._tag === "InvoiceExpired" ? event.by : history.expiredBy
  return { ...history, settledAtMs, expiredBy, state: Invoice.evolve(history.state, event) }
}

/** The orders that the provider told us of as an invoice's own. */
const openedBy = (provider: string, histories: Iterable<History>): ReadonlySet<string> => {
  const orders = new Set<string>()
  for (const history of histories) {
    if (history._tag !== "Invoice" || history.state._tag === "Absent") continue
    const { order } = history.state
    if (order?.provider === provider) orders.add(order.orderId)
  }
  return orders
}

const ordersOf = (
  stream: string,
  history: History,
  provider: string,
  opened: ReadonlySet<string>,
): ReadonlyArray<LoggedOrder> => {
  const settledAt = DateTime.makeUnsafe(history.settledAtMs)
  const paid = (received: PaymentReceived): LoggedOrder => ({
    stream,
    externalId: undefined,
    orderId: received.orderId,
    price: received.orderAmount,
    status: "Paid",
    payment: received,
    since: received.completedAt,
    settledAt,
  })
  if (history._tag === "Unreadable") {
    const prefix = Unmatched.stream({ provider, orderId: "" })
    return [
      {
        stream,
        externalId: Invoice.idOf(stream),
        orderId: stream.startsWith(prefix) ? stream.slice(prefix.length) : undefined,
        price: undefined,
        status: "Unreadable",
        payment: undefined,
        since: settledAt,
        settledAt,
        reason: history.reason,
      },
    ]
  }
  if (history._tag === "Unmatched") {
    const { payments } = history.state
    return payments
      .filter(({ received }, place) => received.provider === provider && Unmatched.counts(history.state, place))
      .map(({ received }) => paid(received))
  }
  const invoice = history.state
  if (invoice._tag === "Absent") return []
  const payments = invoice.payments.filter(
    ({ received }, place) => received.provider === provider && counts(invoice.payments, place),
  )
  const money = payments.map(({ received }) => received)
  const { request, order } = invoice
  if (request?.provider !== provider) return money.map(paid)
  // As long as its own order was not told, money is of that one, unless two people moved it here from another's, or away.
  const own =
    order === undefined
      ? payments.find(({ received, disposition }) => disposition !== "Released" && !opened.has(received.orderId))
      : payments.find(({ received }) => received.orderId === order.orderId)
  const payment = own?.received
  const asked: LoggedOrder = {
    stream,
    externalId: request.externalId,
    orderId: order?.orderId ?? payment?.orderId,
    price: request.amount,
    status: payment === undefined ? unpaid(invoice, history.expiredBy) : "Paid",
    payment,
    since: request.requestedAt,
    settledAt,
  }
  return [asked, ...money.filter((received) => received !== payment).map(paid)]
}

const unpaid = (invoice: Invoice.Existing, expiredBy: ExpiredBy | undefined): Status => {
  switch (invoice._tag) {
    case "Issued":
    case "Requested":
    case "Unknown":
      return "Requested"
    case "AwaitingPayment":
      return "Active"
    case "Refused":
      return "Refused"
    case "Expired":
      return expiredBy === undefined ? "Lapsed" : expired[expiredBy]
    case "Cancelled":
    case "Paid":
    case "Held":
    case "RefundPending":
    case "Refunded":
      return "Withdrawn"
  }
}

const expired = {
  Provider: "Expired",
  ProviderCancel: "Cancelled",
  Clock: "Lapsed",
  OrderAbsent: "Absent",
} as const satisfies Record<ExpiredBy, Status>

/** Money that was released or assigned stands in two streams. The one that asked for the order says more of it. */
const onePerOrder = (orders: ReadonlyArray<LoggedOrder>): ReadonlyArray<LoggedOrder> => {
  const isOwn = ({ externalId }: LoggedOrder) => externalId !== undefined
  const known = new Set(orders.filter(isOwn).map(({ orderId }) => orderId))
  return orders.filter((order) => {
    if (isOwn(order)) return true
    const isNew = !known.has(order.orderId)
    known.add(order.orderId)
    return isNew
  })
}
