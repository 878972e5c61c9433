/** An HTTP answer as it came back: bounded, strictly read, not yet believed. */
import { Clock, Data, Duration, Effect, Result, Stream } from "effect"
import { Headers, type HttpClientError, type HttpClientResponse } from "effect/http"
import * as Json from "./Json.ts"

/** What came back, whatever its status. `json` fails when the body is too large or no strict JSON. */
export interface Answer {
  readonly status: number
  /** What `Retry-After` asks for; 0 without one. */
  readonly retryAfterMs: number
  readonly json: Result.Result<unknown, string>
}

/** No answer came: whether the request was acted upon is not known. */
export class NoAnswer extends Data.TaggedError("NoAnswer")<{ readonly reason: string }> {}

/** Reads at most `limit` bytes of the body. */
export const readAnswer = Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse, limit: number) {
  const bytes = yield* readAtMost(response, limit)
  const json =
    bytes === undefined ? Result.fail("too large") : Result.mapError(Json.parse(bytes), ({ fault }): string => fault)
  const retryAfterMs = retryAfter(response.headers, yield* Clock.currentTimeMillis)
  return { status: response.status, retryAfterMs, json } satisfies Answer
})

/** The kind of failure and, for a connection, the system's code: nothing of the request. */
export const describe = ({ reason }: HttpClientError.HttpClientError): string => {
  const code = reason._tag === "TransportError" ? systemCode(reason.cause) : undefined
  return code === undefined ? "the connection failed" : `the connection failed: ${code}`
}

const systemCode = (cause: unknown): string | undefined => {
  if (!(cause instanceof Error)) return undefined
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined
  return code !== undefined && /^[A-Z0-9_]{1,40}$/.test(code) ? code : systemCode(cause.cause)
}

/** The whole body, or `undefined` when it is longer; the connection is then given up. */
const readAtMost = (
  response: HttpClientResponse.HttpClientResponse,
  limit: number,
): Effect.Effect<Uint8Array | undefined, HttpClientError.HttpClientError> =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    return response.stream.pipe(
      Stream.takeWhile((chunk) => {
        size += chunk.length
        if (size <= limit) chunks.push(chunk)
        return size <= limit
      }),
      Stream.runDrain,
      Effect.map(() => (size <= limit ? Buffer.concat(chunks) : undefined)),
      Effect.catchIf(
        ({ reason }) => reason._tag === "EmptyBodyError",
        () => Effect.succeed(new Uint8Array()),
      ),
    )
  })

const retryAfter = (headers: Headers.Headers, nowMs: number): number => {
  const parsed = Headers.parseRetryAfter(headers["retry-after"] ?? "")
  if (Result.isFailure(parsed)) return 0
  const { success } = parsed
  return success._tag === "Duration"
    ? Duration.toMillis(success.duration)
    : Math.max(0, success.dateTime.epochMilliseconds - nowMs)
}
