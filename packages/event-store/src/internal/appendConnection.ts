/** The writer's own connection, made when needed and again when it was lost. */
import { Cause, Effect, type Scope, Semaphore } from "effect"
import type { Client } from "pg"
import type { StoreUnavailable } from "../EventStore.ts"
import { ask } from "./ask.ts"
import { AppendQuery } from "./AppendQuery.ts"
import type { Verdicts } from "./batch.ts"
import type { ConnectionOptions } from "../ConnectionOptions.ts"
import { attempt, clientConfig, notConnected } from "./connection.ts"
import type { Item } from "./item.ts"
import { Messages } from "./Messages.ts"
import { RowsApart } from "./rowsApart.ts"

/** A connection, with what is its own: an old one may still be sending what was written to it. */
interface Open {
  readonly client: Client
  /** Buffers of calls that were answered, for the next ones. */
  readonly spare: Array<Messages>
  prepared: boolean
}

/**
 * Appends a batch by one call of `paylog.append`; each call is bounded by the time-outs. A call made while another is under
 * way is sent at once, and the server works on it when that one is done, in its own transaction. Only while the connection does
 * not know the statement by its name, behind a proxy for ever, does one call wait for the other.
 */
export const make = Effect.fnUntraced(function* (
  options: ConnectionOptions,
): Effect.fn.Return<(items: ReadonlyArray<Item>) => Effect.Effect<Verdicts, StoreUnavailable>, never, Scope.Scope> {
  const unnamed = options.pooler === true
  const one = yield* Semaphore.make(1)
  let current: Open | undefined

  const forget = (client: Client) => {
    if (current?.client === client) current = undefined
    void client.end().catch(() => {})
  }

  const connect = Effect.tryPromise({
    try: async () => {
      const client = new RowsApart({ ...clientConfig(options), pipeline: !unnamed })
      client.on("error", () => forget(client))
      await client.connect()
      current = { client, spare: [], prepared: false }
      return current
    },
    catch: notConnected,
  })

  yield* Effect.addFinalizer(() => Effect.sync(() => current !== undefined && forget(current.client)))

  const send = Effect.fnUntraced(function* (items: ReadonlyArray<Item>) {
    const open = current ?? (yield* connect)
    const { client, spare, prepared } = open
    const messages = spare.pop() ?? new Messages()
    const verdicts = yield* attempt("paylog.append", () =>
      ask<Verdicts | undefined>((callback) =>
        client.query(new AppendQuery(items, { messages, prepared, unnamed }, callback)),
      ),
    ).pipe(
      // After a first call that failed, nobody knows whether the connection knows the statement.
      Effect.tapCause((cause) => Effect.sync(() => (!prepared || Cause.hasFails(cause)) && forget(client))),
    )
    spare.push(messages)
    open.prepared = !unnamed
    return verdicts ?? (yield* Effect.die(new Error("paylog.append returned no row")))
  })

  const alone = one.withPermits(1)
  return (items) => Effect.suspend(() => (current?.prepared === true ? send(items) : alone(send(items))))
})
