/** The provider's four endpoints, as its document has them. What the document leaves open is decided by the settings. */
import * as Json from "@paylog/wallet-pay/Json"
import { Effect, Redacted, Result } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Control } from "./Control.ts"
import * as Faults from "./Faults.ts"
import { inVersion } from "./inVersion.ts"
import * as OrderRequest from "./OrderRequest.ts"
import * as Orders from "./Orders.ts"
import type { Settings } from "./Settings.ts"
import { Created } from "./Store.ts"
import type { Store } from "./Store.ts"

type Response = HttpServerResponse.HttpServerResponse
type Handler = (
  store: Store,
  settings: Settings,
) => Effect.Effect<
  Response,
  never,
  Control | HttpServerRequest.HttpServerRequest | HttpServerRequest.ParsedSearchParams
>

/** Authenticates, counts against the rate limit, and lets a fault have its way, in this order. */
const endpoint = (operation: Faults.Operation, handler: Handler) =>
  Effect.gen(function* () {
    const control = yield* Control
    const request = yield* HttpServerRequest.HttpServerRequest
    const world = yield* control.world
    const { stores, settings } = world
    const store = Array.from(stores.values()).find((each) => hasKey(each, request.headers["wpay-store-api-key"]))
    const answer = Effect.gen(function* () {
      if (store === undefined) return plain(settings, 401, "Wpay-Store-Api-Key is missing or belongs to no store")
      const { rateLimit } = settings.answers
      if (rateLimit !== null && !store.admits(rateLimit, yield* control.now)) {
        const response = plain(settings, 429, "the request limit is reached")
        return rateLimit.retryAfterSeconds === null
          ? response
          : HttpServerResponse.setHeader(response, "retry-after", String(rateLimit.retryAfterSeconds))
      }
      const fault = world.faultOf(operation)
      const handle = handler(store, settings)
      return yield* fault === undefined
        ? handle
        : Faults.apply(fault, request, handle, (code) => plain(settings, code, "a fault was asked for"))
    })
    return yield* Effect.tap(answer, (response) =>
      Effect.logInfo(`${operation} → ${response.status} ${statusOf(response)}`),
    )
  })

const create: Handler = Effect.fnUntraced(function* (store, settings) {
  const control = yield* Control
  const { headers, arrayBuffer } = yield* HttpServerRequest.HttpServerRequest
  if (settings.answers.requireJson && !/^application\/json\s*(;|$)/i.test(headers["content-type"] ?? ""))
    return invalid(settings, "Content-Type must be application/json")
  const body = yield* Effect.result(arrayBuffer)
  const json = Result.isFailure(body) ? undefined : Json.parse(new Uint8Array(body.success))
  if (json === undefined || Result.isFailure(json)) return invalid(settings, "the body is not JSON in UTF-8")
  const request = OrderRequest.read(settings.orders, json.success)
  if (Result.isFailure(request)) return invalid(settings, request.failure)
  const created = yield* control.create(store, request.success)
  const { already, conflict, accessDenied } = settings.answers
  return Created.$match(created, {
    Success: ({ order }) =>
      envelope(settings, 200, "SUCCESS", Orders.preview(order, settings.links, control.publicUrl)),
    Already: ({ order }) =>
      envelope(settings, already, "ALREADY", Orders.preview(order, settings.links, control.publicUrl)),
    Conflict: () => refusal(settings, conflict, "CONFLICT", "externalId is taken by an order with other parameters"),
    AccessDenied: () => refusal(settings, accessDenied, "ACCESS_DENIED", "the store may not create orders"),
    Invalid: ({ problems }) => invalid(settings, problems),
  })
})

const preview: Handler = Effect.fnUntraced(function* (store, settings) {
  const { publicUrl } = yield* Control
  const { id } = yield* HttpServerRequest.ParsedSearchParams
  if (typeof id !== "string" || !/^[0-9]{1,19}$/.test(id)) return invalid(settings, "id: decimal digits are required")
  const order = store.byId(id)
  return order === undefined
    ? settings.answers.unknownOrder === 404
      ? plain(settings, 404, `the store has no order ${id}`)
      : refusal(settings, settings.answers.unknownOrder, "INVALID_REQUEST", `the store has no order ${id}`)
    : envelope(settings, 200, "SUCCESS", Orders.preview(order, settings.links, publicUrl))
})

const list: Handler = Effect.fnUntraced(function* (store, settings) {
  const { offset, count } = yield* HttpServerRequest.ParsedSearchParams
  const [from, length] = [integer(offset, 2n ** 63n - 1n), integer(count, 10_000n)]
  if (from === undefined) return invalid(settings, "offset: an integer from 0 is required")
  if (length === undefined) return invalid(settings, "count: an integer from 0 to 10000 is required")
  return envelope(settings, 200, "SUCCESS", { items: store.orders.slice(from, from + length).map(Orders.listed) })
})

const count: Handler = (store, settings) =>
  Effect.succeed(envelope(settings, 200, "SUCCESS", { totalAmount: store.orders.length }))

/** The routes of the merchant API. */
export const routes = HttpRouter.addAll([
  HttpRouter.route("POST", "/wpay/store-api/v1/order", endpoint("create", create)),
  HttpRouter.route("GET", "/wpay/store-api/v1/order/preview", endpoint("preview", preview)),
  HttpRouter.route("GET", "/wpay/store-api/v1/reconciliation/order-list", endpoint("list", list)),
  HttpRouter.route("GET", "/wpay/store-api/v1/reconciliation/order-amount", endpoint("count", count)),
])

/** The envelope's status, for the log: a CONFLICT with code 200 should not look like a success. */
const statusOf = ({ body }: Response): string =>
  body._tag === "Uint8Array"
    ? (/^\{"status":"(\w+)"/.exec(new TextDecoder().decode(body.body.slice(0, 40)))?.[1] ?? "")
    : ""

const hasKey = (store: Store, key: string | undefined): boolean =>
  key !== undefined && store.profile.apiKeys.some((each) => Redacted.value(each) === key)

const integer = (text: string | ReadonlyArray<string> | undefined, max: bigint): number | undefined =>
  typeof text === "string" && /^[0-9]{1,19}$/.test(text) && BigInt(text) <= max ? Number(text) : undefined

const envelope = (settings: Settings, code: number, status: string, data: unknown): Response =>
  json(settings, code, { status, data })

const refusal = (settings: Settings, code: number, status: string, message: string): Response =>
  json(settings, code, { status, message: settings.answers.message ?? message })

const json = (settings: Settings, code: number, body: object): Response =>
  HttpServerResponse.text(Json.stringify(inVersion(settings.answers.version, body)), {
    status: code,
    contentType: "application/json",
  })

const invalid = (settings: Settings, message: string): Response =>
  refusal(settings, settings.answers.invalidRequest, "INVALID_REQUEST", message)

/** An answer for whose body the document has no schema. */
const plain = (settings: Settings, code: number, message: string): Response => {
  switch (settings.answers.errorBody) {
    case "envelope":
      return refusal(settings, code, code >= 500 ? "INTERNAL_ERROR" : "INVALID_REQUEST", message)
    case "empty":
      return HttpServerResponse.empty({ status: code })
    case "text":
      return HttpServerResponse.text(settings.answers.message ?? message, { status: code })
    case "html":
      return HttpServerResponse.text(`<html><body><h1>${code}</h1></body></html>`, {
        status: code,
        contentType: "text/html",
      })
  }
}
