/** How to reach the database, and how long each thing may take. */
import type { Redacted } from "effect"

/**
 * How long each thing may take, in milliseconds. `pg` has no limit of its own: on a silent network it waits for ever. So does
 * what is given 0, which means no limit; a store without `answer` may then never close.
 */
export interface Timeouts {
  /** To get a connection, new or from the pool. */
  readonly connect: number
  /** At the server: to wait for a lock, to run a statement, to sit idle inside a transaction. */
  readonly lock: number
  readonly statement: number
  readonly idleInTransaction: number
  /** At the client: from sending a statement to its answer. More than `statement`, so that the server speaks first. */
  readonly answer: number
}

export const defaultTimeouts: Timeouts = {
  connect: 2000,
  lock: 3000,
  statement: 4000,
  idleInTransaction: 10_000,
  answer: 5000,
}

export interface ConnectionOptions {
  readonly url: Redacted.Redacted
  /**
   * Set behind a proxy that pools transactions (PgBouncer's transaction mode): no named statements, which older ones mix
   * up, and no session settings at connect, which they refuse. The server's time-outs must then come from the role:
   * `alter role … set statement_timeout`. Default: false.
   */
  readonly pooler?: boolean
  readonly timeouts?: Partial<Timeouts>
}
