/** The layer of `Database`: a pool of `pg` connections. */
import { Cause, Effect, Exit, Layer } from "effect"
import { Pool, type PoolClient, type QueryResult } from "pg"
import { Database, type Sql, type Statement } from "./Database.ts"
import { StoreUnavailable } from "./EventStore.ts"
import { type ConnectionOptions, defaultTimeouts } from "./ConnectionOptions.ts"
import { ask, askForRows } from "./internal/ask.ts"
import { attempt, clientConfig, notConnected } from "./internal/connection.ts"
import { WireQuery } from "./internal/WireQuery.ts"
import { RowsApart } from "./internal/rowsApart.ts"

export interface Options extends ConnectionOptions {
  /** The most connections at once; who comes later waits for one, at most `timeouts.connect`. Default: 10. */
  readonly connections?: number
}

/** A pool that connects when first needed. Nothing here fails for want of a server; each use does, with `StoreUnavailable`. */
export const layer = (options: Options): Layer.Layer<Database> =>
  Layer.effect(
    Database,
    Effect.gen(function* () {
      const pool = yield* Effect.acquireRelease(
        Effect.sync(() => new Pool({ ...clientConfig(options), max: options.connections ?? 10, Client: RowsApart })),
        // Says goodbye to the server and waits for its; on a silent network, not for ever.
        (pool) => Effect.promise(() => pool.end()).pipe(Effect.timeoutOption("2 seconds")),
      )
      // `pg` emits a lost connection as an error event of the client and, when idle, of the pool; unheard, it ends the process.
      pool.on("error", () => {})
      pool.on("connect", (client) => client.on("error", () => {}))

      const withClient = <A, E, R>(use: (client: PoolClient) => Effect.Effect<A, E, R>) =>
        Effect.acquireUseRelease(Effect.tryPromise({ try: () => pool.connect(), catch: notConnected }), use, release)

      return Database.of({
        query: (statement, values) => withClient((client) => sqlOn(client, options).query(statement, values)),
        transaction: (use) => withClient((client) => inTransaction(client, use, options)),
      })
    }),
  )

/** No `Effect.gen`: V8 keeps what a generator made on the spot can reach until the next full collection, here all that is written. */
const inTransaction = <A, E, R>(client: PoolClient, use: (sql: Sql) => Effect.Effect<A, E, R>, options: Options) => {
  const used = Effect.suspend(() => use(sqlOn(client, options))).pipe(
    // A lost connection or an interruption destroys the connection, and so ends the transaction.
    Effect.tapCause((cause) => (mustDestroy(cause) ? Effect.void : command(client, "rollback"))),
  )
  return Effect.andThen(command(client, begin(options)), used).pipe(Effect.tap(commit(client)))
}

/** After a statement that failed, whoever caught it, the server rolls back and says so without an error. */
const commit = (client: PoolClient) =>
  Effect.flatMap(command(client, "commit"), (done) =>
    done === "COMMIT"
      ? Effect.void
      : Effect.die(new Error(`A transaction went on after a statement in it had failed: ${done} instead of COMMIT`)),
  )

const sqlOn = (client: PoolClient, options: Options): Sql => ({
  query: <Row>({ name, text, rows }: Statement, values?: ReadonlyArray<unknown>) => {
    const statement = { name: options.pooler === true ? "" : name, text }
    const answer =
      rows === undefined
        ? () => askForRows<Row & object>((values, callback) => client.query({ ...statement, values }, callback), values)
        : () =>
            ask<ReadonlyArray<Row>>((callback) =>
              client.query(new WireQuery({ ...statement, rows }, values ?? [], callback)),
            )
    return attempt(name, answer)
  },
})

/** Answers with the command that the server says it has done. */
const command = (client: PoolClient, text: string) =>
  Effect.map(
    attempt(text, () => ask<QueryResult>((callback) => client.query(text, callback))),
    ({ command }) => command,
  )

/** Behind a pooler the session has no time-outs of ours, so the transaction brings them. */
const begin = (options: Options): string => {
  if (options.pooler !== true) return "begin"
  const timeouts = { ...defaultTimeouts, ...options.timeouts }
  return `begin;
    set local lock_timeout = ${timeouts.lock};
    set local statement_timeout = ${timeouts.statement};
    set local idle_in_transaction_session_timeout = ${timeouts.idleInTransaction}`
}

/** After these, a statement may still be running, or the transaction still be open, on the connection. */
const mustDestroy = (cause: Cause.Cause<unknown>): boolean =>
  cause.reasons.some(
    (reason) =>
      Cause.isInterruptReason(reason) || (Cause.isFailReason(reason) && reason.error instanceof StoreUnavailable),
  )

const release = (client: PoolClient, exit: Exit.Exit<unknown, unknown>) =>
  Effect.sync(() => client.release(Exit.isFailure(exit) && mustDestroy(exit.cause)))
