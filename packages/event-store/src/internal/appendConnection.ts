/** The writer's own connection, made when needed and again when it was lost. */
import { Effect, type Scope } from "effect"
import { Client } from "pg"
import type { StoreUnavailable } from "../EventStore.ts"
import { AppendQuery } from "./AppendQuery.ts"
import type { Verdicts } from "./batch.ts"
import type { ConnectionOptions } from "../ConnectionOptions.ts"
import { attempt, clientConfig, notConnected } from "./connection.ts"
import type { Item } from "./item.ts"
import { Messages } from "./Messages.ts"

/** A connection, with what is its own: the old one may still be sending what was written to it. */
interface Open {
  readonly client: Client
  readonly messages: Messages
  prepared: boolean
}

/** Appends a batch by one call of `paylog.append`. One call at a time; bounded by the time-outs. */
export const make = Effect.fnUntraced(function* (
  options: ConnectionOptions,
): Effect.fn.Return<(items: ReadonlyArray<Item>) => Effect.Effect<Verdicts, StoreUnavailable>, never, Scope.Scope> {
  const unnamed = options.pooler === true
  let current: Open | undefined

  const forget = (client: Client) => {
    if (current?.client === client) current = undefined
    void client.end().catch(() => {})
  }

  const connect = Effect.tryPromise({
    try: async () => {
      const client = new Client(clientConfig(options))
      client.on("error", () => forget(client))
      await client.connect()
      current = { client, messages: new Messages(), prepared: false }
      return current
    },
    catch: notConnected,
  })

  yield* Effect.addFinalizer(() => Effect.sync(() => current !== undefined && forget(current.client)))

  return Effect.fnUntraced(function* (items: ReadonlyArray<Item>) {
    const open = current ?? (yield* connect)
    const { client, messages, prepared } = open
    const onPrepared = () => void (open.prepared = !unnamed)
    const verdicts = yield* attempt(
      "paylog.append",
      () =>
        new Promise<Verdicts | undefined>((resolve, reject) => {
          client.query(
            new AppendQuery(items, { messages, prepared, onPrepared, unnamed }, (error, verdicts) =>
              error === null ? resolve(verdicts) : reject(error),
            ),
          )
        }),
    ).pipe(Effect.tapError(() => Effect.sync(() => forget(client))))
    return verdicts ?? (yield* Effect.die(new Error("paylog.append returned no row")))
  })
})
