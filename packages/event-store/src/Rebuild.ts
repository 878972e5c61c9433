/**
 * Builds a projection's rows anew from the log, in tables beside the live ones, and puts them in place in one transaction.
 * The live version and its readers go on meanwhile. It may be killed at any moment and goes on where it was.
 *
 * The database's role must own the projection's tables. Statements of a projection are allowed what its definition says:
 * to write to its tables.
 */
import { Duration, Effect, Random, Schedule, Schema } from "effect"
import { Database } from "./Database.ts"
import { EventStore, StoreUnavailable } from "./EventStore.ts"
import type { ParkedStream } from "./FollowerRunner.ts"
import * as Job from "./internal/rebuildJob.ts"
import { pass } from "./internal/rebuildPass.ts"
import { replayParked } from "./internal/rebuildReplay.ts"
import { isOverdue, switchOver } from "./internal/rebuildSwitch.ts"
import { WritesElsewhere } from "./internal/shadowSql.ts"
import type { Projection } from "./Projection.ts"
import { fromFile } from "./Statement.ts"

/** Another process is at it, or was killed a moment ago; its lease ends by itself. */
export class RebuildRunning extends Schema.TaggedError<RebuildRunning>()("RebuildRunning", {
  projection: Schema.String,
}) {
  override readonly message = `Another process is rebuilding ${this.projection}`
}

/** A rebuild by another version of the code, or into another set of tables, was begun and not ended. Go on with that, or drop it. */
export class OtherRebuild extends Schema.TaggedError<OtherRebuild>()("OtherRebuild", {
  projection: Schema.String,
  version: Schema.Int,
}) {
  override readonly message = `A rebuild of ${this.projection} to version ${this.version} was begun: go on with that program, or drop it`
}

/** This role may not, or the projection or a table of it is not such that it can be. The reason is a sentence. */
export class NotRebuildable extends Schema.TaggedError<NotRebuildable>()("NotRebuildable", {
  projection: Schema.String,
  reason: Schema.String,
}) {
  override readonly message = `${this.projection} cannot be rebuilt: ${this.reason}`
}

/** The new rows would lack streams, or later events of streams, that the live ones have. Nothing was switched; after a fix the rebuild goes on. */
export class RebuildParked extends Schema.TaggedError<RebuildParked>()("RebuildParked", {
  projection: Schema.String,
  parked: Schema.Array(
    Schema.Struct({
      stream: Schema.String,
      position: Schema.BigInt,
      reason: Schema.String,
      parkedAt: Schema.Date,
    }),
  ),
}) {
  override readonly message = `The rebuild of ${this.projection} has parked ${this.parked.length} streams that the live rows have, and does not take their place`
}

/** For as long as we were to wait, somebody used the live table, or events came faster than they could be followed. Only the switch is missing. */
export class SwitchBlocked extends Schema.TaggedError<SwitchBlocked>()("SwitchBlocked", {
  projection: Schema.String,
}) {
  override readonly message = `${this.projection} is built, but could not be put in place: a long transaction uses the live table, or events come faster than it follows. Try again later`
}

/** There is no unfinished rebuild. */
export class NoRebuild extends Schema.TaggedError<NoRebuild>()("NoRebuild", { projection: Schema.String }) {
  override readonly message = `There is no rebuild of ${this.projection}`
}

export interface Progress {
  /** Of the way from the beginning of the log to `total`, in events, over all shards. */
  readonly done: number
  readonly total: number
}

export interface Options {
  /** Streams are dealt out by hash; each shard writes by its own connection. For a rebuild that was begun, what it was begun with. Default: 2. */
  readonly shards?: number
  /** Put the new rows in place at the end. Default: true. */
  readonly switch?: boolean
  /** At most so many events are read at once, to be shared out among the shards. Default: 10,000. */
  readonly batch?: number
  /** How long a rebuild that was killed keeps others from going on with it. Default: 10 s. */
  readonly lease?: Duration.Input
  /** How long readers may have to wait for the switch to get its turn; then it steps back, and tries again later. Default: 300 ms. */
  readonly waitForReaders?: Duration.Input
  /** How long it tries to switch before it gives up. Default: 2 minutes. */
  readonly patience?: Duration.Input
  /** Called often: after each transaction. */
  readonly onProgress?: (progress: Progress) => void
}

export interface Rebuilt {
  /** Up to where the new rows follow the log. */
  readonly position: bigint
  /** Of the live rows before. */
  readonly from: number
  readonly to: number
  readonly switched: boolean
  /** Streams that wait for a replay in the new rows, as they do in the old ones. */
  readonly parked: ReadonlyArray<ParkedStream>
}

export type Services = Database | EventStore

export type RebuildError =
  | RebuildRunning
  | OtherRebuild
  | NotRebuildable
  | RebuildParked
  | SwitchBlocked
  | StoreUnavailable

/**
 * Begins, or goes on with, the rebuild of a projection by this program's version of it, which may be the live one's, and
 * switches. Each event is read once. While the store is out of reach it waits, about two minutes, and then fails; as on
 * interruption, what is done stays done. Uses `shards` + 3 connections.
 */
export const run = Effect.fn("Rebuild.run")(function* <E>(
  projection: Projection<E>,
  options: Options = {},
): Effect.fn.Return<Rebuilt, RebuildError, Services> {
  const database = yield* Database
  const store = yield* EventStore
  const holder = (yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)).toString(36)
  const settings: Job.Settings = {
    holder,
    shards: Math.max(1, Math.min(64, options.shards ?? 2)),
    batch: options.batch ?? 10_000,
    leaseMs: Duration.toMillis(options.lease ?? "10 seconds"),
    lockMs: Duration.toMillis(options.waitForReaders ?? "300 millis"),
    onProgress: options.onProgress ?? (() => {}),
  }
  const patienceMs = Duration.toMillis(options.patience ?? "2 minutes")
  const name = projection.name

  const attempt = Effect.gen(function* () {
    const job = yield* Job.open(projection, { database, store }, settings)
    return yield* Effect.gen(function* () {
      yield* job.whileKept(Effect.andThen(replayParked(job), catchUp(job)))
      if (options.switch === false) {
        yield* job.giveUp
        return {
          position: job.reached(),
          from: job.live,
          to: projection.version,
          switched: false,
          parked: yield* job.parked,
        }
      }
      const overdue = yield* isOverdue(patienceMs)
      while (true) {
        const turn = yield* switchOver(job)
        if (turn._tag === "Switched")
          return {
            position: turn.position,
            from: job.live,
            to: projection.version,
            switched: true,
            parked: turn.parked,
          }
        if (turn._tag === "Parked") return yield* new RebuildParked({ projection: name, parked: turn.parked })
        if (yield* overdue) return yield* new SwitchBlocked({ projection: name })
        const pause =
          turn._tag === "Blocked" ? Effect.sleep(`${yield* Random.nextBetween(200, 800)} millis`) : Effect.void
        yield* job.whileKept(Effect.andThen(pause, catchUp(job)))
      }
    }).pipe(Effect.onExit((exit) => (exit._tag === "Success" ? Effect.void : Effect.ignore(job.giveUp))))
  })

  return yield* attempt.pipe(
    Effect.tapErrorTag("StoreUnavailable", ({ reason }) => Effect.logWarning(`The rebuild waits: ${reason}`)),
    // Whether a shard's last commit was made is in doubt; the next attempt asks.
    Effect.retry({ while: (error) => error instanceof StoreUnavailable, schedule: patiently }),
    Effect.catchTags({
      Outdated: () => Effect.fail(new RebuildRunning({ projection: name })),
      Held: () => Effect.fail(new RebuildRunning({ projection: name })),
      Other: ({ version }) => Effect.fail(new OtherRebuild({ projection: name, version })),
      Unfit: ({ reason }) => Effect.fail(new NotRebuildable({ projection: name, reason })),
    }),
    Effect.catchDefect((defect) =>
      defect instanceof WritesElsewhere
        ? Effect.fail(new NotRebuildable({ projection: name, reason: defect.message }))
        : Effect.die(defect),
    ),
  )
})

/** Passes over the log, each shorter than the one before, until what comes meanwhile is little or gets no less. */
const catchUp = Effect.fnUntraced(function* <E>(job: Job.Job<E>) {
  for (let before = Number.POSITIVE_INFINITY; ;) {
    yield* pass(job, yield* job.store.head)
    const missing = Number((yield* job.store.head) - job.reached())
    if (missing <= little || missing >= before) return
    before = missing
  }
})

const little = 100

const patiently = Schedule.max([
  Schedule.min([Schedule.exponential("200 millis"), Schedule.spaced("5 seconds")]).pipe(Schedule.jittered),
  Schedule.recurs(30),
])

/** Takes back what an unfinished rebuild has made. */
export const drop = Effect.fn("Rebuild.drop")(function* (projection: string) {
  const { transaction } = yield* Database
  yield* transaction((sql) =>
    Effect.gen(function* () {
      const rebuild = yield* Job.lock(sql, projection, "")
      if (rebuild === undefined) return yield* new NoRebuild({ projection })
      if (rebuild.heldMs > 0) return yield* new RebuildRunning({ projection })
      for (const shadow of rebuild.shadows) yield* sql.query({ name: "", text: `drop table if exists ${shadow}` })
      yield* sql.query(Job.endRebuild, [projection])
    }),
  )
})

export interface Unfinished {
  readonly follower: string
  readonly version: number
  /** Whether a process is at it, or was until a moment ago. */
  readonly running: boolean
  /** The mean of its shards. */
  readonly position: bigint
  readonly parked: bigint
}

/** The rebuilds that were begun and have neither taken the place of the live rows nor been dropped. */
export const unfinished = Effect.flatMap(Database, ({ query }) => query<Unfinished>(listRebuilds))

const listRebuilds = fromFile(new URL("../sql/projections/list-rebuilds.sql", import.meta.url))
