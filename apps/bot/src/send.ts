/** Sends what is due to customers: a message of its own once, an invoice's status in one message that changes. */
import type { CustomerId, InvoiceId } from "@paylog/domain/Invoice"
import { Database } from "@paylog/event-store/Database"
import { fromFile } from "@paylog/event-store/Statement"
import * as WorkerRunner from "@paylog/event-store/WorkerRunner"
import type { WorkItem } from "@paylog/event-store/WorkQueue"
import * as Customers from "@paylog/payments/Customers"
import * as Deliveries from "@paylog/payments/Deliveries"
import * as Invoices from "@paylog/payments/Invoices"
import { Clock, Effect, Metric, Option, Result, Schedule } from "effect"
import { waitMs } from "./persist.ts"
import { type Body, draw, fromJson } from "./Screen.ts"
import { type Failure, Telegram } from "./Telegram.ts"
import { makeTurns } from "./turns.ts"
import { type Message, toTelegram } from "./view/Message.ts"
import { languageOf } from "./words/language.ts"

/** What a customer's next message waits for, by the clock in milliseconds. */
type Pauses = Map<CustomerId, number>

/**
 * Runs for ever. A customer's messages go one at a time, in the order in which they became due; while one has to wait, the
 * later ones do, and nobody else's. An edit may be repeated and shows the newest state. A new message is repeated only when
 * Telegram's answer to it was lost, by a time-out or by our end.
 */
export const send = Effect.suspend(() => {
  const turns = makeTurns<CustomerId | undefined>()
  const pauses: Pauses = new Map()
  return WorkerRunner.run({
    queue: Deliveries.queue,
    concurrency: 32,
    lease: "30 seconds",
    handle: (item) => turns.take(customerOf(item), () => inTurn(item, pauses)),
  })
})

const customerOf = ({ key }: WorkItem) =>
  Effect.map(Deliveries.find(key), (found) => Option.getOrUndefined(found)?.customerId)

const inTurn = Effect.fnUntraced(function* (item: WorkItem, pauses: Pauses) {
  const delivery = Option.getOrUndefined(yield* Deliveries.find(item.key))
  // Erased; or sent, and our end came before that was noted in the queue.
  if (delivery === undefined || (delivery.body !== null && delivery.messageId !== null)) return
  const { customerId } = delivery
  const left = (pauses.get(customerId) ?? 0) - (yield* Clock.currentTimeMillis)
  // One more than what it waits for, so that it comes after it.
  if (left > 0) return yield* new WorkerRunner.RetryAfter({ afterMs: left + 1, reason: "behind an earlier message" })
  pauses.delete(customerId)
  if (delivery.body === null && delivery.messageId !== null && (yield* isBeingPrepared(delivery.invoiceId))) return
  const customer = Option.getOrUndefined(yield* Customers.find(customerId))
  if (customer === undefined) return

  const body = delivery.body === null ? statusOf(delivery) : fromJson(delivery.body)
  const message = yield* draw(body.screen, { customerId, language: languageOf(customer.language) })
  // Not to be interrupted: a message that was sent is known to be.
  yield* Effect.uninterruptible(
    Effect.gen(function* () {
      const shown = yield* Effect.result(show(Number(customer.chatId), body.edit, message))
      if (Result.isFailure(shown)) return yield* notShown(shown.failure, item, customerId, pauses)
      yield* remember(item.key, body, shown.success)
      yield* Metric.update(Metric.withAttributes(outcomes, { outcome: "shown" }), 1)
    }),
  )
})

/** The step from `Issued` to `Requested` is none that a customer sees; Telegram counts edits that change nothing too. */
const isBeingPrepared = (invoiceId: InvoiceId) =>
  Effect.map(Invoices.get(invoiceId), ({ _tag }) => _tag === "Requested")

/** The status message: sent when there is none yet, else edited. */
const statusOf = ({ invoiceId, messageId }: Extract<Deliveries.Delivery, { readonly body: null }>): Body => ({
  screen: { _tag: "Invoice", invoiceId },
  ...(messageId === null ? {} : { edit: Number(messageId) }),
})

/** Shows a message, in the place of another if that is still there, and tells its id. */
const show = Effect.fnUntraced(function* (chat_id: number, edit: number | undefined, message: Message) {
  const telegram = yield* Telegram
  const parameters = { chat_id, ...toTelegram(message) }
  const sent = Effect.map(telegram.call("sendMessage", parameters), ({ message_id }) => message_id)
  if (edit === undefined) return yield* sent
  return yield* telegram
    .call("editMessageText", { ...parameters, message_id: edit })
    .pipe(Effect.as(edit), Effect.catchTags({ NotModified: () => Effect.succeed(edit), MessageGone: () => sent }))
})

/** An invoice's status is shown where its customer has last asked for it, and from then on changes there. */
const remember = (deliveryId: string, { screen }: Body, messageId: number) =>
  Effect.forEach(
    new Set([deliveryId, ...(screen._tag === "Invoice" ? [Deliveries.statusId(screen.invoiceId)] : [])]),
    (id) => Deliveries.sent(id, String(messageId)),
    { discard: true },
  ).pipe(
    // Else the message would be sent again.
    Effect.retry({ times: 5, schedule: Schedule.exponential("200 millis") }),
  )

const notShown = Effect.fnUntraced(function* (
  failure: Failure,
  item: WorkItem,
  customerId: CustomerId,
  pauses: Pauses,
) {
  yield* Metric.update(Metric.withAttributes(outcomes, { outcome: failure._tag }), 1)
  if (failure._tag === "Blocked") {
    yield* (yield* Database).query(withhold, [customerId, item.key])
    return yield* Effect.logInfo("A message is withheld: its customer has blocked the bot")
  }
  const refused = failure._tag === "Refused"
  if (refused) yield* Effect.logError(`Telegram refuses a message: ${failure.code} ${failure.reason}`)
  const afterMs = yield* waitMs(failure, item.attempts + 1, refused ? 3_600_000 : 30_000)
  // A message that Telegram will not take whenever it comes is a fault of ours, and no reason to hold up the others.
  if (!refused) pauses.set(customerId, (yield* Clock.currentTimeMillis) + afterMs)
  return yield* new WorkerRunner.RetryAfter({ afterMs, reason: failure._tag })
})

const withhold = fromFile(new URL("../sql/withhold-delivery.sql", import.meta.url))

const outcomes = Metric.counter("paylog_bot_messages_total", {
  description: "Messages sent or edited, by how that ended",
  incremental: true,
})
