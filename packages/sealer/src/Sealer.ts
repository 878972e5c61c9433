/** The follower that extends the tree with each event's entry: exactly once, in the order of the log. */
import { Database, type Sql } from "@paylog/event-store/Database"
import { EventStore, type RecordedEvent, StoreUnavailable } from "@paylog/event-store/EventStore"
import { faultOf } from "@paylog/event-store/faultOf"
import type { Follower } from "@paylog/event-store/Follower"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as Statement from "@paylog/event-store/Statement"
import * as Tiles from "@paylog/transparency/Tiles"
import * as Tree from "@paylog/transparency/Tree"
import { type Duration, Effect, Layer, Stream } from "effect"
import { sha256 } from "./sha256.ts"

/** Of the bookmark and the lease. */
export const name = "sealer"

export interface Options {
  /** After a sign that the log has grown, so long is waited for more, since many events cost little more than one. Default: 250 ms. */
  readonly gather?: Duration.Input
  /** At most so many events a transaction. Default: 4096. */
  readonly page?: number
}

/**
 * Seals for ever, in any number of processes: one leads. Per page: one statement that hashes the events where they are, one
 * that reads the tree's right edge, one that writes what has changed. Nothing is ever passed over: what cannot be sealed
 * stops the sealing, is logged, and is tried again.
 */
export const run = (options: Options = {}) =>
  Effect.gen(function* () {
    const database = yield* Database
    const store = yield* EventStore
    const pages = FollowerRunner.layer({ batch: 1 }).pipe(
      Layer.provide(Layer.succeed(EventStore, ofPages(store, database, options))),
    )
    return yield* FollowerRunner.use((runner) => runner.run(follower)).pipe(Effect.provide(pages, { local: true }))
  })

/**
 * The log as the sealer reads it: one "event" is a page of events, stands at the last one's position, and has their entries,
 * in hexadecimal digits, for its data; and their column sums for its metadata.
 */
const ofPages = (
  store: EventStore["Service"],
  { query }: Sql,
  { gather = "250 millis", page = 4096 }: Options,
): EventStore["Service"] => {
  /** Events may be large: what does not come in time is asked for in smaller pages. */
  let most = page
  return {
    ...store,
    readAll: (after) =>
      Effect.suspend(() => query<Page>(entriesStatement, [after, most])).pipe(
        Effect.tap(() => Effect.sync(() => (most = Math.min(page, most * 2)))),
        Effect.tapError(() => Effect.sync(() => (most = Math.max(1, most >> 3)))),
        Effect.map(([row]) => (row === undefined || row.last === null ? [] : [asEvent(row)])),
      ),
    changes: Stream.tap(store.changes, () => Effect.sleep(gather)),
  }
}

interface Sealed {
  readonly last: bigint
  readonly entries: string
  readonly sums: string
}
type Page = Sealed | { readonly last: null }

const asEvent = ({ last, entries, sums }: Sealed): RecordedEvent => ({
  position: last,
  data: entries,
  metadata: sums,
  stream: "pages of the log",
  version: 1,
  id: "",
  type: "Page",
  schemaVersion: 1,
  recordedAtMs: 0,
})

/** Parks nothing: a tree has no holes. */
export const follower: Follower = {
  name,
  apply: (pages, sql) =>
    Effect.forEach(pages, (page) => seal(page, sql), { discard: true }).pipe(
      Effect.catchDefect((defect) => {
        const { name, at } = faultOf(defect)
        return Effect.andThen(Effect.logError(`Nothing can be sealed: ${name}`, at), stopped(name))
      }),
    ),
}

const stopped = (reason: string) => new StoreUnavailable({ reason: `sealing: ${reason}` })

const seal = Effect.fnUntraced(function* ({ position, data, metadata }: RecordedEvent, sql: Sql) {
  const bytes = Buffer.from(data, "hex")
  const entries = Array.from({ length: bytes.length / 32 }, (_, at) => bytes.subarray(32 * at, 32 * (at + 1)))
  const before = Number(position) - entries.length
  const { size, edge } = yield* edgeAt(before, sql)
  // The tree is as long as the bookmark says, and no event is missing between.
  if (size !== before) {
    const reason = `positions ${size + 1} to ${position} are to come next, and ${entries.length} events are there`
    yield* Effect.logError(`Nothing can be sealed: ${reason}`)
    return yield* stopped(reason)
  }
  const { changed } = Tiles.extend(
    before,
    edge,
    entries.map((entry) => Tree.leafHash(entry, sha256)),
    sha256,
  )
  const widths = changed.map(({ hashes }) => hashes.length / 32)
  const bundles = bundlesOf(before, entries.length)
  const events = bundles.map(({ width }) => width)
  yield* sql.query(extendStatement, [
    changed.map(({ level }) => level),
    changed.map(({ index }) => index),
    widths,
    Buffer.concat(changed.map(({ hashes }) => hashes)),
    bundles.map(({ bundle }) => bundle),
    events,
    bytes,
    Buffer.from(metadata, "hex"),
    startsOf(widths),
    startsOf(events),
  ])
})

/** Of each width, the sum of those before it. */
const startsOf = (widths: ReadonlyArray<number>): ReadonlyArray<number> => {
  let next = 0
  return widths.map((width) => (next += width) - width)
}

const edgeAt = Effect.fnUntraced(function* (before: number, { query }: Sql) {
  const wanted = Tiles.edgeOf(before)
  const rows = yield* query<EdgeRow>(edgeStatement, [
    wanted.map(({ level }) => level),
    wanted.map(({ index }) => index),
  ])
  return {
    size: Number(rows[0]?.size ?? 0n),
    edge: rows.flatMap((row) =>
      row.hashes === null ? [] : [{ level: row.level, index: Number(row.index), hashes: row.hashes }],
    ),
  }
})

type EdgeRow = { readonly size: bigint } & (
  | { readonly level: number; readonly index: bigint; readonly hashes: Uint8Array }
  | { readonly level: null; readonly index: null; readonly hashes: null }
)

/** How many of the new events go to which bundle. */
const bundlesOf = (before: number, count: number) => {
  const bundles: Array<{ readonly bundle: number; readonly width: number }> = []
  for (let at = before; at < before + count;) {
    const width = Math.min(256 - (at % 256), before + count - at)
    bundles.push({ bundle: Math.floor(at / 256), width })
    at += width
  }
  return bundles
}

const statement = (name: string) => Statement.fromFile(new URL(`../sql/seal/${name}.sql`, import.meta.url))
const entriesStatement = statement("entries-page")
const edgeStatement = statement("edge")
const extendStatement = statement("extend")
