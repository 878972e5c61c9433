/** What runs beside the webhook: followers that turn events into rows, and workers that do what the rows say is due. */
import { InvoiceId } from "@paylog/domain/Invoice"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as WorkerRunner from "@paylog/event-store/WorkerRunner"
import { followers } from "@paylog/payments/followers"
import type { About } from "@paylog/payments/Metadata"
import { openOrder, type OrderSettings } from "@paylog/payments/OpenOrder"
import * as TrialBalance from "@paylog/payments/TrialBalance"
import * as Work from "@paylog/payments/Work"
import { Effect } from "effect"

/** Runs for ever. Any number of processes may: a follower has one leader, an item one holder. */
export const workers = (settings: OrderSettings) =>
  Effect.gen(function* () {
    const runner = yield* FollowerRunner
    return yield* Effect.all(
      [
        ...followers.map(runner.run),
        TrialBalance.watch,
        WorkerRunner.run({
          queue: Work.openOrders,
          concurrency: 16,
          // Longer than the adapter's deadline of one call, or one look into the provider's list, and what is recorded of it.
          lease: "30 seconds",
          handle: ({ key }) => openOrder(InvoiceId.make(key), settings, by("order-opener", "Worker")),
        }),
        WorkerRunner.run({
          queue: Work.expiries,
          concurrency: 4,
          lease: "30 seconds",
          handle: ({ key }) => Work.expireWhenDue(InvoiceId.make(key), by("expirer", "Clock")),
        }),
      ],
      { concurrency: "unbounded", discard: true },
    )
  })

/** What a worker does continues what the stream's last event belongs to. */
const by = (id: string, source: "Worker" | "Clock"): About => ({ actor: { kind: "Worker", id }, source })
