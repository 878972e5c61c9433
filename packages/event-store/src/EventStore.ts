/** The port to the log. Implementations: `EventStorePostgres`, `EventStoreMemory`; both are held to `conformance/`. */
import type { Effect, Stream } from "effect"
import { Context, Schema } from "effect"

/** Event data and metadata are JSON text: the log keeps the text it was given, byte for byte. */
export type JsonText = string

/**
 * The version the writer believes the stream has: `"none"` for a stream that must not exist, a number for exactly that
 * version, `"any"` to append whatever it is. Checked against the log, also for a number past the stream's end.
 */
export type ExpectedVersion = "any" | "none" | number

export interface NewEvent {
  /** A UUID. Not content: a repeated append may carry other ids. */
  readonly id: string
  readonly type: string
  readonly schemaVersion: number
  readonly data: JsonText
  readonly metadata: JsonText
}

export interface StreamAppend {
  readonly stream: string
  readonly expected: ExpectedVersion
  readonly events: readonly [NewEvent, ...Array<NewEvent>]
}

/** Bytes kept beside the events that rest on them. Addressed by their SHA-256; the same bytes are kept once. */
export interface Attachment {
  readonly digest: Uint8Array
  readonly bytes: Uint8Array
}

export interface Append {
  /**
   * The idempotency key: unique in the log, for ever. The same key with the same content (streams, types, schema
   * versions and `data`; not ids, metadata, time or expected version) returns the first result and appends nothing.
   */
  readonly key: string
  /** Each stream at most once. All are appended or none. */
  readonly streams: readonly [StreamAppend, ...Array<StreamAppend>]
  readonly attachments?: ReadonlyArray<Attachment>
}

export interface Appended {
  /** Whether this call appended, or an earlier one with the same key and content had. */
  readonly outcome: "Appended" | "Duplicate"
  readonly firstPosition: bigint
  readonly lastPosition: bigint
  /** The version of each stream after its last event of this append, in the order of `streams`. */
  readonly versions: ReadonlyArray<number>
}

export interface RecordedEvent {
  /** 1, 2, 3 … over all streams: gap-free, in commit order. Whoever has read up to n never finds a smaller one later. */
  readonly position: bigint
  readonly stream: string
  /** 1, 2, 3 … within the stream. */
  readonly version: number
  readonly id: string
  readonly type: string
  readonly schemaVersion: number
  readonly data: JsonText
  readonly metadata: JsonText
  /** UTC, milliseconds since 1970. Never decreases with position. */
  readonly recordedAtMs: number
}

/** The stream has moved on, or is not where the writer thought. Load again and decide again. */
export class VersionConflict extends Schema.TaggedError<VersionConflict>()("VersionConflict", {
  stream: Schema.String,
  expected: Schema.Union([Schema.Literal("none"), Schema.Int]),
  actual: Schema.Int,
}) {
  override readonly message = `Stream ${this.stream} is at version ${this.actual}, not ${this.expected}: load it and decide again`

  /** How many events the writer did not know of; 0 when the stream is shorter than the writer thought. */
  get missed(): number {
    return Math.max(0, this.actual - this.knownVersion)
  }

  /** The version up to which the writer knew the stream. */
  get knownVersion(): number {
    return this.expected === "none" ? 0 : this.expected
  }
}

/** The append cannot be stored as it stands, or is larger than one append may be. Nothing of it was sent. */
export class InvalidAppend extends Schema.TaggedError<InvalidAppend>()("InvalidAppend", { reason: Schema.String }) {
  override readonly message = `The append ${this.reason}`
}

/** The key was used before, with other content. Nothing was appended. */
export class IdempotencyMismatch extends Schema.TaggedError<IdempotencyMismatch>()("IdempotencyMismatch", {
  key: Schema.String,
}) {
  override readonly message = `The idempotency key ${this.key} belongs to an append with other content`
}

/** The writer's queue is full. Nothing was appended; try again later. */
export class Overloaded extends Schema.TaggedError<Overloaded>()("Overloaded", { waiting: Schema.Int }) {
  override readonly message = `${this.waiting} appends are waiting; try again later`
}

/** The log is out of reach. An append may or may not have been made: repeat it with the same key to learn which. */
export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>()("StoreUnavailable", {
  reason: Schema.String,
}) {
  override readonly message = `The log is out of reach: ${this.reason}`
}

export type AppendError = VersionConflict | IdempotencyMismatch | InvalidAppend | Overloaded | StoreUnavailable

/** How a stream's events make a state. Its identity names the state in the store's cache, so make it once. */
export interface Fold<State> {
  readonly initial: State
  /** Pure. A throw is a defect of the load. */
  readonly evolve: (state: State, event: RecordedEvent) => State
}

/** What a decision rests on: decide on `state`, and append with `version` as the expected version. */
export interface Loaded<State> {
  readonly state: State
  /** 0 for a stream that does not exist. */
  readonly version: number
  /** The event that made this version. */
  readonly last: RecordedEvent | undefined
}

/** Versions are dense, so `from` and `to` are versions too. */
export interface ReadOptions {
  readonly direction?: "Forwards" | "Backwards"
  /** The first version to read, in the direction of reading. Default: the first, or the last when backwards. */
  readonly from?: number
  /** At most so many events. Default: all. */
  readonly limit?: number
}

export class EventStore extends Context.Service<
  EventStore,
  {
    /** Appends all or nothing; answers after the commit. */
    readonly append: (append: Append) => Effect.Effect<Appended, AppendError>
    /** A stream's events; none for a stream that does not exist. One round trip. */
    readonly readStream: (
      stream: string,
      options?: ReadOptions,
    ) => Effect.Effect<ReadonlyArray<RecordedEvent>, StoreUnavailable>
    /**
     * A stream's state and version, as of one moment after the call. One round trip, shared by the loads that are asked for
     * together; a stream that was loaded before is read only from its last known event on.
     */
    readonly load: <State>(fold: Fold<State>, stream: string) => Effect.Effect<Loaded<State>, StoreUnavailable>
    /** At most `limit` events with a position greater than `after`, in order of position. */
    readonly readAll: (after: bigint, limit: number) => Effect.Effect<ReadonlyArray<RecordedEvent>, StoreUnavailable>
    /** Every event after `after`, in order, then each new one as it is committed; never ends by itself. */
    readonly subscribe: (after: bigint) => Stream.Stream<RecordedEvent, StoreUnavailable>
    /** The position of the last event; 0 for an empty log. */
    readonly head: Effect.Effect<bigint, StoreUnavailable>
    readonly readAttachment: (digest: Uint8Array) => Effect.Effect<Uint8Array | undefined, StoreUnavailable>
    /** A value whenever the log may have grown: after a commit anywhere when LISTEN works, and at least every poll interval. */
    readonly changes: Stream.Stream<void>
  }
>()("event-store/EventStore") {}

/** The events that the writer of a refused append did not know of, in order. One read. */
export const missedEvents = ({ stream, knownVersion }: VersionConflict) =>
  EventStore.use((store) => store.readStream(stream, { from: knownVersion + 1 }))
