/**
 * The ledger's read model: the entries that each event posts, and the alarms that it raises or ends. An entry follows from
 * its stream's events up to its own; the balances at a position are the sums of the entries up to there.
 */
import * as Invoice from "@paylog/domain/Invoice"
import * as Ledger from "@paylog/domain/Ledger"
import * as Money from "@paylog/domain/Money"
import * as Unmatched from "@paylog/domain/Unmatched"
import * as Columns from "@paylog/event-store/Columns"
import type { Sql } from "@paylog/event-store/Database"
import type { Fold, RecordedEvent } from "@paylog/event-store/EventStore"
import type { Apply } from "@paylog/event-store/Follower"
import type { Projection } from "@paylog/event-store/Projection"
import * as Statement from "@paylog/event-store/Statement"
import * as StreamStates from "@paylog/event-store/StreamStates"
import { Effect } from "effect"
import { decider } from "./Invoices.ts"
import * as StoredEvents from "./StoredEvents.ts"

/** One kind of stream that has money, and what its states say of it. */
export interface Book<State> {
  readonly fold: Fold<State>
  readonly has: (stream: string) => boolean
  readonly balances: (state: State) => ReadonlyArray<Ledger.Posting>
  readonly alarms: (state: State) => ReadonlyArray<Ledger.Alarm>
}

export const invoices: Book<Invoice.Invoice> = {
  fold: decider.fold,
  has: (stream) => Invoice.idOf(stream) !== undefined,
  balances: Ledger.balances,
  alarms: Ledger.alarms,
}

export const unmatched: Book<Unmatched.Unmatched> = {
  fold: {
    initial: Unmatched.absent,
    evolve: (state, event) => Unmatched.evolve(state, StoredEvents.unmatched.decode(event)),
  },
  has: (stream) => stream.startsWith("unmatched-"),
  balances: Ledger.balancesUnmatched,
  alarms: Ledger.alarmsUnmatched,
}

/** An event's entries are not zero in a currency. The follower parks the stream: money that is on one side only is in no ledger. */
export class Unbalanced extends Error {
  override readonly name = "Unbalanced"
  constructor({ position, currency, sum }: Off) {
    super(`The entries of the event at position ${position} sum to ${sum} ${currency}, not to zero`)
  }
}

interface Off {
  readonly position: bigint
  readonly currency: string
  readonly sum: string
}

const statement = (name: string) => Statement.fromFile(new URL(`../sql/ledger/${name}.sql`, import.meta.url))
const addEntries = statement("add-entries")
const addAlarms = statement("add-alarms")

/** Two statements a batch; none for a batch that moves no money. */
const writing = (...pages: ReadonlyArray<Page>): Apply =>
  Effect.fnUntraced(function* (events, sql) {
    const posted = (yield* Effect.forEach(pages, (page) => page(events, sql))).flat()
    const entries = posted.flatMap(({ entries }) => entries)
    const alarms = posted.flatMap(({ alarms }) => alarms)
    if (entries.length > 0) {
      const [off] = yield* sql.query<Off>(addEntries, entryColumns(entries))
      if (off !== undefined) return yield* Effect.die(new Unbalanced(off))
    }
    if (alarms.length > 0) yield* sql.query(addAlarms, alarmColumns(alarms))
  })

type Page = (
  events: ReadonlyArray<RecordedEvent>,
  sql: Sql,
) => Effect.Effect<ReadonlyArray<Posted>, Effect.Error<ReturnType<Apply>>>

interface Posted {
  readonly entries: ReadonlyArray<Entry>
  readonly alarms: ReadonlyArray<AlarmChange>
}

/** Lines of an event count from 1, its entries and its alarms apart. */
interface Line {
  readonly position: bigint
  readonly line: number
  readonly stream: string
}

interface Entry extends Line {
  readonly what: string
  readonly account: string
  readonly currency: string
  /** Decimal text. */
  readonly amount: string
}

interface AlarmChange extends Line, Pick<Ledger.Alarm, "provider" | "orderId"> {
  readonly alarm: string
  /** 1: raised; -1: over. */
  readonly change: number
}

const lineColumns = (rows: ReadonlyArray<Line>): ReadonlyArray<Uint8Array> => [
  Columns.bigints(rows, ({ position }) => position),
  Columns.integers(rows, ({ line }) => line),
  Columns.texts(rows, ({ stream }) => stream),
]

/** In the order of the statement's parameters, as the next. */
const entryColumns = (rows: ReadonlyArray<Entry>): ReadonlyArray<Uint8Array> => [
  ...lineColumns(rows),
  Columns.texts(rows, ({ what }) => what),
  Columns.texts(rows, ({ account }) => account),
  Columns.texts(rows, ({ currency }) => currency),
  Columns.texts(rows, ({ amount }) => amount),
]

const alarmColumns = (rows: ReadonlyArray<AlarmChange>): ReadonlyArray<Uint8Array> => [
  ...lineColumns(rows),
  Columns.texts(rows, ({ alarm }) => alarm),
  Columns.texts(rows, ({ provider }) => provider),
  Columns.texts(rows, ({ orderId }) => orderId),
  Columns.integers(rows, ({ change }) => change),
]

const pageOf = <State>(book: Book<State>, remembered: number): Page => {
  const states = StreamStates.make(book.fold, { remembered })
  return Effect.fnUntraced(function* (events, sql) {
    const ours = events.filter(({ stream }) => book.has(stream))
    const standing = standingIn(book)
    return (yield* states.steps(ours, sql)).map(({ event, before, after }) =>
      post(event, standing(before), standing(after)),
    )
  })
}

/** What a book says of one state. */
interface Standing {
  readonly balances: ReadonlyArray<Ledger.Posting>
  readonly alarms: ReadonlyArray<Ledger.Alarm>
}

/** Asked once of each state of a page: what is after one event is before the next. */
const standingIn = <State>({ balances, alarms }: Book<State>) => {
  const known = new Map<State, Standing>()
  return (state: State): Standing => {
    const standing = known.get(state) ?? { balances: balances(state), alarms: alarms(state) }
    known.set(state, standing)
    return standing
  }
}

const post = (event: RecordedEvent, before: Standing, after: Standing): Posted => {
  const { position, stream, type: what } = event
  const entries = Ledger.difference(before.balances, after.balances).map(({ account, amount }, index) => ({
    position,
    line: index + 1,
    stream,
    what,
    account,
    currency: amount.currency,
    amount: Money.format(amount),
  }))
  const [raisedBefore, raised] = [before.alarms, after.alarms]
  const changes = [
    ...raised.filter((alarm) => !isAmong(raisedBefore, alarm)).map((alarm) => ({ alarm, change: 1 })),
    ...raisedBefore.filter((alarm) => !isAmong(raised, alarm)).map((alarm) => ({ alarm, change: -1 })),
  ]
  const alarms = changes.map(({ alarm: { _tag: alarm, provider, orderId }, change }, index) => ({
    position,
    line: index + 1,
    stream,
    alarm,
    provider,
    orderId,
    change,
  }))
  return { entries, alarms }
}

const isAmong = (alarms: ReadonlyArray<Ledger.Alarm>, { _tag, provider, orderId }: Ledger.Alarm): boolean =>
  alarms.some((alarm) => alarm._tag === _tag && alarm.provider === provider && alarm.orderId === orderId)

/** The follower of these books; the tests have others, to see what it refuses. */
export const followerOf = (books: {
  readonly invoices: Book<Invoice.Invoice>
  readonly unmatched: Book<Unmatched.Unmatched>
}): Projection => {
  const remembering = (remembered: number) =>
    writing(pageOf(books.invoices, remembered), pageOf(books.unmatched, remembered))
  return {
    name: "ledger",
    version: 1,
    tables: ["payments.ledger_entries", "payments.ledger_alarms"],
    apply: remembering(0),
    begin: () => remembering(StreamStates.forRebuild),
  }
}

export const follower: Projection = followerOf({ invoices, unmatched })
