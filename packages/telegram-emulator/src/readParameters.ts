import { Effect, Stream } from "effect"
import type { HttpServerRequest, Multipart } from "effect/http"
import { type ApiError, badRequest } from "./BotApi.ts"
import { Parameters, type Upload } from "./Parameters.ts"

/**
 * The parameters of a call, wherever they are: the query, a form, a multipart body or a JSON object, as
 * https://core.telegram.org/bots/api#making-requests allows. A file's own part counts as a parameter with its name.
 */
export const readParameters = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<Parameters, ApiError> =>
  Effect.gen(function* () {
    const query = new URL(request.url, "http://emulator").searchParams
    const body = yield* readBody(request)
    return new Parameters([...query, ...body.entries()], body.uploads())
  })

const readBody = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<Parameters, ApiError> => {
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase()
  switch (type) {
    case "application/json":
      return Effect.flatMap(request.text.pipe(Effect.mapError(unreadable)), fromJson)
    case "application/x-www-form-urlencoded":
      return Effect.map(
        request.text.pipe(Effect.mapError(unreadable)),
        (form) => new Parameters(new URLSearchParams(form)),
      )
    case "multipart/form-data":
      return request.multipartStream.pipe(
        Stream.mapEffect(readPart),
        Stream.runCollect,
        Effect.mapBoth({
          onSuccess: (parts) =>
            new Parameters(
              parts.map(({ key, value }) => [key, typeof value === "string" ? value : value.name]),
              parts.flatMap(({ key, value }) => (typeof value === "string" ? [] : [[key, value] as const])),
            ),
          onFailure: unreadable,
        }),
      )
    default:
      return Effect.succeed(new Parameters([]))
  }
}

const fromJson = (text: string): Effect.Effect<Parameters, ApiError> =>
  Effect.flatMap(
    Effect.try({ try: (): unknown => JSON.parse(text === "" ? "{}" : text), catch: () => notAnObject }),
    (body) =>
      typeof body === "object" && body !== null && !Array.isArray(body)
        ? Effect.succeed(Parameters.fromJson(body))
        : Effect.fail(notAnObject),
  )

interface Part {
  readonly key: string
  readonly value: string | Upload
}

/** A file is read to its end, or the parts after it never come. */
const readPart = (part: Multipart.Part): Effect.Effect<Part, Multipart.MultipartError> =>
  part._tag === "Field"
    ? Effect.succeed({ key: part.key, value: part.value })
    : Effect.map(part.contentEffect, (bytes) => ({
        key: part.key,
        value: { name: part.name, contentType: part.contentType, bytes },
      }))

const notAnObject = badRequest("JSON object expected")

const unreadable = () => badRequest("can't read the request body")
