/** What a reconciliation is held against: the simulator's own orders and SQL over the events, with sums made here. */
import { Database } from "@paylog/event-store/Database"
import { Control } from "@paylog/wallet-pay-simulator/Control"
import { Effect } from "effect"

interface Amount {
  readonly amount: string
  readonly currency: string
}

type Measure = "price" | "gross" | "fee" | "net"
const measures: ReadonlyArray<Measure> = ["price", "gross", "fee", "net"]
type Side = { readonly status: string } & Readonly<Record<Measure, Amount | null>>
type Total = Readonly<Record<"here" | "there" | "difference" | "open", string>>

export interface Report {
  readonly lines: ReadonlyArray<{
    readonly outcome: string
    readonly externalId: string | null
    readonly orderId: string | null
    readonly createdAt: string | null
    readonly differing: ReadonlyArray<string>
    readonly here: Side | null
    readonly there: Side | null
  }>
  readonly totals: ReadonlyArray<{ readonly currency: string } & Readonly<Record<Measure, Total>>>
}

/** By "USDT gross there" and the like: an exact sum. */
type Sums = Record<string, bigint>

/** Eighteen digits after the point hold all that is paid here. */
const exact = (text: string): bigint => {
  const [whole = "", fraction = ""] = text.split(".")
  return BigInt(whole + fraction.padEnd(18, "0"))
}

const add = (sums: Sums, key: string, amount: string) => {
  sums[key] = (sums[key] ?? 0n) + exact(amount)
}

const nonZero = (sums: Sums) => Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== 0n))

export interface Truth {
  readonly sums: Sums
  readonly ordersThere: number
}

/** The money of both sides, by neither the adapter nor our folds. */
export const truthOf = Effect.gen(function* () {
  const sums: Sums = {}
  let ordersThere = 0
  const { stores } = yield* (yield* Control).world
  for (const { orders } of stores.values())
    for (const { state, request } of orders) {
      ordersThere++
      const price = state.status === "PAID" ? state.payment.orderAmount : request.amount
      add(sums, `${price.currencyCode} price there`, price.amount)
      if (state.status !== "PAID") continue
      const { amount, amountFee, amountNet } = state.payment.option
      for (const [measure, money] of Object.entries({ gross: amount, fee: amountFee, net: amountNet }))
        add(sums, `${money.currencyCode} ${measure} there`, money.amount)
    }
  const rows = yield* Database.use(({ query }) =>
    query<{ readonly measure: string; readonly currency: string; readonly amount: string }>({
      name: "",
      text: `
        select measure, data -> measure ->> 'currency' as currency, (data -> measure ->> 'amount') as amount
        from paylog.events cross join unnest(array['gross', 'fee', 'net']) as measure
        where type = 'PaymentReceived'
        union all
        select 'price', data -> 'amount' ->> 'currency', data -> 'amount' ->> 'amount'
        from paylog.events where type = 'ProviderOrderRequested'
        union all
        select 'price', data -> 'orderAmount' ->> 'currency', data -> 'orderAmount' ->> 'amount'
        from paylog.events where type = 'PaymentReceived' and stream like 'unmatched-%'`,
    }),
  )
  for (const { measure, currency, amount } of rows) add(sums, `${currency} ${measure} here`, amount)
  const truth: Truth = { sums: nonZero(sums), ordersThere }
  return truth
})

/** What of the report is not the truth: the sums of its lines, and its stated totals, against it. Empty when it is. */
export const unlike = ({ lines, totals }: Report, truth: Truth): ReadonlyArray<string> => {
  const ofLines: Sums = {}
  for (const line of lines)
    for (const side of ["here", "there"] as const)
      for (const measure of measures) {
        const stated = line[side]?.[measure]
        if (stated) add(ofLines, `${stated.currency} ${measure} ${side}`, stated.amount)
      }
  const stated: Sums = {}
  const wrong: Array<string> = []
  for (const total of totals)
    for (const measure of measures) {
      const { here, there, difference } = total[measure]
      add(stated, `${total.currency} ${measure} here`, here)
      add(stated, `${total.currency} ${measure} there`, there)
      if (exact(there) - exact(here) !== signed(difference)) wrong.push(`${total.currency} ${measure} difference`)
    }
  const listed = lines.filter(({ there }) => there !== null).length
  if (listed !== truth.ordersThere) wrong.push(`${listed} orders there`)
  for (const [name, sums] of Object.entries({ lines: nonZero(ofLines), totals: nonZero(stated) }))
    for (const key of new Set([...Object.keys(sums), ...Object.keys(truth.sums)]))
      if (sums[key] !== truth.sums[key]) wrong.push(`${name}: ${key} is ${sums[key]}, not ${truth.sums[key]}`)
  return wrong
}

const signed = (text: string): bigint => (text.startsWith("-") ? -exact(text.slice(1)) : exact(text))

/** Reads CSV as RFC 4180 has it. */
export const parseCsv = (text: string): ReadonlyArray<ReadonlyArray<string>> => {
  const records: Array<Array<string>> = []
  let record: Array<string> = []
  for (const [, quoted, bare = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    record.push(quoted?.replaceAll('""', '"') ?? bare)
    if (end === ",") continue
    records.push(record)
    record = []
  }
  return records
}

/** The totals that a CSV report states, and those of its lines, as decimal text by currency and column. */
export const sumsOf = (text: string) => {
  const [header = [], ...records] = parseCsv(text)
  const rows = records.map((cells) => Object.fromEntries(header.map((name, column) => [name, cells[column] ?? ""])))
  const orders = rows.filter(({ record }) => record === "order")
  const stated: Record<string, string> = {}
  const ofLines: Record<string, string> = {}
  for (const total of rows.filter(({ record }) => record === "total"))
    for (const measure of measures)
      for (const side of ["here", "there"]) {
        const column = `${measure}_${side}`
        const key = `${total["currency"]} ${column}`
        const text = total[column] ?? ""
        stated[key] = text
        const digits = text.split(".")[1]?.length ?? 0
        const sum = orders
          .filter((order) => order[`${column}_currency`] === total["currency"] && order[column] !== "")
          .reduce((sum, order) => sum + exact(order[column] ?? ""), 0n)
        ofLines[key] = shown(sum, digits)
      }
  return { orders: orders.length, totals: { stated, ofLines } }
}

const shown = (sum: bigint, digits: number): string => {
  const text = sum.toString().padStart(19, "0")
  const fraction = text.slice(-18)
  return `${text.slice(0, -18)}${digits === 0 ? "" : `.${fraction.slice(0, digits)}`}`
}
