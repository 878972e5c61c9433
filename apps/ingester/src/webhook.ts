/** The webhook's route: raw bytes in, verified, appended, and only then 200. */
import { type DeliveryOutcome, recordDelivery, type RecordedDelivery } from "@paylog/payments/RecordDelivery"
import { PaymentProvider } from "@paylog/domain/PaymentProvider"
import { faultOf } from "@paylog/event-store/faultOf"
import * as Sweep from "@paylog/payments/Sweep"
import { ByteSize, Cause, Duration, Effect, Metric } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { onceAMinute } from "./onceAMinute.ts"
import * as SourceAddress from "./SourceAddress.ts"

const bodyLimit = 64 * 1024

/** A delivery is answered within 2 s whatever the log does, so the provider's connection is never held; it will come again. */
const logDeadline = Duration.millis(1500)

const answer = (status: number, code: string, headers: Record<string, string> = {}) =>
  HttpServerResponse.jsonUnsafe({ code }, { status, headers })

const tooLarge = answer(413, "body_too_large", { connection: "close" })
const unavailable = answer(503, "log_unavailable", { "retry-after": "2" })

export interface WebhookSettings {
  /** The path typed at the provider. */
  readonly path: string
  readonly allowed: SourceAddress.AllowedSources
}

/**
 * Takes every request that no other route does. Answers, in this order: 404 for another path, 405 for another method, 403
 * for a source that is not allowed, 413 over 64 KiB, 415 or 401 without a signature that holds, 503 when the log cannot be
 * reached in time or something of ours fails, else 200 after the commit. Every answer is a JSON object with a `code` and
 * nothing that an attacker could use. Content type is no reason to refuse what verifies.
 */
export const webhook = ({ path, allowed }: WebhookSettings) => {
  const tellSize = onceAMinute((times) =>
    Effect.logError(
      "A delivery over 64 KiB was refused: if it was the provider's, the sweep that starts now finds it",
      { times },
    ),
  )
  return HttpRouter.add(
    "*",
    "*",
    Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      if (pathOf(request) !== path) return answer(404, "not_found")
      if (request.method !== "POST") return answer(405, "method_not_allowed", { allow: "POST" })
      if (!SourceAddress.isAllowed(allowed, request)) return answer(403, "source_not_allowed")
      const body = yield* readBody(request, tellSize)
      return body instanceof Uint8Array ? yield* receive(request, body) : body
    }).pipe(
      Effect.catchCause((cause) => {
        const { name, at } = faultOf(Cause.squash(cause))
        return Effect.as(Effect.logError(`A delivery could not be handled: ${name}`, { at }), unavailable)
      }),
      Effect.tap((response) => Metric.update(Metric.withAttributes(answers, { status: `${response.status}` }), 1)),
      Effect.trackDuration(seconds, Duration.toSeconds),
    ),
  )
}

/**
 * The path as it came, to the letter, as it is in the signature: not decoded, no slash added or taken. The query is left
 * out, since Wallet Pay signs the path only.
 */
const pathOf = ({ originalUrl }: HttpServerRequest.HttpServerRequest): string =>
  originalUrl.replace(/^https?:\/\/[^/]*/i, "").replace(/\?.*$/s, "")

const receive = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest, body: Uint8Array) {
  const provider = yield* PaymentProvider
  const delivery = { method: request.method, headers: request.headers, body }
  return yield* provider.verify(delivery).pipe(
    Effect.flatMap((verified) => recordDelivery(provider.name, delivery, verified)),
    Effect.timeout(logDeadline),
    Effect.tap(report),
    Effect.map(({ outcomes }) => HttpServerResponse.jsonUnsafe({ code: "recorded", outcomes })),
    Effect.catchTags({
      SignatureInvalid: ({ reason }) =>
        Effect.as(
          Effect.logWarning("A delivery was refused: its signature does not hold", { reason }),
          reason === "Missing" && !isJson(request)
            ? answer(415, "unsupported_media_type")
            : answer(401, "signature_invalid"),
        ),
      StoreUnavailable: ({ message }) => Effect.as(Effect.logError(message), unavailable),
      Overloaded: ({ message }) => Effect.as(Effect.logWarning(message), unavailable),
      TimeoutError: () => Effect.as(Effect.logError("The log did not answer in time"), unavailable),
    }),
  )
})

/** The raw bytes, or the answer that refuses them. A declared length over the limit is refused before a byte is read. */
const readBody = (request: HttpServerRequest.HttpServerRequest, tellSize: Effect.Effect<void>) =>
  Number(request.headers["content-length"] ?? 0) > bodyLimit
    ? refuseSize(request, tellSize)
    : request.arrayBuffer.pipe(
        Effect.provideService(HttpServerRequest.MaxBodySize, ByteSize.bytes(bodyLimit)),
        Effect.map((buffer) => new Uint8Array(buffer)),
        Effect.catch(({ reason }) =>
          reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge"
            ? refuseSize(request, tellSize)
            : Effect.succeed(answer(400, "broken_request")),
        ),
      )

/** An alarm, and a sweep, when it may be the provider's: whoever sends no signature is nobody. Anybody can send a wrong one. */
const refuseSize = Effect.fnUntraced(function* (
  { method, headers }: HttpServerRequest.HttpServerRequest,
  tellSize: Effect.Effect<void>,
) {
  const provider = yield* PaymentProvider
  const { reason } = yield* Effect.flip(provider.verify({ method, headers, body: new Uint8Array() }))
  if (reason !== "Missing") {
    yield* tellSize
    yield* Sweep.soon(provider.name).pipe(
      Effect.timeout(logDeadline),
      Effect.catch(({ message }) => Effect.logError(message)),
    )
  }
  return tooLarge
})

const isJson = (request: HttpServerRequest.HttpServerRequest): boolean =>
  /^application\/json\s*(;|$)/i.test(request.headers["content-type"] ?? "")

/** What a person should look at is logged with the name under which its events are found; the counts are what alarms watch. */
const report = ({ correlationId, outcomes }: RecordedDelivery) =>
  Effect.forEach(
    outcomes,
    (outcome) =>
      Effect.andThen(
        Metric.update(Metric.withAttributes(elements, { outcome }), 1),
        needsAPerson.has(outcome)
          ? Effect.logWarning("An element of a delivery needs a person", { outcome, correlationId })
          : Effect.void,
      ),
    { discard: true },
  )

const needsAPerson: ReadonlySet<DeliveryOutcome> = new Set(["Held", "Unmatched", "Quarantined"])

const answers = Metric.counter("paylog_webhook_answers_total", {
  description: "Answers to deliveries, by HTTP status",
  incremental: true,
})
const elements = Metric.counter("paylog_webhook_elements_total", {
  description: "Elements of verified deliveries, by what became of them",
  incremental: true,
})
const seconds = Metric.histogram("paylog_webhook_seconds", {
  description: "From the request's head to the answer",
  boundaries: Metric.exponentialBoundaries({ start: 0.001, factor: 2, count: 12 }),
})
