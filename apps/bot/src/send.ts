/** Sends what is due to customers: a message of its own once, an invoice's status in one message that changes. */
import { CustomerId, type InvoiceId } from "@paylog/domain/Invoice"
import * as WorkerRunner from "@paylog/event-store/WorkerRunner"
import type { WorkItem } from "@paylog/event-store/WorkQueue"
import * as Customers from "@paylog/payments/Customers"
import * as Deliveries from "@paylog/payments/Deliveries"
import * as Invoices from "@paylog/payments/Invoices"
import { DateTime, Duration, Effect, Metric, Option, Schedule } from "effect"
import { faultOf } from "@paylog/event-store/faultOf"
import { waitMs } from "./persist.ts"
import { type Body, draw, fromJson } from "./Screen.ts"
import { type Failure, Telegram } from "./Telegram.ts"
import { type Message, toTelegram } from "./view/Message.ts"
import { languageOf } from "./words/language.ts"

/**
 * Runs for ever, in any number of processes. A customer's messages go one after the other, in the order in which they
 * became due; while Telegram has one wait, the later ones wait, and nobody else's. An edit may be repeated and shows the
 * newest state. A new message is repeated only when Telegram's answer to it was lost, by a time-out or by our end.
 */
export const send = WorkerRunner.run({
  queue: Deliveries.queue,
  concurrency: 32,
  lease: "30 seconds",
  handle: (item) => sendPending(item, CustomerId.make(item.key)),
})

const sendPending = Effect.fnUntraced(function* (item: WorkItem, customerId: CustomerId) {
  const customer = Option.getOrUndefined(yield* Customers.find(customerId))
  // Erased.
  if (customer === undefined) return
  const sendInTurn = (delivery: Deliveries.Delivery) =>
    Effect.andThen(untilNotBefore(delivery), sendOne(delivery, customer)).pipe(
      Effect.catchTags({
        TooManyRequests: (failure) => postpone(delivery, failure, item),
        Unavailable: (failure) =>
          Effect.andThen(
            Effect.logWarning(`Telegram is out of reach: ${failure.reason}`),
            postpone(delivery, failure, item),
          ),
      }),
    )
  yield* Effect.forEach(yield* Deliveries.pending(customerId), sendInTurn, { discard: true }).pipe(
    // They stay pending, and go out when their customer comes back.
    Effect.catchTag("Blocked", () => Effect.logInfo("Messages are withheld: their customer has blocked the bot")),
  )
})

/** A message that was postponed is claimed earlier when its customer has become due for another one. */
const untilNotBefore = Effect.fnUntraced(function* ({ notBefore }: Deliveries.Delivery) {
  const now = yield* DateTime.now
  if (notBefore === null || DateTime.isLessThanOrEqualTo(notBefore, now)) return
  const afterMs = Duration.toMillis(DateTime.distance(now, notBefore))
  return yield* new WorkerRunner.RetryAfter({ afterMs, reason: "postponed" })
})

const postpone = Effect.fnUntraced(function* (delivery: Deliveries.Delivery, failure: Failure, item: WorkItem) {
  const afterMs = yield* waitMs(failure, item.attempts + 1, 30_000)
  yield* Deliveries.postpone(delivery, DateTime.add(yield* DateTime.now, { milliseconds: afterMs }))
  return yield* new WorkerRunner.RetryAfter({ afterMs, reason: failure._tag })
})

/** Shows one message. One that cannot be shown whenever it is tried is set aside, and holds up no other. */
const sendOne = (delivery: Deliveries.Delivery, customer: Customers.Customer) =>
  Effect.gen(function* () {
    const { customerId, chatId, language } = customer
    if (delivery.body === null && delivery.messageId !== null && (yield* isBeingPrepared(delivery.invoiceId)))
      return yield* Deliveries.shown(delivery, delivery.messageId)
    const body = delivery.body === null ? statusOf(delivery) : fromJson(delivery.body)
    const message = yield* draw(body.screen, { customerId, language: languageOf(language) })
    yield* show(Number(chatId), body.edit, message).pipe(
      Effect.tap(() => count("Shown")),
      Effect.tapError(({ _tag }) => count(_tag)),
      Effect.flatMap((messageId) => remember(delivery, body, String(messageId))),
      // A message that was sent is known to be.
      Effect.uninterruptible,
    )
  }).pipe(
    Effect.catchTag("Refused", ({ code, reason }) => setAside(delivery, `${code} ${reason}`, [])),
    Effect.catchDefect((defect) => setAside(delivery, faultOf(defect).name, faultOf(defect).at)),
  )

/** The step from `Issued` to `Requested` is none that a customer sees, and Telegram counts edits that change nothing too. */
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
const remember = Effect.fnUntraced(
  function* (delivery: Deliveries.Delivery, { screen }: Body, messageId: string) {
    yield* Deliveries.shown(delivery, messageId)
    if (screen._tag === "Invoice") yield* Deliveries.moveStatus(screen.invoiceId, messageId)
  },
  // Else the message would be sent again.
  Effect.retry({ times: 5, schedule: Schedule.exponential("200 millis") }),
)

const setAside = (delivery: Deliveries.Delivery, reason: string, at: ReadonlyArray<string>) =>
  Effect.andThen(Effect.logError(`A message is set aside: ${reason}`, at), Deliveries.park(delivery, reason))

const count = (outcome: string) => Metric.update(Metric.withAttributes(outcomes, { outcome }), 1)

const outcomes = Metric.counter("paylog_bot_messages_total", {
  description: "Messages sent or edited, by how that ended",
  incremental: true,
})
