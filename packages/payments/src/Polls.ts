/** Asking after open orders, one by one, until each has ended: a lost webhook is then found before the sweep comes to it. */
import type { InvoiceId } from "@paylog/domain/Invoice"
import { PaymentProvider } from "@paylog/domain/PaymentProvider"
import { DateTime, Duration, Effect } from "effect"
import { comeBackAt } from "./comeBackAt.ts"
import { get } from "./Invoices.ts"
import { lookAtOrder } from "./lookAtOrder.ts"
import type { About } from "./Metadata.ts"

/** The queue whose keys are the invoices with an open order. */
export const queue = "poll-order"

export interface Settings {
  /** From the request to the first look. */
  readonly first: Duration.Duration
  /** The longest wait between two looks; in between an order is looked at when half its age has passed again. */
  readonly atMost: Duration.Duration
}

/** The queue whose keys are invoices of which somebody wants to know now whether they are paid. */
export const askedQueue = "ask-order"

const about: About = { actor: { kind: "Worker", id: "poller" }, source: "Poll" }

/** An order that is open so long after its time is the sweep's alone. */
const patience = { days: 1 }
/** The provider ends an order a moment after its time. */
const afterExpiry = { seconds: 5 }

/** One look, unless the log has the order's end. `RetryAfter` says when to take the next. */
export const poll = Effect.fn("payments.poll")(function* (id: InvoiceId, { first, atMost }: Settings) {
  const provider = yield* PaymentProvider
  const invoice = yield* get(id)
  if (invoice._tag === "Absent" || invoice.request === undefined || invoice.order === undefined) return
  const { request, order, payments } = invoice
  if (payments.some(({ received }) => received.orderId === order.orderId)) return
  const now = yield* DateTime.now
  const firstAt = DateTime.addDuration(request.requestedAt, first)
  if (DateTime.isLessThan(now, firstAt)) return yield* comeBackAt(firstAt, "not due")

  const age = DateTime.distance(request.requestedAt, now)
  const wait = Duration.clamp(Duration.times(age, 0.5), { minimum: first, maximum: atMost })
  const soon = DateTime.addDuration(now, first)
  const seen = yield* lookAtOrder(request, order, about).pipe(
    Effect.catchTags({
      ProviderUnavailable: ({ message, retryAfterMs = 0 }) =>
        comeBackAt(DateTime.max(soon, DateTime.add(now, { milliseconds: retryAfterMs })), message),
      ProviderRefused: ({ message }) =>
        Effect.andThen(
          Effect.logError(`An open order cannot be looked at: ${message}`).pipe(
            Effect.annotateLogs({ invoiceId: id, orderId: order.orderId, provider: provider.name }),
          ),
          comeBackAt(DateTime.addDuration(now, atMost), "the provider refuses to show the order"),
        ),
    }),
  )
  if (seen === "Settled") return
  if (seen === "Unlisted") return yield* comeBackAt(soon, "the list does not have the payment yet")
  if (DateTime.isGreaterThan(now, DateTime.addDuration(order.expiresAt, patience)))
    return yield* Effect.logError("An order is still open a day after its time").pipe(
      Effect.annotateLogs({ invoiceId: id, orderId: order.orderId }),
    )
  const next = DateTime.addDuration(now, wait)
  const ended = DateTime.addDuration(order.expiresAt, afterExpiry)
  return yield* comeBackAt(DateTime.isGreaterThan(ended, now) ? DateTime.min(next, ended) : next, "the order is open")
})

/** One look for somebody who waits for the answer: `RetryAfter` when there is none yet. Its regular looks go on beside it. */
export const ask = Effect.fn("payments.ask")(function* (id: InvoiceId) {
  const invoice = yield* get(id)
  if (invoice._tag !== "AwaitingPayment") return
  const { request, order } = invoice
  const now = yield* DateTime.now
  const soon = DateTime.add(now, { seconds: 5 })
  const seen = yield* lookAtOrder(request, order, about).pipe(
    Effect.catchTags({
      ProviderUnavailable: ({ message, retryAfterMs = 0 }) =>
        comeBackAt(DateTime.max(soon, DateTime.add(now, { milliseconds: retryAfterMs })), message),
      // Its regular looks say so.
      ProviderRefused: () => Effect.succeed("Active" as const),
    }),
  )
  if (seen === "Unlisted") return yield* comeBackAt(soon, "the list does not have the payment yet")
})
