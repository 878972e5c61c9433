/** Control totals: of each money column, by currency, how many rows have an amount, and their exact sum. */
import * as Money from "@paylog/domain/Money"
import * as Exact from "@paylog/payments/Exact"
import type { Row, Table } from "./tables.ts"

export interface Total {
  readonly table: string
  readonly column: string
  readonly currency: string
  readonly rows: number
  /** Decimal text. */
  readonly sum: string
}

export class Totals {
  private readonly sums = new Map<string, Omit<Total, "sum"> & { readonly sum: Money.Money }>()

  add({ name: table, fields }: Table, row: Row): void {
    for (const { name: column, currency: where } of fields) {
      if (where === undefined) continue
      const [amount, currency] = [row[column] ?? null, row[where] ?? null]
      if (amount === null || currency === null) continue
      const key = `${table} ${column} ${currency}`
      const known = this.sums.get(key)
      const money = Exact.parse(currency, amount)
      this.sums.set(key, {
        table,
        column,
        currency,
        rows: (known?.rows ?? 0) + 1,
        sum: known === undefined ? money : Exact.sum(currency, [known.sum, money]),
      })
    }
  }

  all(): ReadonlyArray<Total> {
    const order = (a: string, b: string) => (a < b ? -1 : Number(a > b))
    return [...this.sums.values()]
      .map((total) => ({ ...total, sum: Money.format(total.sum) }))
      .toSorted((a, b) => order(a.table, b.table) || order(a.column, b.column) || order(a.currency, b.currency))
  }
}
