/** What a purchase left behind: the invoice's events and its row. */
import { idOf } from "@paylog/domain/Invoice"
import { EventStore, type RecordedEvent } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as Metadata from "@paylog/payments/Metadata"
import * as InvoiceRows from "@paylog/payments/InvoiceRows"
import { Console, DateTime, Effect, Option, Schema, Struct } from "effect"

/** Nothing was issued after that position. */
class NoInvoice extends Schema.TaggedError<NoInvoice>()("NoInvoice", {}) {
  override readonly message = "The log has no invoice of this purchase"
}

/** Prints the events of the newest invoice issued after the position, and its row; answers with the line that sums it up. */
export const report = Effect.fnUntraced(function* (after: bigint) {
  const store = yield* EventStore
  const issued = (yield* store.readAll(after, 1000)).findLast(({ type }) => type === "InvoiceIssued")
  if (issued === undefined) return yield* new NoInvoice()
  const id = idOf(issued.stream)
  if (id === undefined) return yield* new NoInvoice()
  const events = yield* store.readStream(issued.stream)
  const last = events.at(-1)!

  yield* Console.log(`The events of ${issued.stream}:\n`)
  yield* Console.log(table(["position", "version", "type", "recorded at (UTC)", "actor"], events.map(cells)))
  yield* (yield* FollowerRunner).awaitBookmark(InvoiceRows.follower.name, last.position, "10 seconds")
  const row = Option.getOrThrow(yield* InvoiceRows.find(id))
  yield* Console.log(`\nIts row in payments.invoices:\n`)
  yield* Console.log(
    table(
      ["column", "value"],
      Struct.keys(row).map((column) => [column, text(row[column])]),
    ),
  )

  const paid = events.findLast(({ type }) => type === "InvoicePaid")
  const { gross, fee, net, paidCurrency, status } = row
  return paid === undefined
    ? `invoice ${id} is ${status}, not paid`
    : `invoice ${id} paid ${gross} ${paidCurrency} fee ${fee} net ${net} at position ${paid.position}`
})

const cells = (event: RecordedEvent): ReadonlyArray<string> => {
  const { actor } = Metadata.of(event)
  const time = DateTime.formatIso(DateTime.makeUnsafe(event.recordedAtMs))
  return [`${event.position}`, `${event.version}`, event.type, time, `${actor.kind} ${actor.id}`]
}

const text = (value: InvoiceRows.InvoiceRow[keyof InvoiceRows.InvoiceRow]): string =>
  DateTime.isDateTime(value) ? DateTime.formatIso(value) : `${value ?? "–"}`

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>) =>
    `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}`.trimEnd()
  return [line(head), line(widths.map((width) => "─".repeat(width))), ...rows.map(line)].join("\n")
}
