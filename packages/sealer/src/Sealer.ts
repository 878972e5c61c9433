/** The follower that extends the tree with each event's entry: exactly once, in the order of the log. */
import { Database, type Sql } from "@paylog/event-store/Database"
import { EventStore, type RecordedEvent, StoreUnavailable } from "@paylog/event-store/EventStore"
import { faultOf } from "@paylog/event-store/faultOf"
import type { Follower } from "@paylog/event-store/Follower"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as Statement from "@paylog/event-store/Statement"
import { type Duration, Effect, Layer, Stream } from "effect"

/** Of the bookmark and the lease. */
export const name = "sealer"

export interface Options {
  /**
   * After a sign that the log has grown, so long is waited for more, since many events cost little more than one. An event is
   * in the tree about so long after it was appended, and a page's time later. Default: 250 ms.
   */
  readonly gather?: Duration.Input
  /** At most so many events a transaction. Default: 4096. */
  readonly page?: number
}

/**
 * Seals for ever, in any number of processes: one leads. A page of events is sealed by one call of `transparency.seal`, which
 * hashes them where they are. Nothing is ever passed over: what cannot be sealed stops the sealing, is logged, and is tried
 * again.
 */
export const run = ({ gather = "250 millis", page = 4096 }: Options = {}) =>
  Effect.gen(function* () {
    const store = yield* EventStore
    const { query } = yield* Database
    /** Events may be large: what is not sealed in time is tried in smaller pages. */
    let most = page
    /** Whoever went on after a page that was not full would find the few events that came meanwhile, and never rest. */
    let rests = false
    const paged = EventStore.of({
      ...store,
      readAll: Effect.fnUntraced(function* (after) {
        if (rests) return []
        const [next] = yield* query<{ readonly last: bigint }>(nextPage, [after, most])
        const last = next?.last ?? after
        if (last <= after) return []
        rests = last - after < most
        return [asEvent(after, last)]
      }),
      changes: Stream.tap(store.changes, () =>
        Effect.andThen(
          Effect.sleep(gather),
          Effect.sync(() => (rests = false)),
        ),
      ),
    })
    const pages = FollowerRunner.layer({ batch: 1 }).pipe(Layer.provide(Layer.succeed(EventStore, paged)))
    const apply: Follower["apply"] = (events, sql) =>
      follower.apply(events, sql).pipe(
        Effect.tap(() => Effect.sync(() => (most = Math.min(page, most * 2)))),
        Effect.tapError(() => Effect.sync(() => (most = Math.max(1, most >> 3)))),
      )
    return yield* FollowerRunner.use((runner) => runner.run({ ...follower, apply })).pipe(
      Effect.provide(pages, { local: true }),
    )
  })

/** What the follower is given for an "event": a page of the log, at its last event's position, with the one before it for data. */
export const asEvent = (after: bigint, last: bigint): RecordedEvent => ({
  position: last,
  data: String(after),
  metadata: "",
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
    Effect.forEach(pages, ({ data, position }) => seal(BigInt(data), position, sql), { discard: true }).pipe(
      Effect.catchDefect((defect) => {
        const { name, at } = faultOf(defect)
        return Effect.andThen(Effect.logError(`Nothing can be sealed: ${name}`, at), stopped(name))
      }),
    ),
}

const stopped = (reason: string) => new StoreUnavailable({ reason: `sealing: ${reason}` })

const seal = Effect.fnUntraced(function* (after: bigint, last: bigint, sql: Sql) {
  const [sealed] = yield* sql.query<Sealed>(sealPage, [after, last])
  const reason = sealed === undefined ? "no answer" : fault(sealed, after, last)
  if (reason === undefined) return
  yield* Effect.logError(`Nothing can be sealed: ${reason}`)
  return yield* stopped(reason)
})

/** What `transparency.seal` answers. */
interface Sealed {
  readonly size: bigint
  readonly events: bigint
  readonly damaged: number | null
}

const fault = ({ size, events, damaged }: Sealed, after: bigint, last: bigint): string | undefined => {
  if (size !== after) return `the tree ends at position ${size}, and its bookmark is at ${after}`
  if (events !== last - after)
    return `of the positions ${after + 1n} to ${last}, ${last - after - events} ${last - after - events === 1n ? "is" : "are"} missing`
  return damaged === null ? undefined : `the tree's tiles of level ${damaged} are damaged`
}

const statement = (name: string) => Statement.fromFile(new URL(`../sql/seal/${name}.sql`, import.meta.url))
const nextPage = statement("next-page")
const sealPage = statement("seal")
