/** The invoices read model: one row an invoice, for lists and look-ups. A row is a function of the invoice's events up to the bookmark. */
import { DateTime, Effect, Option, Schema } from "effect"
import * as Fulfilment from "@paylog/domain/Fulfilment"
import * as Invoice from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import * as Obligations from "@paylog/domain/Obligations"
import * as Columns from "@paylog/event-store/Columns"
import { Database } from "@paylog/event-store/Database"
import type { Apply } from "@paylog/event-store/Follower"
import type { Projection } from "@paylog/event-store/Projection"
import { inPortions } from "@paylog/event-store/inPortions"
import * as Statement from "@paylog/event-store/Statement"
import * as StreamStates from "@paylog/event-store/StreamStates"
import { decider } from "./Invoices.ts"
import { title } from "./title.ts"

/** Column by column; money is decimal text with the currency's digits. Times are UTC. */
export const InvoiceRow = Schema.Struct({
  invoiceId: Invoice.InvoiceId,
  customerId: Invoice.CustomerId,
  status: Schema.String,
  title: Schema.String,
  currency: Schema.String,
  amount: Schema.String,
  issuedAt: Schema.DateTimeUtcFromDate,
  payBy: Schema.DateTimeUtcFromDate,
  orderId: Schema.NullOr(Schema.String),
  orderNumber: Schema.NullOr(Schema.String),
  payLink: Schema.NullOr(Schema.String),
  orderExpiresAt: Schema.NullOr(Schema.DateTimeUtcFromDate),
  paidCurrency: Schema.NullOr(Schema.String),
  gross: Schema.NullOr(Schema.String),
  fee: Schema.NullOr(Schema.String),
  net: Schema.NullOr(Schema.String),
  paidAt: Schema.NullOr(Schema.DateTimeUtcFromDate),
  heldPayments: Schema.Natural,
  fulfilledAt: Schema.NullOr(Schema.DateTimeUtcFromDate),
  version: Schema.Natural,
  /** The position of the event that the row was last written from. */
  position: Schema.BigInt,
})
export type InvoiceRow = typeof InvoiceRow.Type

const upsert = Statement.fromFile(new URL("../sql/upsert-invoices.sql", import.meta.url))
const findStatement = Statement.fromFile(new URL("../sql/find-invoice.sql", import.meta.url))
const listStatement = Statement.fromFile(new URL("../sql/list-invoices.sql", import.meta.url))
const findNumberedStatement = Statement.fromFile(new URL("../sql/find-numbered-invoice.sql", import.meta.url))

const writing = (invoices: StreamStates.StreamStates<Invoice.Invoice>): Apply =>
  Effect.fnUntraced(function* (events, sql) {
    const ours = events.filter(({ stream }) => Invoice.idOf(stream) !== undefined)
    yield* inPortions(
      ours,
      (portion) => Effect.map(invoices.after(portion, sql), (changed) => columnsOf(changed.map(written))),
      // No schema on the way: it would check again what was checked when the events were read.
      (columns) => Effect.asVoid(sql.query(upsert, columns)),
    )
  })

/** Writes the rows of all invoices that a batch touches, in one statement a thousand events. */
export const follower: Projection = {
  name: "invoices",
  version: 3,
  tables: ["payments.invoices"],
  apply: writing(StreamStates.make(decider.fold)),
  begin: () => writing(StreamStates.make(decider.fold, { remembered: StreamStates.forRebuild })),
}

/** One invoice's row, when the follower has come to it. */
export const find = Effect.fn("InvoiceRows.find")(function* (id: Invoice.InvoiceId) {
  const rows = yield* (yield* Database).query(findStatement, [id])
  return rows.length === 0 ? Option.none<InvoiceRow>() : Option.some(decode(rows[0]))
})

/** A customer's invoices, newest first: all, or those that are paid. */
export const list = Effect.fn("InvoiceRows.list")(function* (
  customerId: Invoice.CustomerId,
  { offset, limit, paid = false }: { readonly offset: number; readonly limit: number; readonly paid?: boolean },
) {
  const rows = yield* (yield* Database).query(listStatement, [customerId, limit, offset, paid])
  return rows.map((row) => decode(row))
})

/** A customer's invoice by the number that the provider's order or the invoice itself has; the newest, should there be several. */
export const findNumbered = Effect.fn("InvoiceRows.findNumbered")(function* (
  customerId: Invoice.CustomerId,
  number: string,
) {
  const rows = yield* (yield* Database).query(findNumberedStatement, [customerId, number])
  return rows.length === 0 ? Option.none<InvoiceRow>() : Option.some(decode(rows[0]))
})

const decode = Schema.decodeUnknownSync(InvoiceRow)

type Times = "issuedAt" | "payBy" | "orderExpiresAt" | "paidAt" | "fulfilledAt"

/** A row for the upsert: times are milliseconds since 1970. */
type WrittenRow = Omit<InvoiceRow, Times> & Record<Times, number | null>

/** In the order of the statement's parameters. */
const columnsOf = (rows: ReadonlyArray<WrittenRow>): ReadonlyArray<Uint8Array> => [
  Columns.texts(rows, ({ invoiceId }) => invoiceId),
  Columns.texts(rows, ({ customerId }) => customerId),
  Columns.texts(rows, ({ status }) => status),
  Columns.texts(rows, ({ title }) => title),
  Columns.texts(rows, ({ currency }) => currency),
  Columns.texts(rows, ({ amount }) => amount),
  Columns.times(rows, ({ issuedAt }) => issuedAt),
  Columns.times(rows, ({ payBy }) => payBy),
  Columns.texts(rows, ({ orderId }) => orderId),
  Columns.texts(rows, ({ orderNumber }) => orderNumber),
  Columns.texts(rows, ({ payLink }) => payLink),
  Columns.times(rows, ({ orderExpiresAt }) => orderExpiresAt),
  Columns.texts(rows, ({ paidCurrency }) => paidCurrency),
  Columns.texts(rows, ({ gross }) => gross),
  Columns.texts(rows, ({ fee }) => fee),
  Columns.texts(rows, ({ net }) => net),
  Columns.times(rows, ({ paidAt }) => paidAt),
  Columns.integers(rows, ({ heldPayments }) => heldPayments),
  Columns.times(rows, ({ fulfilledAt }) => fulfilledAt),
  Columns.integers(rows, ({ version }) => version),
  Columns.bigints(rows, ({ position }) => position),
]

const millis = (time: DateTime.Utc | undefined): number | null =>
  time === undefined ? null : DateTime.toEpochMillis(time)

/** A history that does not begin with `InvoiceIssued` is none of ours: a defect, and its stream is parked. */
const written = ({ state, last: { version, position } }: StreamStates.Changed<Invoice.Invoice>): WrittenRow => {
  if (state._tag === "Absent") throw new Error("A history of an invoice begins with InvoiceIssued")
  const { terms, order } = state
  const paid = Invoice.payingOf(state)?.received
  const amount = (stated: Money.Stated | undefined) =>
    stated !== undefined && Money.isMoney(stated) ? Money.format(stated) : null
  return {
    invoiceId: terms.invoiceId,
    customerId: terms.customerId,
    status: state._tag,
    title: title(terms),
    currency: terms.amount.currency,
    amount: Money.format(terms.amount),
    issuedAt: DateTime.toEpochMillis(terms.issuedAt),
    payBy: DateTime.toEpochMillis(terms.payBy),
    orderId: order?.orderId ?? null,
    orderNumber: order?.number ?? null,
    payLink: order?.payLink ?? null,
    orderExpiresAt: millis(order?.expiresAt),
    paidCurrency: paid?.gross.currency ?? null,
    gross: amount(paid?.gross),
    fee: amount(paid?.fee),
    net: amount(paid?.net),
    paidAt: millis(paid?.completedAt),
    heldPayments: Obligations.of(state).filter(({ _tag }) => _tag === "Decide" || _tag === "Explain").length,
    fulfilledAt: millis(Fulfilment.fulfilledOf(state)?.fulfilledAt),
    version,
    position,
  }
}
