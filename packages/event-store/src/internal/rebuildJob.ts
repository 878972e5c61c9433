/** A rebuild in hand: begun or gone on with, under a lease. */
import { Data, Duration, Effect } from "effect"
import type { Database, Sql } from "../Database.ts"
import type { EventStore, StoreUnavailable } from "../EventStore.ts"
import type { ParkedStream } from "../FollowerRunner.ts"
import type { Projection } from "../Projection.ts"
import { fromFile } from "../Statement.ts"
import { type HeldBookmark, Outdated } from "./passOver.ts"
import { shadowSql } from "./shadowSql.ts"

export interface Settings {
  readonly holder: string
  readonly shards: number
  readonly batch: number
  readonly leaseMs: number
  readonly lockMs: number
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void
}

/** Somebody else's lease has not ended. */
export class Held extends Data.TaggedError("Held") {}
/** It was begun by other code. */
export class Other extends Data.TaggedError("Other")<{ readonly version: number }> {}
export class Unfit extends Data.TaggedError("Unfit")<{ readonly reason: string }> {}

export interface Parked extends ParkedStream {
  /** The stream's first event that is not applied. */
  readonly version: number
}

export interface Shard {
  readonly bookmark: HeldBookmark
  readonly position: () => bigint
}

export interface Job<E> {
  readonly projection: Projection<E>
  readonly database: Database["Service"]
  readonly store: EventStore["Service"]
  readonly settings: Settings
  /** The version of the live rows. */
  readonly live: number
  readonly tables: ReadonlyArray<string>
  readonly shadows: ReadonlyArray<string>
  readonly token: bigint
  readonly shards: ReadonlyArray<Shard>
  /**
   * The parked streams. This process alone parks and un-parks, under its token, and starts anew after every failure of the
   * store: so they need not be asked for with each batch.
   */
  readonly aside: Set<string>
  /** The same, writing to the shadow tables. */
  readonly shadowed: (sql: Sql) => Sql
  /** Up to where every shard has come. */
  readonly reached: () => bigint
  /** Tells whoever asked how far it has come towards `total`. */
  readonly report: (total: bigint) => void
  readonly parked: Effect.Effect<ReadonlyArray<Parked>, StoreUnavailable>
  /** Runs `work` and keeps the lease; fails with `Outdated` when it is lost. */
  readonly whileKept: <A, E2, R>(work: Effect.Effect<A, E2, R>) => Effect.Effect<A, E2 | Outdated | StoreUnavailable, R>
  /** From here on another may go on with it. */
  readonly giveUp: Effect.Effect<void, StoreUnavailable>
}

interface Resources {
  readonly database: Database["Service"]
  readonly store: EventStore["Service"]
}

/** Begins the rebuild, or goes on with it; waits once for the lease of one that may have been killed. */
export const open = Effect.fnUntraced(function* <E>(
  projection: Projection<E>,
  { database, store }: Resources,
  settings: Settings,
) {
  const { name, version, tables } = projection
  const { holder, leaseMs } = settings
  const shadows = tables.map((table) => `${table}_rebuild_${version}`)
  yield* checkNames(shadows)
  yield* checkTables(database, tables)

  const take = database.transaction((sql) =>
    Effect.gen(function* () {
      yield* sql.query(openBookmark, [name, version])
      const begun = yield* sql.query(beginRebuild, [name, version, tables, shadows, settings.shards])
      if (begun.length > 0) yield* sql.query(makeShadows, [tables, shadows])
      const rebuild = yield* lock(sql, name, holder)
      if (rebuild === undefined) return yield* new Outdated()
      if (rebuild.version !== version || rebuild.tables.join() !== tables.join())
        return yield* new Other({ version: rebuild.version })
      yield* checkAlike(sql, tables, shadows)
      if (rebuild.heldMs > 0) return { _tag: "Held", heldMs: rebuild.heldMs } as const
      const shards = yield* sql.query<ShardRow>(takeRebuild, [name, holder, leaseMs])
      const [bookmark] = yield* sql.query<{ readonly version: number }>(bookmarkVersion, [name])
      return {
        _tag: "Taken",
        live: bookmark?.version ?? version,
        shards: shards.toSorted((a, b) => a.shard - b.shard),
      } as const
    }),
  )
  const first = yield* take
  // Whoever is at it prolongs its lease long before it ends; one that was killed does not.
  if (first._tag === "Held" && first.heldMs > leaseMs) return yield* new Held()
  const taken =
    first._tag === "Taken" ? first : yield* Effect.andThen(Effect.sleep(Duration.millis(first.heldMs + 50)), take)
  if (taken._tag === "Held") return yield* new Held()
  return make(projection, { database, store }, settings, shadows, taken)
})

interface ShardRow {
  readonly shard: number
  readonly position: bigint
  readonly token: bigint
}

const make = <E>(
  projection: Projection<E>,
  { database, store }: Resources,
  settings: Settings,
  shadows: ReadonlyArray<string>,
  taken: { readonly live: number; readonly shards: ReadonlyArray<ShardRow> },
): Job<E> => {
  const { name, tables } = projection
  const { leaseMs } = settings
  const token = taken.shards[0]?.token ?? 0n
  const aside = new Set<string>()
  const shards = taken.shards.map((row) => shardOf(name, row, leaseMs, aside))
  // Whole: one that is interrupted might still be made, after the lease was given up.
  const keep = Effect.gen(function* () {
    const kept = yield* database.query(keepRebuild, [name, token, leaseMs])
    if (kept.length === 0) return yield* new Outdated()
  }).pipe(Effect.uninterruptible)
  return {
    projection,
    database,
    store,
    settings,
    live: taken.live,
    tables,
    shadows,
    token,
    shards,
    aside,
    shadowed: shadowSql(new Map(tables.map((table, index) => [table, shadows[index] ?? ""])), projection.version),
    reached: () => shards.map((shard) => shard.position()).reduce((a, b) => (a < b ? a : b)),
    report: (total) => {
      const sum = shards.reduce((sum, shard) => sum + shard.position(), 0n)
      settings.onProgress({ done: Number(sum) / shards.length, total: Number(total) })
    },
    parked: database.query<Parked>(listParked, [name]),
    whileKept: (work) =>
      Effect.raceFirst(work, Effect.forever(Effect.andThen(keep, Effect.sleep(Duration.millis(leaseMs / 4))))),
    giveUp: Effect.asVoid(database.query(giveUpRebuild, [name, token])),
  }
}

const shardOf = (name: string, row: ShardRow, leaseMs: number, aside: Set<string>): Shard => {
  let position = row.position
  return {
    position: () => position,
    bookmark: {
      move: (sql, to) =>
        Effect.map(
          sql.query(moveShard, [name, row.shard, row.token, position, to, leaseMs]),
          (rows) => rows.length > 0,
        ),
      moved: (to) => void (position = to),
      parkedAmong: (_, streams) =>
        Effect.sync(() => (aside.size === 0 ? [] : streams.filter((stream) => aside.has(stream)))),
      park: (sql, event, reason) =>
        Effect.tap(
          Effect.asVoid(sql.query(parkStream, [name, event.stream, event.position, event.version, reason])),
          () => Effect.sync(() => aside.add(event.stream)),
        ),
      // The rebuild's lease is kept for all shards at once.
      keep: Effect.void,
    },
  }
}

export interface LockedRebuild {
  readonly version: number
  readonly tables: ReadonlyArray<string>
  readonly shadows: ReadonlyArray<string>
  readonly token: bigint
  /** How long the lease of somebody else still is; 0 when there is none. */
  readonly heldMs: number
}

/** The rebuild's row, locked until the transaction ends; `undefined` when there is none. */
export const lock = (sql: Sql, name: string, holder: string) =>
  Effect.map(sql.query<RebuildRow>(lockRebuild, [name, holder]), ([row]): LockedRebuild | undefined =>
    row === undefined ? undefined : { ...row, tables: row.tables.split(","), shadows: row.shadows.split(",") },
  )

type RebuildRow = Omit<LockedRebuild, "tables" | "shadows"> & { readonly tables: string; readonly shadows: string }

/** Names go into statements as they are. */
const checkNames = (shadows: ReadonlyArray<string>) => {
  const wrong = shadows.find((name) => !/^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]{0,62}$/.test(name))
  return wrong === undefined
    ? Effect.void
    : Effect.fail(
        new Unfit({
          reason: `${wrong} is no name for a table: schema and name, in small letters, of at most 63 bytes`,
        }),
      )
}

const checkTables = Effect.fnUntraced(function* (database: Database["Service"], tables: ReadonlyArray<string>) {
  for (const { table, found, allowed, role } of yield* database.query<{
    readonly table: string
    readonly found: boolean
    readonly allowed: boolean
    readonly role: string
  }>(mayRebuild, [tables])) {
    if (!found) return yield* new Unfit({ reason: `there is no table ${table}` })
    if (!allowed)
      return yield* new Unfit({
        reason: `the role ${role} does not own ${table} and the schemas around it; set DATABASE_OWNER_URL to a role that does`,
      })
  }
  const [why] = yield* database.query<{ readonly table: string; readonly reason: string }>(whyNot, [tables])
  if (why !== undefined) return yield* new Unfit({ reason: `of ${why.table}, ${why.reason}` })
})

/** A migration may have changed the live table since the shadow was made like it; in its place, it would take that back. */
export const checkAlike = Effect.fnUntraced(function* (
  sql: Sql,
  tables: ReadonlyArray<string>,
  shadows: ReadonlyArray<string>,
) {
  const [differs] = yield* sql.query<{ readonly table: string }>(differing, [tables, shadows])
  if (differs === undefined) return
  const reason = `${differs.table} has been changed since the rebuild was begun. Drop the rebuild, and begin anew`
  return yield* new Unfit({ reason })
})

const statement = (name: string) => fromFile(new URL(`../../sql/projections/${name}.sql`, import.meta.url))
const mayRebuild = statement("may-rebuild")
const whyNot = statement("why-not-rebuilt")
const differing = statement("differing")
const beginRebuild = statement("begin-rebuild")
const makeShadows = statement("make-shadows")
const lockRebuild = statement("lock-rebuild")
const takeRebuild = statement("take-rebuild")
const keepRebuild = statement("keep-rebuild")
const giveUpRebuild = statement("give-up-rebuild")
const moveShard = statement("move-shard")
const parkStream = statement("park-in-rebuild")
const listParked = statement("list-rebuild-parked")
const bookmarkVersion = statement("bookmark-version")
export const endRebuild = statement("end-rebuild")
const openBookmark = fromFile(new URL("../../sql/followers/open-bookmark.sql", import.meta.url))
