/**
 * The open items read model: what of the money, and of what providers sent, needs a person. One row each; a row follows from
 * its stream's events up to the bookmark, and goes when it is settled.
 */
import * as Invoice from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import * as Obligations from "@paylog/domain/Obligations"
import { isUndecided, type Proposal } from "@paylog/domain/Proposal"
import * as Refund from "@paylog/domain/Refund"
import * as Unmatched from "@paylog/domain/Unmatched"
import { Database } from "@paylog/event-store/Database"
import type { Fold, RecordedEvent } from "@paylog/event-store/EventStore"
import type { Apply } from "@paylog/event-store/Follower"
import type { Projection } from "@paylog/event-store/Projection"
import * as Statement from "@paylog/event-store/Statement"
import * as StreamStates from "@paylog/event-store/StreamStates"
import { Clock, DateTime, Effect, Metric, Schema } from "effect"
import * as StoredEvents from "./StoredEvents.ts"

export const Kind = Schema.Literals([
  "Held", // an invoice's payment: accept, give back, or correct
  "Contradiction", // a statement that is no second money: dismiss
  "Unmatched", // money of no invoice: assign, or give back
  "Quarantined", // an element of a delivery that is not understood: retry with newer code
  "Refund", // make it and record it, or withdraw it
  "Proposal", // approve it, or decline it
  "Undelivered", // paid, and not deliverable: have it tried again, deliver it by hand, or give the money back
])
export type Kind = typeof Kind.Type

export const OpenItem = Schema.Struct({
  stream: Schema.String,
  /** Within the stream: `payment-1`, `element-0`, a refund's or a proposal's id. */
  item: Schema.String,
  kind: Kind,
  /** The stream's first payment is 1. */
  payment: Schema.NullOr(Schema.Natural),
  reason: Schema.String,
  currency: Schema.NullOr(Schema.String),
  /** Decimal text with the currency's digits, or as it was stated; see `isExact`. */
  amount: Schema.NullOr(Schema.String),
  /** Whether the amount is a number of its currency: what nobody can read is in no total. */
  isExact: Schema.Boolean,
  since: Schema.DateTimeUtcFromDate,
  expiresAt: Schema.NullOr(Schema.DateTimeUtcFromDate),
})
export type OpenItem = typeof OpenItem.Type

/** How much of one kind is open, in one currency; `null` of what has none. */
export const Total = Schema.Struct({
  kind: Kind,
  currency: Schema.NullOr(Schema.String),
  items: Schema.Natural,
  /** Decimal text: the sum of what is exact. */
  amount: Schema.NullOr(Schema.String),
  oldest: Schema.DateTimeUtcFromDate,
})
export type Total = typeof Total.Type

/** At most `limit` open items, the oldest first. A proposal that has expired is not open. */
export const list = Effect.fn("OpenItems.list")(function* (kinds: ReadonlyArray<Kind>, limit = 10_000) {
  const rows = yield* (yield* Database).query(listStatement, [kinds, yield* now, limit])
  return rows.map((row) => decodeItem(row))
})

/** The same, added up by kind and currency. Refreshes the gauges. */
export const totals = Effect.gen(function* () {
  const rows = yield* (yield* Database).query(totalsStatement, [yield* now])
  const found = rows.map((row) => decodeTotal(row))
  yield* gauge(found)
  return found
}).pipe(Effect.withSpan("OpenItems.totals"))

const now = Effect.map(DateTime.now, DateTime.toDateUtc)
const decodeItem = Schema.decodeUnknownSync(OpenItem)
const decodeTotal = Schema.decodeUnknownSync(Total)

// -- Gauges. What was counted once and is settled goes to zero.

const gauged = new Map<string, Pick<Total, "kind" | "currency">>()

const gauge = Effect.fnUntraced(function* (totals: ReadonlyArray<Total>) {
  const nowMs = yield* Clock.currentTimeMillis
  for (const total of totals) gauged.set(`${total.kind} ${total.currency}`, total)
  for (const kind of Kind.literals)
    if (!gauged.has(`${kind} null`)) gauged.set(`${kind} null`, { kind, currency: null })
  for (const { kind, currency } of gauged.values()) {
    const found = totals.find((total) => total.kind === kind && total.currency === currency)
    const labels = { kind, currency: currency ?? "none" }
    const ageMs = found === undefined ? 0 : Math.max(0, nowMs - DateTime.toEpochMillis(found.oldest))
    yield* Metric.update(Metric.withAttributes(openItems, labels), found?.items ?? 0)
    yield* Metric.update(Metric.withAttributes(openOldest, labels), ageMs / 1000)
    // Prometheus knows floating-point numbers only: the exact amount is in the table.
    if (currency !== null) yield* Metric.update(Metric.withAttributes(openAmount, labels), Number(found?.amount ?? 0))
  }
})

const openItems = Metric.gauge("paylog_open_items", { description: "What needs a person, by kind and currency" })
const openOldest = Metric.gauge("paylog_open_oldest_seconds", {
  description: "For how long the oldest of it has been open",
})
const openAmount = Metric.gauge("paylog_open_amount", { description: "How much money that is, rounded to a float" })

// -- Writing.

/** An item as its stream's state has it. */
interface Open {
  readonly item: string
  readonly kind: Kind
  readonly payment: number | undefined
  readonly reason: string
  readonly amount: Money.Stated | undefined
  readonly expiresAt: DateTime.Utc | undefined
}

/** A stream's state, and since when each of its open items has been open. */
interface Followed<State> {
  readonly state: State
  readonly open: ReadonlyMap<string, Open & { readonly sinceMs: number }>
}

const following = <State>(
  initial: State,
  evolve: (state: State, event: RecordedEvent) => State,
  itemsOf: (state: State) => ReadonlyArray<Open>,
): Fold<Followed<State>> => ({
  initial: { state: initial, open: new Map() },
  evolve: (before, event) => {
    const state = evolve(before.state, event)
    const since = (item: string) => before.open.get(item)?.sinceMs ?? event.recordedAtMs
    return { state, open: new Map(itemsOf(state).map((open) => [open.item, { ...open, sinceMs: since(open.item) }])) }
  },
})

// -- Invoices.

const ofInvoice = following<Invoice.Invoice>(
  Invoice.absent,
  (state, event) => Invoice.evolve(state, StoredEvents.invoice.decode(event)),
  (state) =>
    state._tag === "Absent"
      ? []
      : [...Obligations.of(state).map(itemOf), ...proposalsOf(state.proposals, ({ _tag }) => _tag)],
)

const itemOf = (obligation: Obligations.Obligation): Open => {
  const { payment } = obligation
  switch (obligation._tag) {
    case "Decide":
      return { ...onPayment(payment), kind: "Held", reason: obligation.reason, amount: obligation.amount }
    case "Explain":
      return { ...onPayment(payment), kind: "Contradiction", reason: obligation.reason, amount: undefined }
    case "Refund":
      return refundItem(payment, obligation)
    case "Fulfil":
      return {
        item: "fulfilment",
        kind: "Undelivered",
        payment,
        reason: obligation.reason,
        amount: obligation.amount,
        expiresAt: undefined,
      }
  }
}

const onPayment = (payment: number) => ({ item: `payment-${payment}`, payment, expiresAt: undefined })

const refundItem = (payment: number, { refundId, amount }: Pick<Refund.Refund, "refundId" | "amount">): Open => ({
  item: refundId,
  kind: "Refund",
  payment,
  reason: "Requested",
  amount,
  expiresAt: undefined,
})

const proposalsOf = <What>(
  proposals: ReadonlyArray<Proposal<What>>,
  reason: (what: What) => string,
): ReadonlyArray<Open> =>
  proposals.filter(isUndecided).map(({ proposalId, what, expiresAt }) => ({
    item: proposalId,
    kind: "Proposal",
    payment: undefined,
    reason: reason(what),
    amount: undefined,
    expiresAt,
  }))

// -- Unmatched money.

interface UnmatchedMoney extends Unmatched.Unmatched {
  /** Why the stream's last payment came here. */
  readonly reason: string
}

const ofUnmatched = following<UnmatchedMoney>(
  { ...Unmatched.absent, reason: "NoSuchInvoice" },
  ({ reason, ...state }, recorded) => {
    const event = StoredEvents.unmatched.decode(recorded)
    return { ...Unmatched.evolve(state, event), reason: event._tag === "PaymentUnmatched" ? event.reason : reason }
  },
  (state) => [
    ...state.payments.flatMap((payment, place): ReadonlyArray<Open> => {
      const number = place + 1
      const refunds = payment.refunds
        .filter(({ progress }) => progress === "Requested")
        .map((refund) => refundItem(number, refund))
      if (payment.disposition !== "Unmatched") return refunds
      if (!Unmatched.counts(state, place))
        return [{ ...onPayment(number), kind: "Contradiction", reason: "Restated", amount: undefined }, ...refunds]
      const left = Refund.leftOf(payment, Unmatched.feeRule)
      if (left === undefined) return refunds
      return [{ ...onPayment(number), kind: "Unmatched", reason: state.reason, amount: left }, ...refunds]
    }),
    ...proposalsOf(state.proposals, () => "AssignPayment"),
  ],
)

// -- Deliveries in quarantine.

const ofQuarantine = following<ReadonlyMap<number, string>>(
  new Map(),
  (reasons, recorded) => {
    const event = StoredEvents.quarantine.decode(recorded)
    const after = new Map(reasons)
    if (event._tag === "DeliveryQuarantined") after.set(event.index, event.reason)
    else after.delete(event.index)
    return after
  },
  (reasons) =>
    [...reasons].map(([index, reason]) => ({
      item: `element-${index}`,
      kind: "Quarantined",
      payment: undefined,
      reason,
      amount: undefined,
      expiresAt: undefined,
    })),
)

// -- The follower.

/**
 * What opens nothing where nothing is open: most invoices have no other events, and cost no more than a look. So it is early in a
 * history; later a payment may bring back what was over, such as a failed delivery after a refund.
 */
const opensNothing: ReadonlySet<string> = new Set([
  "InvoiceIssued",
  "ProviderOrderRequested",
  "ProviderOutcomeUnknown",
  "ProviderOrderConflicted",
  "ProviderOrderAbsent",
  "ProviderOrderOpened",
  "ProviderOrderRefused",
  "PaymentReceived", // the verdict beside it may
  "InvoicePaid",
  "InvoiceExpired",
  "InvoiceCancelled",
  "InvoiceFulfilled",
  "FulfilmentRetried",
] satisfies ReadonlyArray<Invoice.InvoiceEvent["_tag"]>)

/** Fewer events than it takes to issue and pay an invoice, fail to deliver it, give its money back, and be paid again. */
const early = 8

const writing = (remembered: number): Apply => {
  const invoices = StreamStates.make(ofInvoice, { remembered })
  const unmatched = StreamStates.make(ofUnmatched, { remembered })
  const quarantine = StreamStates.make(ofQuarantine, { remembered })
  return Effect.fnUntraced(function* (events, sql) {
    const ofInvoices = events.filter(({ stream }) => Invoice.idOf(stream) !== undefined)
    const open = yield* sql.query<{ readonly stream: string }>(haveOpenStatement, [
      [...new Set(ofInvoices.map(({ stream }) => stream))],
    ])
    const concerned = new Set(open.map(({ stream }) => stream))
    for (const { type, stream, version } of ofInvoices)
      if (version > early || !opensNothing.has(type)) concerned.add(stream)
    const changed = [
      ...(yield* invoices.after(
        ofInvoices.filter(({ stream }) => concerned.has(stream)),
        sql,
      )),
      ...(yield* unmatched.after(
        events.filter(({ stream }) => stream.startsWith("unmatched-")),
        sql,
      )),
      ...(yield* quarantine.after(
        events.filter(({ stream }) => stream.startsWith("quarantine-")),
        sql,
      )),
    ]
    if (changed.length === 0) return
    yield* sql.query(deleteStatement, [changed.map(({ last }) => last.stream)])
    const rows = changed.flatMap(({ state, last }) =>
      [...state.open.values()].map((open) => written(last.stream, open)),
    )
    if (rows.length > 0) yield* sql.query(insertStatement, [JSON.stringify(rows)])
  })
}

/** What is open after these events, all of one stream from its first on: the rows that the follower has of it then. */
export const openAfter = (stream: string, events: ReadonlyArray<RecordedEvent>) => {
  const open = <State>({ initial, evolve }: Fold<Followed<State>>) => [...events.reduce(evolve, initial).open.values()]
  const items =
    Invoice.idOf(stream) !== undefined
      ? open(ofInvoice)
      : stream.startsWith("unmatched-")
        ? open(ofUnmatched)
        : stream.startsWith("quarantine-")
          ? open(ofQuarantine)
          : []
  return items.map((item) => written(stream, item))
}

/** Times are milliseconds since 1970. */
const written = (stream: string, { amount, sinceMs, expiresAt, ...open }: Open & { readonly sinceMs: number }) => ({
  stream,
  ...open,
  currency: amount?.currency,
  amount: amount !== undefined && Money.isMoney(amount) ? Money.format(amount) : undefined,
  unread: amount !== undefined && !Money.isMoney(amount) ? amount.unread : undefined,
  since: sinceMs,
  expiresAt: expiresAt && DateTime.toEpochMillis(expiresAt),
})

/** Replaces the rows of the streams that a batch concerns: three statements. */
export const follower: Projection = {
  name: "open-items",
  version: 1,
  tables: ["payments.open_items"],
  apply: writing(0),
  begin: () => writing(StreamStates.forRebuild),
}

const statement = (name: string) => Statement.fromFile(new URL(`../sql/${name}.sql`, import.meta.url))
const listStatement = statement("list-open-items")
const totalsStatement = statement("total-open-items")
const haveOpenStatement = statement("have-open-items")
const deleteStatement = statement("delete-open-items")
const insertStatement = statement("insert-open-items")
