/** The till as the domain's `PaymentProvider`. */
import * as Money from "@paylog/domain/Money"
import {
  type DeliveryItem,
  type ListLine,
  type OpenOutcome,
  type Order,
  type OrderRequest,
  type Payment,
  PaymentProvider,
  ProviderRefused,
  ProviderUnavailable,
  SignatureInvalid,
} from "@paylog/domain/PaymentProvider"
import { Config, Effect, Layer, Option, Redacted, Schema } from "effect"
import { HttpClientRequest } from "effect/http"
import { createHmac, timingSafeEqual } from "node:crypto"
import * as Client from "./Client.ts"
import * as Wire from "./Wire.ts"

const name = "till"
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

  const read = <A>(path: string, answer: Schema.Codec<A, unknown>) =>
    call(HttpClientRequest.get(path), answer).pipe(
      Effect.catchTags({
        NoAnswer: ({ reason }) => new ProviderUnavailable({ provider: name, reason }),
        Denied: ({ status }) => new ProviderRefused({ provider: name, reason: `status ${status}` }),
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
      Effect.map(read(`/orders/${encodeURIComponent(orderId)}`, Wire.Order), (order) => ({
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
      const right = createHmac("sha256", Redacted.value(config.key)).update(body).digest()
      if (!timingSafeEqual(right, Buffer.from(signature, "hex")))
        return yield* new SignatureInvalid({ reason: "Wrong" })
      const head = `till-delivery/1\n${config.keyId}\n${signature}\n`
      return { evidence: Buffer.concat([Buffer.from(head), body]), items: [toItem(body)] }
    }),
  })
})

// -- What the till says, in the domain's words.

const json = "application/json"
const outcome = (outcome: OpenOutcome) => outcome
const encodeNew = Schema.encodeSync(Schema.fromJsonString(Wire.NewOrder))
const decodeLine = Schema.decodeUnknownOption(Wire.Order)
const decodeMessage = Schema.decodeUnknownOption(Schema.fromJsonString(Wire.Message))

const toOrder = ({ id, link, expiresAt }: Wire.Order): Order => ({
  orderId: id,
  number: id,
  payLink: link,
  directPayLink: link,
  expiresAt,
})

const toPayment = ({ id, price, paid }: Wire.Order): Payment | undefined =>
  paid && {
    provider: name,
    orderId: id,
    orderAmount: price,
    gross: paid.gross,
    fee: paid.fee,
    net: paid.net,
    rate: "1",
    completedAt: paid.at,
  }

const toLine = (line: unknown, index: number): ListLine =>
  Option.match(decodeLine(line), {
    onNone: () => ({ _tag: "NotUnderstood", index, externalId: undefined, reason: "it is no order" }),
    onSome: (order) => {
      const { id: orderId, key: externalId, state: status, price: orderAmount, createdAt, expiresAt } = order
      const payment = toPayment(order)
      return {
        _tag: "Understood",
        index,
        order: { externalId, orderId, status, orderAmount, createdAt, expiresAt, payment },
      }
    },
  })

const toItem = (body: Uint8Array): DeliveryItem => {
  const message = Option.getOrUndefined(decodeMessage(Buffer.from(body).toString("utf8")))
  if (message === undefined) return { _tag: "NotUnderstood", index: 0, reason: "the body is no message" }
  const { id: eventId, order } = message
  const externalId = order.key
  const payment = toPayment(order)
  if (payment !== undefined)
    return { _tag: "Understood", eventId, observation: { _tag: "PaymentCompleted", externalId, payment } }
  const closed = { externalId, orderId: order.id, outcome: "Expired", closedAt: order.expiresAt } as const
  return order.state === "Expired"
    ? { _tag: "Understood", eventId, observation: { _tag: "OrderClosed", ...closed } }
    : { _tag: "Understood", eventId, observation: { _tag: "OrderOpened", externalId, order: toOrder(order) } }
}

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
