/** The payment provider behind the commands, from the environment: `WALLETPAY_API_KEY`, `WALLETPAY_BASE_URL`, `WALLETPAY_WEBHOOK_PATH`. */
import { NodeHttpClient } from "@effect/platform-node"
import * as ProviderKeys from "@paylog/payments/ProviderKeys"
import * as WalletPayProvider from "@paylog/wallet-pay/WalletPayProvider"
import { Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"

/** As the ingester has it. A key's name is looked up in the database, and a new key is named there: `paylog_project` may. */
export const layer = WalletPayProvider.layerConfig(ProviderKeys.idOf).pipe(
  Layer.provide([SecureRandom.layerWebCrypto, NodeHttpClient.layerUndici]),
)

/** For what only asks the provider and verifies no delivery: no key needs a name, and no database is written to. */
export const layerReader = WalletPayProvider.layerConfig(() => Effect.succeed("unnamed")).pipe(
  Layer.provide(NodeHttpClient.layerUndici),
)
