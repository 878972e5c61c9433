/** The updates that Telegram has told the bot: stored before they are confirmed, handled in order within a chat, each once. */
import { InvoiceId } from "@paylog/domain/Invoice"
import { Database, type Sql } from "@paylog/event-store/Database"
import type { StoreUnavailable } from "@paylog/event-store/EventStore"
import { fromFile } from "@paylog/event-store/Statement"
import * as Ids from "@paylog/payments/Ids"
import { Context, Duration, Effect, Layer, Predicate, Queue } from "effect"
import { SecureRandom } from "effect/crypto"
import type { Update } from "telegraf/types"

/** An update under a claim, as it is handled. */
export interface Received {
  readonly botId: number
  readonly updateId: bigint
  /** Names the update wherever a name is needed, without personal data. */
  readonly key: string
  readonly update: Update
  /** Made when the update was stored: handling it again issues the same invoice. */
  readonly invoiceId: InvoiceId
  /** When Telegram told it. */
  readonly receivedAt: Date
  /** This one included. */
  readonly attempts: number
}

export class Inbox extends Context.Service<
  Inbox,
  {
    /** Keeps the updates; one that is there already changes nothing. Once this has succeeded they may be confirmed. */
    readonly store: (updates: ReadonlyArray<Update>) => Effect.Effect<void, StoreUnavailable>
    /** Takes the oldest waiting update of up to `limit` chats. One that is not settled by the end of `lease` is taken again. */
    readonly claim: (limit: number, lease: Duration.Input) => Effect.Effect<ReadonlyArray<Received>, StoreUnavailable>
    /** Marks it handled, in the caller's transaction; false when the claim was overtaken. */
    readonly handled: (sql: Sql, received: Received) => Effect.Effect<boolean, StoreUnavailable>
    /** Gives it back; its chat waits. With `counted` false the attempt is forgotten: it failed for no fault of the update. */
    readonly postpone: (
      received: Received,
      options: { readonly after: Duration.Input; readonly reason: string; readonly counted: boolean },
    ) => Effect.Effect<void, StoreUnavailable>
    /** Sets it aside for a person; its chat goes on. */
    readonly park: (received: Received, reason: string) => Effect.Effect<void, StoreUnavailable>
    /** Deletes what was handled a week ago. */
    readonly forget: Effect.Effect<void, StoreUnavailable>
    /** Waits until something was stored here since the last look, or at most so long. */
    readonly awaitNews: (atMost: Duration.Input) => Effect.Effect<void>
    /** Ends a wait: a claim may find something new. */
    readonly announce: Effect.Effect<void>
  }
>()("bot/Inbox") {
  static readonly layer = (botId: number): Layer.Layer<Inbox, never, Database | SecureRandom.SecureRandom> =>
    Layer.effect(
      Inbox,
      Effect.gen(function* () {
        const database = yield* Database
        const random = yield* SecureRandom.SecureRandom
        const news = yield* Queue.sliding<void>(1)
        const announce = Effect.asVoid(Queue.offer(news, undefined))

        const store = Effect.fnUntraced(
          function* (updates: ReadonlyArray<Update>) {
            if (updates.length === 0) return
            const invoiceIds = yield* Effect.forEach(updates, () => Ids.invoiceId)
            yield* database.query(storeUpdates, [
              botId,
              updates.map(({ update_id }) => update_id),
              updates.map(chatOf),
              updates.map((update) => JSON.stringify(update)),
              invoiceIds,
            ])
            yield* announce
          },
          Effect.provideService(SecureRandom.SecureRandom, random),
        )

        return Inbox.of({
          store,
          claim: (limit, lease) =>
            Effect.map(database.query<Row>(claimUpdates, [botId, limit, Duration.toMillis(lease)]), (rows) =>
              rows.map(({ body, invoiceId, ...row }) => ({
                ...row,
                botId,
                key: `update/${botId}/${row.updateId}`,
                update: JSON.parse(body),
                invoiceId: InvoiceId.make(invoiceId),
              })),
            ),
          handled: (sql, { updateId, attempts }) =>
            Effect.map(sql.query(markHandled, [botId, updateId, attempts]), (rows) => rows.length === 1),
          postpone: ({ updateId, attempts }, { after, reason, counted }) => {
            const counting = counted ? attempts : attempts - 1
            const values = [botId, updateId, attempts, counting, Duration.toMillis(after), reason]
            return Effect.asVoid(database.query(postponeUpdate, values))
          },
          park: ({ updateId, attempts }, reason) =>
            Effect.asVoid(database.query(parkUpdate, [botId, updateId, attempts, reason])),
          forget: Effect.asVoid(database.query(forgetUpdates)),
          awaitNews: (atMost) => Effect.asVoid(Effect.timeoutOption(Queue.take(news), atMost)),
          announce,
        })
      }),
    )
}

interface Row {
  readonly updateId: bigint
  readonly body: string
  readonly invoiceId: string
  readonly attempts: number
  readonly receivedAt: Date
}

/** Where an update belongs: its chat, else its user. All kinds that the bot asks for have one. */
const chatOf = (update: Update): number => {
  const [content] = Object.values(update).filter(Predicate.isObject)
  const found = idAt(content, "message", "chat") ?? idAt(content, "chat") ?? idAt(content, "from")
  return found ?? 0
}

const idAt = (value: unknown, ...path: ReadonlyArray<string>): number | undefined => {
  const [key, ...rest] = path
  if (key === undefined)
    return Predicate.hasProperty(value, "id") && typeof value.id === "number" ? value.id : undefined
  return Predicate.hasProperty(value, key) ? idAt(value[key], ...rest) : undefined
}

const statement = (name: string) => fromFile(new URL(`../sql/${name}.sql`, import.meta.url))
const storeUpdates = statement("store-updates")
const claimUpdates = statement("claim-updates")
const markHandled = statement("mark-update-handled")
const postponeUpdate = statement("postpone-update")
const parkUpdate = statement("park-update")
const forgetUpdates = statement("forget-updates")
