/** Rows as they should be against rows as they are. */
import { DateTime } from "effect"
import type { Cell, Cells, Rows } from "./expected.ts"

export interface Difference {
  /** The table, without its schema. */
  readonly table: string
  /** Names the row. */
  readonly row: string
  /** `*`: the whole row is missing, or should not be there. */
  readonly column: string
  readonly expected: string | null
  readonly found: string | null
}

/** A row of the database, every column as text. */
export type Found = Readonly<Record<string, string | null>>

/** In the order of the expected rows; what should not be there comes last. */
export const compare = (
  table: string,
  expected: Rows,
  found: ReadonlyArray<Found>,
  keyOf: (row: Found) => string,
): ReadonlyArray<Difference> => {
  const rows = new Map(found.map((row) => [keyOf(row), row]))
  const differences: Array<Difference> = []
  for (const [row, cells] of expected) {
    const live = rows.get(row)
    rows.delete(row)
    if (live === undefined) differences.push({ table, row, column: "*", expected: "a row", found: null })
    else differences.push(...columns(cells, live).map((one) => ({ table, row, ...one })))
  }
  for (const row of rows.keys()) differences.push({ table, row, column: "*", expected: null, found: "a row" })
  return differences
}

const columns = (cells: Cells, live: Found) =>
  Object.entries(cells).flatMap(([column, expected]) => {
    const found = live[column] ?? null
    return isSame(expected, found) ? [] : [{ column, expected: shown(expected), found }]
  })

const isSame = (expected: Cell, found: string | null): boolean =>
  typeof expected === "string" || expected === null || found === null
    ? expected === found
    : Date.parse(found) === DateTime.toEpochMillis(expected)

const shown = (cell: Cell): string | null =>
  typeof cell === "string" || cell === null ? cell : DateTime.formatIso(cell)
