import { Effect, Schema } from "effect"
import type { Sql } from "../Database.ts"
import { type RecordedEvent, StoreUnavailable } from "../EventStore.ts"
import type { Follower } from "../Follower.ts"

/** Events could not be applied, and not because the store was out of reach. */
export class Poison extends Schema.TaggedError<Poison>()("Poison", { reason: Schema.String }) {}

/** Events hold no personal data, so an error's message may be kept. */
export const poison = (cause: unknown): Poison =>
  new Poison({ reason: (cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)).slice(0, 500) })

/** What a follower fails with is the store's fault or the events'. Its defects are too: to be caught after the commit, which may fail. */
export const apply = <E, R>(
  follower: Follower<E, R>,
  events: ReadonlyArray<RecordedEvent>,
  sql: Sql,
): Effect.Effect<void, Poison | StoreUnavailable, R> =>
  Effect.mapError(follower.apply(events, sql), (error): Poison | StoreUnavailable =>
    error instanceof StoreUnavailable ? error : poison(error),
  )
