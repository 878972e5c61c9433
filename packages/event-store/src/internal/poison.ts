import { Effect, Schema } from "effect"
import type { Sql } from "../Database.ts"
import { type RecordedEvent, StoreUnavailable } from "../EventStore.ts"
import type { Apply } from "../Follower.ts"
import { WritesElsewhere } from "./shadowSql.ts"

/** Events could not be applied, and not because the store was out of reach. */
export class Poison extends Schema.TaggedError<Poison>()("Poison", { reason: Schema.String }) {}

/** Events hold no personal data, so an error's message may be kept. What is no event's fault stays a defect. */
export const poison = (cause: unknown): Effect.Effect<never, Poison> =>
  cause instanceof WritesElsewhere ? Effect.die(cause) : Effect.fail(new Poison({ reason: reasonOf(cause) }))

const reasonOf = (cause: unknown): string =>
  (cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)).slice(0, 500)

/** What a follower fails with is the store's fault or the events'. Its defects are too: to be caught after the commit, which may fail. */
export const apply = <E, R>(
  apply: Apply<E, R>,
  events: ReadonlyArray<RecordedEvent>,
  sql: Sql,
): Effect.Effect<void, Poison | StoreUnavailable, R> =>
  Effect.catchIf(
    apply(events, sql),
    (error): error is Exclude<typeof error, StoreUnavailable> => !(error instanceof StoreUnavailable),
    poison,
  )
