/** `npx -y pnpm simulator`: Wallet Pay on this machine, configured by environment or flags. */
import { NodeServices } from "@effect/platform-node"
import { runMain } from "@paylog/process/runMain"
import {
  Config,
  ConfigProvider,
  Console,
  DateTime,
  Effect,
  Layer,
  Logger,
  Option,
  Redacted,
  Result,
  Schema,
} from "effect"
import { CliError, Command, Flag } from "effect/cli"
import { Control } from "./Control.ts"
import * as Simulator from "./Simulator.ts"
import type { Profile } from "./Store.ts"
import { signedPath } from "./Webhooks.ts"

const HttpUrl = Schema.String.check(
  Schema.makeFilter((text: string) => /^https?:\/\//.test(text) && URL.canParse(text), {
    expected: "an http or https URL",
  }),
)
const WebhookUrl = Schema.String.check(
  Schema.makeFilter((text: string) =>
    Result.match(signedPath(text, false), { onSuccess: () => true, onFailure: (why) => `It ${why}` }),
  ),
)
/** 0 is any free port. */
const Port = Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 0, maximum: 65_535 }))
const ApiKeys = Schema.String.check(
  Schema.isPattern(/^[\x21-\x2b\x2d-\x7e]+(,[\x21-\x2b\x2d-\x7e]+)*$/, {
    expected: "keys without spaces, separated by commas",
  }),
)

const config = Config.all({
  host: Config.NonEmptyString("HOST").pipe(Config.withDefault("127.0.0.1")),
  port: Config.schema(Port, "PORT").pipe(Config.withDefault(8090)),
  apiKeys: Config.schema(Schema.RedactedFromValue(ApiKeys), "WALLETPAY_API_KEY").pipe(Config.option),
  webhookUrl: Config.schema(WebhookUrl, "WEBHOOK_URL").pipe(Config.option),
  publicUrl: Config.schema(HttpUrl, "SIMULATOR_PUBLIC_URL").pipe(Config.option),
  seed: Config.NonEmptyString("SEED").pipe(Config.option),
})

const split = (keys: Redacted.Redacted): Profile["apiKeys"] => {
  const [first = "", ...others] = Redacted.value(keys).split(",")
  return [Redacted.make(first), ...others.map((key) => Redacted.make(key))]
}

/** A flag is another spelling of a variable, and wins over it. The key has none: process lists show flags to everyone. */
const flags = {
  HOST: Flag.String("host").pipe(Flag.withDescription("Address to listen on; 127.0.0.1"), Flag.optional),
  PORT: Flag.String("port").pipe(Flag.withDescription("Port to listen on; 8090; 0 is any"), Flag.optional),
  WEBHOOK_URL: Flag.String("webhook-url").pipe(Flag.withDescription("Where to send webhooks"), Flag.optional),
  SIMULATOR_PUBLIC_URL: Flag.String("public-url").pipe(
    Flag.withDescription("Base of the pay links, when it is not the address listened on"),
    Flag.optional,
  ),
  SEED: Flag.String("seed").pipe(
    Flag.withDescription("Makes ids, numbers and the key the same in each run"),
    Flag.optional,
  ),
}

const simulator = Command.make("simulator", flags, (given) =>
  Effect.gen(function* () {
    const { host, port, apiKeys, webhookUrl, publicUrl, seed } = yield* config
    const layer = Simulator.layer({
      host,
      port,
      ...Option.match(publicUrl, { onNone: () => ({}), onSome: (url) => ({ publicUrl: url.replace(/\/+$/, "") }) }),
      ...Option.match(seed, { onNone: () => ({}), onSome: (seed) => ({ seed }) }),
      stores: [
        {
          webhookUrl: Option.getOrNull(webhookUrl),
          ...Option.match(apiKeys, { onNone: () => ({}), onSome: (keys) => ({ apiKeys: split(keys) }) }),
        },
      ],
    })
    return yield* Layer.launch(Layer.provide(Layer.effectDiscard(greet(Option.isNone(apiKeys))), layer))
  }).pipe(
    Effect.provideServiceEffect(
      ConfigProvider.ConfigProvider,
      Effect.map(ConfigProvider.ConfigProvider, (environment) =>
        ConfigProvider.orElse(
          ConfigProvider.fromUnknown(
            Object.fromEntries(
              Object.entries(given).flatMap(([name, value]) => Option.toArray(value).map((text) => [name, text])),
            ),
          ),
          environment,
        ),
      ),
    ),
  ),
).pipe(
  Command.withDescription(
    "Wallet Pay on this machine: the merchant API, pay pages and signed webhooks. No money moves.",
  ),
)

/** All that a developer needs to start. A random key is shown, since nobody could know it otherwise; a given one is not. */
const greet = (showKey: boolean) =>
  Effect.gen(function* () {
    const { baseUrl, world } = yield* Control
    const { profile } = (yield* world).stores.get("default")!
    const key = showKey ? Redacted.value(profile.apiKeys[0]) : "$WALLETPAY_API_KEY"
    yield* Console.log(`Wallet Pay simulator

  Merchant API   ${baseUrl}/wpay/store-api/v1/…
  API key        ${showKey ? `${key}  (random; set WALLETPAY_API_KEY to choose)` : "from WALLETPAY_API_KEY"}
  Webhooks to    ${profile.webhookUrl ?? "nowhere (set WEBHOOK_URL)"}
  Control        ${baseUrl}/simulator

Create an order, then open its payLink, or pay it with curl:

  curl ${baseUrl}/wpay/store-api/v1/order -H 'Content-Type: application/json' -H "Wpay-Store-Api-Key: ${key}" \\
    -d '{"amount":{"currencyCode":"USD","amount":"12.50"},"externalId":"first","description":"A first order","timeoutSeconds":3600,"customerTelegramUserId":1}'
  curl ${baseUrl}/simulator/orders/first/pay -d '{"currency":"USDT"}'
`)
  })

const logs = Logger.layer([
  Logger.withConsoleLog(
    Logger.make(
      ({ date, message }) =>
        `${DateTime.formatIso(DateTime.fromDateUnsafe(date)).slice(11, 19)} ${[message].flat().join(" ")}`,
    ),
  ),
])

Command.run(simulator, { version: "0.0.0" }).pipe(
  // The command has already explained a usage error; like a wrong variable it ends with 2.
  Effect.catchIf(CliError.isCliError, (error) =>
    Effect.sync(() => {
      process.exitCode = error._tag === "ShowHelp" && error.errors.length === 0 ? 0 : 2
    }),
  ),
  Effect.provide([NodeServices.layer, logs]),
  runMain,
)
