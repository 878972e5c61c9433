/** Wallet Pay's answers without a network: an `HttpClient` that answers from a function and keeps what it was asked. */
import { Effect, Layer } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"

export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Reply {
  readonly status: number
  readonly body: string
  readonly headers?: Record<string, string>
}

/** Each request is answered by `reply`, which is told how many came before. */
export const stub = (reply: (request: Seen, earlier: number) => Reply) => {
  const seen: Array<Seen> = []
  const client = HttpClient.make((request, url) =>
    Effect.sync(() => {
      const { body } = request
      const asked = {
        method: request.method,
        url: url.href,
        headers: request.headers,
        body: body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : "",
      }
      const { status, body: text, headers } = reply(asked, seen.length)
      seen.push(asked)
      return HttpClientResponse.fromWeb(
        request,
        new Response(status === 204 ? null : text, { status, headers: headers ?? {} }),
      )
    }),
  )
  return { seen, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

/** A preview as the provider writes it. */
export const preview = (changes: Readonly<Record<string, unknown>> = {}) => ({
  id: "2703383946854401",
  status: "ACTIVE",
  number: "9aeb581c",
  amount: { currencyCode: "USD", amount: "1.00" },
  createdDateTime: "2026-01-01T00:00:00Z",
  expirationDateTime: "2026-01-01T01:00:00Z",
  payLink: "https://t.me/wallet?startattach=wpay_order_2703383946854401",
  directPayLink: "https://t.me/wallet/start?startapp=wpay_order-orderId__2703383946854401",
  ...changes,
})

export const envelope = (status: string, data?: unknown) =>
  JSON.stringify({ status, message: "a message", ...(data === undefined ? {} : { data }) })
