/** What every connection of this package has in common: time-outs, types, and which errors mean "out of reach". */
import { Effect, Redacted } from "effect"
import { type ClientConfig, DatabaseError } from "pg"
import { type ConnectionOptions, defaultTimeouts } from "../ConnectionOptions.ts"
import { StoreUnavailable } from "../EventStore.ts"
import { types } from "./types.ts"

export const clientConfig = (options: ConnectionOptions): ClientConfig => {
  const timeouts = { ...defaultTimeouts, ...options.timeouts }
  return {
    connectionString: Redacted.value(options.url),
    application_name: "paylog",
    connectionTimeoutMillis: timeouts.connect,
    query_timeout: timeouts.answer,
    keepAlive: true,
    types,
    ...(options.pooler === true
      ? {}
      : {
          lock_timeout: timeouts.lock,
          statement_timeout: timeouts.statement,
          idle_in_transaction_session_timeout: timeouts.idleInTransaction,
        }),
  }
}

/** Why no connection was made: what the server said, or the network's code. No password, and no address. */
export const notConnected = (cause: unknown): StoreUnavailable =>
  new StoreUnavailable({
    reason: `no connection (${cause instanceof DatabaseError ? said(cause) : (codeOf(cause) ?? messageOf(cause))})`,
  })

/** Waits for an answer of the server. What is not the server's or the network's failing is a defect, named by `what`. */
export const attempt = <A>(what: string, ask: () => Promise<A>): Effect.Effect<A, StoreUnavailable> =>
  Effect.tryPromise(ask).pipe(
    Effect.catch(({ cause }) => {
      const error = unavailable(cause)
      return error === undefined
        ? Effect.die(new Error(`${what} failed: ${messageOf(cause)}`, { cause }))
        : Effect.fail(error)
    }),
  )

/**
 * The error when a statement failed because the server or the way to it failed, or it had no time; `undefined` when the
 * statement itself is wrong, which is a defect. After the former the connection is not to be used again.
 */
export const unavailable = (cause: unknown): StoreUnavailable | undefined => {
  if (cause instanceof DatabaseError) {
    return transient.test(cause.code ?? "") ? new StoreUnavailable({ reason: said(cause) }) : undefined
  }
  const code = codeOf(cause)
  if (code !== undefined && /^E[A-Z_]+$/.test(code))
    return new StoreUnavailable({ reason: `connection lost (${code})` })
  return lost.test(messageOf(cause)) ? new StoreUnavailable({ reason: messageOf(cause) }) : undefined
}

/**
 * SQLSTATEs (appendix A of the Postgres manual): connection exceptions, serialization failure and deadlock, read-only
 * after a failover, transaction ended while idle, insufficient resources, lock not available, operator intervention,
 * the server's disk and files, its internal errors and corrupted data.
 */
const transient = /^(08...|40001|40P01|25006|25P0[34]|53...|55P03|57...|58...|XX...)$/

/** What `pg` 8.23 itself says, without a code, when a connection ends or a time-out of the client passes. */
const lost = /^(Connection terminated|Query read timeout$|Client (has encountered|was closed))/

const said = (error: DatabaseError): string => `${error.code} ${error.message}`

const codeOf = (cause: unknown): string | undefined =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : "unknown")
