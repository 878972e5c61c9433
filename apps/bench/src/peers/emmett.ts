/** Emmett's npm release, by its documented API, with its schema made beforehand and a pool of a stated size. */
import { isExpectedVersionConflictError } from "@event-driven-io/emmett"
import { getPostgreSQLEventStore, type PostgresEventStore } from "@event-driven-io/emmett-postgresql"
import { Effect, Redacted } from "effect"
import { Pool } from "pg"
import { eventType, type Mix, type Outcome, type Step } from "../Workload.ts"

/**
 * For as long as the scope lives. The pool is a plain one of `pg`, without our parsers. Emmett is told not to look for its
 * schema at each append, since it is there.
 */
export const store = Effect.fnUntraced(function* (url: Redacted.Redacted, connections: number) {
  const connectionString = Redacted.value(url)
  const migrating = getPostgreSQLEventStore(connectionString)
  yield* Effect.promise(() => migrating.schema.migrate())
  yield* Effect.promise(() => migrating.close())
  const pool = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const pool = new Pool({ connectionString, max: connections })
      pool.on("error", () => {})
      return pool
    }),
    (pool) => Effect.promise(() => pool.end()),
  )
  return getPostgreSQLEventStore(connectionString, {
    schema: { autoMigration: "None" },
    connectionOptions: { pool },
  })
})

/** 0 is checked as a version; Emmett's `STREAM_DOES_NOT_EXIST` is not checked by its release on Postgres. */
export const writer =
  (store: PostgresEventStore, { payload, events }: Mix) =>
  async ({ stream, expected }: Step): Promise<Outcome> => {
    try {
      await store.appendToStream(
        stream,
        Array.from({ length: events }, () => ({ type: eventType, data: payload.data, metadata: payload.metadata })),
        expected === undefined ? {} : { expectedStreamVersion: BigInt(expected) },
      )
      return "Appended"
    } catch (error) {
      if (isExpectedVersionConflictError(error)) return "Conflict"
      throw error
    }
  }

/** As Emmett itself empties its tables. */
export const reset = (store: PostgresEventStore): Effect.Effect<void> =>
  Effect.promise(() => store.schema.dangerous.truncate({ resetSequences: true }))
