/** The provider's list of orders, read whole or by the time of creation, for a comparison with the log. */
import {
  type ListLine,
  PaymentProvider,
  type ProviderRefused,
  type ProviderUnavailable,
} from "@paylog/domain/PaymentProvider"
import { DateTime, Duration, Effect, Schedule, Schema } from "effect"
import { firstListedSince } from "./firstListedSince.ts"

/** From `from` on, and before `until`; without one, without that end. */
export interface Range {
  readonly from: DateTime.Utc | undefined
  readonly until: DateTime.Utc | undefined
}

export const isIn = ({ from, until }: Range, time: DateTime.Utc): boolean =>
  (from === undefined || DateTime.isGreaterThanOrEqualTo(time, from)) &&
  (until === undefined || DateTime.isLessThan(time, until))

/** The provider's clock and ours differ, and an order is created there a moment after it is asked for here. */
const margin = { hours: 1 }

/** The range with a margin at both ends: what is compared is cut only after it is paired. */
export const widened = ({ from, until }: Range): Range => ({
  from: from && DateTime.subtract(from, margin),
  until: until && DateTime.add(until, margin),
})

export interface ListedOrders {
  readonly startedAt: DateTime.Utc
  /** How many orders the provider had at the start. What is created later is not read. */
  readonly count: number
  readonly lines: ReadonlyArray<ListLine>
}

/** The list ended before the count that the provider gave just before. */
export class ListIncomplete extends Schema.TaggedError<ListIncomplete>()("ListIncomplete", {
  count: Schema.Int,
  ended: Schema.Int,
}) {
  override readonly message = `The provider counts ${this.count} orders, and its list ends after ${this.ended}`
}

type ReadError = ProviderUnavailable | ProviderRefused
export type ListError = ReadError | ListIncomplete

const pageSize = 400
const longestPause = Duration.minutes(5)

/**
 * The lines of the range, oldest first, without gaps: from the count at the start, in pages. The list is in order of
 * creation, so that the first line of a range is found in about log₂ of the count calls. A call that fails is repeated five
 * times: for about a minute, unless the provider asks for longer pauses.
 */
export const read = Effect.fn("ListedOrders.read")(function* (
  range: Range,
  onProgress: (progress: { readonly done: number; readonly total: number }) => void = () => {},
): Effect.fn.Return<ListedOrders, ListError, PaymentProvider> {
  const provider = yield* PaymentProvider
  const list = (offset: number, count: number) => patiently(provider.list(offset, count))

  const startedAt = yield* DateTime.now
  const count = yield* patiently(provider.count)

  const lines: Array<ListLine> = []
  const start = range.from === undefined ? 0 : yield* firstListedSince(list, range.from, count)
  const { until } = range
  for (let next = start; next < count;) {
    onProgress({ done: next - start, total: count - start })
    const page = yield* list(next, Math.min(pageSize, count - next))
    if (page.length === 0) return yield* new ListIncomplete({ count, ended: next })
    lines.push(...page)
    next += page.length
    const last = page.findLast((line) => line._tag === "Understood")
    if (until !== undefined && last !== undefined && DateTime.isGreaterThanOrEqualTo(last.order.createdAt, until)) break
  }
  onProgress({ done: count - start, total: count - start })
  return { startedAt, count, lines }
})

/** Whether the provider knows the order at all, whenever it was created. One call. */
export const exists = Effect.fn("ListedOrders.exists")(function* (orderId: string) {
  const provider = yield* PaymentProvider
  return yield* patiently(provider.get(orderId)).pipe(
    Effect.as(true),
    Effect.catchTag("ProviderRefused", () => Effect.succeed(false)),
  )
})

const pauseOf = (error: ReadError): Duration.Duration =>
  Duration.min(longestPause, Duration.millis(error._tag === "ProviderRefused" ? 0 : (error.retryAfterMs ?? 0)))

/** Repeated after a pause that grows, or the longer one that the provider asks for; one of over five minutes is not believed. */
const patiently = <A>(call: Effect.Effect<A, ReadError>): Effect.Effect<A, ReadError> =>
  call.pipe(
    // Whoever waits is told for what.
    Effect.tapError((error) => (isPassing(error) ? Effect.logWarning(error.message) : Effect.void)),
    Effect.retry({ while: isPassing, schedule: pauses }),
  )

const isPassing = ({ _tag }: ReadError): boolean => _tag === "ProviderUnavailable"

const pauses = Schedule.exponential("1 second").pipe(
  Schedule.jittered,
  Schedule.setInputType<ReadError>(),
  Schedule.modifyDelay(({ input, duration }) => Effect.succeed(Duration.max(duration, pauseOf(input)))),
  Schedule.upTo({ times: 5 }),
)
