/** Events with every column that is stored, as they are hashed: what a check of the log reads. */
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import type { Stored } from "@paylog/transparency/Entry"
import { type Entered, entryRows, storedRows } from "./storedRows.ts"

/**
 * The events at the `count` positions after `after`, in order of position; `data` and `metadata` are the text as it
 * is stored. Of a time that paylog.append never made, `recordedAtMs` may be that of another: storedRows.ts. One query.
 */
export const page = (after: bigint, count: number) =>
  Database.use(({ query }) => query<Stored>(pageStatement, [after, count]))

/** All of a stream's events, in order of version. One query. */
export const ofStream = (stream: string) => Database.use(({ query }) => query<Stored>(streamStatement, [stream]))

/**
 * Of the same page as `page`, the entries: `Entry.entryOf` of each event, in a fraction of the time. `wants` says by an event's
 * type and the bytes of its metadata whether all of the event is wanted too. One query.
 */
export const entries = (after: bigint, count: number, wants: (type: string, metadata: Buffer) => boolean) =>
  Database.use(({ query }) => query<Entered>({ ...pageStatement, rows: entryRows(wants) }, [after, count]))

const statement = (name: string) => ({
  ...Statement.fromFile(new URL(`../sql/read/${name}.sql`, import.meta.url)),
  rows: storedRows,
})
const pageStatement = statement("stored-page")
const streamStatement = statement("stored-of-stream")
