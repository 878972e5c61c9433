/**
 * Our log against the provider's list, order by order. Every order of either side is in exactly one line, and the totals are
 * the sums of the lines. Pure; what is read stands in `ListedOrders.ts` and `LoggedOrders.ts`.
 */
import * as Money from "@paylog/domain/Money"
import type { ListedOrder, ListLine } from "@paylog/domain/PaymentProvider"
import { DateTime } from "effect"
import * as Exact from "./Exact.ts"
import { isIn, type ListedOrders, type Range } from "./ListedOrders.ts"
import type { LoggedOrder, LoggedOrders, Status } from "./LoggedOrders.ts"

export const outcomes = [
  "Matched", // both sides say the same, and nothing more is to come
  "Open", // both say the same so far, or what one of them does not know is of the last minutes
  "MissingHere", // the provider has it, our log does not
  "MissingThere", // our log has it, the provider's list does not
  "StatusDiffers",
  "CurrencyDiffers",
  "AmountDiffers",
  "NotUnderstood", // the provider's line, or our stream, cannot be read
] as const
export type Outcome = (typeof outcomes)[number]

/** What a person has to look at. */
export const isDifference = (outcome: Outcome): boolean => outcome !== "Matched" && outcome !== "Open"

export const measures = ["price", "gross", "fee", "net"] as const
export type Measure = (typeof measures)[number]

/** One side of a line. Gross, fee and net are there once it is paid. */
export interface Side extends Partial<Readonly<Record<Measure, Money.Stated>>> {
  readonly status: Status | "Unknown"
}

export interface Line {
  readonly outcome: Outcome
  /** Its place in the provider's list, from 0. */
  readonly index: number | undefined
  readonly externalId: string | undefined
  readonly orderId: string | undefined
  /** The log's. */
  readonly stream: string | undefined
  /** By the provider, or else when it was asked for. */
  readonly createdAt: DateTime.Utc | undefined
  readonly here: Side | undefined
  readonly there: Side | undefined
  /** Which fields differ. Of a line that is open, what is yet to be the same. */
  readonly differing: ReadonlyArray<"status" | Measure>
  /** What there is to say besides. */
  readonly note: string | undefined
}

/** Of both sides, and what there is more there than here; `open`: how much of that is of open lines. */
export interface Total<A> {
  readonly here: A
  readonly there: A
  readonly difference: A
  readonly open: A
}

export interface Totals extends Readonly<Record<Measure, Total<Money.Money>>> {
  /** "?" for orders whose price cannot be read. */
  readonly currency: string
  /** Orders with a price in this currency. */
  readonly orders: Total<number>
}

export interface Options {
  readonly range: Range
  /** What happened so short a time before the reading may be under way to the other side. */
  readonly graceMs: number
}

export interface Reconciliation extends Options {
  readonly startedAt: DateTime.Utc
  /** How many orders the provider had in all. */
  readonly listed: number
  /** Up to where the log was read. */
  readonly position: bigint
  /** In the order of the provider's list; then those that it lacks. */
  readonly lines: ReadonlyArray<Line>
  readonly outcomes: Readonly<Record<Outcome, number>>
  readonly totals: ReadonlyArray<Totals>
}

/**
 * Ours that no request of ours is behind, were paid in the range, and are not among the lines that were read. They may have been
 * created before the range: ask the provider whether it knows them, and leave those out that it does.
 */
export const strangers = (theirs: ListedOrders, ours: LoggedOrders, range: Range): ReadonlyArray<LoggedOrder> => {
  const listed = new Set(theirs.lines.map((line) => (line._tag === "Understood" ? line.order.orderId : undefined)))
  return ours.orders.filter(
    ({ externalId, orderId, since }) => externalId === undefined && !listed.has(orderId) && isIn(range, since),
  )
}

/** Linear in the orders of both sides. The list was read before the log: what the provider then knew has had that long to come here. */
export const compare = (theirs: ListedOrders, ours: LoggedOrders, { range, graceMs }: Options): Reconciliation => {
  const isRecent = recently(theirs.startedAt, graceMs)
  const left = new Set(ours.orders)
  const byOrder = new Map(ours.orders.flatMap((order) => (order.orderId === undefined ? [] : [[order.orderId, order]])))
  const byExternal = new Map(
    ours.orders.flatMap((order) => (order.externalId === undefined ? [] : [[order.externalId, order]])),
  )
  const listedIds = new Set(theirs.lines.map((line) => (line._tag === "Understood" ? line.order.orderId : undefined)))
  const unlessListed = (order: LoggedOrder | undefined) =>
    order?.orderId !== undefined && listedIds.has(order.orderId) ? undefined : order
  /** Ours of these ids, once: a second line of one order finds none. Another order's line does not take it away. */
  const take = (orderId: string | undefined, externalId: string | undefined): LoggedOrder | undefined => {
    const candidates = [
      orderId === undefined ? undefined : byOrder.get(orderId),
      externalId === undefined ? undefined : unlessListed(byExternal.get(externalId)),
    ]
    const found = candidates.find((order) => order !== undefined && left.has(order))
    if (found !== undefined) left.delete(found)
    return found
  }

  const lines: Array<Line> = []
  const among = rangeOfLines(theirs.lines, range)
  for (const [place, line] of theirs.lines.entries()) {
    const [orderId, externalId] =
      line._tag === "Understood" ? [line.order.orderId, line.order.externalId] : [undefined, line.externalId]
    const order = take(orderId, externalId)
    if (among[place] === true)
      lines.push(line._tag === "Understood" ? pair(line.index, line.order, order, isRecent) : strange(line, order))
  }
  const isBlind = theirs.lines.some((line) => line._tag === "NotUnderstood" && line.externalId === undefined)
  for (const order of left) {
    if (!isIn(range, order.since) || !isExpectedThere(order)) continue
    lines.push(unlisted(order, isRecent, isBlind))
  }
  return {
    range,
    graceMs,
    startedAt: theirs.startedAt,
    listed: theirs.count,
    position: ours.position,
    lines,
    outcomes: countOf(lines),
    totals: totalsOf(lines),
  }
}

type IsRecent = (time: DateTime.Utc) => boolean

const recently =
  (startedAt: DateTime.Utc, graceMs: number): IsRecent =>
  (time) =>
    DateTime.isGreaterThan(time, DateTime.subtract(startedAt, { milliseconds: graceMs }))

/** Which places of the list are in the range. A line that cannot be read is where the last one before it is, or the first one. */
const rangeOfLines = (lines: ReadonlyArray<ListLine>, range: Range): ReadonlyArray<boolean> => {
  const known = lines.map((line) => (line._tag === "Understood" ? isIn(range, line.order.createdAt) : undefined))
  let before = known.find((is) => is !== undefined) ?? true
  return known.map((is) => (before = is ?? before))
}

// -- One line.

const sideThere = ({ status, orderAmount: price, payment }: ListedOrder): Side => ({
  status,
  price,
  ...(payment === undefined ? {} : { gross: payment.gross, fee: payment.fee, net: payment.net }),
})

const sideHere = ({ status, price, payment }: LoggedOrder): Side => ({
  status,
  ...(price === undefined ? {} : { price }),
  ...(payment === undefined ? {} : { gross: payment.gross, fee: payment.fee, net: payment.net }),
})

const pair = (index: number, listed: ListedOrder, logged: LoggedOrder | undefined, isRecent: IsRecent): Line => {
  const there = sideThere(listed)
  const about = {
    index,
    externalId: listed.externalId,
    orderId: listed.orderId,
    createdAt: listed.createdAt,
    stream: logged?.stream,
    there,
  }
  if (logged === undefined) return { ...about, outcome: "MissingHere", here: undefined, differing: [], note: undefined }
  const here = sideHere(logged)
  if (logged.reason !== undefined)
    return { ...about, outcome: "NotUnderstood", here, differing: [], note: logged.reason }
  const agreement = agree(listed, logged, isRecent)
  const differing = measures.filter(
    (measure) => here[measure] !== undefined && there[measure] !== undefined && !same(here[measure], there[measure]),
  )
  const inCurrency = differing.some((measure) => here[measure]?.currency !== there[measure]?.currency)
  const outcome =
    agreement === "Differs"
      ? "StatusDiffers"
      : inCurrency
        ? "CurrencyDiffers"
        : differing.length > 0
          ? "AmountDiffers"
          : agreement === "Final"
            ? "Matched"
            : "Open"
  const isStatus = agreement === "Differs" || agreement === "UnderWay"
  const note = otherId(listed, logged)
  return { ...about, outcome, here, differing: isStatus ? ["status", ...differing] : differing, note }
}

/** The order was found by one of its ids; what is said of the other. */
const otherId = (listed: ListedOrder, { orderId, externalId }: LoggedOrder): string | undefined => {
  if (orderId !== undefined && orderId !== listed.orderId) return `here it is order ${orderId}`
  return externalId !== undefined && externalId !== listed.externalId ? `here it is ${externalId}` : undefined
}

/** By value, also of what is kept in its own words. */
const same = (a: Money.Stated, b: Money.Stated): boolean => Money.equals(Exact.of(a), Exact.of(b))

/** `Final`: nothing more is to come. `SoFar`: something is. `UnderWay`: one side may not have heard yet. */
type Agreement = "Final" | "SoFar" | "UnderWay" | "Differs"

const agree = (listed: ListedOrder, logged: LoggedOrder, isRecent: IsRecent): Agreement => {
  const underWay = (time: DateTime.Utc): Agreement => (isRecent(time) ? "UnderWay" : "Differs")
  switch (listed.status) {
    case "Paid":
      if (logged.status === "Paid") return "Final"
      return underWay(listed.payment?.completedAt ?? listed.createdAt)
    case "Active":
      switch (logged.status) {
        case "Requested":
        case "Active":
        case "Withdrawn":
          return "SoFar"
        default:
          return underWay(logged.settledAt)
      }
    case "Expired":
    case "Cancelled":
      switch (logged.status) {
        case "Lapsed":
        case "Withdrawn":
        case listed.status:
          return "Final"
        case "Requested":
        case "Active":
          // The list does not say when an order was cancelled.
          return underWay(listed.status === "Expired" ? listed.expiresAt : listed.createdAt)
        default:
          return underWay(logged.settledAt)
      }
  }
}

const strange = (
  line: Extract<ListLine, { readonly _tag: "NotUnderstood" }>,
  logged: LoggedOrder | undefined,
): Line => ({
  outcome: "NotUnderstood",
  index: line.index,
  externalId: line.externalId,
  orderId: logged?.orderId,
  stream: logged?.stream,
  createdAt: logged?.since,
  here: logged && sideHere(logged),
  there: { status: "Unknown" },
  differing: [],
  note: line.reason,
})

/** What was refused, or proven to be absent, or never answered and is over by now, is in no list. */
const isExpectedThere = ({ status, orderId, payment }: LoggedOrder): boolean => {
  switch (status) {
    case "Refused":
    case "Absent":
      return false
    case "Lapsed":
    case "Withdrawn":
      return orderId !== undefined || payment !== undefined
    default:
      return true
  }
}

const unlisted = (logged: LoggedOrder, isRecent: IsRecent, isBlind: boolean): Line => {
  const { externalId, orderId, stream, since, status, reason } = logged
  const isOpen = status === "Requested" || isRecent(since)
  return {
    outcome: reason !== undefined ? "NotUnderstood" : isOpen ? "Open" : "MissingThere",
    index: undefined,
    externalId,
    orderId,
    stream,
    createdAt: since,
    here: sideHere(logged),
    there: undefined,
    differing: [],
    note: reason ?? (isBlind ? "unless it is a line that is not understood" : undefined),
  }
}

// -- Sums of lines.

const countOf = (lines: ReadonlyArray<Line>): Readonly<Record<Outcome, number>> => {
  const counts = { Matched: 0, Open: 0, MissingHere: 0, MissingThere: 0 }
  const others = { StatusDiffers: 0, CurrencyDiffers: 0, AmountDiffers: 0, NotUnderstood: 0 }
  const all: Record<Outcome, number> = { ...counts, ...others }
  for (const { outcome } of lines) all[outcome]++
  return all
}

/** The price's currency decides where an order is counted. */
export const currencyOf = (side: Side): string => side.price?.currency ?? "?"

const totalsOf = (lines: ReadonlyArray<Line>): ReadonlyArray<Totals> => {
  const currencies = new Set(
    lines.flatMap(({ here, there }) =>
      [here, there].flatMap((side) =>
        side === undefined ? [] : [currencyOf(side), ...measures.flatMap((measure) => side[measure]?.currency ?? [])],
      ),
    ),
  )
  const open = lines.filter(({ outcome }) => outcome === "Open")
  return [...currencies].toSorted().map((currency) => {
    const money = (measure: Measure): Total<Money.Money> => {
      const sum = (some: ReadonlyArray<Line>, side: "here" | "there") =>
        Exact.sum(
          currency,
          some.flatMap((line) => {
            const stated = line[side]?.[measure]
            return stated === undefined || stated.currency !== currency ? [] : [Exact.of(stated)]
          }),
        )
      const less = (a: Money.Money, b: Money.Money) => Exact.sum(currency, [a, Money.times(b, -1n)])
      const [here, there] = [sum(lines, "here"), sum(lines, "there")]
      return { here, there, difference: less(there, here), open: less(sum(open, "there"), sum(open, "here")) }
    }
    const count = (some: ReadonlyArray<Line>, side: "here" | "there") =>
      some.filter((line) => line[side] !== undefined && currencyOf(line[side]) === currency).length
    const [here, there] = [count(lines, "here"), count(lines, "there")]
    return {
      currency,
      orders: { here, there, difference: there - here, open: count(open, "there") - count(open, "here") },
      price: money("price"),
      gross: money("gross"),
      fee: money("fee"),
      net: money("net"),
    }
  })
}
