/**
 * Messages as they are sent: claimed at the pace that Telegram bears, the most urgent first, and settled one by one. What is
 * claimed is a customer, so that one chat has one message under way, whatever number of processes sends.
 */
import { Clock, Duration, Effect, Schema } from "effect"
import { CustomerId, type InvoiceId } from "@paylog/domain/Invoice"
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { decode as decodeDelivery, type Delivery } from "./Deliveries.ts"

/** How fast all processes together may send. */
export interface Pace {
  /** Messages and edits a second. A fifth of a second's worth may come at once, so no second ever has more than 1.2 times as many. */
  readonly perSecond: number
  /** In one chat, counted from Telegram's answer to the last. */
  readonly perChatPerSecond: number
}

/** A customer under a claim, with the message that comes next. */
export interface Claim {
  readonly customerId: CustomerId
  /** The fencing token of this claim: what a stalled process does late is refused. */
  readonly token: bigint
  /** By this process's clock, and rather too early. Whoever sends later finds that another process has the customer. */
  readonly endsAtMs: number
  /** In a row, before this try. */
  readonly failures: number
  /** None when it was settled just before. */
  readonly delivery: Delivery | undefined
}

/** How many messages may come at once. */
const burstOf = ({ perSecond }: Pace) => Math.max(1, perSecond / 5)

/**
 * Of these, what answers and receipts find even while goods and news would take all that there is. One is left over for when these come
 * a little late: a pace that nobody uses in time is lost.
 */
const keptOf = (pace: Pace) => Math.max(0, Math.min(Math.floor(burstOf(pace) * 0.6), Math.floor(burstOf(pace)) - 2))

const chatWaitMs = ({ perChatPerSecond }: Pace) => 1000 / perChatPerSecond

const Row = Schema.Struct({ customerId: CustomerId, token: Schema.BigInt, failures: Schema.Int })
const decodeRow = Schema.decodeUnknownSync(Row)

/**
 * Takes what the pace allows now, at most `limit`; each for the length of `lease`. While many messages wait, a receipt does not
 * wait for its share of the pace: the others leave some. One statement.
 */
export const claim = Effect.fn("Sending.claim")(function* (limit: number, lease: Duration.Input, pace: Pace) {
  const values = [limit, Duration.toMillis(lease), pace.perSecond, burstOf(pace), keptOf(pace)]
  const endsAtMs = (yield* Clock.currentTimeMillis) + Duration.toMillis(lease)
  const rows = yield* (yield* Database).query<{ readonly deliveryId: string | null }>(claimStatement, values)
  return rows.map((row): Claim => ({
    ...decodeRow(row),
    endsAtMs,
    delivery: row.deliveryId === null ? undefined : decodeDelivery(row),
  }))
})

/** How long until something may be claimed; not positive: now. `undefined`: nothing waits. */
export const nextDueMs = Effect.fn("Sending.nextDueMs")(function* (pace: Pace) {
  const values = [pace.perSecond, burstOf(pace), keptOf(pace)]
  const [row] = yield* (yield* Database).query<{ readonly inMs: number | null }>(nextDue, values)
  return row?.inMs ?? undefined
})

/** How long nothing may be sent to anybody; 0: something may. */
export const paceWaitSeconds = Effect.fn("Sending.paceWaitSeconds")(function* (pace: Pace) {
  const values = [pace.perSecond, burstOf(pace)]
  const [row] = yield* (yield* Database).query<{ readonly seconds: number }>(paceAhead, values)
  return row?.seconds ?? 0
})

/**
 * Notes that a new message is about to be sent, and answers which try this is: above 1, nobody knows whether an earlier one
 * arrived. 0: the claim was overtaken, and nothing may be sent.
 */
export const begin = Effect.fn("Sending.begin")(function* ({ customerId, token }: Claim, { deliveryId }: Delivery) {
  const values = [customerId, token, deliveryId]
  const [row] = yield* (yield* Database).query<{ readonly sends: number }>(beginSend, values)
  return row?.sends ?? 0
})

/** What was begun was refused: it was not sent for certain. */
export const notSent = Effect.fn("Sending.notSent")(function* ({ customerId, token }: Claim, { deliveryId }: Delivery) {
  yield* (yield* Database).query(notSentStatement, [customerId, token, deliveryId])
})

/**
 * The revision is shown by this message; with `status`, this invoice's status changes in it from now on. Of a claim that was
 * overtaken it is noted only where no message is known to show it.
 */
export const shown = (
  claim: Claim,
  delivery: Delivery,
  { messageId, status, pace }: { readonly messageId: string; readonly status?: InvoiceId; readonly pace: Pace },
) => settle(claim, delivery, { messageId, status: status ?? null, reason: null, waitMs: chatWaitMs(pace) })

/** The message is over without having been sent: what it was to show is not to be shown any more. */
export const drop = (claim: Claim, delivery: Delivery) =>
  settle(claim, delivery, { messageId: null, status: null, reason: null, waitMs: 0 })

/**
 * Sets a message aside that can never be shown as it is; the next change is tried again. Whether it has arrived all the same stays
 * in doubt when it is: another try is the second. `reason` holds no personal data.
 */
export const park = (claim: Claim, delivery: Delivery, reason: string, pace: Pace) =>
  settle(claim, delivery, { messageId: null, status: null, reason, waitMs: chatWaitMs(pace) })

const settle = Effect.fn("Sending.settle")(function* (
  { customerId, token }: Claim,
  { deliveryId, revision }: Delivery,
  how: {
    readonly messageId: string | null
    readonly status: InvoiceId | null
    readonly reason: string | null
    readonly waitMs: number
  },
) {
  const values = [customerId, token, deliveryId, revision, how.messageId, how.reason, how.waitMs, how.status]
  yield* (yield* Database).query(settleStatement, values)
})

/**
 * Nothing more to this customer for `afterMs`, whatever else becomes due. `tooFast`: Telegram said so; when it does in three chats
 * within five seconds, everybody waits.
 */
export const later = Effect.fn("Sending.later")(function* (
  { customerId, token }: Claim,
  how: { readonly afterMs: number; readonly tooFast: boolean; readonly pace: Pace },
) {
  const database = yield* Database
  yield* database.query(laterStatement, [customerId, token, how.afterMs, how.tooFast])
  if (!how.tooFast) return
  yield* database.query(slowDown, [how.afterMs, how.pace.perSecond, burstOf(how.pace)])
})

/** Nothing goes to this customer: the bot is blocked, until they are heard from; or nothing waits, or they were erased. */
export const rest = Effect.fn("Sending.rest")(function* ({ customerId, token }: Claim, blocked: boolean) {
  yield* (yield* Database).query(restStatement, [customerId, token, blocked])
})

export interface Status {
  /** Customers with something to be sent. */
  readonly waiting: bigint
  /** How long the one who waits longest has been due; `null` when nobody waits. */
  readonly oldestDueSeconds: number | null
  /** Customers who have blocked the bot. */
  readonly blocked: bigint
  /** Messages that were set aside. */
  readonly parked: bigint
}

/** Counts by partial indexes: for metrics. */
export const status = Effect.gen(function* () {
  const [row] = yield* (yield* Database).query<Status>(statusStatement)
  return row ?? { waiting: 0n, oldestDueSeconds: null, blocked: 0n, parked: 0n }
})

const statement = (name: string) => Statement.fromFile(new URL(`../sql/sending/${name}.sql`, import.meta.url))
const claimStatement = statement("claim")
const nextDue = statement("next-due")
const paceAhead = statement("pace-ahead")
const beginSend = statement("begin-send")
const notSentStatement = statement("not-sent")
const settleStatement = statement("settle")
const laterStatement = statement("later")
const slowDown = statement("slow-down")
const restStatement = statement("rest")
const statusStatement = statement("status")
