/** The page that an order's links lead to: what Wallet shows inside Telegram, here for a browser, or for curl. */
import { Effect, Option } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse, UrlParams } from "effect/http"
import { Control } from "./Control.ts"
import type { Html } from "./Html.ts"
import { html, page } from "./Html.ts"
import { second } from "./Instant.ts"
import type { Order } from "./Orders.ts"
import * as Orders from "./Orders.ts"

/** The routes of the pay page: look, pay with a form field `currency`, decline. */
export const routes = HttpRouter.addAll([
  HttpRouter.route(
    "GET",
    "/order/:id",
    onOrder((order) => show(order, 200)),
  ),
  HttpRouter.route(
    "POST",
    "/order/:id/pay",
    onOrder(
      Effect.fnUntraced(function* (order) {
        const control = yield* Control
        const { urlParamsBody } = yield* HttpServerRequest.HttpServerRequest
        const form = yield* Effect.orElseSucceed(urlParamsBody, () => UrlParams.empty)
        const currency = Option.getOrUndefined(UrlParams.getFirst(form, "currency"))
        return yield* control.pay(order.id, currency === undefined ? {} : { currency }).pipe(
          Effect.flatMap(toResult),
          Effect.catchTags({
            NotFound: () => Effect.succeed(unknown),
            OrderClosed: () => show(order, 409),
            NotOffered: ({ message }) => show(order, 422, message),
          }),
        )
      }),
    ),
  ),
  HttpRouter.route(
    "POST",
    "/order/:id/decline",
    onOrder((order) =>
      Effect.flatMap(Control, (control) => control.decline(order.id)).pipe(
        Effect.flatMap(toResult),
        Effect.catchTags({ NotFound: () => Effect.succeed(unknown), OrderClosed: () => show(order, 409) }),
      ),
    ),
  ),
])

/** Handles a request about an order, by its id only: the link is what the payer has. */
function onOrder<R>(handle: (order: Order) => Effect.Effect<HttpServerResponse.HttpServerResponse, never, R>) {
  return Effect.gen(function* () {
    const control = yield* Control
    const { id } = (yield* HttpRouter.RouteContext).params
    const order = yield* Effect.option(control.order(id ?? ""))
    return yield* Option.isSome(order) && order.value.id === id ? handle(order.value) : Effect.succeed(unknown)
  })
}

/** Sends a browser to the result page; to others the body says it. */
const toResult = (order: Order) =>
  Effect.map(Control, ({ publicUrl }) =>
    HttpServerResponse.text(`order ${order.id} is ${order.state.status}\n`, {
      status: 303,
      headers: { location: pathOf(publicUrl, order) },
    }),
  )

const pathOf = (publicUrl: string, order: Order) =>
  `${new URL(publicUrl).pathname.replace(/\/$/, "")}/order/${order.id}`

const show = Effect.fnUntraced(function* (order: Order, code: number, problem?: string) {
  const control = yield* Control
  const { settings } = yield* control.world
  const now = yield* control.now
  const title = `${order.request.amount.amount} ${order.request.amount.currencyCode} · order ${order.number}`
  if (order.state.status !== "ACTIVE") return page(code, title, card(result(order)))
  const secondsLeft = Math.max(0, Math.ceil((order.expiresAt - now) / second))
  return page(
    code,
    title,
    card(html`
      ${price(order.request.amount)}
      <p class="about">${order.request.description}</p>
      <dl>
        <dt>Order</dt>
        <dd>${order.number}</dd>
        <dt>Time left</dt>
        <dd>${duration(secondsLeft)}</dd>
      </dl>
      ${problem === undefined ? undefined : html`<p role="alert">${problem}</p>`}
      <form method="post" action="${pathOf(control.publicUrl, order)}/pay">
        <fieldset>
          <legend>Pay with</legend>
          ${Orders.options(order, settings.orders).map(
            ({ amount }, i) =>
              html`<label class="option">
                <input type="radio" name="currency" value="${amount.currencyCode}" ${i === 0 ? html`checked` : ""} />
                <b>${amount.currencyCode}</b> <span>${amount.amount}</span>
              </label>`,
          )}
        </fieldset>
        <button>Pay</button>
        <button class="quiet" formaction="${pathOf(control.publicUrl, order)}/decline">Decline</button>
      </form>
    `),
    secondsLeft + 1,
  )
})

const result = ({ number, request, state }: Order): Html => {
  const paid = state.status === "PAID" ? state.payment.option.amount : undefined
  const back = paid === undefined ? request.failReturnUrl : request.returnUrl
  const outcome = { PAID: "Paid", EXPIRED: "Expired", CANCELLED: "Cancelled", ACTIVE: "Open" }[state.status]
  return html`
    <div class="mark ${paid === undefined ? "bad" : "good"}">
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="${paid === undefined ? "M6 6l12 12M18 6L6 18" : "M5 12.5l4.5 4.5L19 7.5"}" />
      </svg>
    </div>
    <h1 class="outcome">${outcome}</h1>
    <p>${paid === undefined ? "Nothing was paid." : `${paid.amount} ${paid.currencyCode}`}</p>
    <dl>
      <dt>Order</dt>
      <dd>${number}</dd>
      <dt>Price</dt>
      <dd>${request.amount.amount} ${request.amount.currencyCode}</dd>
      <dt>For</dt>
      <dd>${request.description}</dd>
    </dl>
    ${backLink(back)}
  `
}

/** The merchant's link, as a link only where a browser or Telegram opens it: never `javascript:`. */
const backLink = (url: string | null | undefined): Html | undefined =>
  typeof url !== "string" || url === ""
    ? undefined
    : /^(https?|tg):/i.test(url)
      ? html`<a class="button" href="${url}">Back to the shop</a>`
      : html`<p class="note">The shop's return link is ${url}</p>`

const card = (body: Html): Html => html`
  <div class="card">
    <div class="brand"><span>Wallet Pay</span><span class="badge">simulator</span></div>
    ${body}
    <p class="note">This is a simulator. No money moves.</p>
  </div>
`

const price = ({ amount, currencyCode }: { readonly amount: string; readonly currencyCode: string }) =>
  html`<p class="price ${amount.length > 12 ? "long" : ""}">${amount} <small>${currencyCode}</small></p>`

/** Two units are enough: 1 d 3 h, 29 min 58 s, 4 s. */
const duration = (seconds: number): string => {
  const units = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ] as const
  const first = units.findIndex(([n]) => n > 0)
  return first === -1
    ? "0 s"
    : units
        .slice(first, first + 2)
        .filter(([n]) => n > 0)
        .map(([n, unit]) => `${n} ${unit}`)
        .join(" ")
}

const unknown = page(
  404,
  "No such order",
  card(
    html`<h1 class="outcome" style="margin-top: 28px">No such order</h1>
      <p>The link may be from before the simulator was restarted.</p>`,
  ),
)
