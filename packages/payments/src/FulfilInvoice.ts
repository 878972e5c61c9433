/**
 * Delivering what was paid for: the call of the port, and its outcome as an event. Due when the follower `work` sees that an
 * invoice is paid.
 */
import { fulfilledOf, isDue } from "@paylog/domain/Fulfilment"
import * as Invoice from "@paylog/domain/Invoice"
import { RetryAfter, type Worker } from "@paylog/event-store/WorkerRunner"
import { DateTime, type Duration, Effect, Metric, Option } from "effect"
import { execute } from "./Execute.ts"
import { Fulfilment, type FulfilmentUnavailable } from "./Fulfilment.ts"
import { command, decider, get } from "./Invoices.ts"
import type { About } from "./Metadata.ts"

/** The queue whose keys are the invoices that were paid. */
export const queue = "fulfil-invoice"

const about: About = { actor: { kind: "Worker", id: "fulfiller" }, source: "Worker" }

/**
 * Delivers one invoice, unless it was delivered, cannot be, or is not paid any more: then it only records what was delivered all the
 * same. Safe to repeat at any time: the port is idempotent by its key, and the log has one `InvoiceFulfilled`. So a crash anywhere
 * leads to one delivery, and never to an event without one.
 */
export const fulfil = Effect.fn("payments.fulfil")(function* (id: Invoice.InvoiceId) {
  const port = yield* Fulfilment
  const invoice = yield* get(id)
  if (invoice._tag === "Absent" || !invoice.wasPaid || fulfilledOf(invoice) !== undefined) return
  const delivered = isDue(invoice)
    ? yield* port.fulfil(invoice.terms, id).pipe(
        Effect.asSome,
        Effect.catchTag("CannotFulfil", ({ reason }) => Effect.as(cannot(id, reason), Option.none<string>())),
      )
    : // It failed, or the money goes back. What was delivered all the same is a fact.
      yield* port.find(id)
  if (Option.isNone(delivered)) return
  const at = yield* DateTime.now
  const { events } = yield* command(id, "fulfilled", { _tag: "RecordFulfilled", reference: delivered.value, at }, about)
  if (events.length > 0) yield* count("Fulfilled")
})

/** Puts it in front of a person. It may fail again after they have had it tried again, so the key has the version. */
const cannot = Effect.fnUntraced(function* (id: Invoice.InvoiceId, reason: string) {
  const { events } = yield* execute(decider, {
    stream: Invoice.stream(id),
    purpose: (version) => `fulfilment-failed/${version}`,
    command: { _tag: "RecordFulfilmentFailed", reason, at: yield* DateTime.now },
    about,
  })
  if (events.length === 0) return
  yield* count("Failed")
  yield* Effect.logError(`What was paid for cannot be delivered: ${reason}`).pipe(
    Effect.annotateLogs({ invoiceId: id }),
  )
})

/** For any number of processes: an item has one holder. A process that is killed has its items taken over when the lease ends. */
export const worker = (lease: Duration.Input = "30 seconds") =>
  ({
    queue,
    concurrency: 8,
    lease,
    handle: ({ key }) =>
      fulfil(Invoice.InvoiceId.make(key)).pipe(
        Effect.catchTag("FulfilmentUnavailable", (failure) => Effect.andThen(count("Unavailable"), comeBack(failure))),
      ),
  }) satisfies Worker<unknown, unknown>

/** At the time that the port names, or else ever more rarely. */
const comeBack = (failure: FulfilmentUnavailable): Effect.Effect<never, FulfilmentUnavailable | RetryAfter> =>
  Effect.fail(
    failure.retryAfterMs === undefined
      ? failure
      : new RetryAfter({ afterMs: failure.retryAfterMs, reason: failure.message }),
  )

const count = (outcome: string) => Metric.update(Metric.withAttributes(outcomes, { outcome }), 1)

const outcomes = Metric.counter("paylog_fulfilments_total", {
  description: "Deliveries of what was paid for that were tried, by how that ended",
  incremental: true,
})
