/** Recording what a line of the provider's list tells: that the order is open, its payment, its end. */
import { InvoiceId } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { type ListedOrder, PaymentProvider } from "@paylog/domain/PaymentProvider"
import { DateTime, Effect, Metric, Option, Schema } from "effect"
import { get } from "./Invoices.ts"
import type { About } from "./Metadata.ts"
import { observe, type Outcome } from "./Observe.ts"

export interface RecordedLine {
  /** We asked for the order, and it is the one that the log knows. */
  readonly ours: boolean
  /** The log has its links. */
  readonly opened: boolean
  /** It has ended, and the log has how. */
  readonly ended: boolean
}

/**
 * Records all of it, once, however often it is told. Amounts come from the list alone. The links of an order that is found
 * here come from a preview; without an answer to that the rest is recorded all the same. While an order can be paid
 * at another price than was asked for, it is not opened: who paid by its link would pay what nobody agreed to.
 */
export const recordListed = Effect.fn("payments.recordListed")(function* (
  listed: ListedOrder,
  about: About,
  /** An order that nobody here asked for is recorded as unmatched money when it is paid; or it is none of our concern. */
  others: "Record" | "Ignore" = "Record",
) {
  const provider = yield* PaymentProvider
  const { externalId, orderId, status } = listed
  const heard = { provider: provider.name, about }
  const id = decodeId(externalId)
  const invoice = Option.isNone(id) ? undefined : yield* get(id.value)
  const known = invoice === undefined || invoice._tag === "Absent" ? undefined : invoice
  const ours = known?.request?.externalId === externalId
  const ended = status !== "Active"
  if (!ours && others === "Ignore") return { ours, opened: false, ended } satisfies RecordedLine

  let opened = known?.order !== undefined
  let linksMayCome = false
  const isSecond = known?.order !== undefined && known.order.orderId !== orderId
  if (isSecond)
    yield* Effect.logError("The provider has a second order of one invoice").pipe(
      Effect.annotateLogs({ externalId, orderId, first: known.order?.orderId }),
    )
  const mispriced =
    status === "Active" && known?.request !== undefined && !isPrice(listed.orderAmount, known.request.amount)
  if (ours && !opened && mispriced) {
    yield* Effect.logError(
      "The provider has an order at another price than was asked for: nobody is shown its link",
    ).pipe(Effect.annotateLogs({ externalId, orderId }))
    yield* Metric.update(mispricedLooks, 1)
  }
  if (ours && !opened && !mispriced) {
    yield* provider.get(orderId).pipe(
      Effect.flatMap(({ order }) => observe({ _tag: "OrderOpened", externalId, order }, heard)),
      Effect.tap((outcome) => recovered("order", outcome, listed, about)),
      Effect.tap(() => Effect.sync(() => (opened = true))),
      Effect.catchTags({
        ProviderUnavailable: () => Effect.sync(() => (linksMayCome = true)),
        ProviderRefused: ({ message }) =>
          Effect.logError(`An order of the list cannot be looked at: ${message}`).pipe(
            Effect.annotateLogs({ externalId, orderId }),
          ),
      }),
    )
  }
  if (listed.payment !== undefined) {
    const outcome = yield* observe({ _tag: "PaymentCompleted", externalId, payment: listed.payment }, heard)
    yield* recovered("payment", outcome, listed, about)
  }
  if (status === "Expired" || status === "Cancelled") {
    // The list does not say when an order was cancelled.
    const closedAt = DateTime.min(yield* DateTime.now, listed.expiresAt)
    const outcome = yield* observe({ _tag: "OrderClosed", externalId, orderId, outcome: status, closedAt }, heard)
    yield* recovered("end", outcome, listed, about)
  }
  return { ours: ours && !isSecond, opened, ended: ended && !linksMayCome } satisfies RecordedLine
})

const decodeId = Schema.decodeOption(InvoiceId)

const isPrice = (stated: Money.Stated, asked: Money.Money): boolean =>
  Money.isMoney(stated) && Money.equals(stated, asked)

const mispricedLooks = Metric.counter("paylog_orders_mispriced_total", {
  description: "Looks at an order of ours that the provider has at another price: its link is not shown",
  incremental: true,
})

/** Counts and tells what no webhook had told. */
export const recovered = Effect.fnUntraced(function* (
  what: "order" | "payment" | "end",
  outcome: Outcome,
  { externalId, orderId }: Pick<ListedOrder, "externalId" | "orderId">,
  { source }: About,
) {
  if (outcome === "Duplicate" || outcome === "Ignored") return
  yield* Metric.update(Metric.withAttributes(recoveries, { source, what, outcome }), 1)
  yield* Effect.logInfo("Found by asking the provider").pipe(
    Effect.annotateLogs({ source, what, outcome, externalId, orderId }),
  )
})

const recoveries = Metric.counter("paylog_recovered_total", {
  description: "What the log learned by asking the provider, before or without a webhook: by sweeps, by polls",
  incremental: true,
})
