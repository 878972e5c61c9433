/** What two people decide about the log itself: reading it, proposing, approving. These appends pass the gate by. */
import { EventStore, type Fold, type RecordedEvent, type StoreUnavailable } from "@paylog/event-store/EventStore"
import { DateTime, Effect, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import * as LogEvents from "./LogEvents.ts"
import * as StoredColumns from "./StoredColumns.ts"

/** It was refused, and why. Nothing was recorded. */
export class DecisionRefused extends Schema.TaggedError<DecisionRefused>()("DecisionRefused", {
  reason: Schema.String,
}) {
  override readonly message = this.reason
}

/** Who acts, and why: checked by the caller. `metadata` is JSON text for the event. */
export interface Act {
  readonly by: string
  readonly reason: string
  readonly at: DateTime.Utc
  readonly metadata: string
}

const fold: Fold<LogEvents.History> = {
  initial: new Map(),
  evolve: (history, event: RecordedEvent) => LogEvents.evolve(history, LogEvents.decode(event)),
}

const load = Effect.flatMap(EventStore, (store) => store.load(fold, LogEvents.stream))

/** Everything that was ever proposed, in order. One query, of the `Database` alone: an auditor reads it in their one moment. */
export const proposals = Effect.map(StoredColumns.ofStream(LogEvents.stream), (events) => [
  ...events.map(LogEvents.decode).reduce(LogEvents.evolve, fold.initial).values(),
])

/** A proposal lives so long. */
const lives = { days: 7 }

/** What is proposed, beside who and when. */
export type What =
  | Pick<Extract<LogEvents.Proposed, { readonly _tag: "AdoptionProposed" }>, "_tag" | "origin" | "size" | "root">
  | Pick<Extract<LogEvents.Proposed, { readonly _tag: "ForkProposed" }>, "_tag" | "origin" | "kept" | "checkpoint">

/** Proposes under an id of the caller's. Said again by the same person with the same reason, it is the proposal as it was. */
export const propose = Effect.fn("LogHistory.propose")(function* (proposalId: string, what: What, act: Act) {
  const { by, reason, at } = act
  const { state } = yield* load
  const earlier = state.get(proposalId)?.event
  if (earlier !== undefined) {
    const isSame =
      earlier._tag === what._tag && earlier.origin === what.origin && earlier.by === by && earlier.reason === reason
    if (isSame) return earlier
    return yield* new DecisionRefused({ reason: `${proposalId} is another proposal, of ${earlier.by}` })
  }
  const event: LogEvents.Proposed = {
    ...what,
    proposalId,
    by,
    reason,
    proposedAt: at,
    expiresAt: DateTime.add(at, lives),
  }
  yield* record(`propose/${proposalId}`, act, () => Effect.succeed(event))
  return event
})

/** Approves what another person has proposed. Said again by the same person, it changes nothing. */
export const approve = Effect.fn("LogHistory.approve")(function* (proposalId: string, digest: string, act: Act) {
  const { by, reason, at: approvedAt } = act
  const { state } = yield* load
  const proposal = state.get(proposalId)
  if (proposal?.approved?.by === by && LogEvents.digestOf(proposal.event) === digest) return
  yield* record(
    `approve/${proposalId}`,
    act,
    Effect.fnUntraced(function* (history) {
      const proposal = history.get(proposalId)
      if (proposal === undefined) return yield* new DecisionRefused({ reason: `There is no proposal ${proposalId}` })
      const refused = LogEvents.rejection(proposal, { digest, by, approvedAt })
      if (refused !== undefined) return yield* new DecisionRefused({ reason: refused })
      const _tag = proposal.event._tag === "AdoptionProposed" ? "CheckpointAdopted" : "LogForked"
      return { _tag, proposalId, digest, by, reason, approvedAt } as const
    }),
  )
})

const record = Effect.fnUntraced(function* (
  purpose: string,
  { metadata }: Act,
  decide: (history: LogEvents.History) => Effect.Effect<LogEvents.LogEvent, DecisionRefused | StoreUnavailable>,
) {
  const store = yield* EventStore
  const random = yield* SecureRandom.SecureRandom
  const { state, version } = yield* load
  const event = LogEvents.encode(yield* decide(state))
  const id = yield* random.uuidV7()
  yield* store
    .append({
      key: `${LogEvents.stream}/${purpose}`,
      streams: [
        {
          stream: LogEvents.stream,
          expected: version,
          events: [{ id, ...event, schemaVersion: 1, metadata }],
        },
      ],
    })
    .pipe(
      Effect.catchTags({
        VersionConflict: () => new DecisionRefused({ reason: "Somebody else decided at the same time: look again" }),
        IdempotencyMismatch: () => new DecisionRefused({ reason: "Something else was decided under this id" }),
        InvalidAppend: Effect.die,
      }),
    )
})
