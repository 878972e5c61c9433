/** Works off the inbox: in order within a chat, in parallel over chats, each update once. */
import type { CustomerId } from "@paylog/domain/Invoice"
import { Database } from "@paylog/event-store/Database"
import { Overloaded, StoreUnavailable } from "@paylog/event-store/EventStore"
import * as Deliveries from "@paylog/payments/Deliveries"
import { Cause, Effect, FiberSet, Metric } from "effect"
import { answerPress } from "./answerPress.ts"
import { type Handle, type Handled, HandlerFailed } from "./Bot.ts"
import { faultOf } from "@paylog/event-store/faultOf"
import { Inbox, type Received } from "./Inbox.ts"
import { beat } from "./Loops.ts"
import { patiently } from "./patiently.ts"
import { FirstWait } from "./persist.ts"
import { aboutOf, type Body, toJson } from "./Screen.ts"

/** Updates in hand at a time, in this process. */
const concurrency = 16

/** Longer than a handler's deadline and the commit. */
const lease = "15 seconds"

/** An update that has failed so often is parked, half a minute after it came: the first wait is doubled each time. */
const maxAttempts = 6

/**
 * Runs for ever. The lasting effects of handling an update are commands, which have keys, and what is committed here in
 * one transaction: the messages to send and the "handled" mark. So a crash anywhere loses nothing and does nothing twice.
 * A stop lets what is in hand finish.
 */
export const handleUpdates = Effect.fnUntraced(function* (handle: Handle) {
  const retryMs = 2 * (yield* FirstWait)
  const inbox = yield* Inbox
  const inHand = yield* FiberSet.make<void>()
  const answers = yield* FiberSet.make<void>()

  const handleOne = Effect.fnUntraced(
    function* (received: Received) {
      // It has ended the process each time.
      if (received.attempts > maxAttempts) return yield* park(received, "no outcome", [])
      const handled = yield* handle(received)
      yield* commit(received, handled)
      yield* FiberSet.run(answers, answerPress(received, handled?.toast))
    },
    (handling, received) =>
      handling.pipe(
        Effect.catchCause((cause) => giveBack(received, thrown(Cause.squash(cause)), retryMs)),
        Effect.ensuring(inbox.announce),
        Effect.annotateLogs({ update: received.key }),
        // On a stop, what is in hand is finished.
        Effect.uninterruptible,
      ),
  )

  const claim = Effect.gen(function* () {
    const free = concurrency - (yield* FiberSet.size(inHand))
    const claimed = free > 0 ? yield* inbox.claim(free, lease) : []
    for (const received of claimed) yield* FiberSet.run(inHand, handleOne(received))
  })

  return yield* beat("inbox", "1 second").pipe(
    Effect.andThen(Effect.uninterruptible(claim)),
    patiently("Updates cannot be claimed"),
    Effect.andThen(inbox.awaitNews("1 second")),
    Effect.forever,
  )
}, Effect.scoped)

/** The update is handled, and what is to be sent is sure to be sent: both or neither. */
const commit = Effect.fnUntraced(function* (received: Received, handled: Handled | undefined) {
  const database = yield* Database
  yield* database.transaction(
    Effect.fnUntraced(function* (sql) {
      const inbox = yield* Inbox
      // Whoever has overtaken this claim does all of this.
      if (!(yield* inbox.handled(sql, received)) || handled === undefined) return
      const { messages, once = received.key, others = [] } = handled
      const add = (deliveryId: string, customerId: CustomerId, body: Body) =>
        Deliveries.add(sql, { deliveryId, customerId, body: toJson(body), about: aboutOf(body.screen) })
      if (handled.customer !== undefined) {
        const { customerId } = handled.customer
        yield* Deliveries.heardFrom(sql, customerId)
        for (const [n, body] of messages.entries()) yield* add(`${once}/${n}`, customerId, body)
      }
      for (const [n, { customerId, body }] of others.entries())
        yield* add(`${received.key}/other/${n}`, customerId, body)
    }),
  )
  yield* Metric.update(handledUpdates, 1)
})

const thrown = (error: unknown): unknown => (error instanceof HandlerFailed ? error.cause : error)

/** The update is tried again, unless it has failed too often. That the store is out of reach is no fault of its. */
const giveBack = Effect.fnUntraced(
  function* (received: Received, error: unknown, retryMs: number) {
    const inbox = yield* Inbox
    const counted = !(error instanceof StoreUnavailable || error instanceof Overloaded)
    const { name, at } = faultOf(error)
    if (counted && received.attempts >= maxAttempts) return yield* park(received, name, at)
    yield* Effect.logWarning(`Handling an update failed, attempt ${received.attempts}: ${name}`, at)
    const after = counted ? retryMs * 2 ** (received.attempts - 1) : retryMs
    yield* inbox.postpone(received, { after, reason: [name, ...at].join("\n"), counted })
  },
  // The claim runs out by itself.
  Effect.catch(({ message }) => Effect.logWarning(message)),
)

const park = Effect.fnUntraced(function* (received: Received, name: string, at: ReadonlyArray<string>) {
  const inbox = yield* Inbox
  yield* inbox.park(received, [name, ...at].join("\n"))
  yield* Metric.update(parkedUpdates, 1)
  yield* Effect.logError(`An update is parked after ${maxAttempts} attempts: ${name}`, at)
})

const handledUpdates = Metric.counter("paylog_bot_updates_handled_total", {
  description: "Updates handled, each once",
  incremental: true,
})
const parkedUpdates = Metric.counter("paylog_bot_updates_parked_total", {
  description: "Updates that were set aside since handling them kept failing",
  incremental: true,
})
