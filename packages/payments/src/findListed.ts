/** Looking for one order in the provider's list. */
import { type ListedOrder, PaymentProvider } from "@paylog/domain/PaymentProvider"
import { DateTime, Effect } from "effect"
import { firstListedSince } from "./firstListedSince.ts"

/** Lines that are asked for at a time. */
export const pageSize = 80

/** The provider's clock and ours differ, and an order is created there a moment after it is asked for here. */
const margin = { hours: 1 }

/** The index from which the list has every order that we asked for at `time` or later. */
export const firstCreatedSince = Effect.fnUntraced(function* (time: DateTime.Utc, count: number) {
  const { list } = yield* PaymentProvider
  return yield* firstListedSince(list, DateTime.subtract(time, margin), count)
})

export interface Looked {
  readonly order: ListedOrder | undefined
  /** Before the list was counted. */
  readonly beganAt: DateTime.Utc
  /** How many orders the list had. */
  readonly count: number
  /** An order that is not found is not in the list: every line was there, and each that could be it was understood. */
  readonly isProof: boolean
}

/**
 * Reads the list forwards, from an hour before `since` to the count at the start: what is created meanwhile comes after
 * that. Ends at the order. A call for each 80 lines, and those of the search for the first.
 */
export const findListed = Effect.fn("payments.findListed")(function* (
  externalId: string,
  since: DateTime.Utc,
  is: (order: ListedOrder) => boolean = () => true,
) {
  const provider = yield* PaymentProvider
  const beganAt = yield* DateTime.now
  const count = yield* provider.count
  let isProof = true
  const looked = (order?: ListedOrder): Looked => ({ order, beganAt, count, isProof })
  for (let next = yield* firstCreatedSince(since, count); next < count;) {
    const lines = yield* provider.list(next, Math.min(pageSize, count - next))
    for (const line of lines) {
      if (line._tag === "Understood" && line.order.externalId === externalId && is(line.order))
        return looked(line.order)
      if (line._tag === "NotUnderstood" && (line.externalId ?? externalId) === externalId) isProof = false
    }
    next += lines.length
    if (lines.length > 0) continue
    // The list ends before the count that was given a moment ago.
    isProof = false
    break
  }
  // A list that only grows: one that has become shorter may have moved a line out of sight.
  if (isProof && (yield* provider.count) < count) isProof = false
  return looked()
})
