/** A reconciliation for people (table), spreadsheets (CSV) and programs (JSON). Money is decimal text, to the last digit. */
import * as Money from "@paylog/domain/Money"
import {
  currencyOf,
  isDifference,
  type Line,
  type Measure,
  measures,
  type Outcome,
  outcomes,
  type Reconciliation,
  type Side,
  type Total,
} from "@paylog/payments/Reconciliation"
import { DateTime } from "effect"
import * as print from "./print.ts"

/** In files and on screens. */
const names = {
  Matched: "matched",
  Open: "open",
  MissingHere: "missing here",
  MissingThere: "missing there",
  StatusDiffers: "status differs",
  CurrencyDiffers: "currency differs",
  AmountDiffers: "amount differs",
  NotUnderstood: "not understood",
} as const satisfies Record<Outcome, string>

const decimal = (stated: Money.Stated): string => (Money.isMoney(stated) ? Money.format(stated) : stated.unread)
const iso = (time: DateTime.Utc | undefined) => (time === undefined ? undefined : DateTime.formatIso(time))

/** "3 of 10,000 orders differ: 1 missing here, 2 status differs". */
export const summary = ({ lines, outcomes: counts }: Reconciliation): string => {
  const differing = outcomes.filter((outcome) => isDifference(outcome) && counts[outcome] > 0)
  const number = differing.reduce((sum, outcome) => sum + counts[outcome], 0)
  const what = differing.map((outcome) => `${print.number(counts[outcome])} ${names[outcome]}`).join(", ")
  return number === 0
    ? `${print.number(counts.Matched)} orders match, ${print.number(counts.Open)} are open, none differs`
    : `${print.number(number)} of ${print.number(lines.length)} orders differ: ${what}`
}

// -- For programs.

export const json = ({
  range,
  graceMs,
  startedAt,
  listed,
  position,
  lines,
  outcomes: counts,
  totals,
}: Reconciliation) => ({
  from: iso(range.from) ?? null,
  until: iso(range.until) ?? null,
  graceSeconds: graceMs / 1000,
  readAt: iso(startedAt),
  listed,
  position,
  outcomes: counts,
  totals: totals.map(({ currency, orders, ...amounts }) => ({
    currency,
    orders,
    ...each((measure) => ofTotal(amounts[measure])),
  })),
  lines: lines.map((line) => ({
    outcome: line.outcome,
    index: line.index ?? null,
    externalId: line.externalId ?? null,
    orderId: line.orderId ?? null,
    stream: line.stream ?? null,
    createdAt: iso(line.createdAt) ?? null,
    here: line.here === undefined ? null : jsonSide(line.here),
    there: line.there === undefined ? null : jsonSide(line.there),
    differing: line.differing,
    note: line.note ?? null,
  })),
})

const each = <A>(of: (measure: Measure) => A) => ({
  price: of("price"),
  gross: of("gross"),
  fee: of("fee"),
  net: of("net"),
})

const ofTotal = ({ here, there, difference, open }: Total<Money.Money>) => ({
  here: Money.format(here),
  there: Money.format(there),
  difference: Money.format(difference),
  open: Money.format(open),
})

const jsonSide = (side: Side) => ({
  status: side.status,
  ...each((measure) => {
    const stated = side[measure]
    return stated === undefined ? null : { amount: decimal(stated), currency: stated.currency }
  }),
})

// -- For spreadsheets.

const sides = ["here", "there"] as const

/**
 * A record is an order or a total. In the total of a currency, each amount is the sum of the orders' amounts in that column that
 * are in that currency; orders are counted in the currency of their price.
 */
export const columns = [
  "record",
  "outcome",
  "index",
  "external_id",
  "order_id",
  "stream",
  "created_at",
  "status_here",
  "status_there",
  "currency",
  "orders_here",
  "orders_there",
  ...measures.flatMap((measure) =>
    sides.flatMap((side) => [`${measure}_${side}`, `${measure}_${side}_currency`] as const),
  ),
  "orders_difference",
  ...measures.map((measure) => `${measure}_difference` as const),
  "orders_open",
  ...measures.map((measure) => `${measure}_open` as const),
  "differing",
  "note",
] as const

type CsvRecord = Partial<Record<(typeof columns)[number], string>>

export const records = ({ lines, totals }: Reconciliation): ReadonlyArray<CsvRecord> => [
  ...lines.map(orderRecord),
  ...totals.map((total): CsvRecord => {
    const { currency, orders } = total
    const record: CsvRecord = {
      record: "total",
      currency,
      orders_here: String(orders.here),
      orders_there: String(orders.there),
      orders_difference: String(orders.difference),
      orders_open: String(orders.open),
    }
    for (const measure of measures) {
      for (const side of sides) {
        record[`${measure}_${side}`] = Money.format(total[measure][side])
        record[`${measure}_${side}_currency`] = currency
      }
      record[`${measure}_difference`] = Money.format(total[measure].difference)
      record[`${measure}_open`] = Money.format(total[measure].open)
    }
    return record
  }),
]

const orderRecord = (line: Line): CsvRecord => {
  const record: CsvRecord = {
    record: "order",
    outcome: names[line.outcome],
    index: line.index === undefined ? "" : String(line.index),
    external_id: line.externalId ?? "",
    order_id: line.orderId ?? "",
    stream: line.stream ?? "",
    created_at: iso(line.createdAt) ?? "",
    status_here: line.here?.status ?? "",
    status_there: line.there?.status ?? "",
    orders_here: line.here === undefined ? "0" : "1",
    orders_there: line.there === undefined ? "0" : "1",
    differing: line.differing.join(" "),
    note: line.note ?? "",
  }
  for (const place of sides) {
    const side = line[place]
    if (side === undefined) continue
    // An order is counted in its price's currency, also when the price cannot be read.
    record[`price_${place}_currency`] = currencyOf(side)
    for (const measure of measures) {
      const stated = side[measure]
      if (stated === undefined) continue
      record[`${measure}_${place}`] = decimal(stated)
      record[`${measure}_${place}_currency`] = stated.currency
    }
  }
  return record
}

// -- For people.

/** What was compared with what. */
export const heading = ({ range, graceMs, startedAt, listed, position }: Reconciliation): string =>
  [
    `Orders from ${iso(range.from) ?? "the first one"} until ${iso(range.until) ?? "now"}`,
    `The provider's list of ${print.number(listed)} orders, read at ${iso(startedAt)}; our log up to position ${print.number(position)}`,
    ...(graceMs === 0 ? [] : [`What happened in the last ${print.duration(graceMs)} before that counts as open`]),
  ].join("\n")

/** Every order that differs, or with `all` every order; then the totals of all. */
export const tables = ({ lines, totals }: Reconciliation, all: boolean) => {
  const shown = lines.filter(({ outcome }) => all || isDifference(outcome))
  return {
    orders: {
      headings: ["", "INDEX", "EXTERNAL ID", "ORDER", "HERE", "THERE", ""],
      rows: shown.map((line) => [
        names[line.outcome],
        line.index === undefined ? "" : String(line.index),
        print.plain(line.externalId ?? ""),
        print.plain(line.orderId ?? ""),
        line.here?.status ?? "-",
        line.there?.status ?? "-",
        print.plain(detail(line)),
      ]),
    },
    totals: {
      headings: ["", "", "HERE", "THERE", "DIFFERENCE", "OF IT OPEN"],
      rows: totals.flatMap((total) => [
        [total.currency, "orders", ...counted(total.orders)],
        ...measures
          .filter((measure) => total[measure].here.minor !== 0n || total[measure].there.minor !== 0n)
          .map((measure) => ["", measure, ...Object.values(ofTotal(total[measure]))]),
      ]),
    },
  }
}

const counted = ({ here, there, difference, open }: Total<number>) => [here, there, difference, open].map(String)

/** What differs, or else what the money was. */
const detail = ({ here, there, differing, note }: Line): string => {
  const say = (side: Side | undefined, measure: Measure) => {
    const stated = side?.[measure]
    return stated === undefined ? "-" : `${decimal(stated)} ${stated.currency}`
  }
  const amounts = measures.filter((measure) => differing.includes(measure))
  const parts = amounts.map((measure) => `${measure} ${say(here, measure)} here, ${say(there, measure)} there`)
  const one = [there, here].find((side) => side?.gross !== undefined) ?? there ?? here
  if (amounts.length === 0 && one?.price !== undefined)
    parts.push([say(one, "price"), ...(one.gross === undefined ? [] : [`paid ${say(one, "gross")}`])].join(", "))
  return [...parts, ...(note === undefined ? [] : [note])].join("; ")
}
