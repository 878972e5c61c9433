/**
 * Runs followers. One process leads a follower at a time, under a lease with a fencing token: a row, so no lock and no
 * session outlives a transaction, and a proxy that pools transactions may stand in between.
 */
import { Clock, Context, Duration, Effect, Layer, Metric, Random, Schedule, Schema } from "effect"
import { Database } from "./Database.ts"
import { EventStore, type StoreUnavailable } from "./EventStore.ts"
import type { Follower } from "./Follower.ts"
import { lead, type Lease } from "./internal/lead.ts"
import { replayBatch } from "./internal/replay.ts"
import { untilReachable } from "./internal/untilReachable.ts"
import { versionOf } from "./Projection.ts"
import { fromFile } from "./Statement.ts"

/** The follower did not come to the position in time. It may still do so. */
export class NotCaughtUp extends Schema.TaggedError<NotCaughtUp>()("NotCaughtUp", {
  follower: Schema.String,
  position: Schema.BigInt,
  reached: Schema.BigInt,
}) {
  override readonly message = `The follower ${this.follower} is at position ${this.reached}, not yet at ${this.position}`
}

/** The follower has not parked this stream; nothing was done. */
export class NotParked extends Schema.TaggedError<NotParked>()("NotParked", {
  follower: Schema.String,
  stream: Schema.String,
}) {
  override readonly message = `The follower ${this.follower} has not parked the stream ${this.stream}`
}

/** The stream's events fail as before. It stays parked; what `replay` had applied before the failure stays applied. */
export class StillFailing extends Schema.TaggedError<StillFailing>()("StillFailing", {
  follower: Schema.String,
  stream: Schema.String,
  reason: Schema.String,
}) {
  override readonly message = `The stream ${this.stream} still fails in ${this.follower}: ${this.reason}`
}

/** The follower's rows are of another version than this program's: nothing was done. */
export class VersionDiffers extends Schema.TaggedError<VersionDiffers>()("VersionDiffers", {
  follower: Schema.String,
  live: Schema.Int,
  own: Schema.Int,
}) {
  override readonly message: string = differing(this.follower, this.live, this.own)
}

/** What to do about it. */
const differing = (follower: string, live: number, own: number): string =>
  live < own
    ? `The rows of ${follower} are of version ${live}, and this program makes version ${own}. Programs of version ${live} keep them fresh; run "paylog rebuild ${follower}" to replace them`
    : `The rows of ${follower} are of version ${live}, and this program is older, of version ${own}. Start the newer program instead`

export interface ParkedStream {
  readonly stream: string
  /** Of the event that failed. It and the stream's later events wait for `replay`. */
  readonly position: bigint
  readonly reason: string
  readonly parkedAt: Date
}

export interface FollowerStatus {
  readonly follower: string
  /** Every event up to here is applied, or its stream is parked. */
  readonly position: bigint
  /** How many events of the log are still to come. */
  readonly lagEvents: bigint
  /** How long ago the next of them was recorded; 0 when there is none. */
  readonly lagMs: number
  /** A random id of the runner that leads; `undefined` when nobody does. */
  readonly holder: string | undefined
  /** Of the code that the rows are made by; 1 for a follower that is no projection. */
  readonly version: number
  /** The version of a runner of this process that waits, since the rows are of another one. */
  readonly waiting: number | undefined
  readonly parked: ReadonlyArray<ParkedStream>
}

export interface FollowerRunnerOptions {
  /**
   * How long a leader that falls silent stays leader; another takes over within this and `retake`. When it is frozen while
   * the server runs a statement of its, the time that a statement may take (4 s) comes before that: 8 s by default.
   * Default: 3 s. To be longer than the poll interval of the store's wake-ups, which are what keeps an idle leader's lease.
   */
  readonly lease?: Duration.Input
  /** How often a runner that does not lead tries to. Default: 500 ms. */
  readonly retake?: Duration.Input
  /** At most so many events a transaction. Default: 5000. */
  readonly batch?: number
}

export class FollowerRunner extends Context.Service<
  FollowerRunner,
  {
    /**
     * Follows the log for ever, or waits to: any number of processes may run the same follower, one of them leads. Each
     * batch's effects and the bookmark are one transaction that checks the lease's token, so every event is applied
     * exactly once, whoever dies or stalls. An event that fails is tried alone, thrice, then its stream is parked: its
     * later events wait, those of other streams flow. One whose statement takes longer than a statement may (4 s) is parked
     * too, when the server parks it within 1 s: the culprit of a batch is found in a dozen time-outs. While the store is
     * out of reach, or lacks a table or a right, it waits, and parks nothing. On interruption the lease is given up at
     * once. A projection leads only while the live rows are of its version, or there are none yet; until then it waits,
     * and says so once.
     */
    readonly run: <E, R>(follower: Follower<E, R>) => Effect.Effect<never, never, R>
    /**
     * Applies a parked stream's events, in order, up to the bookmark, and un-parks it; answers how many. The follower's
     * leader, in whatever process, waits meanwhile, a batch at a time. Needs a second connection for reading.
     */
    readonly replay: <E, R>(
      follower: Follower<E, R>,
      stream: string,
    ) => Effect.Effect<number, NotParked | StillFailing | VersionDiffers | StoreUnavailable, R>
    /** Waits until a follower has come to `position`: reads that follow see what was written up to there. */
    readonly awaitBookmark: (
      follower: string,
      position: bigint,
      timeout: Duration.Input,
    ) => Effect.Effect<void, NotCaughtUp | StoreUnavailable>
    /** Every follower that ever ran here. Refreshes the gauges. Three look-ups, and one for each follower that lags. */
    readonly status: Effect.Effect<ReadonlyArray<FollowerStatus>, StoreUnavailable>
  }
>()("event-store/FollowerRunner") {
  static readonly layer = (
    options?: FollowerRunnerOptions,
  ): Layer.Layer<FollowerRunner, never, Database | EventStore> => Layer.effect(FollowerRunner, make(options ?? {}))
}

const make = Effect.fnUntraced(function* (options: FollowerRunnerOptions) {
  const database = yield* Database
  const store = yield* EventStore
  const leaseMs = Duration.toMillis(options.lease ?? "3 seconds")
  const retake = Duration.fromInputUnsafe(options.retake ?? "500 millis")
  const resources = { database, store, leaseMs, batch: options.batch ?? 5000 }

  /** By follower: the version that waits here. */
  const waiting = new Map<string, number>()

  const run = Effect.fnUntraced(function* <E, R>(follower: Follower<E, R>) {
    const { name } = follower
    const version = versionOf(follower)
    const holder = (yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)).toString(36)
    const take = database
      .query(openBookmark, [name, version])
      .pipe(
        Effect.andThen(database.query<Taken>(takeLease, [name, holder, leaseMs, version])),
        untilReachable("Cannot lead yet"),
      )
    const term = (lease: Lease) =>
      lead(follower, lease, resources).pipe(
        Effect.onInterrupt(() => Effect.ignore(database.query(giveUpLease, [name, lease.token]))),
        // In doubt about the lease or the bookmark, the lease is taken anew.
        Effect.catchTags({
          Outdated: () => Effect.logInfo("Leads no longer: the lease is another's"),
          StoreUnavailable: (error) => Effect.logWarning(`Leads no longer: ${error.reason}`),
        }),
      )
    const noteVersion = Effect.fnUntraced(function* (live: number) {
      const waits = live !== version
      if (waits && !waiting.has(name)) yield* Effect.logWarning(differing(name, live, version))
      if (waits) waiting.set(name, version)
      else waiting.delete(name)
      yield* Metric.update(Metric.withAttributes(waitsForRebuild, { follower: name }), waits ? 1 : 0)
    })
    return yield* take.pipe(
      Effect.tap(([bookmark]) => (bookmark === undefined ? Effect.void : noteVersion(bookmark.version))),
      Effect.flatMap(([bookmark]) => (isLease(bookmark) ? term(bookmark) : Effect.void)),
      Effect.andThen(Random.nextBetween(0.8, 1.2)),
      Effect.flatMap((jitter) => Effect.sleep(Duration.times(retake, jitter))),
      Effect.forever,
      Effect.ensuring(Effect.sync(() => waiting.delete(name))),
      Effect.annotateLogs({ follower: name }),
    )
  })

  const replay = Effect.fn("FollowerRunner.replay")(function* <E, R>(follower: Follower<E, R>, stream: string) {
    let applied = 0
    while (true) {
      const step = yield* Effect.catchTags(replayBatch(follower, stream, resources), {
        Poison: ({ reason }) => new StillFailing({ follower: follower.name, stream, reason }),
        OtherVersion: ({ live }) => new VersionDiffers({ follower: follower.name, live, own: versionOf(follower) }),
      })
      if (step === undefined) return yield* new NotParked({ follower: follower.name, stream })
      applied += step.applied
      if (step.done) return applied
    }
  })

  const position = Effect.fnUntraced(function* (follower: string) {
    const [row] = yield* database.query<{ readonly position: bigint }>(bookmarkPosition, [follower])
    return row?.position ?? 0n
  })

  const awaitBookmark = Effect.fn("FollowerRunner.awaitBookmark")(function* (
    follower: string,
    target: bigint,
    timeout: Duration.Input,
  ) {
    let reached = 0n
    yield* position(follower).pipe(
      Effect.tap((now) => Effect.sync(() => (reached = now))),
      Effect.repeat({ until: (now) => now >= target, schedule: closerLook }),
      Effect.timeoutOrElse({
        duration: timeout,
        orElse: () => Effect.suspend(() => new NotCaughtUp({ follower, position: target, reached })),
      }),
    )
  })

  const status = Effect.gen(function* () {
    const bookmarks = yield* database.query<BookmarkRow>(listBookmarks)
    const parked = yield* database.query<ParkedStream & { readonly follower: string }>(listParked)
    const head = yield* store.head
    return yield* Effect.forEach(bookmarks, (bookmark) =>
      Effect.gen(function* () {
        const [next] = bookmark.position < head ? yield* store.readAll(bookmark.position, 1) : []
        const now = yield* Clock.currentTimeMillis
        const status: FollowerStatus = {
          follower: bookmark.follower,
          position: bookmark.position,
          lagEvents: bookmark.position < head ? head - bookmark.position : 0n,
          lagMs: next === undefined ? 0 : Math.max(0, now - next.recordedAtMs),
          holder: bookmark.holder ?? undefined,
          version: bookmark.version,
          waiting: waiting.get(bookmark.follower),
          parked: parked
            .filter((row) => row.follower === bookmark.follower)
            .map(({ stream, position, reason, parkedAt }) => ({ stream, position, reason, parkedAt })),
        }
        const labels = { follower: status.follower }
        yield* Metric.update(Metric.withAttributes(lagEvents, labels), Number(status.lagEvents))
        yield* Metric.update(Metric.withAttributes(lagSeconds, labels), status.lagMs / 1000)
        yield* Metric.update(Metric.withAttributes(parkedStreams, labels), status.parked.length)
        return status
      }),
    )
  }).pipe(Effect.withSpan("FollowerRunner.status"))

  return FollowerRunner.of({ run, replay, awaitBookmark, status })
})

/** The version of the follower's rows, and the lease when it was taken. */
type Taken = { readonly version: number } & (Lease | { readonly token: null; readonly position: null })

const isLease = (taken: Taken | undefined): taken is Taken & Lease => taken !== undefined && taken.token !== null

interface BookmarkRow {
  readonly follower: string
  readonly position: bigint
  readonly version: number
  readonly holder: string | null
}

const closerLook = Schedule.min([Schedule.exponential("5 millis"), Schedule.spaced("250 millis")])

const statement = (name: string) => fromFile(new URL(`../sql/followers/${name}.sql`, import.meta.url))
const openBookmark = statement("open-bookmark")
const takeLease = statement("take-lease")
const giveUpLease = statement("give-up-lease")
const bookmarkPosition = statement("bookmark-position")
const listBookmarks = statement("list-bookmarks")
const listParked = statement("list-parked")

const lagEvents = Metric.gauge("paylog_follower_lag_events", {
  description: "Events that the follower has yet to come to",
})
const lagSeconds = Metric.gauge("paylog_follower_lag_seconds", {
  description: "How long ago the next event that the follower has yet to come to was recorded",
})
const parkedStreams = Metric.gauge("paylog_follower_parked_streams", {
  description: "Streams that wait for a replay since one of their events failed",
})
const waitsForRebuild = Metric.gauge("paylog_follower_waits_for_rebuild", {
  description: "1 while this process does not lead since the follower's rows are of another version than its own",
})
