/** The control API of a simulator that runs anywhere, as the command line uses it. */
import * as Json from "@paylog/wallet-pay/Json"
import { Context, Effect, Layer, Schema } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { Ended } from "./Ended.ts"

/** One POST to a webhook, as `GET /simulator/deliveries` shows it. */
export const Delivery = Schema.Struct({
  number: Schema.Int,
  at: Schema.String,
  url: Schema.String,
  store: Schema.String,
  reason: Schema.String,
  eventIds: Schema.Array(Schema.String),
  timestamp: Schema.String,
  signature: Schema.String,
  body: Schema.String,
  code: Schema.optionalKey(Schema.Int),
  answer: Schema.optionalKey(Schema.String),
  failure: Schema.optionalKey(Schema.String),
})
export type Delivery = typeof Delivery.Type

/** What the commands look at of an order. */
export const Order = Schema.Struct({
  id: Schema.String,
  externalId: Schema.String,
  status: Schema.String,
  messages: Schema.Array(Schema.String).pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
})
export type Order = typeof Order.Type

/** What the commands look at of the state. */
export const State = Schema.Struct({
  now: Schema.String,
  seed: Schema.String,
  stores: Schema.Array(Schema.Struct({ name: Schema.String, webhookUrl: Schema.NullOr(Schema.String) })),
  orders: Schema.Array(Order),
})

/** An answer of the simulator: its HTTP code and the body, as JSON where it is. */
export interface Answer {
  readonly code: number
  readonly json: unknown
}

export class Remote extends Context.Service<
  Remote,
  {
    readonly url: string
    /** One call of the control API, its path under `/simulator`. Fails when it is refused, with the simulator's reason. */
    readonly call: <A>(
      method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
      path: string,
      answer: Schema.Codec<A, unknown>,
      body?: unknown,
    ) => Effect.Effect<A, Ended>
    /** One call of the merchant API, whatever the answer; `undefined` when there is none within 10 seconds. */
    readonly asMerchant: (
      method: "GET" | "POST",
      path: string,
      apiKey: string,
      body?: unknown,
    ) => Effect.Effect<Answer | undefined>
  }
>()("wallet-pay-simulator/Remote") {
  static readonly layer = (url: string): Layer.Layer<Remote, never, HttpClient.HttpClient> =>
    Layer.effect(Remote, make(url.replace(/\/+$/, "")))
}

const make = Effect.fnUntraced(function* (url: string) {
  const client = yield* HttpClient.HttpClient
  const send = (method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, key?: string, body?: unknown) =>
    client
      .execute(
        HttpClientRequest.make(method)(url + path).pipe(
          key === undefined ? (same) => same : HttpClientRequest.setHeader("wpay-store-api-key", key),
          body === undefined
            ? (same) => same
            : HttpClientRequest.bodyText(typeof body === "string" ? body : Json.stringify(body), "application/json"),
        ),
      )
      .pipe(
        Effect.flatMap((response) =>
          Effect.map(response.text, (text): Answer => ({ code: response.status, json: parsed(text) })),
        ),
      )
  return Remote.of({
    url,
    call: (method, path, answer, body) =>
      send(method, `/simulator${path}`, undefined, body).pipe(
        Effect.mapError(
          () => new Ended({ how: "failed", message: `No simulator answers at ${url}: start one, or give its --url` }),
        ),
        Effect.flatMap(({ code, json }) =>
          code === 200
            ? Effect.mapError(
                Schema.decodeUnknownEffect(answer)(json),
                () => new Ended({ how: "failed", message: `What answers at ${url} is not this simulator` }),
              )
            : new Ended({ how: "failed", message: `${method} ${path}: ${reasonOf(json) ?? `HTTP ${code}`}` }),
        ),
      ),
    asMerchant: (method, path, apiKey, body) =>
      send(method, path, apiKey, body).pipe(
        Effect.timeout("10 seconds"),
        Effect.orElseSucceed(() => undefined),
      ),
  })
})

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const Refusal = Schema.Struct({ error: Schema.String })
const reasonOf = (json: unknown): string | undefined => (Schema.is(Refusal)(json) ? json.error : undefined)
