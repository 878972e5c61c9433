/** Finding a time in the provider's list, which is in order of creation. */
import type { ListLine } from "@paylog/domain/PaymentProvider"
import { DateTime, Effect } from "effect"

/**
 * The index of the first of the `count` lines of `list` that was created at `since` or later; or a smaller one, when lines before
 * it are not understood. About log₂ of the count calls.
 */
export const firstListedSince = Effect.fnUntraced(function* <E>(
  list: (offset: number, length: number) => Effect.Effect<ReadonlyArray<ListLine>, E>,
  since: DateTime.Utc,
  count: number,
) {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >> 1
    const lines = yield* list(middle, Math.min(20, high - middle))
    const line = lines.find((line) => line._tag === "Understood")
    if (line !== undefined && DateTime.isLessThan(line.order.createdAt, since)) low = line.index + 1
    else high = middle
  }
  return low
})
