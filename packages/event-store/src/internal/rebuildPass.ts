/** One pass over the log: a reader, and as many writers as there are shards. */
import { Array as Arr, type Cause, Effect, Queue } from "effect"
import type { RecordedEvent, StoreUnavailable } from "../EventStore.ts"
import { begin } from "../Projection.ts"
import { type Outdated, passOver } from "./passOver.ts"
import type { Job } from "./rebuildJob.ts"
import { shardOf } from "./shardOf.ts"

/** What a shard has to pass over: its own events among those up to `to`. */
interface Portion {
  readonly events: ReadonlyArray<RecordedEvent>
  readonly to: bigint
}

/**
 * Brings every shard to `to`. The log is read once, from where the last shard is; a shard that is ahead skips what it has.
 * The reader is up to two pages ahead of the slowest shard.
 */
export const pass = <E>(job: Job<E>, to: bigint): Effect.Effect<void, Outdated | StoreUnavailable> =>
  Effect.gen(function* () {
    const queues = yield* Effect.forEach(job.shards, () => Queue.bounded<Portion, Cause.Done>(2))
    const reader = Effect.gen(function* () {
      let after = job.reached()
      while (after < to) {
        const wanted = Number(to - after)
        const page = yield* job.store.readAll(after, Math.min(job.settings.batch, wanted))
        if (!Arr.isReadonlyArrayNonEmpty(page)) break
        after = Arr.lastNonEmpty(page).position
        const dealt = deal(page, queues.length)
        for (const [shard, queue] of queues.entries())
          yield* Queue.offer(queue, { events: dealt[shard] ?? [], to: after })
      }
      for (const queue of queues) yield* Queue.end(queue)
    })
    const writers = job.shards.map((shard, index) => write(job, shard, queues[index], to))
    job.report(to)
    yield* Effect.all([reader, ...writers], { concurrency: "unbounded", discard: true })
  })

const deal = (page: ReadonlyArray<RecordedEvent>, shards: number): ReadonlyArray<ReadonlyArray<RecordedEvent>> => {
  const dealt = Array.from({ length: shards }, (): Array<RecordedEvent> => [])
  for (const event of page) dealt[shardOf(event.stream, shards)]?.push(event)
  return dealt
}

const write = Effect.fnUntraced(function* <E>(
  job: Job<E>,
  shard: Job<E>["shards"][number],
  queue: Queue.Dequeue<Portion, Cause.Done> | undefined,
  total: bigint,
) {
  if (queue === undefined) return
  const apply = begin(job.projection)
  const { applyOrPark, moveTo } = passOver(
    (events, sql) => apply(events, job.shadowed(sql)),
    shard.bookmark,
    job.database,
  )
  const portions = Effect.gen(function* () {
    while (true) {
      const { events, to } = yield* Queue.take(queue)
      if (to <= shard.position()) continue
      const missing = events.filter(({ position }) => position > shard.position())
      yield* Arr.isReadonlyArrayNonEmpty(missing) ? applyOrPark(missing, to) : moveTo(to, () => Effect.void)
      job.report(total)
    }
  })
  yield* Effect.catchTag(portions, "Done", () => Effect.void)
})
