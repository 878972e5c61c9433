/** A merchant's program, outside of the workspace, on the published packages: one invoice, from issued to paid. */
import { NodeHttpClient } from "@effect/platform-node"
import * as Money from "@paylog/domain/Money"
import { PaymentProvider } from "@paylog/domain/PaymentProvider"
import * as Database from "@paylog/event-store/environment"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { layerPostgres } from "@paylog/event-store/layerPostgres"
import * as Customers from "@paylog/payments/Customers"
import * as Invoices from "@paylog/payments/Invoices"
import type { About } from "@paylog/payments/Metadata"
import { migrations } from "@paylog/payments/migrations"
import { observe } from "@paylog/payments/Observe"
import { openOrder } from "@paylog/payments/OpenOrder"
import { runMain } from "@paylog/process/runMain"
import * as WalletPayProvider from "@paylog/wallet-pay/WalletPayProvider"
import { Control } from "@paylog/wallet-pay-simulator/Control"
import * as Simulator from "@paylog/wallet-pay-simulator/Simulator"
import { Console, DateTime, Effect, Layer, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"

const secret = Redacted.make("the-key-of-a-shop-that-only-exists-here")
const about: About = { actor: { kind: "Worker", id: "shop" }, source: "Poll" }

const shop = Effect.gen(function* () {
  const provider = yield* PaymentProvider
  const customer = yield* Customers.identify({ telegramUserId: "1", chatId: "1", language: "en" })
  const id = yield* Invoices.issue(
    {
      customerId: customer.customerId,
      lines: [{ title: "A pot of tea", quantity: 1, unitPrice: Money.of("USD", 1250n) }],
      payBy: DateTime.add(yield* DateTime.now, { hours: 1 }),
      policy: { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 600 },
    },
    about,
  )
  yield* openOrder(id, {}, about)
  yield* (yield* Control).pay(id, { currency: "USDT" })
  for (const line of yield* provider.list(0, 100))
    if (line._tag === "Understood" && line.order.payment !== undefined)
      yield* observe(
        { _tag: "PaymentCompleted", externalId: line.order.externalId, payment: line.order.payment },
        { provider: provider.name, about },
      )
  const invoice = yield* Invoices.get(id)
  yield* Console.log(invoice._tag)
})

const wallet = Layer.effect(
  PaymentProvider,
  Effect.gen(function* () {
    const control = yield* Control
    yield* control.putStore({ apiKeys: [secret] })
    return yield* WalletPayProvider.make({
      baseUrl: control.baseUrl,
      keys: [{ id: "key_1", secret }],
      webhookPath: "/hooks/wallet",
      scales: Money.scales,
    })
  }),
).pipe(Layer.provide(NodeHttpClient.layerUndici))

runMain(
  Effect.gen(function* () {
    const database = yield* Database.environment
    yield* Database.prepareSchema(database, [EventStorePostgres.migrations, migrations])
    yield* shop.pipe(
      Effect.provide(
        wallet.pipe(
          Layer.provideMerge(Simulator.layer()),
          Layer.provideMerge([layerPostgres(database), SecureRandom.layerWebCrypto]),
        ),
      ),
    )
  }),
)
