/** Looking at one open order at the provider. The look shows its status alone; its amounts are read from the list. */
import type { ProviderOrderOpened, ProviderOrderRequested } from "@paylog/domain/Invoice"
import { PaymentProvider } from "@paylog/domain/PaymentProvider"
import { DateTime, Effect } from "effect"
import { findListed } from "./findListed.ts"
import type { About } from "./Metadata.ts"
import { observe } from "./Observe.ts"
import { OrderList } from "./OrderList.ts"
import { recordListed, recovered } from "./recordListed.ts"

/**
 * `Settled`: it has ended, and the log has how. `Unlisted`: it is paid, and the list does not say how much: not yet, not in a
 * line that is understood, or it does not answer.
 */
export type Seen = "Active" | "Settled" | "Unlisted"

export const lookAtOrder = Effect.fn("payments.lookAtOrder")(function* (
  request: ProviderOrderRequested,
  order: ProviderOrderOpened,
  about: About,
) {
  const provider = yield* PaymentProvider
  const { externalId } = request
  const { orderId } = order
  const { status } = yield* provider.get(orderId)
  switch (status) {
    case "Active":
      return "Active" satisfies Seen
    case "Expired":
    case "Cancelled": {
      const closedAt = DateTime.min(yield* DateTime.now, order.expiresAt)
      const outcome = yield* observe(
        { _tag: "OrderClosed", externalId, orderId, outcome: status, closedAt },
        { provider: provider.name, about },
      )
      yield* recovered("end", outcome, { externalId, orderId }, about)
      return "Settled" satisfies Seen
    }
    case "Paid": {
      const listed = yield* anywhere(request, orderId).pipe(
        // That it is paid is known all the same.
        Effect.catchTag("ProviderUnavailable", () => Effect.undefined),
      )
      if (listed === undefined || listed.status === "Active") return "Unlisted" satisfies Seen
      yield* recordListed(listed, about)
      return "Settled" satisfies Seen
    }
  }
})

const anywhere = Effect.fnUntraced(function* (request: ProviderOrderRequested, orderId: string) {
  return (yield* atItsPlace(orderId)) ?? (yield* inTheList(request, orderId))
})

const atItsPlace = Effect.fnUntraced(function* (orderId: string) {
  const provider = yield* PaymentProvider
  const index = yield* OrderList.use((orders) => orders.locate(provider.name, orderId))
  if (index === undefined) return undefined
  const [line] = yield* provider.list(index, 1)
  return line?._tag === "Understood" && line.order.orderId === orderId ? line.order : undefined
})

const inTheList = Effect.fnUntraced(function* ({ externalId, requestedAt }: ProviderOrderRequested, orderId: string) {
  const { order } = yield* findListed(externalId, requestedAt, (listed) => listed.orderId === orderId)
  return order
})
