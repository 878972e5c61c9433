/** A `pg` pool as a service. For read models, work queues and other tables beside the log; the log has its own writer. */
import type { Effect } from "effect"
import { Context } from "effect"
import type { StoreUnavailable } from "./EventStore.ts"

/** A statement from a `.sql` file. The name makes it a prepared statement; it is unique per text. */
export interface Statement {
  readonly name: string
  readonly text: string
  /**
   * Its rows are events: a `RecordedEvent` each, read straight from the wire. Columns: position, version, schema_version,
   * recorded_at, id, stream, type, data, metadata, in this order, none null. Default: rows as `Sql` says.
   */
  readonly rows?: "events" | WireRows
}

/** How rows become what the query answers with, straight from the wire: for queries of very many of them. */
export interface WireRows {
  /** Of each column: 1 in binary, 0 as text. */
  readonly formats: ReadonlyArray<0 | 1>
  /**
   * Called with each row as it comes in. At `start` stands the number of columns (two bytes), then each column after its length
   * (four bytes, big-endian; −1 for a null). The bytes are another's afterwards, and it may not throw.
   */
  readonly read: (row: Buffer, start: number) => unknown
}

/** Runs statements: on a connection of the pool, or inside one transaction. Values: int8 is `bigint`, timestamptz is `Date`, json and numeric are text, bytea is `Uint8Array`. */
export interface Sql {
  readonly query: <Row>(
    statement: Statement,
    values?: ReadonlyArray<unknown>,
  ) => Effect.Effect<ReadonlyArray<Row>, StoreUnavailable>
}

export class Database extends Context.Service<
  Database,
  Sql & {
    /** Runs `use` in one transaction: committed when it succeeds, rolled back when it fails or is interrupted. */
    readonly transaction: <A, E, R>(
      use: (sql: Sql) => Effect.Effect<A, E, R>,
    ) => Effect.Effect<A, E | StoreUnavailable, R>
  }
>()("event-store/Database") {}
