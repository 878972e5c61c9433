/** For projections whose rows follow from the folded state of each stream. */
import { Effect } from "effect"
import type { Sql } from "./Database.ts"
import type { Fold, RecordedEvent, StoreUnavailable } from "./EventStore.ts"
import { byStream } from "./internal/byStream.ts"
import { recent } from "./internal/recent.ts"
import { readEarlier } from "./readEarlier.ts"

/** A stream that a batch goes on with. */
export interface Changed<State> {
  readonly state: State
  /** Its last event in the batch. */
  readonly last: RecordedEvent
}

export interface StreamStates<State> {
  /**
   * The state of every stream of the batch after the batch. Each event is folded once as long as the stream is
   * remembered; of the others, what came before the batch is read in one query, and folded again.
   */
  readonly after: (
    events: ReadonlyArray<RecordedEvent>,
    sql: Sql,
  ) => Effect.Effect<ReadonlyArray<Changed<State>>, StoreUnavailable>
}

/**
 * Remembers the states of the `remembered` streams that changed last; 0 for none. What is remembered is a stream at a
 * version, which is the same for ever whether the transaction that asked commits or not; another log needs another memory.
 */
export const make = <State>(
  { initial, evolve }: Fold<State>,
  { remembered = 0 }: { readonly remembered?: number } = {},
): StreamStates<State> => {
  const memory = recent<{ readonly version: number; readonly state: State }>(remembered)

  const after = Effect.fnUntraced(function* (events: ReadonlyArray<RecordedEvent>, sql: Sql) {
    const streams = byStream(events)
    const unknown: Array<RecordedEvent> = []
    const before = new Map<string, State>()
    for (const [stream, [first]] of streams) {
      const known = memory.get(stream)
      if (first.version === 1) before.set(stream, initial)
      else if (known?.version === first.version - 1) before.set(stream, known.state)
      else unknown.push(first)
    }
    if (unknown.length > 0) {
      for (const event of yield* readEarlier(sql, unknown))
        before.set(event.stream, evolve(before.get(event.stream) ?? initial, event))
    }
    const changed: Array<Changed<State>> = []
    for (const [stream, batch] of streams) {
      let state = before.get(stream) ?? initial
      let last = batch[0]
      for (const event of batch) {
        state = evolve(state, event)
        last = event
      }
      memory.set(stream, { version: last.version, state })
      changed.push({ state, last })
    }
    return changed
  })

  return { after }
}
