/**
 * The log from its first event, folded again in memory, stream by stream, and held against the read models as they are. Reads only,
 * as of one moment. Memory holds one page of streams at a time: at most 500, of 10,000 events together, or one that is longer.
 */
import { headOf } from "@paylog/auditing/head"
import * as Invoice from "@paylog/domain/Invoice"
import * as Ledger from "@paylog/domain/Ledger"
import * as Money from "@paylog/domain/Money"
import type { Sql, Statement as SqlStatement } from "@paylog/event-store/Database"
import type { RecordedEvent } from "@paylog/event-store/EventStore"
import * as Statement from "@paylog/event-store/Statement"
import * as followers from "@paylog/payments/followers"
import { Effect, Result } from "effect"
import * as Point from "../Point.ts"
import type { Progress } from "../ProgressLine.ts"
import { compare, type Difference, type Found } from "./compare.ts"
import * as expected from "./expected.ts"
import * as History from "./History.ts"

/** How many invoices have a status, and what they are for. */
export interface Total {
  readonly status: Invoice.Status
  readonly currency: string
  readonly invoices: number
  readonly amount: Money.Money
}

/** One read model, and how far it can be compared. */
export interface Model {
  readonly follower: string
  /** Its rows are compared with the log up to here. */
  readonly position: bigint
  /** Streams that it has set aside, which are not compared. */
  readonly parked: ReadonlyArray<string>
  /** How many rows were compared, and were as they should be or not. */
  readonly rows: number
}

export interface Replayed {
  /** Up to where the log was folded. */
  readonly position: bigint
  readonly streams: number
  readonly events: number
  readonly totals: ReadonlyArray<Total>
  /** Of the ledger's accounts, by what the events post. */
  readonly balances: ReadonlyArray<Ledger.Posting>
  readonly models: ReadonlyArray<Model>
  /** How many there are, and the first thousand of them. */
  readonly differing: number
  readonly differences: ReadonlyArray<Difference>
}

interface Bookmark {
  readonly follower: string
  readonly position: bigint
  readonly version: number
  readonly parked: ReadonlySet<string>
}

/** What memory may hold: so many streams, of so many events together unless one alone has more. */
export interface Page {
  readonly streams: number
  readonly events: number
}

const usual: Page = { streams: 500, events: 10_000 }
const mostDifferences = 1000

/** Folds all that the log had at `until`; compares only without it, since the read models are as of now. */
export const replay = Effect.fnUntraced(function* (
  sql: Sql,
  until: Point.Point | undefined,
  tell: (progress: Progress) => void = () => {},
  most: Page = usual,
) {
  const head = yield* headOf(sql)
  const to = until?._tag === "Position" ? until.position : head
  const bookmarks = until === undefined ? yield* bookmarksOf(sql) : []
  const tally = new Tally()
  const differences: Array<Difference> = []
  let differing = 0
  const report = (found: ReadonlyArray<Difference>) => {
    differing += found.length
    differences.push(...found.slice(0, Math.max(0, mostDifferences - differences.length)))
  }
  const rows = new Map<string, number>()

  for (let after = ""; ;) {
    tell({ done: tally.events, total: Number(to) })
    const next = yield* sql.query<Length>(streamsStatement, [after, most.streams])
    const streams = page(next, most)
    const histories = yield* read(sql, streams, to, until, report)
    for (const history of histories) tally.add(history)
    for (const bookmark of bookmarks) {
      const known = histories
        .filter(({ stream }) => !bookmark.parked.has(stream))
        .map((history) => History.upTo(history, bookmark.position))
        .filter(({ recorded }) => recorded.length > 0)
      for (const { table, rowsOf, live, keyOf } of tables[bookmark.follower] ?? []) {
        const wanted = new Map(known.flatMap((history) => [...rowsOf(history)]))
        const found = known.length === 0 ? [] : yield* live(sql, known)
        rows.set(bookmark.follower, (rows.get(bookmark.follower) ?? 0) + wanted.size)
        report(compare(table, wanted, found, keyOf))
      }
    }
    const last = streams.at(-1)
    if (last === undefined || (streams.length === next.length && next.length < most.streams)) break
    after = last
  }
  tell({ done: Number(to), total: Number(to) })

  if (until === undefined) {
    const strays = yield* sql.query<{ readonly model: string; readonly key: string }>(straysStatement)
    report(strays.map(({ model, key }) => ({ table: model, row: key, column: "*", expected: null, found: "a row" })))
    report(
      followers.projections.flatMap(({ name, version }) => {
        const bookmark = bookmarks.find(({ follower }) => follower === name)
        // On an empty log, nobody needs to have followed it.
        if (bookmark === undefined ? head === 0n : bookmark.version === version) return []
        return [
          {
            table: name,
            row: "*",
            column: "version",
            expected: String(version),
            found: bookmark === undefined ? null : String(bookmark.version),
          },
        ]
      }),
    )
  }
  const replayed: Replayed = {
    position: to,
    ...tally.result(),
    models: bookmarks.map(({ follower, position, parked }) => ({
      follower,
      position,
      parked: [...parked],
      rows: rows.get(follower) ?? 0,
    })),
    differing,
    differences,
  }
  return replayed
})

interface Length {
  readonly stream: string
  /** How many events it has. */
  readonly length: number
}

/** The first of them, as many as have few enough events together; at least one. */
const page = (streams: ReadonlyArray<Length>, most: Page): ReadonlyArray<string> => {
  let events = 0
  const tooMany = streams.findIndex(({ length }, at) => (events += length) > most.events && at > 0)
  return streams.slice(0, tooMany === -1 ? streams.length : tooMany).map(({ stream }) => stream)
}

/** A page of streams, folded. One with an event that cannot be read is told of, and left out. */
const read = Effect.fnUntraced(function* (
  sql: Sql,
  streams: ReadonlyArray<string>,
  to: bigint,
  until: Point.Point | undefined,
  report: (differences: ReadonlyArray<Difference>) => void,
) {
  const events = yield* sql.query<RecordedEvent>(eventsStatement, [streams, to])
  const byStream = Map.groupBy(
    until === undefined ? events : events.filter((event) => Point.has(until, event)),
    ({ stream }) => stream,
  )
  return [...byStream].flatMap(([stream, recorded]): ReadonlyArray<History.History> => {
    const history = Result.try(() => History.of(stream, recorded))
    if (Result.isSuccess(history)) return [history.success]
    const { failure } = history
    report([
      {
        table: "events",
        row: stream,
        column: "*",
        expected: "events that this program can read",
        found: failure instanceof Error ? failure.message : "one that it cannot",
      },
    ])
    return []
  })
})

const bookmarksOf = Effect.fnUntraced(function* (sql: Sql) {
  const rows = yield* sql.query<Omit<Bookmark, "parked"> & { readonly parked: string }>(bookmarksStatement, [
    followers.projections.map(({ name }) => name),
  ])
  return rows.map(({ parked, ...bookmark }): Bookmark => {
    const streams: ReadonlyArray<string> = JSON.parse(parked)
    return { ...bookmark, parked: new Set(streams) }
  })
})

/** What the folded log comes to. */
class Tally {
  events = 0
  private streams = 0
  private readonly totals = new Map<string, Total>()
  private balances: ReadonlyArray<Ledger.Posting> = []

  add(history: History.History): void {
    this.streams++
    this.events += history.recorded.length
    if (history._tag === "Invoice") {
      const state = history.steps.at(-1)?.after
      if (state === undefined || state._tag === "Absent") return
      const { amount } = state.terms
      const key = `${state._tag} ${amount.currency}`
      const known = this.totals.get(key)
      this.totals.set(key, {
        status: state._tag,
        currency: amount.currency,
        invoices: (known?.invoices ?? 0) + 1,
        amount: (known && Money.add(known.amount, amount)) ?? amount,
      })
      this.post(Ledger.balances(state))
    } else if (history._tag === "Unmatched") {
      const state = history.steps.at(-1)?.after
      if (state !== undefined) this.post(Ledger.balancesUnmatched(state))
    }
  }

  private post(postings: ReadonlyArray<Ledger.Posting>): void {
    if (postings.length > 0) this.balances = Ledger.sum([...this.balances, ...postings])
  }

  result() {
    const order = (a: string, b: string) => (a < b ? -1 : Number(a > b))
    return {
      streams: this.streams,
      events: this.events,
      totals: [...this.totals.values()].toSorted((a, b) => order(a.currency, b.currency) || order(a.status, b.status)),
      balances: this.balances.toSorted(
        (a, b) => order(a.amount.currency, b.amount.currency) || order(a.account, b.account),
      ),
    }
  }
}

// -- The live rows.

interface Table {
  readonly table: string
  readonly rowsOf: (history: History.History) => expected.Rows
  readonly live: (sql: Sql, histories: ReadonlyArray<History.History>) => ReturnType<typeof liveRows>
  readonly keyOf: (row: Found) => string
}

const liveRows = (sql: Sql, statement: SqlStatement, values: ReadonlyArray<unknown>) =>
  Effect.map(sql.query<{ readonly row: string }>(statement, values), (rows) =>
    rows.map(({ row }): Found => JSON.parse(row)),
  )

const streamsOf = (histories: ReadonlyArray<History.History>) => histories.map(({ stream }) => stream)
const positionsOf = (histories: ReadonlyArray<History.History>) =>
  histories.flatMap(({ recorded }) => recorded.map(({ position }) => position))
const place = ({ position, line }: Found) => `${position}/${line}`

const at = (name: string) => new URL(`../../sql/replay/${name}.sql`, import.meta.url)
const statement = (name: string) => Statement.fromFile(at(name))
const bookmarksStatement = statement("bookmarks")
const streamsStatement = statement("streams")
const eventsStatement = Statement.ofEvents(at("events"))
const approvalsStatement = statement("approvals")
const straysStatement = statement("strays")
const invoicesStatement = statement("invoices")
const openItemsStatement = statement("open-items")
const entriesStatement = statement("ledger-entries")
const alarmsStatement = statement("ledger-alarms")

/** By follower. */
const tables: Readonly<Record<string, ReadonlyArray<Table>>> = {
  invoices: [
    {
      table: "invoices",
      rowsOf: expected.invoices,
      live: (sql, histories) =>
        liveRows(sql, invoicesStatement, [streamsOf(histories).flatMap((stream) => Invoice.idOf(stream) ?? [])]),
      keyOf: (row) => String(row["invoice_id"]),
    },
  ],
  "open-items": [
    {
      table: "open_items",
      rowsOf: expected.openItems,
      live: (sql, histories) => liveRows(sql, openItemsStatement, [streamsOf(histories)]),
      keyOf: ({ stream, item }) => `${stream} ${item}`,
    },
  ],
  approvals: [
    {
      table: "approvals",
      rowsOf: expected.approvals,
      live: (sql, histories) =>
        liveRows(sql, approvalsStatement, [
          histories.flatMap((history) => [...expected.approvals(history).values()].map(({ id }) => id)),
          streamsOf(histories),
        ]),
      keyOf: ({ id, stream }) => `${id} ${stream}`,
    },
  ],
  ledger: [
    {
      table: "ledger_entries",
      rowsOf: expected.ledgerEntries,
      live: (sql, histories) => liveRows(sql, entriesStatement, [positionsOf(histories)]),
      keyOf: place,
    },
    {
      table: "ledger_alarms",
      rowsOf: expected.ledgerAlarms,
      live: (sql, histories) => liveRows(sql, alarmsStatement, [positionsOf(histories)]),
      keyOf: place,
    },
  ],
}
