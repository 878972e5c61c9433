/**
 * The sweep: reads the provider's list for what no webhook told. The list is in order of creation, so each sweep reads from
 * the oldest order not yet final to the count at its start; closed orders are read again daily.
 */
import { type ListedOrder, type ListLine, PaymentProvider, ProviderUnavailable } from "@paylog/domain/PaymentProvider"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { faultOf } from "@paylog/event-store/faultOf"
import { WorkQueue } from "@paylog/event-store/WorkQueue"
import { Clock, DateTime, Duration, Effect, Metric } from "effect"
import { comeBackAt } from "./comeBackAt.ts"
import { firstCreatedSince, pageSize } from "./findListed.ts"
import type { About } from "./Metadata.ts"
import { OrderList, type Place, type Progress, type Reading } from "./OrderList.ts"
import { recordListed } from "./recordListed.ts"

/** The queue whose keys are providers: whoever holds the item is the one who sweeps. */
export const queue = "sweep"

export interface Settings {
  /** From the start of one sweep to that of the next. */
  readonly every: Duration.Duration
  /** From one reading of the closed orders to the next. */
  readonly rereadEvery: Duration.Duration
}

const about: About = { actor: { kind: "Worker", id: "sweep" }, source: "Sweep" }

/** Closed orders are read again for 30 days; an order can be open for 10. */
const rereadFor = { days: 40 }
/** Whoever asks for sweeps, asks for one in 5 s. */
const shortestPause = Duration.seconds(5)
/** A claim reads so long, and then gives the item back: the reading goes on in the next one. */
const slice = Duration.seconds(10)
/** An order may be in the list a while after it was opened. */
const listedWithin = { minutes: 5 }
/** Lines that are recorded at a time. */
const concurrency = 8

/** Makes a sweep due now; also how there comes to be one at all. */
export const soon = Effect.fn("Sweep.soon")(function* (provider: string) {
  const work = yield* WorkQueue
  yield* work.add(yield* Database, queue, [{ key: provider, dueAtMs: yield* Clock.currentTimeMillis }])
})

/**
 * Sweeps, or goes on with a sweep, and ends with `RetryAfter`: the work is never done. One call for each 80 lines, one
 * for the count, and one preview for each order that was found here.
 */
export const sweep = Effect.fn("payments.sweep")(function* (settings: Settings) {
  const provider = yield* PaymentProvider
  const orders = yield* OrderList
  const startedAt = yield* DateTime.now
  const next = DateTime.addDuration(startedAt, settings.every)
  return yield* Effect.gen(function* () {
    let progress = (yield* orders.find(provider.name)) ?? (yield* firstLook)
    if (progress.reading === undefined) {
      const earliest = progress.completed && DateTime.addDuration(progress.completed.beganAt, pauseOf(settings))
      if (earliest !== undefined && DateTime.isLessThan(startedAt, earliest))
        return yield* comeBackAt(earliest, "it was swept just now")
      progress = yield* begin(progress, settings)
    }
    const pauseAt = DateTime.addDuration(startedAt, slice)
    for (let { reading } = progress; reading !== undefined; { reading } = progress) {
      if (reading.next >= reading.until) progress = yield* complete(progress, reading)
      else if (DateTime.isLessThan(yield* DateTime.now, pauseAt)) progress = yield* readPage(progress, reading)
      else return yield* comeBackAt(startedAt, "the list is long")
    }
    return yield* comeBackAt(next, "until the next sweep")
  }).pipe(
    Effect.catchTags({
      ProviderUnavailable: ({ message }) => interrupted(message, next),
      ProviderRefused: ({ message }) => interrupted(message, next),
    }),
  )
})

const pauseOf = ({ every }: Settings) => Duration.min(shortestPause, every)

const interrupted = (message: string, next: DateTime.Utc) =>
  Effect.andThen(Effect.logWarning(`The sweep cannot go on: ${message}`), comeBackAt(next, message))

/** What is in the list before the log's first event is nobody's here; what was created since may be ours. */
const firstLook = Effect.gen(function* () {
  const provider = yield* PaymentProvider
  const orders = yield* OrderList
  const baseline = yield* provider.count
  const [first] = yield* EventStore.use((store) => store.readAll(0n, 1))
  const born = first === undefined ? yield* DateTime.now : DateTime.makeUnsafe(first.recordedAtMs)
  const offset = yield* firstCreatedSince(born, baseline)
  yield* Effect.logInfo("The provider's list is seen for the first time").pipe(
    Effect.annotateLogs({ provider: provider.name, baseline, offset }),
  )
  return yield* orders.begin({ provider: provider.name, baseline, offset })
})

const begin = Effect.fnUntraced(function* (progress: Progress, { rereadEvery }: Settings) {
  const provider = yield* PaymentProvider
  const orders = yield* OrderList
  const beganAt = yield* DateTime.now
  const until = yield* provider.count
  if (until < progress.offset) {
    if (!(yield* isInPlace(progress))) return yield* shifted(progress, "it has become shorter")
    return yield* new ProviderUnavailable({ provider: provider.name, reason: "its count is behind its list" })
  }
  const rereads =
    progress.rereadAt === undefined ||
    DateTime.isLessThanOrEqualTo(DateTime.addDuration(progress.rereadAt, rereadEvery), beganAt)
  const oldest = rereads ? yield* orders.firstSince(provider.name, DateTime.subtract(beganAt, rereadFor)) : undefined
  // With the line before the offset, to see that it is where it was.
  const next = Math.max(0, Math.min(progress.offset - 1, oldest ?? progress.offset))
  return yield* save({ ...progress, reading: { beganAt, until, next, rereads } })
})

/** Whether the last order before the offset is where it was. */
const isInPlace = Effect.fnUntraced(function* ({ provider, offset }: Progress) {
  const { list } = yield* PaymentProvider
  const orders = yield* OrderList
  const [line] = yield* list(offset - 1, 1)
  const [place] = yield* orders.places(provider, offset - 1, offset)
  return line?._tag === "Understood" && line.order.orderId === place?.orderId
})

const readPage = Effect.fnUntraced(function* (progress: Progress, reading: Reading) {
  const provider = yield* PaymentProvider
  const orders = yield* OrderList
  const { name } = provider
  const end = Math.min(reading.next + pageSize, reading.until)
  const lines = yield* provider.list(reading.next, end - reading.next)
  if (lines.length === 0) {
    yield* Effect.logWarning("The provider's list ends before its count; it is read again")
    return yield* save({ ...progress, reading: undefined })
  }
  const known = new Map<number, Place>()
  for (const place of yield* orders.places(name, reading.next, end)) known.set(place.index, place)
  const moved = lines.some((line) => {
    const place = known.get(line.index)
    return line._tag === "Understood" && place !== undefined && place.orderId !== line.order.orderId
  })
  if (moved) return yield* shifted(progress, "an order is not where it was")

  const isNew = reading.rereads ? () => true : ({ index }: ListLine) => index >= (progress.completed?.count ?? 0)
  const read = yield* Effect.forEach(
    lines,
    (line) =>
      line._tag === "Understood"
        ? readLine(line.index, line.order, known.get(line.index), progress, reading)
        : Effect.as(notUnderstood(line, isNew(line)), undefined),
    { concurrency },
  )
  yield* orders.note(
    name,
    read.flatMap((place) => (place === undefined || isSame(place, known.get(place.index)) ? [] : [place])),
  )
  let { offset, passed } = progress
  for (const [place, line] of lines.entries()) {
    const order = read[place]
    if (line.index !== offset || order?.ended !== true) continue
    offset++
    if (order.ours && order.index >= progress.baseline) passed++
  }
  return yield* save({ ...progress, offset, passed, reading: { ...reading, next: reading.next + lines.length } })
})

/** What the log and the places have already is not asked for again, but daily. One line's failure is its own. */
const readLine = Effect.fnUntraced(function* (
  index: number,
  order: ListedOrder,
  known: Place | undefined,
  { baseline }: Progress,
  { rereads }: Reading,
) {
  if (known?.ended === true && order.status !== "Active" && !rereads) return known
  const { orderId, externalId, createdAt } = order
  const place = { orderId, externalId, index, createdAt }
  return yield* recordListed(order, about, index < baseline ? "Ignore" : "Record").pipe(
    Effect.map(({ ours, ended }): Place => ({ ...place, ours, ended })),
    Effect.catchDefect((defect) => {
      const { name, at } = faultOf(defect)
      return Effect.as(
        Effect.logError(`A line of the provider's list cannot be recorded: ${name}`, at).pipe(
          Effect.annotateLogs({ index, orderId, externalId }),
        ),
        undefined,
      )
    }),
  )
})

/** It is an order, perhaps a paid one of ours: the offset does not move over it. */
const notUnderstood = Effect.fnUntraced(function* (
  { index, externalId, reason }: Extract<ListLine, { readonly _tag: "NotUnderstood" }>,
  isNew: boolean,
) {
  yield* Metric.update(unreadLines, 1)
  if (isNew)
    yield* Effect.logError("A line of the provider's list is not understood: a payment may be missing").pipe(
      Effect.annotateLogs({ index, externalId, reason }),
    )
})

const isSame = (place: Place, known: Place | undefined): boolean =>
  known !== undefined && known.ours === place.ours && known.ended === place.ended

const complete = Effect.fnUntraced(function* (progress: Progress, { beganAt, until, rereads }: Reading) {
  const orders = yield* OrderList
  const { provider, offset, baseline, passed } = progress
  const openedBefore = DateTime.subtract(beganAt, listedWithin)
  const { ours, missing } = yield* orders.tally(provider, { from: Math.max(offset, baseline), until, openedBefore })
  const difference = until - baseline - passed - ours - missing
  if (difference !== 0 && (rereads || difference !== progress.completed?.difference))
    yield* Effect.logError("The provider counts other orders than we do").pipe(
      Effect.annotateLogs({ provider, counts: until, baseline, ours: passed + ours, missing, difference }),
    )
  return yield* save({
    ...progress,
    reading: undefined,
    completed: { beganAt, count: until, difference },
    rereadAt: rereads ? beganAt : progress.rereadAt,
  })
})

/** A place is no longer what it was: another store's key, say. All is read again, from the first line. */
const shifted = Effect.fnUntraced(function* (progress: Progress, how: string) {
  const orders = yield* OrderList
  yield* Effect.logError(`The provider's list is not the one that was read before: ${how}. It is read from the start`)
  yield* Metric.update(shifts, 1)
  yield* orders.forgetPlaces(progress.provider)
  yield* save({ ...progress, offset: 0, passed: 0, reading: undefined })
  return yield* comeBackAt(yield* DateTime.now, "the list has shifted")
})

const save = Effect.fnUntraced(function* (progress: Progress) {
  const orders = yield* OrderList
  if (yield* orders.save(progress)) return { ...progress, revision: progress.revision + 1 }
  return yield* comeBackAt(yield* DateTime.now, "another process sweeps")
})

/** Refreshes the gauges. One read. */
export const status = Effect.gen(function* () {
  const { name: provider } = yield* PaymentProvider
  const progress = yield* OrderList.use((orders) => orders.find(provider))
  if (progress?.completed === undefined) return
  const { beganAt, count, difference } = progress.completed
  const lag = Duration.toSeconds(DateTime.distance(beganAt, yield* DateTime.now))
  for (const [gauge, value] of [
    [lagSeconds, lag],
    [offsets, progress.offset],
    [counts, count],
    [differences, difference],
  ] as const)
    yield* Metric.update(Metric.withAttributes(gauge, { provider }), value)
}).pipe(Effect.withSpan("Sweep.status"))

const lagSeconds = Metric.gauge("paylog_sweep_lag_seconds", {
  description: "How long ago the last complete sweep began",
})
const offsets = Metric.gauge("paylog_sweep_offset", {
  description: "The index of the oldest order not yet final in the provider's list",
})
const counts = Metric.gauge("paylog_sweep_count", { description: "Orders in the provider's list" })
const differences = Metric.gauge("paylog_sweep_count_difference", {
  description: "Orders in the provider's list that are not ours, less ours that are not in it; since the baseline",
})
const unreadLines = Metric.counter("paylog_sweep_lines_not_understood_total", {
  description: "Lines of the provider's list that were read and not understood, each time anew",
  incremental: true,
})
const shifts = Metric.counter("paylog_sweep_shifts_total", {
  description: "How often the provider's list was not the one that was read before",
  incremental: true,
})
