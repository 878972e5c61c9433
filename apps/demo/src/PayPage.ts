/** Wallet's pay page, as the simulator serves it, at the demo's own address: so it can stand in a panel, and be paid late. */
import { Effect } from "effect"
import {
  HttpClient,
  HttpClientRequest,
  HttpRouter,
  HttpServerRequest,
  HttpServerResponse,
  UrlParams,
} from "effect/http"
import { Faults } from "./Switches.ts"

const headers = {
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
}

/** The routes of an order's page. A simulator that does not answer is a defect: the demo is over then. */
export const routes = (simulator: string) => {
  /** The simulator's own page, or its redirect to one. */
  const handOn = Effect.fnUntraced(function* (request: HttpClientRequest.HttpClientRequest) {
    const { headers: answered, status, text } = yield* HttpClient.execute(request)
    const { location } = answered
    return HttpServerResponse.text(yield* text, {
      status,
      contentType: "text/html; charset=utf-8",
      headers: { ...headers, ...(location === undefined ? {} : { location }) },
    })
  }, Effect.orDie)

  const payInTime = (path: string, form: UrlParams.UrlParams) =>
    handOn(HttpClientRequest.post(`${simulator}${path}/pay`).pipe(HttpClientRequest.bodyUrlParams(form)))

  /** Pays as if the order's time had just run out; other orders go on as before. One that was closed stays as it is. */
  const payLate = Effect.fnUntraced(function* (path: string, form: UrlParams.UrlParams) {
    const order = `${simulator}/simulator${path.replace("/order/", "/orders/")}`
    yield* HttpClientRequest.post(`${order}/pay`).pipe(
      HttpClientRequest.bodyJsonUnsafe({ late: true, ...Object.fromEntries(form) }),
      HttpClient.execute,
    )
    return HttpServerResponse.empty({ status: 303, headers: { location: path } })
  }, Effect.orDie)

  const pathOfOrder = Effect.map(
    HttpRouter.RouteContext,
    ({ params: { id = "" } }) => `/order/${encodeURIComponent(id)}`,
  )

  return HttpRouter.addAll([
    HttpRouter.route(
      "GET",
      "/order/:id",
      Effect.flatMap(pathOfOrder, (path) => handOn(HttpClientRequest.get(simulator + path))),
    ),
    HttpRouter.route(
      "POST",
      "/order/:id/decline",
      Effect.flatMap(pathOfOrder, (path) => handOn(HttpClientRequest.post(`${simulator}${path}/decline`))),
    ),
    HttpRouter.route(
      "POST",
      "/order/:id/pay",
      Effect.gen(function* () {
        const { urlParamsBody } = yield* HttpServerRequest.HttpServerRequest
        const form = yield* Effect.orElseSucceed(urlParamsBody, () => UrlParams.empty)
        const switches = yield* (yield* Faults).now
        return yield* (switches.payLate ? payLate : payInTime)(yield* pathOfOrder, form)
      }),
    ),
  ])
}
