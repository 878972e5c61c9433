/** The Bot API over HTTP: `/bot<token>/<method>`. */
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { HttpRouter, type HttpServerRequest, HttpServerResponse } from "effect/http"
import { ApiError } from "./BotApi.ts"
import { type Reply, replyJson } from "./BotSide.ts"
import { readParameters } from "./readParameters.ts"
import { Telegram } from "./Telegram.ts"

/** Telegram also serves a test environment, under `/bot<token>/test/<method>`; here it is the same. */
const path = /^\/bot(?<token>[^/]*)(?:\/test)?\/(?<method>[^/?]*)(?:\?.*)?$/

const handle = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
  const { token, method } = path.exec(request.url)?.groups ?? {}
  if (token === undefined || method === undefined) return json(404, notFound)
  const telegram = yield* Telegram
  const reply = yield* readParameters(request).pipe(
    Effect.flatMap((parameters) => telegram.call(token.replace(/%3a/i, ":"), method, parameters)),
    Effect.catch((error) => Effect.succeed<Reply>({ _tag: "Refused", error })),
  )
  return yield* respond(request, reply)
})

const respond = (
  request: HttpServerRequest.HttpServerRequest,
  reply: Reply,
): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
  switch (reply._tag) {
    case "Answered":
      return Effect.succeed(json(200, replyJson(reply)))
    case "Refused": {
      const { code, retryAfter } = reply.error
      const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }
      return Effect.succeed(json(code, replyJson(reply), headers))
    }
    case "ServerError":
      return Effect.succeed(serverError(reply.status))
    case "Hang":
      return Effect.never
    case "Reset":
      return Effect.andThen(
        Effect.sync(() => NodeHttpServerRequest.toIncomingMessage(request).socket.resetAndDestroy()),
        Effect.never,
      )
  }
}

const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  HttpServerResponse.jsonUnsafe(body, { status, headers })

const notFound = replyJson({ _tag: "Refused", error: new ApiError({ code: 404, description: "Not Found" }) })

/** The Bot API itself knows only 500; the others come from the servers before it, and are no JSON. */
const serverError = (status: number) =>
  status === 500
    ? json(500, { ok: false, error_code: 500, description: "Internal Server Error" })
    : HttpServerResponse.html(`<html><head><title>${status}</title></head><body>nginx</body></html>`).pipe(
        HttpServerResponse.setStatus(status),
      )

/** What `getFile` leads to. */
const download = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
  const path = /^\/file\/bot[^/]*\/(.+)$/.exec(request.url)?.[1] ?? ""
  const file = yield* Effect.flatMap(Telegram, (telegram) => telegram.download(path))
  return file === undefined
    ? json(404, notFound)
    : HttpServerResponse.uint8Array(file.bytes, { contentType: "application/octet-stream" })
})

export const routes = Layer.mergeAll(HttpRouter.add("*", "/bot*", handle), HttpRouter.add("GET", "/file/*", download))
