/** The log on Postgres. */
import { Effect, Layer } from "effect"
import { Database } from "./Database.ts"
import { EventStore, type ReadOptions, type RecordedEvent } from "./EventStore.ts"
import * as AppendConnection from "./internal/appendConnection.ts"
import type { ConnectionOptions } from "./ConnectionOptions.ts"
import * as GroupCommit from "./internal/groupCommit.ts"
import * as Load from "./internal/load.ts"
import * as StreamReads from "./internal/streamReads.ts"
import { subscribe } from "./internal/subscribe.ts"
import type { MigrationSet } from "./Migrations.ts"
import * as Statement from "./Statement.ts"
import { Wakeups } from "./Wakeups.ts"

/** The tables and functions of this package: the log, followers, work queues. */
export const migrations: MigrationSet = {
  name: "event-store",
  folder: new URL("../sql/migrations/", import.meta.url),
}

export interface Options extends ConnectionOptions, GroupCommit.Limits {}

/**
 * Appends go through one connection of the layer's own, gathered into batches; reads go through `Database`. The role needs
 * `paylog_append`, or `paylog_read` where nothing is appended.
 */
export const layer = (options: Options): Layer.Layer<EventStore, never, Database | Wakeups> =>
  Layer.effect(
    EventStore,
    Effect.gen(function* () {
      const database = yield* Database
      const wakeups = yield* Wakeups

      const send = yield* AppendConnection.make(options)
      const append = yield* GroupCommit.make(send, options, wakeups.signal)

      const readAll = (after: bigint, limit: number) => database.query<RecordedEvent>(statements.all, [after, limit])

      return EventStore.of({
        append,
        readAll,
        readStream: (stream, options = {}) => database.query<RecordedEvent>(...streamQuery(stream, options)),
        load: Load.make(StreamReads.make(database)),
        subscribe: subscribe(readAll, wakeups.changes),
        head: Effect.map(database.query<{ readonly head: bigint }>(statements.head), ([row]) => row?.head ?? 0n),
        readAttachment: (digest) =>
          Effect.map(
            database.query<{ readonly bytes: Uint8Array | null }>(statements.attachment, [digest]),
            ([row]) => row?.bytes ?? undefined,
          ),
        changes: wakeups.changes,
      })
    }),
  )

const at = (name: string) => new URL(`../sql/log/${name}.sql`, import.meta.url)
const sql = (name: string) => Statement.fromFile(at(name))
const events = (name: string) => Statement.ofEvents(at(name))

const statements = {
  all: events("read-all"),
  attachment: sql("read-attachment"),
  backwards: events("read-backwards"),
  forwards: events("read-forwards"),
  head: sql("head"),
}

/** Versions are numbers of 32 bits: a later one than the last is no stream's. */
const lastVersion = 0x7fffffff

/** A null limit is none. */
const streamQuery = (stream: string, { direction = "Forwards", from, limit }: ReadOptions) =>
  direction === "Forwards"
    ? ([statements.forwards, [stream, Math.min(from ?? 1, lastVersion), limit ?? null]] as const)
    : ([statements.backwards, [stream, Math.min(from ?? lastVersion, lastVersion), limit ?? null]] as const)
