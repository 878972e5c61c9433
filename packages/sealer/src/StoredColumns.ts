/** Events with every column that is stored, as they are hashed: what a check of the log reads. */
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import type { Stored } from "@paylog/transparency/Entry"

/**
 * At most `limit` events with a position greater than `after`, in order of position; `data` and `metadata` are the text as it
 * is stored. A `recordedAtMs` below zero is a time that paylog.append never made. One query.
 */
export const page = (after: bigint, limit: number) =>
  Database.use(({ query }) => query<Stored>(pageStatement, [after, limit]))

/** All of a stream's events, in order of version. One query. */
export const ofStream = (stream: string) => Database.use(({ query }) => query<Stored>(streamStatement, [stream]))

const statement = (name: string) => Statement.fromFile(new URL(`../sql/read/${name}.sql`, import.meta.url))
const pageStatement = statement("stored-page")
const streamStatement = statement("stored-of-stream")
