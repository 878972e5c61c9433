/** What runs beside the webhook: followers that turn events into rows, and workers that do what the rows say is due. */
import { InvoiceId } from "@paylog/domain/Invoice"
import { PaymentProvider } from "@paylog/domain/PaymentProvider"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as WorkerRunner from "@paylog/event-store/WorkerRunner"
import { followers } from "@paylog/payments/followers"
import type { About } from "@paylog/payments/Metadata"
import { openOrder, type OrderSettings } from "@paylog/payments/OpenOrder"
import * as Polls from "@paylog/payments/Polls"
import * as Sweep from "@paylog/payments/Sweep"
import * as TrialBalance from "@paylog/payments/TrialBalance"
import * as Work from "@paylog/payments/Work"
import { Effect, Schedule } from "effect"
import { type AskingSettings, asksNormally } from "./environment.ts"

/** Runs for ever. Any number of processes may: a follower has one leader, an item one holder. */
export const workers = (settings: OrderSettings, { sweeps, polls }: AskingSettings = asksNormally) =>
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
          retry: soonAgain,
          handle: ({ key }) => openOrder(InvoiceId.make(key), settings, by("order-opener", "Worker")),
        }),
        WorkerRunner.run({
          queue: Work.expiries,
          concurrency: 4,
          lease: "30 seconds",
          handle: ({ key, attempts }) => Work.expireWhenDue(InvoiceId.make(key), by("expirer", "Clock"), attempts),
        }),
        WorkerRunner.run({
          queue: Polls.queue,
          concurrency: 4,
          lease: "60 seconds",
          retry: soonAgain,
          handle: ({ key }) => Polls.poll(InvoiceId.make(key), polls),
        }),
        WorkerRunner.run({
          queue: Polls.askedQueue,
          concurrency: 4,
          lease: "30 seconds",
          retry: soonAgain,
          handle: ({ key }) => Polls.ask(InvoiceId.make(key)),
        }),
        firstSweep,
        WorkerRunner.run({
          queue: Sweep.queue,
          concurrency: 1,
          // A reading gives its item back after 10 s, and a page of lines more is read well within this. When a process is
          // killed, the next sweep waits for so long.
          lease: "30 seconds",
          retry: soonAgain,
          handle: () => Sweep.sweep(sweeps),
        }),
      ],
      { concurrency: "unbounded", discard: true },
    )
  })

/** Such an item is claimed again and again by its nature, so that the waits after its failures would soon be the longest. */
const soonAgain = { first: "1 second", atMost: "15 seconds" } as const

/** A process that starts sweeps, or another one does at once: who knows what was missed. */
const firstSweep = Effect.flatMap(PaymentProvider, ({ name, capabilities }) =>
  capabilities.listOrders ? Sweep.soon(name) : Effect.void,
).pipe(Effect.retry(Schedule.spaced("1 second")))

/** What a worker does continues what the stream's last event belongs to. */
const by = (id: string, source: "Worker" | "Clock"): About => ({ actor: { kind: "Worker", id }, source })
