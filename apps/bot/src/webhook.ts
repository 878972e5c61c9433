/** Takes updates by webhook (https://core.telegram.org/bots/api#setwebhook): verified, stored, and only then 200. */
import { httpServer } from "@paylog/process/httpServer"
import { ByteSize, Effect, Layer, Option, Predicate, Redacted, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createHash, timingSafeEqual } from "node:crypto"
import type { Update } from "telegraf/types"
import { allowedUpdates } from "./Bot.ts"
import type { WebhookSettings } from "./environment.ts"
import { Inbox } from "./Inbox.ts"
import { persist } from "./persist.ts"
import { Telegram } from "./Telegram.ts"

const bodyLimit = ByteSize.mebibytes(1)

/** Serves the webhook, and `others` beside it, and has Telegram use it. */
export const layer = <R = never>(settings: WebhookSettings, others: Layer.Layer<never, never, R> = Layer.empty) =>
  Layer.effectDiscard(Effect.forkScoped(register(settings))).pipe(
    Layer.provide(
      HttpRouter.serve(Layer.mergeAll(route(settings), others), { disableLogger: true }).pipe(
        Layer.provide(httpServer(settings)),
      ),
    ),
  )

const register = Effect.fnUntraced(function* ({ url, secret }: WebhookSettings) {
  const telegram = yield* Telegram
  const webhook = { url: url.href, secret_token: Redacted.value(secret), allowed_updates: allowedUpdates }
  yield* persist("setWebhook", telegram.call("setWebhook", webhook))
})

/**
 * The webhook's path answers, in this order: 405 for another method, 401 without the secret, 413 over 1 MiB, 400 for what is
 * no update, 503 while the store is out of reach (Telegram comes again), else 200 once the update is stored.
 */
const route = ({ url, secret }: WebhookSettings) =>
  HttpRouter.add(
    "*",
    `/${url.pathname.slice(1)}`,
    Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      if (request.method !== "POST") return answer(405)
      if (!isSecret(secret, request.headers["x-telegram-bot-api-secret-token"])) {
        yield* Effect.logWarning("A request without the webhook's secret was refused")
        return answer(401)
      }
      // All bytes first, text then: a character that two packets share stays whole.
      const update = parse(yield* request.text)
      if (Option.isNone(update) || !isUpdate(update.value)) return answer(400)
      yield* (yield* Inbox).store([update.value])
      return answer(200)
    }).pipe(
      Effect.provideService(HttpServerRequest.MaxBodySize, bodyLimit),
      Effect.catchTag("StoreUnavailable", ({ message }) => Effect.as(Effect.logWarning(message), answer(503))),
    ),
  )

const answer = (status: number) => HttpServerResponse.empty({ status })

/** Digests have one length, so the time tells neither the secret's length nor how much of it is right. */
const isSecret = (secret: Redacted.Redacted, given: string | undefined): boolean =>
  given !== undefined && timingSafeEqual(sha256(given), sha256(Redacted.value(secret)))

const sha256 = (text: string) => createHash("sha256").update(text).digest()

const parse = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

const isUpdate = (value: unknown): value is Update =>
  Predicate.hasProperty(value, "update_id") && Number.isSafeInteger(value.update_id)
