/** A connection for one piece of work at start, outside of any pool. */
import { Effect } from "effect"
import { Client } from "pg"
import type { StoreUnavailable } from "../EventStore.ts"
import type { ConnectionOptions } from "../ConnectionOptions.ts"
import { attempt, clientConfig, notConnected } from "./connection.ts"

/** Closing it ends its transaction, whatever happened. */
export const withClient = <A, E>(
  options: ConnectionOptions,
  use: (client: Client) => Effect.Effect<A, E>,
): Effect.Effect<A, E | StoreUnavailable> =>
  Effect.acquireUseRelease(
    Effect.flatMap(Effect.context(), (context) =>
      Effect.tryPromise({
        try: async () => {
          const client = new Client(clientConfig(options))
          // Whoever waits for a statement hears of it there; without a listener the process would end.
          client.on("error", () => {})
          // "00000" is what `raise notice` gives: a file's own words, not "already exists, skipping".
          client.on("notice", ({ code, message }) => {
            if (code === "00000") Effect.runForkWith(context)(Effect.logWarning(`Postgres: ${message}`))
          })
          await client.connect()
          return client
        },
        catch: notConnected,
      }),
    ),
    use,
    (client) => Effect.promise(() => client.end()),
  )

/** Runs a statement; `what` names it should it fail by itself. */
export const run = <Row>(
  client: Client,
  what: string,
  text: string,
  values?: ReadonlyArray<unknown>,
): Effect.Effect<ReadonlyArray<Row>, StoreUnavailable> =>
  Effect.map(
    attempt(what, () => client.query<Row & object>({ text, ...(values === undefined ? {} : { values: [...values] }) })),
    (result) => result.rows,
  )
