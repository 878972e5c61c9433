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
  type StreamAppend,
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
  /**
   * Names what is done, once per stream: stream and purpose make the idempotency key, so doing it twice is doing it once.
   * What may be done again after it was undone has the version that it is decided on in its name.
   */
  readonly purpose: string | ((version: number) => string)
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

/** Whether the command was rejected, rather than that the store failed. */
export const isRejection = <E extends { readonly _tag: string }>(
  failure: E,
): failure is Exclude<E, Overloaded | StoreUnavailable> =>
  failure._tag !== "Overloaded" && failure._tag !== "StoreUnavailable"

/** What `execute` needs. */
export type Services = EventStore | SecureRandom.SecureRandom

/**
 * What another stream records in the same append, given what the first one comes to; `undefined` for nothing. It is asked
 * anew in each round, and never when the first stream has nothing to record.
 */
export type Beside<State, Event, Rejected> = (decided: {
  /** Before the events. */
  readonly state: State
  readonly events: ReadonlyArray<Event>
}) => Effect.Effect<StreamAppend | undefined, Rejected | StoreUnavailable, Services>

/**
 * Decides on the stream's newest state and appends at that version. When another writer was faster it decides again:
 * every round means that somebody else made progress, so it ends. A key that another writer has just used for the same
 * purpose is such a round too, once: that writer's events are then in the state, and there is nothing left to do.
 */
export const execute = <State, Command, Event, Rejected>(
  decider: Decider<State, Command, Event, Rejected>,
  execution: Execution<Command>,
) => executeBeside(decider, execution, alone)

const alone = () => Effect.undefined

/** The same for two streams that change together: both in one append, at the versions that were decided on, or neither. */
export const executeBeside = Effect.fnUntraced(function* <State, Command, Event, Rejected, RejectedBeside>(
  decider: Decider<State, Command, Event, Rejected>,
  { stream, purpose, command, about, attachments = [] }: Execution<Command>,
  beside: Beside<State, Event, RejectedBeside>,
): Effect.fn.Return<Executed<State, Event>, Rejected | RejectedBeside | Overloaded | StoreUnavailable, Services> {
  const store = yield* EventStore
  for (let keyWasTaken = false; ;) {
    const { state, version, last } = yield* store.load(decider.fold, stream)
    const events = yield* Effect.fromResult(decider.decide(state, command))
    const encoded = yield* decider.codec.encode(events, Metadata.complete(about, last))
    if (!Array.isReadonlyArrayNonEmpty(encoded)) return { events: [], state, appended: undefined }
    const other = yield* beside({ state, events })
    const appended = yield* store
      .append({
        key: `${stream}/${typeof purpose === "string" ? purpose : purpose(version)}`,
        streams: [
          { stream, expected: version, events: [encoded[0], ...encoded.slice(1)] },
          ...(other === undefined ? [] : [other]),
        ],
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

/** What `command` makes another stream record: for `executeBeside`. */
export const deciding = Effect.fnUntraced(function* <State, Command, Event, Rejected>(
  decider: Decider<State, Command, Event, Rejected>,
  { stream, command, about }: Pick<Execution<Command>, "stream" | "command" | "about">,
): Effect.fn.Return<StreamAppend | undefined, Rejected | StoreUnavailable, Services> {
  const { state, version, last } = yield* (yield* EventStore).load(decider.fold, stream)
  const events = yield* Effect.fromResult(decider.decide(state, command))
  const encoded = yield* decider.codec.encode(events, Metadata.complete(about, last))
  return Array.isReadonlyArrayNonEmpty(encoded)
    ? { stream, expected: version, events: [encoded[0], ...encoded.slice(1)] }
    : undefined
})
