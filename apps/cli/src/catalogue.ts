/** What this program follows the log with. */
import type { StoreUnavailable } from "@paylog/event-store/EventStore"
import type { Follower } from "@paylog/event-store/Follower"
import type { Projection } from "@paylog/event-store/Projection"
import type { WorkQueue } from "@paylog/event-store/WorkQueue"
import * as Deliveries from "@paylog/payments/Deliveries"
import * as InvoiceRows from "@paylog/payments/InvoiceRows"
import * as Work from "@paylog/payments/Work"

/** Read models: what can be rebuilt. */
export const projections: ReadonlyArray<Projection> = [InvoiceRows.follower]

export const followers: ReadonlyArray<Follower<StoreUnavailable, WorkQueue>> = [
  ...projections,
  Work.follower,
  Deliveries.follower,
]

export const names = (all: ReadonlyArray<{ readonly name: string }>): string => all.map(({ name }) => name).join(", ")
