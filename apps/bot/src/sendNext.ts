/** Sends one message: a body of its own once, an invoice's status in one message that changes. */
import { faultOf } from "@paylog/event-store/faultOf"
import * as Customers from "@paylog/payments/Customers"
import type { Delivery } from "@paylog/payments/Deliveries"
import * as Sending from "@paylog/payments/Sending"
import { Cause, Clock, Data, Effect, Metric, Option, Schedule } from "effect"
import * as Fulfilment from "./fulfilment.ts"
import { waitMs } from "./persist.ts"
import { type Body, draw, fromJson } from "./Screen.ts"
import { type Failure, Telegram, Unavailable } from "./Telegram.ts"
import { type Message, repeated, toDocument, toTelegram } from "./view/Message.ts"
import { languageOf } from "./words/language.ts"
import { wordsIn } from "./words/words.ts"

/** A new message was begun twice, and nobody knows whether it arrived. A third could be one too many. */
class SentTwice extends Data.TaggedError("SentTwice") {}

/** Another process has the customer by now. */
class Overtaken extends Data.TaggedError("Overtaken") {}

/**
 * The customer's next message. An edit may be repeated, and shows the newest state. A new message whose outcome is not known,
 * by a lost answer or our own end, is repeated once, when Telegram can be reached, and says so. Never fails: what cannot be
 * noted runs out with the claim.
 */
export const sendNext = (claim: Sending.Claim, pace: Sending.Pace) =>
  Effect.gen(function* () {
    const { delivery } = claim
    const customer = Option.getOrUndefined(yield* Customers.find(claim.customerId))
    // Settled before, or erased.
    if (delivery === undefined || customer === undefined) return yield* Sending.rest(claim, false)
    yield* sendOne(claim, delivery, customer, pace)
  }).pipe(
    Effect.catchCause((cause) => Effect.logWarning(`A message waits: ${faultOf(Cause.squash(cause)).name}`)),
    Effect.annotateLogs({ customer: claim.customerId }),
  )

const sendOne = Effect.fnUntraced(
  function* (claim: Sending.Claim, delivery: Delivery, customer: Customers.Customer, pace: Sending.Pace) {
    const language = languageOf(customer.language)
    const body = delivery.body === null ? statusOf(delivery) : again(delivery, fromJson(delivery.body))
    const message = yield* draw(body.screen, { ...customer, language })
    const messageId = String(
      yield* show(claim, delivery, {
        chatId: Number(customer.chatId),
        edit: body.edit,
        // Whoever has deleted it does not want to read how it ended.
        mayBeGone: delivery.body !== null && delivery.messageId !== null,
        message,
        again: repeated(message, wordsIn[language].sentAgain),
      }),
    )
    yield* count("Shown")
    const status = body.screen._tag === "Invoice" ? { status: body.screen.invoiceId } : {}
    // Else the message would be sent again.
    yield* Sending.shown(claim, delivery, { messageId, ...status, pace }).pipe(
      Effect.retry({ times: 5, schedule: Schedule.exponential("200 millis") }),
    )
    yield* Fulfilment.look(delivery.deliveryId)
  },
  (sending, claim, delivery, _customer, pace) => {
    const { customerId, failures } = claim
    const wait = Effect.fnUntraced(function* (failure: Failure) {
      yield* count(failure._tag)
      const afterMs = yield* waitMs(failure, failures + 1, 30_000)
      const tooFast = failure._tag === "TooManyRequests"
      yield* Sending.later(claim, { afterMs, tooFast, pace })
    })
    const setAside = (reason: string, at: ReadonlyArray<string>) =>
      Effect.andThen(
        Effect.logError(`A message is set aside: ${reason}`, at),
        Effect.andThen(Sending.park(claim, delivery, reason, pace), Fulfilment.look(delivery.deliveryId)),
      )
    return sending.pipe(
      Effect.catchTags({
        TooManyRequests: (failure) => wait(failure),
        Unavailable: (failure) =>
          Effect.andThen(Effect.logWarning(`Telegram is out of reach: ${failure.reason}`), wait(failure)),
        Blocked: ({ _tag }) =>
          count(_tag).pipe(
            Effect.andThen(Effect.logInfo("Messages are withheld: their customer has blocked the bot")),
            Effect.andThen(Sending.rest(claim, true)),
            Effect.andThen(Fulfilment.look(delivery.deliveryId)),
          ),
        NothingToShow: ({ _tag }) => Effect.andThen(count(_tag), Sending.drop(claim, delivery)),
        SentTwice: ({ _tag }) => setAside(_tag, []),
        Overtaken: () => Effect.logWarning(`Another process writes to ${customerId} by now`),
        Conflict: (failure) => wait(failure),
        NotModified: ({ _tag }) => setAside(_tag, []),
        MessageGone: ({ _tag }) => setAside(_tag, []),
        Refused: ({ _tag, code, reason }) => Effect.andThen(count(_tag), setAside(`${code} ${reason}`, [])),
      }),
      Effect.catchDefect((defect) => setAside(faultOf(defect).name, faultOf(defect).at)),
    )
  },
)

/** The status message: sent when there is none yet, else edited. */
const statusOf = ({ invoiceId, messageId }: Extract<Delivery, { readonly body: null }>): Body => ({
  screen: { _tag: "Invoice", invoiceId },
  ...(messageId === null ? {} : { edit: Number(messageId) }),
})

/** A message that was sent already is shown in its place. */
const again = ({ messageId }: Delivery, body: Body): Body =>
  messageId === null ? body : { ...body, edit: Number(messageId) }

interface Showing {
  readonly chatId: number
  readonly edit: number | undefined
  /** When the message to edit is gone, no other takes its place. */
  readonly mayBeGone: boolean
  readonly message: Message
  /** The message as it says that it may be a repetition. */
  readonly again: Message
}

/** Shows a message, in the place of another if that is still there, and tells its id. */
const show = Effect.fnUntraced(function* (claim: Sending.Claim, delivery: Delivery, showing: Showing) {
  const telegram = yield* Telegram
  const { chatId: chat_id, edit, mayBeGone } = showing
  const sent = sendNew(claim, delivery, showing)
  if (edit === undefined) return yield* sent
  const edited = { chat_id, ...toTelegram(showing.message), message_id: edit }
  return yield* atMost(claim, 6000).pipe(
    Effect.flatMap((ms) => telegram.call("editMessageText", edited, ms)),
    Effect.as(edit),
    Effect.catchTags({
      NotModified: () => Effect.succeed(edit),
      MessageGone: () => (mayBeGone ? Effect.succeed(edit) : sent),
    }),
  )
})

const sendNew = Effect.fnUntraced(function* (
  claim: Sending.Claim,
  delivery: Delivery,
  { chatId: chat_id, message, again }: Showing,
) {
  const telegram = yield* Telegram
  // The one repetition is not spent on an outage.
  if (delivery.sends === 1) yield* Effect.flatMap(atMost(claim, 2000), (ms) => telegram.call("getMe", {}, ms))
  const tries = yield* Sending.begin(claim, delivery)
  if (tries === 0) return yield* new Overtaken()
  if (tries > 2) return yield* new SentTwice()
  if (tries === 2) yield* Metric.update(repetitions, 1)
  const shown = tries === 1 ? message : again
  const document = toDocument(shown)
  const sent = (ms: number): Effect.Effect<{ readonly message_id: number }, Failure> =>
    document === undefined
      ? telegram.call("sendMessage", { chat_id, ...toTelegram(shown) }, ms)
      : telegram.call("sendDocument", { chat_id, ...document }, ms)
  const refused = (failure: Failure) =>
    failure._tag === "Unavailable" && failure.perhapsDone ? Effect.void : Sending.notSent(claim, delivery)
  return (yield* atMost(claim, 10_000).pipe(Effect.flatMap(sent), Effect.tapError(refused))).message_id
})

/** How long the claim is for: all calls together, with two seconds to draw the message and to note what became of it. */
export const lease = "20 seconds"

/** How long a call may take, so that all is over before the claim is; one that could not be answered in time is not made. */
const atMost = Effect.fnUntraced(function* ({ endsAtMs }: Sending.Claim, ms: number) {
  const leftMs = endsAtMs - 1500 - (yield* Clock.currentTimeMillis)
  if (leftMs < 500) return yield* new Unavailable({ reason: "the calls before it took too long", perhapsDone: false })
  return Math.min(leftMs, ms)
})

const count = (outcome: string) => Metric.update(Metric.withAttributes(outcomes, { outcome }), 1)

const outcomes = Metric.counter("paylog_bot_messages_total", {
  description: "Messages sent or edited, by how that ended",
  incremental: true,
})
const repetitions = Metric.counter("paylog_bot_messages_repeated_total", {
  description: "New messages sent once more, marked, since nobody knows whether they had arrived",
  incremental: true,
})
