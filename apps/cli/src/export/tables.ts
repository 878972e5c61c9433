/** What is exported: each table's columns, in the words of Table Schema, and how its rows are read, page by page. */
import type { Sql } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import type { Effect } from "effect"
import type { StoreUnavailable } from "@paylog/event-store/EventStore"

export interface Field {
  readonly name: string
  /** `json`: JSON text in CSV, the value itself in JSON lines. Money is a `string`: decimal text, with its currency beside it. */
  readonly type: "string" | "integer" | "datetime" | "json"
  readonly description: string
  /** Of money: the column that has its currency. Such a column is summed. */
  readonly currency?: string
}

export type Row = Readonly<Record<string, string | null>>

export interface Table {
  readonly name: string
  readonly description: string
  readonly fields: ReadonlyArray<Field>
  readonly primaryKey: ReadonlyArray<string>
  /** The rows after `last`, in the order of the key; all that there are when it is `undefined`. */
  readonly page: (sql: Sql, last: Row | undefined) => Effect.Effect<ReadonlyArray<Row>, StoreUnavailable>
}

export const pageSize = 2000

const statement = (name: string) => Statement.fromFile(new URL(`../../sql/export/${name}.sql`, import.meta.url))
const events = statement("events")
const invoices = statement("invoices")
const ledger = statement("ledger")

const integer = (name: string, description: string): Field => ({ name, type: "integer", description })
const text = (name: string, description: string): Field => ({ name, type: "string", description })
const time = (name: string, description: string): Field => ({ name, type: "datetime", description })
const money = (name: string, currency: string, description: string): Field => ({
  name,
  type: "string",
  description,
  currency,
})

export const tables: ReadonlyArray<Table> = [
  {
    name: "events",
    description: "The log, in order. All else follows from it",
    primaryKey: ["position"],
    fields: [
      integer("position", "1, 2, 3 … over all streams, without gaps"),
      time("recorded_at", "When it was recorded, UTC"),
      text("stream", "Whose history it is part of"),
      integer("version", "1, 2, 3 … within the stream"),
      text("id", "The writer's name for the event"),
      text("type", "What happened"),
      integer("schema_version", "Of the form of data"),
      { name: "data", type: "json", description: "What is known of it, byte for byte as it is stored" },
      { name: "metadata", type: "json", description: "Who and what led to it; the digest of the delivery it rests on" },
    ],
    page: (sql, last) => sql.query<Row>(events, [last?.["position"] ?? "0", pageSize]),
  },
  {
    name: "invoices",
    description: "The invoices as they are, one each, as far as the read model has come",
    primaryKey: ["invoice_id"],
    fields: [
      text("invoice_id", "A random id"),
      text("customer_id", "A random id"),
      text("status", "What it is: Issued, Paid, Held …"),
      text("title", "What it is for"),
      money("amount", "currency", "What is to be paid"),
      text("currency", "Of the amount"),
      time("issued_at", "UTC"),
      time("pay_by", "UTC"),
      text("order_id", "The provider's id of its order"),
      text("order_number", "As its customer sees it"),
      money("gross", "paid_currency", "What was paid, by the payment that pays it"),
      money("fee", "paid_currency", "What the provider kept of it"),
      money("net", "paid_currency", "What is left"),
      text("paid_currency", "Of gross, fee and net"),
      time("paid_at", "When the provider completed the payment, UTC"),
      time("fulfilled_at", "When what was paid for was delivered, UTC"),
      integer("held_payments", "How many of its payments need a person"),
      integer("version", "Of its stream"),
      integer("position", "Of its last event"),
    ],
    page: (sql, last) => sql.query<Row>(invoices, [last?.["invoice_id"] ?? "", pageSize]),
  },
  {
    name: "ledger",
    description: "Double entry over all money: the entries of an event sum to zero in each currency",
    primaryKey: ["position", "line"],
    fields: [
      integer("position", "Of the event"),
      integer("line", "1, 2, 3 … within the event"),
      text("stream", "Of the event"),
      text("what", "The event's type"),
      text("account", "Where it stands"),
      money("amount", "currency", "Debit when positive, credit when negative"),
      text("currency", "Of the amount"),
    ],
    page: (sql, last) => sql.query<Row>(ledger, [last?.["position"] ?? "0", last?.["line"] ?? "0", pageSize]),
  },
]
