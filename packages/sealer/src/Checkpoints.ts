/**
 * The checkpoints that were signed of this log, as the database has them. Every application login may insert there: a row counts
 * only when it holds, which is when its note is signed by a key of this log and says what the other columns say.
 */
import { Database, type Statement as Query } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import * as Bytes from "@paylog/transparency/Bytes"
import { Effect, Metric, Option } from "effect"
import { LogKeys, openCheckpoint } from "./LogKeys.ts"

/** A row. `note` is the C2SP signed note; origin, size and root stand in it too. */
export interface Signed {
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
  readonly note: string
  readonly signedAt: Date
}

/** What was looked at to find the newest checkpoint that holds. */
export interface Looked {
  readonly newest: Signed | undefined
  /** So many larger rows do not hold, and why the first of them does not. Somebody else than the signer wrote them. */
  readonly passedOver: number
  readonly problem: string | undefined
}

/**
 * Looks for the newest checkpoint of this log that holds; newer is larger, whatever a row says of its time. One query, and a
 * signature to check, unless there are rows that do not hold: then as much for each of them, a hundred a query.
 */
export const look = Effect.gen(function* () {
  const { origin } = yield* LogKeys
  let passedOver = 0
  let problem: string | undefined
  // No tree is larger.
  let [size, note] = [2 ** 53, ""]
  for (let limit = 1; ; limit = 100) {
    const rows = yield* query(beforeStatement, [origin, size, note, limit])
    for (const row of rows) {
      const found = yield* problemOf(row)
      if (found === undefined) return yield* told({ newest: row, passedOver, problem })
      problem ??= found
      passedOver++
    }
    const last = rows.at(-1)
    if (last === undefined) return yield* told({ newest: undefined, passedOver, problem })
    ;[size, note] = [last.size, last.note]
  }
})

const told = (looked: Looked) => Effect.as(Metric.update(passed, looked.passedOver), looked)

/** The newest checkpoint that holds; `undefined` also for a process that has no key of the log. As `look` costs. */
export const newest = Effect.gen(function* () {
  const keys = yield* Effect.serviceOption(LogKeys)
  if (Option.isNone(keys)) return undefined
  const looked = yield* Effect.provideService(look, LogKeys, keys.value)
  return looked.newest
})

/** Those of this log and size that hold: one, or none, unless two trees of one size were signed. One query. */
export const heldAt = Effect.fnUntraced(function* (size: number) {
  const { origin } = yield* LogKeys
  const rows = yield* query(atStatement, [origin, size])
  return yield* Effect.filter(rows, (row) => Effect.map(problemOf(row), (found) => found === undefined))
})

/** Why a row is none of this log's checkpoints; `undefined` when it is one. */
const problemOf = (row: Signed) =>
  openCheckpoint(row.note).pipe(
    Effect.map(({ origin, size, root }) =>
      origin === row.origin && size === row.size && Bytes.equal(root, row.root)
        ? undefined
        : `its note is of ${size} events of ${origin}`,
    ),
    Effect.catchTag("NotOurs", ({ reason }) => Effect.succeed(reason)),
  )

/**
 * Rows of this origin with more than `after` events, smallest first, whether they hold or not: at least `limit`, if there are
 * so many, since those of one size come together. One query.
 */
export const list = (origin: string, after: number, limit: number) => query(listStatement, [origin, after, limit])

/** Every origin that this log was signed under, the first one first, whether its rows hold or not. One query. */
export const origins = Effect.gen(function* () {
  const rows = yield* (yield* Database).query<Pick<Row, "origin">>(originsStatement)
  return rows.map(({ origin }) => origin)
})

type Row = Omit<Signed, "size"> & { readonly size: bigint }

const query = Effect.fnUntraced(function* (statement: Query, values: ReadonlyArray<unknown>) {
  const rows = yield* (yield* Database).query<Row>(statement, values)
  return rows.map((row): Signed => ({ ...row, size: Number(row.size) }))
})

const statement = (name: string) => Statement.fromFile(new URL(`../sql/read/${name}.sql`, import.meta.url))
const beforeStatement = statement("checkpoints-before")
const atStatement = statement("checkpoints-at")
const listStatement = statement("list-checkpoints")
const originsStatement = statement("origins")

const passed = Metric.gauge("paylog_checkpoint_rows_passed_over", {
  description: "Rows of checkpoints larger than the newest one that holds, and not signed by a key of this log",
})
