import { Effect, Stream } from "effect"
import type { HttpServerRequest, Multipart } from "effect/http"
import { type ApiError, badRequest } from "./BotApi.ts"
import { Parameters } from "./Parameters.ts"

/**
 * The parameters of a call, wherever they are: the query, a form, a multipart body or a JSON object, as
 * https://core.telegram.org/bots/api#making-requests allows. A file becomes its name: the emulator keeps no files.
 */
export const readParameters = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<Parameters, ApiError> =>
  Effect.gen(function* () {
    const query = new URL(request.url, "http://emulator").searchParams
    const body = yield* readBody(request)
    return new Parameters([...query, ...body.entries()])
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
        Effect.mapBoth({ onSuccess: (parts) => new Parameters(parts), onFailure: unreadable }),
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

/** A file is read to its end, or the parts after it never come. */
const readPart = (part: Multipart.Part) =>
  part._tag === "Field"
    ? Effect.succeed([part.key, part.value] as const)
    : Effect.as(Stream.runDrain(part.content), [part.key, part.name] as const)

const notAnObject = badRequest("JSON object expected")

const unreadable = () => badRequest("can't read the request body")
