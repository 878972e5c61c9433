/** The checkpoints that were signed of this log, as the database has them. Whether a signature holds is the reader's to check. */
import { Database, type Statement as Query } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { Effect } from "effect"

/** A row. `note` is the C2SP signed note; the rest stands in it too. */
export interface Signed {
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
  readonly note: string
  readonly signedAt: Date
}

/** The newest, of this origin or of any; `undefined` when nothing was signed. One query. */
export const latest = (origin?: string) => one(latestStatement, [origin ?? null])

/** The one of this origin and size. One query. */
export const at = (origin: string, size: number) => one(atStatement, [origin, size])

/** The smallest of this origin that holds the event at `position`: what a proof of it rests on. One query. */
export const over = (origin: string, position: bigint) => one(overStatement, [origin, position])

/** Those of this origin with more than `after` events, smallest first. One query. */
export const list = Effect.fnUntraced(function* (origin: string, after: number, limit: number) {
  return (yield* (yield* Database).query<Row>(listStatement, [origin, after, limit])).map(signed)
})

/** Every origin that this log was signed under, the first one first. One query. */
export const origins = Effect.gen(function* () {
  const rows = yield* (yield* Database).query<Pick<Row, "origin">>(originsStatement)
  return rows.map(({ origin }) => origin)
})

type Row = Omit<Signed, "size"> & { readonly size: bigint }

const signed = (row: Row): Signed => ({ ...row, size: Number(row.size) })

const one = Effect.fnUntraced(function* (statement: Query, values: ReadonlyArray<unknown>) {
  const [row] = yield* (yield* Database).query<Row>(statement, values)
  return row === undefined ? undefined : signed(row)
})

const statement = (name: string) => Statement.fromFile(new URL(`../sql/read/${name}.sql`, import.meta.url))
const latestStatement = statement("latest-checkpoint")
const atStatement = statement("checkpoint-at")
const overStatement = statement("checkpoint-over")
const listStatement = statement("list-checkpoints")
const originsStatement = statement("origins")
