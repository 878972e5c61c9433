/** The log on Postgres. */
import { Effect, Latch, Layer, Option, Stream } from "effect"
import { Database } from "./Database.ts"
import { EventStore, type ReadOptions, type RecordedEvent } from "./EventStore.ts"
import * as Writer from "./internal/writer.ts"
import type { MigrationSet } from "./Migrations.ts"
import * as Statement from "./Statement.ts"
import { Wakeups } from "./Wakeups.ts"

/** The tables and functions of this package: the log, followers, work queues. */
export const migrations: MigrationSet = {
  name: "event-store",
  folder: new URL("../sql/migrations/", import.meta.url),
}

/**
 * Appends go through one connection of the layer's own, gathered into batches; reads go through `Database`. The role needs
 * `paylog_append`, or `paylog_read` where nothing is appended.
 */
export const layer = (options: Writer.WriterOptions): Layer.Layer<EventStore, never, Database | Wakeups> =>
  Layer.effect(
    EventStore,
    Effect.gen(function* () {
      const database = yield* Database
      const wakeups = yield* Wakeups

      // Readers are told on another connection and by another fiber: the next batch does not wait for it.
      const committed = Latch.makeUnsafe()
      yield* committed.await.pipe(
        Effect.andThen(committed.close),
        Effect.andThen(wakeups.signal),
        Effect.forever,
        Effect.forkScoped,
      )
      const append = yield* Writer.make(options, committed.open)

      const readAll = (after: bigint, limit: number) => database.query<RecordedEvent>(statements.all, [after, limit])

      return EventStore.of({
        append,
        readAll,
        readStream: (stream, options = {}) => database.query<RecordedEvent>(...streamQuery(stream, options)),
        subscribe: (after) =>
          Stream.suspend(() => {
            let last = after
            const page = Effect.map(
              Effect.suspend(() => readAll(last, pageSize)),
              (events) => {
                last = events.at(-1)?.position ?? last
                return [events, events.length < pageSize ? Option.none<void>() : Option.some<void>(undefined)] as const
              },
            )
            return Stream.flatMap(wakeups.changes, () => Stream.paginate(undefined, () => page))
          }),
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

const pageSize = 1000

const sql = (name: string) => Statement.fromFile(new URL(`../sql/log/${name}.sql`, import.meta.url))

const statements = {
  all: sql("read-all"),
  attachment: sql("read-attachment"),
  backwards: sql("read-backwards"),
  forwards: sql("read-forwards"),
  head: sql("head"),
}

/** A null limit is none. */
const streamQuery = (stream: string, { direction = "Forwards", from, limit }: ReadOptions) =>
  direction === "Forwards"
    ? ([statements.forwards, [stream, from ?? 1, limit ?? null]] as const)
    : ([statements.backwards, [stream, from ?? 0x7fffffff, limit ?? null]] as const)
