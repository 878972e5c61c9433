/**
 * The four calls of the merchant API. Answers are untrusted: read up to a bound, in bounded time, strictly, and without
 * following redirects. The API key and the bodies of requests and answers appear in no error, log or span.
 */
import { Probing, ProviderRefused, ProviderUnavailable } from "@paylog/domain/PaymentProvider"
import { Duration, Effect, Redacted, Result, Schedule, Schema } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { type Answer, describe, NoAnswer, readAnswer } from "./Answer.ts"
import * as Json from "./Json.ts"
import { provider } from "./translate.ts"
import * as Wire from "./Wire.ts"

/** How a try to create an order ended. See the table in the README. */
export type CreateOutcome =
  | { readonly _tag: "Created"; readonly status: "SUCCESS" | "ALREADY"; readonly preview: Wire.OrderPreview }
  | { readonly _tag: "Refused"; readonly reason: string }
  | { readonly _tag: "Conflict" }
  | { readonly _tag: "Unknown"; readonly reason: string; readonly retryAfterMs?: number }

type ReadError = ProviderUnavailable | ProviderRefused

export interface Client {
  /** One HTTP request, never repeated here. */
  readonly createOrder: (order: Wire.CreateOrderRequest) => Effect.Effect<CreateOutcome>
  readonly getPreview: (id: string) => Effect.Effect<Wire.OrderPreview, ReadError>
  /** At most `count` lines from `offset`, each undecoded so that one strange line hides no other. `count` ≤ `maxPage`. */
  readonly getOrderList: (offset: number, count: number) => Effect.Effect<ReadonlyArray<unknown>, ReadError>
  readonly getOrderAmount: Effect.Effect<number, ReadError>
}

export interface ClientConfig {
  readonly baseUrl: string
  readonly apiKey: Redacted.Redacted
  /** For one HTTP request, from connecting to the last byte of the answer. Default: 10 seconds. */
  readonly timeout?: Duration.Input
}

/** What is read of any answer. */
const maxBytes = 256 * 1024
/** Lines in one call of the list. A line is at most 3 KiB, so that a page fits `maxBytes`. */
export const maxPage = 80

/** Reads are repeated twice, about 0.3 and 0.6 s apart or when the provider says, if that is soon. */
const maxRetries = 2
const maxRetryAfterMs = 10_000

export const make = Effect.fnUntraced(function* ({ baseUrl, apiKey, timeout = "10 seconds" }: ClientConfig) {
  const http = yield* HttpClient.HttpClient
  const base = baseUrl.replace(/\/+$/, "")

  const send = (request: HttpClientRequest.HttpClientRequest): Effect.Effect<Answer, NoAnswer> =>
    request.pipe(
      HttpClientRequest.prependUrl(base),
      HttpClientRequest.acceptJson,
      HttpClientRequest.setHeader(Wire.headers.apiKey, Redacted.value(apiKey)),
      http.execute,
      Effect.flatMap((response) => readAnswer(response, maxBytes)),
      Effect.timeout(timeout),
      // The client's errors hold the request, and so the key: they end here.
      Effect.catchTags({
        TimeoutError: () => new NoAnswer({ reason: "no answer in time" }),
        HttpClientError: (error) => new NoAnswer({ reason: describe(error) }),
      }),
      // Its spans would hold those errors, and its trace headers would tell a third party about our traffic.
      Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
      // Undici follows no redirects by itself; fetch would, and would take the key along.
      Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
    )

  const read = <A>(
    request: HttpClientRequest.HttpClientRequest,
    decodeData: (data: unknown) => Result.Result<A, unknown>,
    of: "One" | "Many" = "Many",
  ): Effect.Effect<A, ReadError> =>
    Effect.gen(function* () {
      const once = yield* Probing
      return yield* send(request).pipe(
        Effect.mapError(({ reason }) => unavailable(reason, { again: true })),
        Effect.flatMap((answer) => Effect.fromResult(judgeRead(answer, decodeData, of))),
        Effect.retry({ while: ({ again }) => again && !once, schedule: retries }),
        Effect.mapError(({ error }) => error),
      )
    })

  return {
    createOrder: Effect.fn("WalletPay.createOrder")(function* (order) {
      const body = Json.stringify(encodeOrder(order))
      const request = HttpClientRequest.post(Wire.paths.createOrder).pipe(
        HttpClientRequest.bodyText(body, "application/json"),
      )
      return yield* send(request).pipe(
        Effect.map(judgeCreate),
        Effect.catch(({ reason }) => Effect.succeed<CreateOutcome>({ _tag: "Unknown", reason })),
      )
    }),
    getPreview: Effect.fn("WalletPay.getPreview")(function* (id) {
      const request = HttpClientRequest.get(Wire.paths.getPreview, { urlParams: { id } })
      const preview = yield* read(request, decodePreview, "One")
      if (preview.id === id) return preview
      return yield* new ProviderUnavailable({ provider, reason: "the answer is about another order" })
    }),
    getOrderList: Effect.fn("WalletPay.getOrderList")(function* (offset, count) {
      const request = HttpClientRequest.get(Wire.paths.getOrderList, { urlParams: { offset, count } })
      const { items } = yield* read(request, decodeLines)
      if (items.length <= count) return items
      return yield* new ProviderUnavailable({ provider, reason: "the answer has more lines than were asked for" })
    }),
    getOrderAmount: read(HttpClientRequest.get(Wire.paths.getOrderAmount), decodeCount).pipe(
      Effect.map(({ totalAmount }) => totalAmount),
      Effect.withSpan("WalletPay.getOrderAmount"),
    ),
  } satisfies Client
})

// -- What an answer means.

/**
 * On 2xx and 4xx the envelope decides, where it can be read: the contract does not say which HTTP status goes with which
 * envelope. 408, 429 and 5xx say nothing about the order, whatever the body; nor does a redirect.
 */
const judgeCreate = ({ status, json, retryAfterMs }: Answer): CreateOutcome => {
  const wait = isBusy(status, retryAfterMs) ? { retryAfterMs } : {}
  const unknown = (what: string): CreateOutcome => ({ _tag: "Unknown", reason: `HTTP ${status}: ${what}`, ...wait })
  const refused = (what: string): CreateOutcome => ({ _tag: "Refused", reason: `HTTP ${status}: ${what}` })
  if (!isSuccess(status) && (status < 400 || isTransient(status))) return unknown("no statement about the order")
  const envelope = Result.flatMap(json, decodeCreateEnvelope)
  if (Result.isFailure(envelope)) {
    return [400, 401, 403].includes(status) ? refused("refused without an envelope") : unknown("unreadable answer")
  }
  const { status: said, data } = envelope.success
  switch (said) {
    case "SUCCESS":
    case "ALREADY": {
      if (said === "SUCCESS" && !isSuccess(status)) return unknown("SUCCESS on an error status")
      const preview = decodePreview(data)
      return Result.isSuccess(preview)
        ? { _tag: "Created", status: said, preview: preview.success }
        : unknown(`${said} without a readable order`)
    }
    case "CONFLICT":
      return { _tag: "Conflict" }
    case "ACCESS_DENIED":
    case "INVALID_REQUEST":
      return refused(said)
    case "INTERNAL_ERROR":
      return unknown(said)
  }
}

/** Why a read has no result, and whether it may be made again at once. */
interface ReadFailure {
  readonly error: ReadError
  readonly again: boolean
  readonly retryAfterMs: number
}

const judgeRead = <A>(
  { status, json, retryAfterMs }: Answer,
  decodeData: (data: unknown) => Result.Result<A, unknown>,
  of: "One" | "Many",
): Result.Result<A, ReadFailure> => {
  if (isTransient(status)) {
    const again = retryAfterMs <= maxRetryAfterMs
    return Result.fail(unavailable(`HTTP ${status}`, { again, retryAfterMs }, isBusy(status, retryAfterMs)))
  }
  if (status >= 400) return Result.fail(refused(`HTTP ${status}`, of === "One" && status === 404))
  if (!isSuccess(status)) return Result.fail(unavailable(`HTTP ${status}, which is not followed`))
  const envelope = Result.flatMap(json, decodeReadEnvelope)
  if (Result.isFailure(envelope)) return Result.fail(unavailable("unreadable answer"))
  const { status: said, data } = envelope.success
  switch (said) {
    case "SUCCESS":
      return Result.mapError(decodeData(data), () => unavailable("SUCCESS without readable data"))
    case "INVALID_REQUEST":
      return Result.fail(refused(said, of === "One"))
    case "INTERNAL_ERROR":
      return Result.fail(unavailable(said, { again: true }))
  }
}

const unavailable = (reason: string, retry: Partial<ReadFailure> = {}, busy = false): ReadFailure => ({
  again: false,
  retryAfterMs: 0,
  ...retry,
  error: new ProviderUnavailable({ provider, reason, ...(busy ? { retryAfterMs: retry.retryAfterMs ?? 0 } : {}) }),
})

/** The document does not say which of 404 and `INVALID_REQUEST` an unknown order is; a refused key is neither. */
const refused = (reason: string, noSuchOrder: boolean): ReadFailure => ({
  again: false,
  retryAfterMs: 0,
  error: new ProviderRefused({ provider, reason, ...(noSuchOrder ? { noSuchOrder } : {}) }),
})

const isSuccess = (status: number) => status >= 200 && status < 300
const isTransient = (status: number) => status === 408 || status === 429 || status >= 500
/** It asks us to call less. */
const isBusy = (status: number, retryAfterMs: number) => status === 429 || (isTransient(status) && retryAfterMs > 0)

const retries = Schedule.exponential("300 millis").pipe(
  Schedule.jittered,
  Schedule.upTo({ times: maxRetries }),
  Schedule.setInputType<ReadFailure>(),
  Schedule.modifyDelay(({ input, duration }) =>
    Effect.succeed(Duration.max(duration, Duration.millis(input.retryAfterMs))),
  ),
)

// -- Codecs. Data is decoded apart, on success only: an error with strange data is still that error.

const encodeOrder = Schema.encodeSync(Wire.CreateOrderRequest)
const decodeCreateEnvelope = Schema.decodeUnknownResult(Wire.envelope(Wire.CreateOrderStatus, Schema.Unknown))
const decodeReadEnvelope = Schema.decodeUnknownResult(Wire.envelope(Wire.ReadStatus, Schema.Unknown))
const decodePreview = Schema.decodeUnknownResult(Wire.OrderPreview)
const decodeLines = Schema.decodeUnknownResult(Schema.Struct({ items: Schema.Array(Schema.Unknown) }))
const decodeCount = Schema.decodeUnknownResult(Wire.OrderCount)
