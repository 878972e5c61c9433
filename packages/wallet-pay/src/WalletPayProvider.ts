/** Wallet Pay as the domain's `PaymentProvider`. */
import * as Money from "@paylog/domain/Money"
import { type ListLine, type OpenOutcome, type OrderRequest, PaymentProvider } from "@paylog/domain/PaymentProvider"
import { type Array as Arr, type Config, type Duration, Effect, Layer, type Redacted, Result } from "effect"
import type { HttpClient } from "effect/http"
import * as Client from "./Client.ts"
import { environment } from "./environment.ts"
import * as Evidence from "./Evidence.ts"
import { toWire } from "./orderRequest.ts"
import * as Signature from "./Signature.ts"
import { deliveryItems, listLine, orderView, provider } from "./translate.ts"
import * as Wire from "./Wire.ts"

export interface WalletPayConfig {
  readonly baseUrl: string
  /** The active store keys: the first one signs our calls, all verify deliveries. */
  readonly keys: Arr.NonEmptyReadonlyArray<Signature.StoreKey>
  /** The path of the webhook's URL as typed in the store's settings, byte for byte. */
  readonly webhookPath: string
  /** Currencies that we read exactly; an amount in any other is kept as its own words. */
  readonly scales: Money.Scales
  /** For one HTTP request. Default: 10 seconds. */
  readonly timeout?: Duration.Input
}

export const make = Effect.fnUntraced(function* (config: WalletPayConfig) {
  const { keys, webhookPath: path, scales } = config
  const client = yield* Client.make({ ...config, apiKey: keys[0].secret })
  const verifySignature = Signature.verifier(keys)

  const open = Effect.fnUntraced(function* (request: OrderRequest): Effect.fn.Return<OpenOutcome> {
    const wire = toWire(request, scales)
    if (Result.isFailure(wire)) return { _tag: "Refused", reason: wire.failure }
    const outcome = yield* client.createOrder(wire.success)
    if (outcome._tag !== "Created") return outcome
    if (isWhatWeAsked(outcome.preview, request, scales)) {
      return { _tag: "Opened", order: orderView(outcome.preview).order }
    }
    return outcome.status === "ALREADY"
      ? { _tag: "Conflict" }
      : { _tag: "Unknown", reason: "the answer is about an order with another amount or currency" }
  })

  /** Pages until the count is reached or the list ends, which a short page shows. */
  const list = Effect.fnUntraced(function* (offset: number, count: number) {
    const lines: Array<ListLine> = []
    while (lines.length < count) {
      const from = offset + lines.length
      const wanted = Math.min(Client.maxPage, count - lines.length)
      const page = yield* client.getOrderList(from, wanted)
      lines.push(...page.map((line, index) => listLine(line, from + index, scales)))
      if (page.length < wanted) break
    }
    return lines
  })

  return PaymentProvider.of({
    name: provider,
    capabilities: {
      cancelOrder: false,
      refund: false,
      listOrders: true,
      payerMustBeKnown: true,
      shortestTimeoutSeconds: Wire.limits.timeoutSeconds.min,
      longestTimeoutSeconds: Wire.limits.timeoutSeconds.max,
    },
    open,
    get: (orderId) => Effect.map(client.getPreview(orderId), orderView),
    list,
    count: client.getOrderAmount,
    verify: ({ method, headers, body }) => {
      const timestamp = headers[Wire.headers.timestamp]
      const signature = headers[Wire.headers.signature]
      return Effect.fromResult(
        Result.map(verifySignature({ method, path, timestamp, signature, body }), (verified) => ({
          evidence: Evidence.encode(verified),
          items: deliveryItems(body, scales),
        })),
      )
    },
  })
})

/** The preview has no externalId; what it does have must be what we asked for. */
const isWhatWeAsked = (preview: Wire.OrderPreview, request: OrderRequest, scales: Money.Scales): boolean => {
  const { amount, autoConversionCurrency } = preview
  const stated = Money.read(scales, amount.currencyCode, amount.amount)
  return (
    Result.isSuccess(stated) &&
    Money.isMoney(stated.success) &&
    Money.equals(stated.success, request.amount) &&
    (autoConversionCurrency ?? request.autoConversion) === request.autoConversion
  )
}

export const layer = (config: WalletPayConfig): Layer.Layer<PaymentProvider, never, HttpClient.HttpClient> =>
  Layer.effect(PaymentProvider, make(config))

/** The layer from the environment. `keyId` names a secret: a random id, always the same for the same secret. */
export const layerConfig = <E, R>(
  keyId: (secret: Redacted.Redacted) => Effect.Effect<string, E, R>,
  scales: Money.Scales = Money.scales,
): Layer.Layer<PaymentProvider, Config.ConfigError | E, HttpClient.HttpClient | R> =>
  Layer.effect(
    PaymentProvider,
    Effect.gen(function* () {
      const { secrets, ...addresses } = yield* environment
      const keys = yield* Effect.forEach(secrets, (secret) => Effect.map(keyId(secret), (id) => ({ id, secret })))
      return yield* make({ ...addresses, keys, scales })
    }),
  )
