import { Effect, Schema } from "effect"
import { DatabaseError } from "pg"
import type { Sql } from "../Database.ts"
import { type RecordedEvent, StoreUnavailable } from "../EventStore.ts"
import type { Apply } from "../Follower.ts"
import { WritesElsewhere } from "./shadowSql.ts"

/** Events could not be applied, and not because the store was out of reach. */
export class Poison extends Schema.TaggedError<Poison>()("Poison", { reason: Schema.String }) {}

/** Events hold no personal data, so an error's message may be kept. What is no event's fault stays a defect, or is the store's. */
export const poison = (cause: unknown): Effect.Effect<never, Poison | StoreUnavailable> =>
  cause instanceof WritesElsewhere
    ? Effect.die(cause)
    : Effect.fail(unprepared(cause) ?? new Poison({ reason: reasonOf(cause) }))

/** After a deploy that went wrong every stream would fail; a statement that asks for it otherwise, as a check at a start, shows the defect. */
const unprepared = (cause: unknown): StoreUnavailable | undefined =>
  cause instanceof Error && cause.cause instanceof DatabaseError && noTableOrRight.test(cause.cause.code ?? "")
    ? new StoreUnavailable({ reason: `${cause.cause.code} ${cause.message}` })
    : undefined

/** SQLSTATE undefined_table and insufficient_privilege. */
const noTableOrRight = /^(42P01|42501)$/

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
