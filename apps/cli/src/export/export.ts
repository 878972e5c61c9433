/** Writes the log, the invoices and the ledger as CSV and JSON lines, with their schema, control totals and a manifest. */
import type { Sql } from "@paylog/event-store/Database"
import { DateTime, Effect } from "effect"
import * as Statement from "@paylog/event-store/Statement"
import { csv } from "../csv.ts"
import * as print from "../print.ts"
import type { Progress } from "../ProgressLine.ts"
import * as OutFile from "./OutFile.ts"
import { type Field, pageSize, type Row, type Table, tables } from "./tables.ts"
import { type Total, Totals } from "./Totals.ts"

export interface Exported {
  /** All of one moment: the log's last position then, and how far the read models had come. */
  readonly position: bigint
  readonly invoicesAt: bigint
  readonly ledgerAt: bigint
  /** Streams that a read model has set aside: they are not in its file, or not up to date there. */
  readonly parked: bigint
  readonly rows: Readonly<Record<string, number>>
  readonly totals: ReadonlyArray<Total>
  readonly files: ReadonlyArray<string>
}

/** Into a folder that is there, and empty. Memory does not grow with the rows. */
export const write = Effect.fnUntraced(function* (sql: Sql, folder: string, tell: (progress: Progress) => void) {
  const [reached] = yield* sql.query<Record<"head" | "invoices" | "ledger" | "parked", bigint>>(reachedStatement)
  const { head, invoices, ledger, parked } = reached ?? { head: 0n, invoices: 0n, ledger: 0n, parked: 0n }
  const totals = new Totals()
  const digests: Array<string> = []
  const rows: Record<string, number> = {}
  const done = ({ name, digest }: OutFile.OutFile) => digests.push(`${digest()}  ${name}\n`)

  for (const table of tables) {
    const columns = table.fields.map(({ name }) => name)
    const asCsv = yield* OutFile.open(folder, `${table.name}.csv`)
    const asLines = yield* OutFile.open(folder, `${table.name}.jsonl`)
    yield* asCsv.write(yield* csv(columns, []))
    rows[table.name] = 0
    for (let last: Row | undefined; ;) {
      const page = yield* table.page(sql, last)
      for (const row of page) totals.add(table, row)
      yield* asCsv.write(yield* csv(columns, page.map(withoutNulls), { headers: false }))
      yield* asLines.write(page.map((row) => `${jsonLine(table.fields, row)}\n`).join(""))
      rows[table.name] = (rows[table.name] ?? 0) + page.length
      if (table.name === "events") tell({ done: rows["events"] ?? 0, total: Number(head) })
      last = page.at(-1)
      if (page.length < pageSize) break
    }
    done(asCsv)
    done(asLines)
  }

  const totalsFile = yield* OutFile.open(folder, "totals.csv")
  yield* totalsFile.write(
    yield* csv(
      ["table", "column", "currency", "rows", "sum"],
      totals.all().map((total) => ({ ...total, rows: String(total.rows) })),
    ),
  )
  done(totalsFile)
  const schema = yield* OutFile.open(folder, "datapackage.json")
  const exported = { position: head, invoicesAt: invoices, ledgerAt: ledger, parked, rows, totals: totals.all() }
  yield* schema.write(`${print.jsonText(packageOf(exported, yield* DateTime.now))}\n`)
  done(schema)
  const manifest = yield* OutFile.open(folder, "SHA256SUMS")
  yield* manifest.write(digests.join(""))
  const result: Exported = { ...exported, files: [...digests.map((line) => line.slice(66, -1)), manifest.name] }
  return result
})

const withoutNulls = (row: Row): Record<string, string> =>
  Object.fromEntries(Object.entries(row).flatMap(([name, value]) => (value === null ? [] : [[name, value]])))

/** The texts are put together as they are: data keeps its bytes, and no number loses a digit. */
const jsonLine = (fields: ReadonlyArray<Field>, row: Row): string =>
  `{${fields.map((field) => `${JSON.stringify(field.name)}:${jsonValue(field, row[field.name] ?? null)}`).join(",")}}`

const jsonValue = ({ type }: Field, value: string | null): string => {
  if (value === null) return "null"
  switch (type) {
    case "integer":
      return value
    case "json":
      // A line is one document: between its tokens JSON may break lines, in a text it cannot.
      return value.replaceAll(/[\r\n]+/g, " ")
    case "string":
    case "datetime":
      return JSON.stringify(value)
  }
}

/** A Data Package (https://datapackage.org), with a Table Schema for each file of rows. */
const packageOf = (exported: Omit<Exported, "files">, now: DateTime.Utc) => ({
  name: "paylog-export",
  created: DateTime.formatIso(now),
  description:
    "All files are of one moment. Money is decimal text, exact, with its currency in a column beside it; the control totals stand in totals.csv. In CSV, a cell that a spreadsheet would take for a formula begins with an apostrophe; JSON lines have every text as it is. SHA256SUMS is checked with `sha256sum -c`.",
  paylog: {
    position: exported.position,
    invoicesAt: exported.invoicesAt,
    ledgerAt: exported.ledgerAt,
    parked: exported.parked,
    totals: exported.totals,
  },
  resources: tables.flatMap((table) => [resource(table, "csv", exported), resource(table, "jsonl", exported)]),
})

const resource = (
  { name, description, fields, primaryKey }: Table,
  format: "csv" | "jsonl",
  { rows }: Omit<Exported, "files">,
) => ({
  name: `${name}-${format}`,
  path: `${name}.${format}`,
  description,
  format,
  encoding: "utf-8",
  rows: rows[name] ?? 0,
  schema: {
    fields: fields.map(({ currency, type, ...field }) => ({
      ...field,
      type: type === "json" ? (format === "csv" ? "string" : "object") : type,
      ...(currency === undefined ? {} : { paylog: { money: true, currency } }),
    })),
    primaryKey,
    missingValues: [""],
  },
})

const reachedStatement = Statement.fromFile(new URL("../../sql/export/reached.sql", import.meta.url))
