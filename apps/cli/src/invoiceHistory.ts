/** One invoice's history: each event with what it made of the invoice, from the log alone. */
import { headOf } from "@paylog/auditing/head"
import * as Invoice from "@paylog/domain/Invoice"
import type { Sql } from "@paylog/event-store/Database"
import type { RecordedEvent } from "@paylog/event-store/EventStore"
import * as Statement from "@paylog/event-store/Statement"
import * as Metadata from "@paylog/payments/Metadata"
import * as StoredEvents from "@paylog/payments/StoredEvents"
import { DateTime, Effect, Schema } from "effect"
import { Argument } from "effect/cli"
import { busy, refused, usage } from "./Ended.ts"
import * as Point from "./Point.ts"

/** An event, who and what led to it, and the invoice after it. */
export interface Step {
  readonly recorded: RecordedEvent
  readonly event: Invoice.InvoiceEvent
  readonly metadata: Metadata.Metadata
  readonly before: Invoice.Invoice
  readonly after: Invoice.Existing
}

export interface History {
  readonly invoiceId: Invoice.InvoiceId
  readonly steps: readonly [Step, ...Array<Step>]
}

const isInvoiceId = Schema.is(Invoice.InvoiceId)

const Name = Schema.String.check(
  Schema.makeFilter((text: string) => isInvoiceId(text) || /^(?!inv_)[A-Za-z0-9_.:-]{1,64}$/.test(text), {
    expected: "an invoice's id inv_…, its order's number or the provider's order id",
  }),
)

/** The invoice that a command is about. */
export const named = Argument.String("invoice").pipe(
  Argument.withSchema(Name),
  Argument.withDescription("inv_…, the order's number as its customer sees it, or the provider's order id"),
)

/** A point of the log, as an argument. */
export const point = (name: string) =>
  Argument.String(name).pipe(
    Argument.withSchema(Point.Point),
    Argument.withDescription("A time as 2026-03-01 or 2026-03-01T12:00:00Z, or a position of the log"),
  )

/** Reads it all, and folds it. An order is looked up in the read model; what is told of its invoice is from the log. */
export const read = Effect.fnUntraced(function* (sql: Sql, name: string) {
  const invoiceId = isInvoiceId(name) ? name : yield* ofOrder(sql, name)
  const recorded = yield* sql.query<RecordedEvent>(readStream, [Invoice.stream(invoiceId)])
  const steps: Array<Step> = []
  let state: Invoice.Invoice = Invoice.absent
  for (const one of recorded) {
    const event = StoredEvents.invoice.decode(one)
    const before = state
    state = Invoice.evolve(before, event)
    if (state._tag !== "Absent") steps.push({ recorded: one, event, metadata: Metadata.of(one), before, after: state })
  }
  const [first, ...others] = steps
  if (first === undefined) return yield* refused(`There is no invoice ${invoiceId}`)
  const history: History = { invoiceId, steps: [first, ...others] }
  return history
})

const ofOrder = Effect.fnUntraced(function* (sql: Sql, name: string) {
  const rows = yield* sql.query<{ readonly invoiceId: Invoice.InvoiceId }>(findOfOrder, [name])
  const [found, ...others] = rows.map(({ invoiceId }) => invoiceId)
  if (found === undefined)
    return yield* refused(
      `No invoice has an order ${name}, as far as the read model has come: see "paylog followers", or give the invoice's id`,
    )
  if (others.length > 0)
    return yield* refused(`Several invoices have an order ${name}: ${[found, ...others].join(", ")}`)
  return found
})

/** The steps that were in the log at that point. Fails for a point that the log has not come to: more may be recorded before it. */
export const until = Effect.fnUntraced(function* (sql: Sql, { invoiceId, steps }: History, point: Point.Point) {
  yield* requireReached(sql, point)
  const [first, ...others] = steps.filter(({ recorded }) => Point.has(point, recorded))
  if (first === undefined)
    return yield* refused(
      `${invoiceId} was not there yet at ${Point.words(point)}: it was issued at position ${steps[0].recorded.position}, ${DateTime.formatIso(DateTime.makeUnsafe(steps[0].recorded.recordedAtMs))}`,
    )
  const reached: History["steps"] = [first, ...others]
  return reached
})

/** Fails for a time to come, and for a position that the log does not have yet. */
export const requireReached = Effect.fnUntraced(function* (sql: Sql, point: Point.Point) {
  if (point._tag === "Time") {
    if (DateTime.isGreaterThan(point.time, yield* DateTime.now))
      return yield* usage(`${Point.words(point)} is still to come`)
    return
  }
  const head = yield* headOf(sql)
  if (point.position > head) return yield* busy(`The log is at position ${head}, not yet at ${point.position}`)
})

/** The last of them. */
export const last = (steps: History["steps"]): Step => steps.at(-1) ?? steps[0]

const at = (name: string) => new URL(`../sql/${name}.sql`, import.meta.url)
const readStream = Statement.ofEvents(at("read-stream"))
const findOfOrder = Statement.fromFile(at("find-invoices-of-order"))
