/** All that follows the log, each once: the ingester runs them, `paylog` shows, replays and rebuilds them. */
import type { StoreUnavailable } from "@paylog/event-store/EventStore"
import type { Follower } from "@paylog/event-store/Follower"
import type { Projection } from "@paylog/event-store/Projection"
import type { WorkQueue } from "@paylog/event-store/WorkQueue"
import * as Approvals from "./Approvals.ts"
import * as Deliveries from "./Deliveries.ts"
import * as InvoiceRows from "./InvoiceRows.ts"
import * as LedgerEntries from "./LedgerEntries.ts"
import * as OpenItems from "./OpenItems.ts"
import * as Work from "./Work.ts"

/** Read models: what can be rebuilt. */
export const projections: ReadonlyArray<Projection> = [
  InvoiceRows.follower,
  LedgerEntries.follower,
  OpenItems.follower,
  Approvals.follower,
]

export const followers: ReadonlyArray<Follower<StoreUnavailable, WorkQueue>> = [
  ...projections,
  Work.follower,
  Deliveries.follower,
]

export const names = (all: ReadonlyArray<{ readonly name: string }>): string => all.map(({ name }) => name).join(", ")
