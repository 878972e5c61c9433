/** `simulator`: serves, configured by environment or flags. */
import { ConfigProvider, Console, Effect, Layer, Option, Redacted } from "effect"
import { Command, Flag } from "effect/cli"
import { Control } from "../Control.ts"
import { environment } from "../environment.ts"
import * as Simulator from "../Simulator.ts"

const flag = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

/** A flag is another spelling of a variable, and wins over it. The key has none: process lists show flags to everyone. */
const flags = {
  HOST: flag("host", "Address to listen on; 127.0.0.1"),
  PORT: flag("port", "Port to listen on, 0 for any; 8090"),
  WEBHOOK_URL: flag("webhook-url", "Where to send webhooks"),
  SIMULATOR_PUBLIC_URL: flag("public-url", "Base of the pay links, when it is not the address listened on"),
  SEED: flag("seed", "Decides all that is left to chance; random, and printed"),
  SIMULATOR_CLOCK: flag("clock", "real, or virtual: time stands still but for what is advanced; real"),
}

export const serve = Command.make("simulator", flags, (given) => {
  const flags = Object.entries(given).flatMap(([name, value]) => Option.toArray(value).map((text) => [name, text]))
  return Effect.gen(function* () {
    const options = yield* environment
    const isKeyGiven = options.stores?.[0]?.apiKeys !== undefined
    const greeting = Layer.effectDiscard(Effect.flatMap(greet(isKeyGiven), Console.log))
    return yield* Layer.launch(Layer.provide(greeting, Simulator.layer(options)))
  }).pipe(
    Effect.provideServiceEffect(
      ConfigProvider.ConfigProvider,
      Effect.map(ConfigProvider.ConfigProvider, (variables) =>
        ConfigProvider.orElse(ConfigProvider.fromUnknown(Object.fromEntries(flags)), variables),
      ),
    ),
  )
}).pipe(
  Command.withDescription("Wallet Pay on this machine: the merchant API, pay pages, signed webhooks. No money moves."),
)

/** All that a developer needs to start. A random key is shown, since nobody could know it otherwise; a given one is not. */
const greet = Effect.fnUntraced(function* (isKeyGiven: boolean) {
  const { baseUrl, seed, world } = yield* Control
  const { profile } = (yield* world).stores.get("default")!
  const key = isKeyGiven ? "$WALLETPAY_API_KEY" : Redacted.value(profile.apiKeys[0])
  return `Wallet Pay simulator

  Merchant API   ${baseUrl}/wpay/store-api/v1/…
  API key        ${isKeyGiven ? "from WALLETPAY_API_KEY" : `${key}  (random; set WALLETPAY_API_KEY to choose)`}
  Webhooks to    ${profile.webhookUrl ?? "nowhere (set WEBHOOK_URL)"}
  Control        ${baseUrl}/simulator
  Seed           ${seed}

Create an order, then open its payLink, or pay it with curl:

  curl ${baseUrl}/wpay/store-api/v1/order -H 'Content-Type: application/json' -H "Wpay-Store-Api-Key: ${key}" \\
    -d '{"amount":{"currencyCode":"USD","amount":"12.50"},"externalId":"first","description":"A first order","timeoutSeconds":3600,"customerTelegramUserId":1}'
  curl ${baseUrl}/simulator/orders/first/pay -d '{"currency":"USDT"}'
`
})
