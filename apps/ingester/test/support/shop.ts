/** A shop and its provider: the simulator over HTTP, a database of the test's own, and the use cases in this process. */
import type { InvoiceId } from "@paylog/domain/Invoice"
import * as Invoice from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { PaymentProvider } from "@paylog/domain/PaymentProvider"
import { EventStore } from "@paylog/event-store/EventStore"
import { RetryAfter } from "@paylog/event-store/WorkerRunner"
import * as Customers from "@paylog/payments/Customers"
import * as Invoices from "@paylog/payments/Invoices"
import * as Metadata from "@paylog/payments/Metadata"
import { openOrder } from "@paylog/payments/OpenOrder"
import * as OrderListPostgres from "@paylog/payments/OrderListPostgres"
import * as Sweep from "@paylog/payments/Sweep"
import { Control } from "@paylog/wallet-pay-simulator/Control"
import * as Simulator from "@paylog/wallet-pay-simulator/Simulator"
import * as WalletPayProvider from "@paylog/wallet-pay/WalletPayProvider"
import { NodeHttpClient } from "@effect/platform-node"
import { assert } from "@effect/vitest"
import { DateTime, Duration, Effect, Layer, Redacted, References, Schedule } from "effect"
import { key, path } from "./delivery.ts"
import { world } from "./process.ts"

export const about: Metadata.About = { actor: { kind: "Worker", id: "test" }, source: "Worker", correlationId: "test" }

const quiet = Layer.succeed(References.MinimumLogLevel, "None")

const simulator = Simulator.layer({ seed: "a shop", stores: [{ apiKeys: [Redacted.make(key)] }] }).pipe(
  Layer.provide(quiet),
)

const provider = Layer.unwrap(
  Effect.map(Control, ({ baseUrl }) =>
    WalletPayProvider.layer({
      baseUrl,
      keys: [{ id: "key_test", secret: Redacted.make(key) }],
      webhookPath: path,
      scales: Money.scales,
    }),
  ),
).pipe(Layer.provide(NodeHttpClient.layerUndici))

/** A list of its own, and a log. */
export const shop = Layer.fresh(
  Layer.mergeAll(provider, OrderListPostgres.layer, quiet).pipe(Layer.provideMerge([world, simulator])),
)

let people = 7_000_000_000

/** An invoice of 12.50 USD, to be paid within half an hour. */
export const issued = Effect.gen(function* () {
  const now = yield* DateTime.now
  const { customerId } = yield* Customers.identify({ telegramUserId: `${people++}`, chatId: "1", language: "en" })
  return yield* Invoices.issue(
    {
      customerId,
      lines: [{ title: "Green tea", quantity: 2, unitPrice: Money.of("USD", 625n) }],
      payBy: DateTime.add(now, { minutes: 30 }),
      policy: { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 60 },
    },
    about,
  )
})

/** The same, with its order open. */
export const ordered = Effect.tap(issued, (id) => openOrder(id, {}, about))

export const statusOf = (id: InvoiceId) => Effect.map(Invoices.get(id), ({ _tag }) => _tag)

/** The invoice's events, and how each was heard of. */
export const history = (id: InvoiceId) =>
  EventStore.use((store) =>
    Effect.map(store.readStream(Invoice.stream(id)), (events) =>
      events.map((event) => `${event.type} ${Metadata.of(event).source}`),
    ),
  )

/** A step that ends by saying when to come back: after how many seconds. */
export const comesBack = <A, R>(step: Effect.Effect<A, unknown, R>) =>
  Effect.flip(step).pipe(
    Effect.map((error) => (error instanceof RetryAfter ? error.afterMs / 1000 : assert.fail(String(error)))),
  )

/** One whole sweep of all that was in the list before. */
export const sweeps = (settings: Partial<Sweep.Settings> = {}) =>
  comesBack(Sweep.sweep({ every: Duration.zero, rereadEvery: Duration.days(1), ...settings }))

/** The provider as this process sees it, with some of its answers spoiled. */
export const spoiled = (spoil: (provider: PaymentProvider["Service"]) => Partial<PaymentProvider["Service"]>) =>
  Layer.effect(
    PaymentProvider,
    Effect.map(PaymentProvider, (provider) => ({ ...provider, ...spoil(provider) })),
  )

/** Asks again until it is so. */
export const eventually = <E, R>(check: Effect.Effect<boolean, E, R>, within: Duration.Input = "20 seconds") =>
  check.pipe(Effect.repeat({ until: (so) => so, schedule: Schedule.spaced("50 millis") }), Effect.timeout(within))
