/** The shop's numbers, from the read models: what was sold today, in 7 and in 30 days, and what waits for a person. */
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import * as OpenItems from "@paylog/payments/OpenItems"
import { DateTime, Effect } from "effect"

export interface Period {
  readonly issued: number
  /** How many of those are paid. */
  readonly converted: number
  readonly paid: number
  /** What was paid, before fees and refunds, by currency. */
  readonly received: ReadonlyArray<{ readonly currency: string; readonly amount: string }>
}

export interface Stats {
  /** Today by UTC, the last 7 days, the last 30. */
  readonly periods: ReadonlyArray<Period>
  readonly open: ReadonlyArray<OpenItems.Total>
  readonly parked: { readonly streams: number; readonly updates: number; readonly messages: number }
}

/** Reads the invoices of the last 30 days: for a person who asks, not for a page that is loaded all the time. */
export const read = Effect.gen(function* () {
  const { query } = yield* Database
  const now = yield* DateTime.now
  const moments = [
    DateTime.startOf(now, "day"),
    DateTime.subtract(now, { days: 7 }),
    DateTime.subtract(now, { days: 30 }),
  ].map(DateTime.toDateUtc)
  const counts = yield* query<Counts>(countInvoices, [moments])
  const sums = yield* query<Sum>(sumPayments, [moments])
  const [parked] = yield* query<Stats["parked"]>(countParked)
  const periods = moments.map((moment): Period => {
    const isOf = ({ since }: { readonly since: Date }) => since.getTime() === moment.getTime()
    const { issued, converted, paid } = counts.find(isOf) ?? { issued: 0, converted: 0, paid: 0 }
    return { issued, converted, paid, received: sums.filter(isOf) }
  })
  const stats: Stats = {
    periods,
    open: yield* OpenItems.totals,
    parked: parked ?? { streams: 0, updates: 0, messages: 0 },
  }
  return stats
}).pipe(Effect.withSpan("Stats.read"))

interface Counts extends Omit<Period, "received"> {
  readonly since: Date
}

interface Sum {
  readonly since: Date
  readonly currency: string
  readonly amount: string
}

const statement = (name: string) => Statement.fromFile(new URL(`../../sql/owner/${name}.sql`, import.meta.url))
const countInvoices = statement("count-invoices")
const sumPayments = statement("sum-payments")
const countParked = statement("count-parked")
