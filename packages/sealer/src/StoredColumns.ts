/** Events with every column that is stored, as they are hashed: what a check of the log reads. */
import { Database, type Sql } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import type { Stored } from "@paylog/transparency/Entry"
import { Effect } from "effect"

/**
 * At most `limit` events with a position greater than `after`, in order of position; `data` and `metadata` are the text as it
 * is stored. A `recordedAtMs` below zero is a time that paylog.append never made. One query; also on the `Sql` of a transaction.
 */
export const page = (after: bigint, limit: number, sql?: Sql) =>
  on(sql, (sql) => sql.query<Stored>(pageStatement, [after, limit]))

/** All of a stream's events, in order of version. One query. */
export const ofStream = (stream: string, sql?: Sql) => on(sql, (sql) => sql.query<Stored>(streamStatement, [stream]))

const on = <A, E, R>(sql: Sql | undefined, use: (sql: Sql) => Effect.Effect<A, E, R>) =>
  sql === undefined ? Effect.flatMap(Database, use) : use(sql)

const statement = (name: string) => Statement.fromFile(new URL(`../sql/read/${name}.sql`, import.meta.url))
const pageStatement = statement("stored-page")
const streamStatement = statement("stored-of-stream")
