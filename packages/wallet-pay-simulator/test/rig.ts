/** Wallet Pay's adapter and this simulator, as the provider laws want them. */
import type { OpeningFault, Rig } from "@paylog/domain/conformance/ProviderLaws"
import * as Money from "@paylog/domain/Money"
import * as WalletPayProvider from "@paylog/wallet-pay/WalletPayProvider"
import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Layer, Redacted, Context } from "effect"
import { HttpClient } from "effect/http"
import type { Fault } from "../src/Faults.ts"
import { running } from "./merchant.ts"

const secret = "canary_store_key_7340184"

const on = { on: "create", times: 1 } as const
const openingFault: Readonly<Record<OpeningFault, Fault>> = {
  ErrorBefore: { ...on, when: "before", kind: "answer", code: 500 },
  ErrorAfter: { ...on, when: "after", kind: "answer", code: 502, body: "<html>Bad gateway</html>" },
  TooManyRequestsBefore: { ...on, when: "before", kind: "answer", code: 429, headers: { "retry-after": "1" } },
  TooManyRequestsAfter: { ...on, when: "after", kind: "answer", code: 429 },
  NoAnswerBefore: { ...on, when: "before", kind: "stall" },
  NoAnswerAfter: { ...on, when: "after", kind: "stall" },
  ResetAfter: { ...on, when: "after", kind: "reset" },
  HalfAnAnswer: { ...on, when: "after", kind: "malformed" },
  HugeAnswer: { ...on, when: "after", kind: "huge", bytes: 10_000_000 },
  DrippingAnswer: { ...on, when: "after", kind: "drip", ms: 100 },
  Redirect: { ...on, when: "after", kind: "answer", code: 307, headers: { location: "/simulator/state" } },
  AnotherAmount: { ...on, when: "after", kind: "overlay", json: { data: { amount: { amount: "0.01" } } } },
  AnotherCurrency: { ...on, when: "after", kind: "overlay", json: { data: { amount: { currencyCode: "NOT" } } } },
}

/** A fresh one. `deadline` of the adapter: long enough for a busy machine, and waited for by a few laws. */
export const rig = Effect.gen(function* () {
  const { control, received } = yield* running({ seed: "laws" })
  yield* control.putStore({ apiKeys: [Redacted.make(secret)] })
  const http = Context.get(yield* Layer.build(NodeHttpClient.layerUndici), HttpClient.HttpClient)
  const provider = yield* WalletPayProvider.make({
    baseUrl: control.baseUrl,
    keys: [{ id: "key_1", secret: Redacted.make(secret) }],
    webhookPath: "/hooks/wallet",
    scales: Money.scales,
    timeout: "2 seconds",
  }).pipe(Effect.provideService(HttpClient.HttpClient, http))

  let taken = 0
  const orDie = <A, E>(effect: Effect.Effect<A, E>) => Effect.asVoid(Effect.orDie(effect))
  const made: Rig = {
    provider,
    request: (n) => ({
      externalId: `law-${n}`,
      amount: Money.of("USD", 1250n),
      description: "A pot of tea",
      timeoutSeconds: 3600,
      payer: `${7_340_184_500 + n}`,
    }),
    spoilOpening: (fault) => control.inject(openingFault[fault]),
    // A read is repeated twice.
    spoilRead: control.inject({ on: "any", when: "before", times: 3, kind: "answer", code: 503 }),
    spoilLines: control.inject({
      on: "list",
      when: "after",
      times: 1,
      kind: "overlay",
      json: { data: { items: { status: "REFUNDED" } } },
    }),
    pay: (externalId, how = {}) => orDie(control.pay(externalId, { currency: "USDT", ...how })),
    expire: (externalId) => orDie(control.expire(externalId)),
    arrived: Effect.map(control.idle, () => {
      const news = received.slice(taken)
      taken = received.length
      return news.map(({ body, contentType, signature, timestamp }) => ({
        method: "POST",
        headers: { "content-type": contentType, "walletpay-timestamp": timestamp, "walletpay-signature": signature },
        body: new TextEncoder().encode(body),
      }))
    }),
    redeliver: (externalId) => orDie(control.redeliver(externalId)),
    payTogether: (externalIds) =>
      orDie(
        Effect.gen(function* () {
          yield* control.configure({ webhooks: { mode: "hold", batch: externalIds.length } })
          for (const externalId of externalIds) yield* control.pay(externalId, { currency: "USDT" })
          yield* control.configure({ webhooks: { mode: "deliver" } })
        }),
      ),
    signedHeaders: ["walletpay-timestamp", "walletpay-signature"],
    secrets: [secret],
  }
  return made
})
