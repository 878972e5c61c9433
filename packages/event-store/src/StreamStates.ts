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

/** What one event makes of its stream. */
export interface Step<State> {
  readonly event: RecordedEvent
  readonly before: State
  readonly after: State
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
  /** The same, event by event, in the order given. */
  readonly steps: (
    events: ReadonlyArray<RecordedEvent>,
    sql: Sql,
  ) => Effect.Effect<ReadonlyArray<Step<State>>, StoreUnavailable>
}

/** So many streams had best be remembered by who goes through all of them, as a rebuild does: those that come again soon, in little memory. */
export const forRebuild = 2_000

/**
 * Remembers the states of the `remembered` streams that changed last; 0 for none. What is remembered is a stream at a
 * version, which is the same for ever whether the transaction that asked commits or not; another log needs another memory.
 */
export const make = <State>(
  { initial, evolve }: Fold<State>,
  { remembered = 0 }: { readonly remembered?: number } = {},
): StreamStates<State> => {
  const memory = recent<{ readonly version: number; readonly state: State }>(remembered)

  /** The state of each stream before the batch. */
  const before = Effect.fnUntraced(function* (streams: ReturnType<typeof byStream>, sql: Sql) {
    const unknown: Array<RecordedEvent> = []
    const states = new Map<string, State>()
    for (const [stream, [first]] of streams) {
      const known = memory.get(stream)
      if (first.version === 1) states.set(stream, initial)
      else if (known?.version === first.version - 1) states.set(stream, known.state)
      else unknown.push(first)
    }
    if (unknown.length > 0) {
      for (const event of yield* readEarlier(sql, unknown))
        states.set(event.stream, evolve(states.get(event.stream) ?? initial, event))
    }
    return states
  })

  const after = Effect.fnUntraced(function* (events: ReadonlyArray<RecordedEvent>, sql: Sql) {
    const streams = byStream(events)
    const states = yield* before(streams, sql)
    const changed: Array<Changed<State>> = []
    for (const [stream, batch] of streams) {
      let state = states.get(stream) ?? initial
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

  const steps = Effect.fnUntraced(function* (events: ReadonlyArray<RecordedEvent>, sql: Sql) {
    const states = yield* before(byStream(events), sql)
    const taken: Array<Step<State>> = []
    for (const event of events) {
      const state = states.get(event.stream) ?? initial
      const next = evolve(state, event)
      states.set(event.stream, next)
      taken.push({ event, before: state, after: next })
    }
    for (const { event, after } of taken) memory.set(event.stream, { version: event.version, state: after })
    return taken
  })

  return { after, steps }
}
