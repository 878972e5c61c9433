/** Read, decide, append: the one way in which a command becomes events. */
import { Array, Effect, type Result } from "effect"
import type { SecureRandom } from "effect/crypto"
import {
  EventStore,
  type Appended,
  type Attachment,
  type Fold,
  type Overloaded,
  type StoreUnavailable,
} from "@paylog/event-store/EventStore"
import type { Codec } from "./Codec.ts"
import * as Metadata from "./Metadata.ts"

/** An aggregate: its state from its events, and what a command makes of it. `decide` is pure; no events means that it is already so. */
export interface Aggregate<State, Command, Event, Rejected> {
  readonly codec: Codec<Event>
  readonly initial: State
  readonly evolve: (state: State, event: Event) => State
  readonly decide: (state: State, command: Command) => Result.Result<ReadonlyArray<Event>, Rejected>
}

/** An aggregate as `execute` needs it: made once, since the store remembers states by its fold. */
export interface Decider<State, Command, Event, Rejected> extends Aggregate<State, Command, Event, Rejected> {
  readonly fold: Fold<State>
}

export const decider = <State, Command, Event, Rejected>(
  aggregate: Aggregate<State, Command, Event, Rejected>,
): Decider<State, Command, Event, Rejected> => ({
  ...aggregate,
  fold: {
    initial: aggregate.initial,
    evolve: (state, event) => aggregate.evolve(state, aggregate.codec.decode(event)),
  },
})

export interface Execution<Command> {
  readonly stream: string
  /** Names what is done, once per stream: stream and purpose make the idempotency key, so doing it twice is doing it once. */
  readonly purpose: string
  readonly command: Command
  readonly about: Metadata.About
  readonly attachments?: ReadonlyArray<Attachment>
}

export interface Executed<State, Event> {
  /** What this call appended; none when it was already so, or was done before under the same key. */
  readonly events: ReadonlyArray<Event>
  readonly state: State
  readonly appended: Appended | undefined
}

/** What `execute` needs. */
export type Services = EventStore | SecureRandom.SecureRandom

/**
 * Decides on the stream's newest state and appends at that version. When another writer was faster it decides again:
 * every round means that somebody else made progress, so it ends. A key that another writer has just used for the same
 * purpose is such a round too, once: that writer's events are then in the state, and there is nothing left to do.
 */
export const execute = Effect.fnUntraced(function* <State, Command, Event, Rejected>(
  decider: Decider<State, Command, Event, Rejected>,
  { stream, purpose, command, about, attachments = [] }: Execution<Command>,
): Effect.fn.Return<Executed<State, Event>, Rejected | Overloaded | StoreUnavailable, Services> {
  const store = yield* EventStore
  for (let keyWasTaken = false; ;) {
    const { state, version, last } = yield* store.load(decider.fold, stream)
    const events = yield* Effect.fromResult(decider.decide(state, command))
    const encoded = yield* decider.codec.encode(events, Metadata.complete(about, last))
    if (!Array.isReadonlyArrayNonEmpty(encoded)) return { events: [], state, appended: undefined }
    const appended = yield* store
      .append({
        key: `${stream}/${purpose}`,
        streams: [{ stream, expected: version, events: [encoded[0], ...encoded.slice(1)] }],
        attachments,
      })
      .pipe(
        Effect.catchTags({
          VersionConflict: () => Effect.succeed("Overtaken" as const),
          // What we encode ourselves fits, unless a command brought more than an event may hold.
          InvalidAppend: Effect.die,
          // A second time, the key has been used for two different things: a fault of ours.
          IdempotencyMismatch: (mismatch) => (keyWasTaken ? Effect.die(mismatch) : Effect.succeed("KeyTaken" as const)),
        }),
      )
    if (appended === "Overtaken") continue
    if (appended === "KeyTaken") {
      keyWasTaken = true
      continue
    }
    return {
      events: appended.outcome === "Appended" ? events : [],
      state: events.reduce(decider.evolve, state),
      appended,
    }
  }
})
