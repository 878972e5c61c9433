/** Work that is due: rows written by followers, in their transaction, and claimed by workers under a lease. */
import type { Duration, Effect } from "effect"
import { Context } from "effect"
import type { Sql } from "./Database.ts"
import type { StoreUnavailable } from "./EventStore.ts"

export interface WorkItem {
  readonly queue: string
  /** One row per key and queue. Adding a key again makes it due again and outdates a claim that is under way. */
  readonly key: string
  /** How many claims before this one have not been completed, since the key was last added. */
  readonly attempts: number
  /** The fencing token of this claim: what a stalled worker does late is refused. Never given twice. */
  readonly token: bigint
}

export interface QueueStatus {
  readonly queue: string
  readonly items: bigint
  /** Under a lease. */
  readonly held: bigint
  /** Claimed before and not completed. */
  readonly failing: bigint
  /** What `retryAt` was last told about its items, each reason once. */
  readonly reasons: string
  /** How long the item that has been due longest has been so; 0 when none is due. */
  readonly oldestDueMs: number
}

export class WorkQueue extends Context.Service<
  WorkQueue,
  {
    /**
     * Adds or renews items, inside the caller's transaction; workers are woken when it commits. A renewed item that is
     * claimed stays with its worker until that has answered, and is then due anew. A key is shown in logs: no personal
     * data. `dueAtMs` is UTC milliseconds; of a key that is given twice, the earlier counts. One statement.
     */
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
    /**
     * Waits until an item of the queue may be due, or at most `atMost`: looks when the next one is, and again at each
     * wake-up, so an item that became due just before the call is not missed. Waits 10 ms at least.
     */
    readonly awaitDue: (queue: string, atMost: Duration.Input) => Effect.Effect<void>
    /** The queues that hold items. Refreshes the gauge of the oldest. Reads every row of the table. */
    readonly status: Effect.Effect<ReadonlyArray<QueueStatus>, StoreUnavailable>
  }
>()("event-store/WorkQueue") {}
