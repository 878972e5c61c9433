/** The till as the domain's `PaymentProvider`. */
import * as Money from "@paylog/domain/Money"
import {
  type OpenOutcome,
  type OrderRequest,
  PaymentProvider,
  ProviderRefused,
  ProviderUnavailable,
  SignatureInvalid,
} from "@paylog/domain/PaymentProvider"
import { Config, Effect, Layer, type Redacted, Schema } from "effect"
import { HttpClientRequest } from "effect/http"
import * as Client from "./Client.ts"
import { holds } from "./holds.ts"
import * as TillEvidence from "./TillEvidence.ts"
import { name, toItem, toLine, toOrder } from "./translate.ts"
import * as Wire from "./Wire.ts"

const seconds = { shortest: 60, longest: 86_400 }

export interface TillConfig extends Client.ClientConfig {
  /** Names the key in evidence: a random id. */
  readonly keyId: string
}

export const make = Effect.fnUntraced(function* (config: TillConfig) {
  const { call } = yield* Client.make(config)

  const open = Effect.fn("Till.open")(function* (request: OrderRequest) {
    const { externalId: key, amount: price, description, timeoutSeconds } = request
    if (timeoutSeconds < seconds.shortest || timeoutSeconds > seconds.longest)
      return outcome({ _tag: "Refused", reason: "the till keeps an order for a minute at least, and a day at most" })
    const body = encodeNew({ key, price, description, seconds: timeoutSeconds })
    return yield* call(HttpClientRequest.post("/orders").pipe(HttpClientRequest.bodyText(body, json)), Wire.Order).pipe(
      Effect.map((order) =>
        order.key === key && Money.equals(order.price, price)
          ? outcome({ _tag: "Opened", order: toOrder(order) })
          : outcome({ _tag: "Unknown", reason: "the answer is about another order" }),
      ),
      Effect.catchTags({
        NoAnswer: ({ reason }) => Effect.succeed(outcome({ _tag: "Unknown", reason })),
        Denied: ({ status }) =>
          Effect.succeed(
            outcome(status === 409 ? { _tag: "Conflict" } : { _tag: "Refused", reason: `status ${status}` }),
          ),
      }),
    )
  })

  const read = <A>(path: string, answer: Schema.Codec<A, unknown>, of: "One" | "Many" = "Many") =>
    call(HttpClientRequest.get(path), answer).pipe(
      Effect.catchTags({
        NoAnswer: ({ reason }) => new ProviderUnavailable({ provider: name, reason }),
        Denied: ({ status }) =>
          new ProviderRefused({
            provider: name,
            reason: `status ${status}`,
            ...(of === "One" && status === 404 ? { noSuchOrder: true } : {}),
          }),
      }),
    )

  return PaymentProvider.of({
    name,
    capabilities: {
      cancelOrder: false,
      refund: false,
      listOrders: true,
      payerMustBeKnown: false,
      shortestTimeoutSeconds: seconds.shortest,
      longestTimeoutSeconds: seconds.longest,
    },
    open,
    get: (orderId) =>
      Effect.map(read(`/orders/${encodeURIComponent(orderId)}`, Wire.Order, "One"), (order) => ({
        order: toOrder(order),
        status: order.state,
      })),
    list: (offset, count) =>
      Effect.map(read(`/orders?offset=${offset}&count=${count}`, Schema.Array(Schema.Unknown)), (lines) =>
        lines.map((line, place) => toLine(line, offset + place)),
      ),
    count: read("/orders/count", Schema.Natural),
    verify: Effect.fnUntraced(function* ({ headers, body }) {
      const signature = headers[Wire.signatureHeader]
      if (signature === undefined) return yield* new SignatureInvalid({ reason: "Missing" })
      if (!/^[0-9a-f]{64}$/.test(signature)) return yield* new SignatureInvalid({ reason: "Malformed" })
      if (!holds(config.key, signature, body)) return yield* new SignatureInvalid({ reason: "Wrong" })
      return { evidence: TillEvidence.encode({ keyId: config.keyId, signature, body }), items: [toItem(body)] }
    }),
  })
})

const json = "application/json"
const outcome = (outcome: OpenOutcome) => outcome
const encodeNew = Schema.encodeSync(Schema.fromJsonString(Wire.NewOrder))

// -- Settings.

/** `TILL_URL`, `TILL_KEY`, `TILL_WEBHOOK_PATH`. */
export const environment = Config.all({
  baseUrl: Config.NonEmptyString("TILL_URL"),
  key: Config.Redacted("TILL_KEY"),
  webhookPath: Config.NonEmptyString("TILL_WEBHOOK_PATH").pipe(Config.withDefault("/webhooks/till")),
})

export const layerConfig = <E, R>(keyIdOf: (key: Redacted.Redacted) => Effect.Effect<string, E, R>) =>
  Layer.effect(
    PaymentProvider,
    Effect.gen(function* () {
      const { baseUrl, key } = yield* environment
      return yield* make({ baseUrl, key, keyId: yield* keyIdOf(key), timeoutMs: 10_000 })
    }),
  )
