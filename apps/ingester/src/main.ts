/** The ingester: takes the provider's webhooks, and runs followers and workers. Here implementations are named. */
import { NodeHttpClient } from "@effect/platform-node"
import * as Database from "@paylog/event-store/environment"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { layerPostgres } from "@paylog/event-store/layerPostgres"
import { migrations } from "@paylog/payments/migrations"
import * as guarded from "@paylog/payments/guarded"
import * as OrderListPostgres from "@paylog/payments/OrderListPostgres"
import * as ProviderKeys from "@paylog/payments/ProviderKeys"
import { runMain } from "@paylog/process/runMain"
import * as WalletPay from "@paylog/wallet-pay/environment"
import * as WalletPayProvider from "@paylog/wallet-pay/WalletPayProvider"
import * as Sealer from "@paylog/sealer/environment"
import * as SealerTables from "@paylog/sealer/migrations"
import * as Sealing from "@paylog/sealer/Sealing"
import { Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import * as environment from "./environment.ts"
import { server } from "./server.ts"
import * as SourceAddress from "./SourceAddress.ts"
import { workers } from "./workers.ts"

runMain(
  Effect.gen(function* () {
    const database = yield* Database.environment
    const { webhookPath } = yield* WalletPay.environment
    const listen = yield* environment.server
    const orders = yield* environment.orders
    const asking = yield* environment.asking
    const sealing = yield* Sealer.forSigning
    const allowed = yield* SourceAddress.environment

    yield* Database.prepareSchema(database, [EventStorePostgres.migrations, SealerTables.migrations, migrations])

    const services = Layer.mergeAll(
      guarded.layer(WalletPayProvider.layerConfig(ProviderKeys.idOf)),
      OrderListPostgres.layer,
    ).pipe(
      Layer.provideMerge([
        Sealing.gated(sealing, layerPostgres(database)),
        SecureRandom.layerWebCrypto,
        NodeHttpClient.layerUndici,
      ]),
    )
    // A defect in any of them ends the process, so that somebody sees it and starts it anew.
    return yield* Layer.launch(server(listen, { path: webhookPath, allowed })).pipe(
      Effect.raceFirst(workers(orders, asking)),
      Effect.raceFirst(Sealing.run(sealing)),
      Effect.provide(services),
    )
  }),
)
