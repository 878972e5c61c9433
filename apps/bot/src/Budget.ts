/**
 * How much one customer may ask for. It is counted in Postgres, so that it holds whatever number of processes there is and after
 * each restart; owners have no limit.
 */
import type { CustomerId, InvoiceId } from "@paylog/domain/Invoice"
import { Database } from "@paylog/event-store/Database"
import { fromFile } from "@paylog/event-store/Statement"
import { WorkQueue } from "@paylog/event-store/WorkQueue"
import * as Polls from "@paylog/payments/Polls"
import * as Staff from "@paylog/payments/Staff"
import { Clock, Context, Effect, Option } from "effect"

export interface Limits {
  /** Invoices that one customer may have issued in an hour: each opens an order at the provider. */
  readonly ordersPerHour: number
  /** Of one chat, messages and presses in a minute. */
  readonly updatesPerMinute: number
}

/** The usual ones: in a chat Telegram takes one answer a second, and nobody buys every three minutes for an hour. */
export const Budget = Context.Reference<Limits>("bot/Budget", {
  defaultValue: () => ({ ordersPerHour: 20, updatesPerMinute: 60 }),
})

/** Whether the customer may have this invoice issued. An invoice that had its place keeps it, whoever asks again. */
export const takeOrder = Effect.fn("Budget.takeOrder")(function* (
  { customerId, telegramUserId }: { readonly customerId: CustomerId; readonly telegramUserId: string },
  invoiceId: InvoiceId,
) {
  const { ordersPerHour } = yield* Budget
  const values = [customerId, invoiceId, ordersPerHour]
  const [row] = yield* (yield* Database).query<{ readonly placed: boolean }>(takeOrderStatement, values)
  return row?.placed === true || (yield* isOwner(telegramUserId))
})

/** By how many updates this one is past what its chat may send in a minute; 0: it is within. The same whenever it is asked. */
export const excess = Effect.fn("Budget.excess")(function* (
  { botId, updateId }: { readonly botId: number; readonly updateId: bigint },
  telegramUserId: string,
) {
  const { updatesPerMinute } = yield* Budget
  const [row] = yield* (yield* Database).query<{ readonly nth: number }>(countUpdates, [botId, updateId])
  const past = Math.max(0, (row?.nth ?? 0) - updatesPerMinute)
  return past > 0 && (yield* isOwner(telegramUserId)) ? 0 : past
})

/** Has the provider asked after the order at once, whoever presses how often: every ten seconds at most. */
export const ask = Effect.fn("Budget.ask")(function* (invoiceId: InvoiceId) {
  const work = yield* WorkQueue
  const dueAtMs = yield* Clock.currentTimeMillis
  yield* (yield* Database).transaction((sql) =>
    Effect.gen(function* () {
      if ((yield* sql.query(askStatement, [invoiceId])).length === 0) return
      yield* work.add(sql, Polls.askedQueue, [{ key: invoiceId, dueAtMs }])
    }),
  )
})

/** Deletes what is too old to count. */
export const forget = Effect.suspend(() =>
  Database.use(({ query }) => Effect.all([query(forgetOrders), query(forgetAsked)], { discard: true })),
)

const isOwner = (telegramUserId: string) =>
  Effect.map(Staff.linkedTo(telegramUserId), (known) => Option.isSome(known) && known.value.role === "owner")

const statement = (name: string) => fromFile(new URL(`../sql/budget/${name}.sql`, import.meta.url))
const takeOrderStatement = statement("take-order")
const countUpdates = statement("count-updates")
const askStatement = statement("ask")
const forgetAsked = statement("forget-asked")
const forgetOrders = statement("forget-orders")
