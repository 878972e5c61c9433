/** The provider, when one is configured: whether it takes our key, and whether its clock is ours. One harmless call, and one look. */
import { NodeHttpClient } from "@effect/platform-node"
import { PaymentProvider } from "@paylog/domain/PaymentProvider"
import { describe } from "@paylog/process/configError"
import { environment } from "@paylog/wallet-pay/environment"
import { Clock, Config, Effect, Option } from "effect"
import { HttpClient } from "effect/http"
import * as print from "../print.ts"
import * as provider from "../provider.ts"
import { type Finding, unseen, warning, well, wrong } from "./Finding.ts"

const clockMs = 5000

export const check: Effect.Effect<ReadonlyArray<Finding>> = Effect.gen(function* () {
  const key = yield* Config.option(Config.String("WALLETPAY_API_KEY"))
  if (Option.isNone(key) || key.value === "")
    return [
      unseen(
        "provider",
        "WALLETPAY_API_KEY is not set: the provider was not asked",
        "Run it with the ingester's environment",
      ),
    ]
  const { baseUrl, webhookPath } = yield* environment
  return [path(webhookPath), ...(yield* validKey), ...(yield* itsClock(baseUrl))]
}).pipe(
  Effect.catchTag("ConfigError", (error) =>
    Effect.succeed([wrong("provider", describe(error), "Set it as the provider's settings say: docs/operations.md")]),
  ),
)

/** It cannot be known what was typed there, but one of both spellings is the usual mistake. */
const path = (webhookPath: string): Finding =>
  well(
    "webhook path",
    `${webhookPath}, ${webhookPath.endsWith("/") ? "with" : "without"} a slash at the end: so must the URL in the store's settings be`,
  )

const validKey = PaymentProvider.use(({ count }) => count).pipe(
  Effect.map((count): ReadonlyArray<Finding> => [
    well("key", `The provider takes it; its list has ${print.count(count, "order")}`),
  ]),
  Effect.catchTags({
    ProviderRefused: () =>
      Effect.succeed([
        wrong(
          "key",
          "The provider refuses WALLETPAY_API_KEY",
          "Is the first one the store's key, and not revoked? A new one: the store's settings at Wallet Pay",
        ),
      ]),
    ProviderUnavailable: ({ message }) =>
      Effect.succeed([wrong("provider", message, "Is WALLETPAY_BASE_URL right, and within reach of this machine?")]),
  }),
  Effect.provide(provider.layerReader),
)

const itsClock = (baseUrl: string) =>
  Effect.gen(function* () {
    const before = yield* Clock.currentTimeMillis
    const { headers } = yield* HttpClient.get(baseUrl)
    const after = yield* Clock.currentTimeMillis
    const date = Date.parse(headers["date"] ?? "")
    if (Number.isNaN(date)) return [unseen("provider's clock", "Its answer has no Date")]
    // The header has whole seconds.
    const apart = Math.max(0, before - (date + 1000), date - after)
    return apart > clockMs
      ? [
          warning(
            "provider's clock",
            `It is ${print.duration(apart)} from this machine's`,
            "Let this machine follow NTP: chronyc tracking",
          ),
        ]
      : [well("provider's clock", "It agrees with this machine's")]
  }).pipe(
    Effect.timeout("10 seconds"),
    Effect.orElseSucceed(() => [unseen("provider's clock", "It did not answer")]),
    Effect.provide(NodeHttpClient.layerUndici),
  )
