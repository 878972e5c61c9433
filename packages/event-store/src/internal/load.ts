/** Loading a state: from the cache as far as it goes, and what came after it from the log. */
import { Effect } from "effect"
import type { EventStore, Fold, Loaded, RecordedEvent, StoreUnavailable } from "../EventStore.ts"
import { type Recent, recent } from "./recent.ts"

/** A stream's events from a version on. */
export type ReadFrom = (stream: string, from: number) => Effect.Effect<ReadonlyArray<RecordedEvent>, StoreUnavailable>

/** How many streams' states are kept for each fold: those that were loaded last. */
const remembered = 2000

/**
 * A cached state is never believed by itself: the read begins at the event that it was folded up to, and when another one
 * stands there (the database was restored from a backup), or none, the stream is read from its beginning.
 */
export const make = (readFrom: ReadFrom): EventStore["Service"]["load"] => {
  const caches = new WeakMap<object, unknown>()

  const cacheOf = <State>(fold: Fold<State>): Recent<Loaded<State>> => {
    const cache = caches.get(fold) ?? recent<Loaded<State>>(remembered)
    caches.set(fold, cache)
    // oxlint-disable-next-line no-unsafe-type-assertion -- a fold's cache holds that fold's states: nobody else has it
    return cache as Recent<Loaded<State>>
  }

  return Effect.fnUntraced(function* <State>(fold: Fold<State>, stream: string) {
    const cache = cacheOf(fold)
    const cached = cache.get(stream)
    let known: Loaded<State> = { state: fold.initial, version: 0, last: undefined }
    let events = yield* readFrom(stream, Math.max(1, cached?.version ?? 1))
    if (cached !== undefined) {
      if (events[0]?.id === cached.last?.id) {
        known = cached
        events = events.slice(1)
      } else {
        events = yield* readFrom(stream, 1)
      }
    }
    const last = events.at(-1) ?? known.last
    const loaded = { state: events.reduce(fold.evolve, known.state), version: last?.version ?? 0, last }
    if (last === undefined) cache.delete(stream)
    else cache.set(stream, loaded)
    return loaded
  })
}
