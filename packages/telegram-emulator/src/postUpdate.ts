import { Effect } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { STATUS_CODES } from "node:http"
import type { Update } from "./BotApi.ts"
import { delivered, failed, type Outcome } from "./Deliveries.ts"
import { onWire } from "./onWire.ts"
import type { Webhook } from "./World.ts"

/** The webhook's answer when it is a call of a method: `{ "method": "sendMessage", … }`. */
export type WebhookAnswer = { readonly method: string } & Readonly<Record<string, unknown>>

/** One delivery, with the secret in its header, waiting at most a minute for the answer. */
export const postUpdate = Effect.fnUntraced(
  function* (webhook: Webhook, update: Update) {
    const client = yield* HttpClient.HttpClient
    const secret = webhook.secretToken === "" ? {} : { "x-telegram-bot-api-secret-token": webhook.secretToken }
    const response = yield* HttpClientRequest.post(webhook.url, { headers: secret }).pipe(
      HttpClientRequest.bodyJsonUnsafe(onWire(update)),
      client.execute,
    )
    const text = yield* response.text
    if (response.status < 200 || response.status > 299) {
      const problem = `Wrong response from the webhook: ${response.status} ${STATUS_CODES[response.status] ?? ""}`
      const retryAfter = Number.parseInt(response.headers["retry-after"] ?? "", 10) || 0
      return withoutAnswer(failed(problem.trim(), Math.min(retryAfter, 3600)))
    }
    return { outcome: delivered, answer: answerIn(text) }
  },
  Effect.timeout("60 seconds"),
  Effect.catchTags({
    TimeoutError: () => Effect.succeed(withoutAnswer(failed("Read timeout expired"))),
    HttpClientError: () => Effect.succeed(withoutAnswer(failed("Connection failed"))),
  }),
  Effect.provideService(HttpClient.TracerPropagationEnabled, false),
  Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
)

const withoutAnswer = (outcome: Outcome) => ({ outcome, answer: undefined })

const answerIn = (text: string): WebhookAnswer | undefined => {
  if (!text.trimStart().startsWith("{")) return undefined
  try {
    const body: unknown = JSON.parse(text)
    return isCall(body) ? body : undefined
  } catch {
    return undefined
  }
}

const isCall = (body: unknown): body is WebhookAnswer =>
  typeof body === "object" && body !== null && "method" in body && typeof body.method === "string"
