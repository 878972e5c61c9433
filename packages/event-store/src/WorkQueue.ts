/** Work that is due: rows written by followers, in their transaction, and claimed by workers under a lease. */
import type { Duration, Effect } from "effect"
import { Context } from "effect"
import type { Sql } from "./Database.ts"
import type { StoreUnavailable } from "./EventStore.ts"

export interface WorkItem {
  readonly queue: string
  /** One row per key and queue. Adding a key again makes it due again and outdates a claim that is under way. */
  readonly key: string
  /** How many claims before this one have not been completed. */
  readonly attempts: number
  /** The fencing token of this claim: what a stalled worker does late is refused. */
  readonly token: bigint
}

export class WorkQueue extends Context.Service<
  WorkQueue,
  {
    /** Adds or renews items, inside the caller's transaction. `dueAtMs` is UTC milliseconds. */
    readonly add: (
      sql: Sql,
      queue: string,
      items: ReadonlyArray<{ readonly key: string; readonly dueAtMs: number }>,
    ) => Effect.Effect<void, StoreUnavailable>
    /** Takes up to `limit` due items that nobody holds, oldest due first, for the length of `lease`. */
    readonly claim: (
      queue: string,
      limit: number,
      lease: Duration.Input,
    ) => Effect.Effect<ReadonlyArray<WorkItem>, StoreUnavailable>
    /** Removes the item; false when the claim is outdated (lease taken over, or the key was added again). */
    readonly complete: (item: WorkItem) => Effect.Effect<boolean, StoreUnavailable>
    /** Gives the item back, to be claimed again at `dueAtMs`. `reason` is shown in status: no secrets, no personal data. */
    readonly retryAt: (item: WorkItem, dueAtMs: number, reason: string) => Effect.Effect<boolean, StoreUnavailable>
    /** Waits until an item of the queue may be due: a wake-up after a commit, or at most `atMost`. */
    readonly awaitDue: (queue: string, atMost: Duration.Input) => Effect.Effect<void>
  }
>()("event-store/WorkQueue") {}
