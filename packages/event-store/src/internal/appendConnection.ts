/** The writer's own connection, made when needed and again when it was lost. */
import { Effect, type Scope } from "effect"
import { Client } from "pg"
import type { StoreUnavailable } from "../EventStore.ts"
import { statement, valuesOf, type Verdicts } from "./batch.ts"
import { attempt, clientConfig, type ConnectionOptions, notConnected } from "./connection.ts"
import type { Item } from "./item.ts"

/** Appends a batch by one call of `paylog.append`. One call at a time; bounded by the time-outs. */
export const make = Effect.fnUntraced(function* (
  options: ConnectionOptions,
): Effect.fn.Return<(items: ReadonlyArray<Item>) => Effect.Effect<Verdicts, StoreUnavailable>, never, Scope.Scope> {
  let current: Client | undefined

  const forget = (client: Client) => {
    if (current === client) current = undefined
    void client.end().catch(() => {})
  }

  const connect = Effect.tryPromise({
    try: async () => {
      const client = new Client(clientConfig(options))
      client.on("error", () => forget(client))
      await client.connect()
      current = client
      return client
    },
    catch: notConnected,
  })

  yield* Effect.addFinalizer(() => Effect.sync(() => current !== undefined && forget(current)))

  return Effect.fnUntraced(function* (items: ReadonlyArray<Item>) {
    const client = current ?? (yield* connect)
    const values = [...valuesOf(items)]
    const result = yield* attempt("paylog.append", () =>
      client.query<Verdicts & object>({ ...(options.pooler === true ? { text: statement.text } : statement), values }),
    ).pipe(Effect.tapError(() => Effect.sync(() => forget(client))))
    const [row] = result.rows
    return row ?? (yield* Effect.die(new Error("paylog.append returned no row")))
  })
})
