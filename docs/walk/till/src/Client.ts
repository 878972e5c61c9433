/** Calls to the till. Its answers are untrusted: bounded in size and time, decoded, and without their words in an error. */
import { Data, Effect, type Redacted, Schema, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"

/** There is no answer that can be read: whether the request was acted upon is not known. */
export class NoAnswer extends Data.TaggedError("NoAnswer")<{ readonly reason: string }> {}

/** The till said no, with this status. */
export class Denied extends Data.TaggedError("Denied")<{ readonly status: number }> {}

export interface ClientConfig {
  readonly baseUrl: string
  /** Goes with each call, and signs deliveries. */
  readonly key: Redacted.Redacted
  /** For one call. */
  readonly timeoutMs: number
}

const maxBytes = 64 * 1024

export const make = Effect.fnUntraced(function* ({ baseUrl, key, timeoutMs }: ClientConfig) {
  const http = yield* HttpClient.HttpClient

  const call = Effect.fnUntraced(
    function* <A>(request: HttpClientRequest.HttpClientRequest, answer: Schema.Codec<A, unknown>) {
      const response = yield* request.pipe(
        HttpClientRequest.prependUrl(baseUrl),
        HttpClientRequest.bearerToken(key),
        http.execute,
      )
      const { status } = response
      if (status === 404 || status === 409 || status === 422) return yield* new Denied({ status })
      if (status !== 200) return yield* new NoAnswer({ reason: `status ${status}` })
      const chunks: Array<Uint8Array> = []
      let size = 0
      yield* response.stream.pipe(
        Stream.takeWhile((chunk) => {
          chunks.push(chunk)
          size += chunk.length
          return size <= maxBytes
        }),
        Stream.runDrain,
      )
      if (size > maxBytes) return yield* new NoAnswer({ reason: "the answer is too large" })
      return yield* Schema.decodeEffect(Schema.fromJsonString(answer))(Buffer.concat(chunks).toString("utf8"))
    },
    (calling) =>
      calling.pipe(
        Effect.timeout(timeoutMs),
        // What these errors hold, a key or an answer, must be seen nowhere: they end here.
        Effect.catchTags({
          TimeoutError: () => new NoAnswer({ reason: "no answer in time" }),
          HttpClientError: () => new NoAnswer({ reason: "the connection failed" }),
          SchemaError: () => new NoAnswer({ reason: "the answer cannot be read" }),
        }),
        Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
        Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
      ),
  )
  return { call }
})
