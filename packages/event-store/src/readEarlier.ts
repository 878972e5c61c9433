/** For followers: what came before a batch, in the batch's own transaction. */
import type { Sql } from "./Database.ts"
import type { RecordedEvent } from "./EventStore.ts"
import * as Statement from "./Statement.ts"

const statement = Statement.ofEvents(new URL("../sql/log/read-earlier.sql", import.meta.url))

/** The events of several streams, each before a version of its own, in order of stream and version. One query. */
export const readEarlier = (sql: Sql, streams: ReadonlyArray<{ readonly stream: string; readonly version: number }>) =>
  sql.query<RecordedEvent>(statement, [streams.map(({ stream }) => stream), streams.map(({ version }) => version)])
