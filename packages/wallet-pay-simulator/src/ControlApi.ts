/** The control over HTTP, under `/simulator`: JSON in and out, and one page that lists it all. */
import * as Json from "@paylog/wallet-pay/Json"
import { Data, Duration, Effect, Layer, Redacted, Result, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Control, Invalid } from "./Control.ts"
import * as Faults from "./Faults.ts"
import type { Html } from "./Html.ts"
import { html, page } from "./Html.ts"
import { iso } from "./Instant.ts"
import * as OrderRequest from "./OrderRequest.ts"
import type { Order } from "./Orders.ts"
import * as Orders from "./Orders.ts"
import { overlay } from "./overlay.ts"
import { Created } from "./Store.ts"
import type { Message, World } from "./World.ts"
import { NotFound } from "./World.ts"

/** The order could not be created: the answer that the API would have given. */
class NotCreated extends Data.TaggedError("NotCreated")<{ readonly status: string; readonly problems?: string }> {
  override readonly message = this.problems ?? this.status
}

type Failure = Invalid | NotFound | NotCreated | Orders.OrderClosed | Orders.NotOffered
type Needs =
  | Control
  | HttpServerRequest.HttpServerRequest
  | HttpServerRequest.ParsedSearchParams
  | HttpRouter.RouteContext

interface Operation {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  readonly path: HttpRouter.PathInput
  readonly body: string
  readonly does: string
  readonly answer: Effect.Effect<object, Failure, Needs>
}

const Text = Schema.optionalKey(Schema.String)
const Times = Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 })))

const Pay = Schema.Struct({
  currency: Text,
  amount: Text,
  fee: Text,
  net: Text,
  statedCurrency: Text,
  orderAmount: Schema.optionalKey(Schema.Struct({ currencyCode: Schema.String, amount: Schema.String })),
  late: Schema.optionalKey(Schema.Boolean),
})

const Redeliver = Schema.Struct({
  times: Times,
  timestamp: Schema.optionalKey(Schema.Literals(["new", "same"])),
  tamper: Schema.optionalKey(Schema.Literals(["body", "timestamp", "signature", "path"])),
})

const Forward = Schema.DurationFromString.check(
  Schema.makeFilter(
    (duration: Duration.Duration) => {
      const millis = Duration.toMillis(duration)
      return millis >= 0 && millis <= 3_650 * 86_400_000
    },
    { expected: "a duration of at most 3650 days" },
  ),
)

const StorePatch = Schema.Struct({
  apiKeys: Schema.optionalKey(Schema.NonEmptyArray(Schema.NonEmptyString)),
  webhookUrl: Schema.optionalKey(Schema.NullOr(Schema.String)),
  mayCreateOrders: Schema.optionalKey(Schema.Boolean),
})

// -- Reading a request.

/** The body as JSON, numbers lossless; an empty one is an empty object. */
const readJson = Effect.gen(function* () {
  const { arrayBuffer } = yield* HttpServerRequest.HttpServerRequest
  const bytes = new Uint8Array(
    yield* Effect.mapError(arrayBuffer, () => new Invalid({ reason: "the body cannot be read" })),
  )
  if (bytes.length === 0) return {}
  return yield* Effect.mapError(
    Effect.fromResult(Json.parse(bytes)),
    ({ fault }) => new Invalid({ reason: `the body is refused as JSON: ${fault}` }),
  )
})

const read = <A, I>(schema: Schema.Codec<A, I>) => {
  const decode = Schema.decodeUnknownEffect(schema, { onExcessProperty: "error" })
  return Effect.flatMap(readJson, (json) =>
    Effect.mapError(decode(json), ({ message }) => new Invalid({ reason: message.replace(/\s*\n\s*/g, " ") })),
  )
}

/** The route's `:ref`. */
const ref = Effect.map(HttpRouter.RouteContext, ({ params }) => params["ref"] ?? "")

const control = <A, E, R>(f: (control: Control["Service"]) => Effect.Effect<A, E, R>) => Effect.flatMap(Control, f)

/** An operation on the order that the route names, answered with the order. */
const onOrder = <E, R>(f: (ref: string) => Effect.Effect<Order, E, R>) =>
  Effect.gen(function* () {
    const { publicUrl, world } = yield* Control
    const order = yield* f(yield* ref)
    return viewOrder(order, yield* world, publicUrl)
  })

// -- What it shows.

const viewOrder = (order: Order, { settings, messages }: World, publicUrl: string) => ({
  ...Orders.preview(order, settings.links, publicUrl),
  externalId: order.request.externalId,
  description: order.request.description,
  ...(typeof order.request.customData === "string" ? { customData: order.request.customData } : {}),
  ...(order.state.status === "PAID" ? { selectedPaymentOption: order.state.payment.option } : {}),
  ...(order.state.status === "ACTIVE"
    ? { options: Orders.options(order, settings.orders).map(({ amount }) => amount) }
    : {
        messages: Array.from(messages.values())
          .filter(({ orderId }) => orderId === order.id)
          .map(({ eventId }) => eventId),
      }),
})

const viewMessage = ({ eventId, type, orderId, store, state, dueAt, json, attempts }: Message) => ({
  eventId,
  type,
  orderId,
  store: store.profile.name,
  state,
  ...(state === "waiting" ? { nextAttempt: iso(dueAt) } : {}),
  body: `[${json}]`,
  attempts,
})

const lastOrders = ({ stores }: World, count: number): ReadonlyArray<Order> =>
  Array.from(stores.values())
    .flatMap(({ orders }) => orders.slice(-count))
    .toSorted((a, b) => a.createdAt - b.createdAt)
    .slice(-count)

// -- The operations: the routes, the page and the table in the README have them in this order.

export const operations: ReadonlyArray<Operation> = [
  {
    method: "GET",
    path: "/simulator/state",
    body: "",
    does: "Clock, stores, faults, and the last 100 orders and webhook messages with every attempt and answer; ?last=N for more.",
    answer: Effect.gen(function* () {
      const { baseUrl, publicUrl, now, seed, world } = yield* Control
      const current = yield* world
      const { last } = yield* HttpServerRequest.ParsedSearchParams
      const count = typeof last === "string" && /^[1-9][0-9]{0,8}$/.test(last) ? Number(last) : 100
      return {
        now: iso(yield* now),
        seed,
        baseUrl,
        publicUrl,
        stores: Array.from(current.stores.values(), ({ profile, orders }) => ({
          name: profile.name,
          apiKeys: profile.apiKeys.length,
          webhookUrl: profile.webhookUrl ?? null,
          mayCreateOrders: profile.mayCreateOrders,
          orders: orders.length,
        })),
        faults: current.faults,
        orders: lastOrders(current, count).map((order) => viewOrder(order, current, publicUrl)),
        messages: Array.from(current.messages.values()).slice(-count).map(viewMessage),
      }
    }),
  },
  {
    method: "POST",
    path: "/simulator/orders",
    body: `{"amount":{"currencyCode":"USD","amount":"12.50"},"externalId":"…",…}`,
    does: "Creates an order as the API would, in the first store or ?store=NAME. Every field has a default.",
    answer: Effect.gen(function* () {
      const { publicUrl, world, create } = yield* Control
      const current = yield* world
      const { store: name } = yield* HttpServerRequest.ParsedSearchParams
      const store = name === undefined ? Array.from(current.stores.values())[0] : current.stores.get(String(name))
      if (store === undefined) return yield* new NotFound({ what: "store", ref: String(name ?? "") })
      const sample = {
        amount: { currencyCode: "USD", amount: "12.50" },
        externalId: `order-${store.orders.length + 1}`,
        description: "A simulated order",
        timeoutSeconds: 3600,
        customerTelegramUserId: 1,
      }
      const request = OrderRequest.read(current.settings.orders, overlay(sample, yield* readJson))
      if (Result.isFailure(request)) return yield* new Invalid({ reason: request.failure })
      const created = yield* create(store, request.success)
      return yield* Created.$match(created, {
        Success: ({ order }) => Effect.succeed(viewOrder(order, current, publicUrl)),
        Already: ({ order }) => Effect.succeed(viewOrder(order, current, publicUrl)),
        Conflict: () => new NotCreated({ status: "CONFLICT" }),
        AccessDenied: () => new NotCreated({ status: "ACCESS_DENIED" }),
        Invalid: ({ problems }) => new NotCreated({ status: "INVALID_REQUEST", problems }),
      })
    }),
  },
  {
    method: "GET",
    path: "/simulator/orders/:ref",
    body: "",
    does: "One order. REF is its id, externalId (percent-encoded) or number, here and below.",
    answer: onOrder((ref) => control(({ order }) => order(ref))),
  },
  {
    method: "POST",
    path: "/simulator/orders/:ref/pay",
    body: `{"currency":"USDT","amount":"…","fee":"…","net":"…","statedCurrency":"…","orderAmount":{…},"late":true}`,
    does:
      "Pays. All fields are optional: currency is the first offered; amount, fee, net, orderAmount and (as the code of " +
      "all three) statedCurrency replace the true ones: wrong payments; late pays an expired or cancelled order, and one that is open as if its time had just run out.",
    answer: onOrder((ref) => Effect.flatMap(read(Pay), (payment) => control(({ pay }) => pay(ref, payment)))),
  },
  {
    method: "POST",
    path: "/simulator/orders/:ref/decline",
    body: "",
    does: "Declines as the payer can: cancels the order, or nothing (setting orders.declineCancels).",
    answer: onOrder((ref) => control(({ decline }) => decline(ref))),
  },
  {
    method: "POST",
    path: "/simulator/orders/:ref/cancel",
    body: "",
    does: "Cancels the order.",
    answer: onOrder((ref) => control(({ cancel }) => cancel(ref))),
  },
  {
    method: "POST",
    path: "/simulator/orders/:ref/expire",
    body: "",
    does: "Ends the order's time now.",
    answer: onOrder((ref) => control(({ expire }) => expire(ref))),
  },
  {
    method: "POST",
    path: "/simulator/orders/:ref/redeliver",
    body: `{"times":2,"timestamp":"same","tamper":"signature"}`,
    does:
      "Sends the order's webhooks (or the one whose eventId is REF) again, and answers with the attempts. timestamp same " +
      "repeats the last attempt byte for byte; tamper changes body, timestamp, signature or the signed path, so that the receiver must refuse.",
    answer: Effect.gen(function* () {
      const attempts = yield* (yield* Control).redeliver(yield* ref, yield* read(Redeliver))
      return { attempts }
    }),
  },
  {
    method: "GET",
    path: "/simulator/deliveries",
    body: "",
    does:
      "Each POST to a webhook as it was sent, with the answer, oldest first. ?after=NUMBER leaves out those up to there; " +
      "?patience=30 waits up to 30 seconds for one.",
    answer: Effect.gen(function* () {
      const params = yield* HttpServerRequest.ParsedSearchParams
      const read = (name: string, most: number) => {
        const text = params[name]
        if (text === undefined) return Effect.succeed(0)
        return typeof text === "string" && /^[0-9]{1,15}$/.test(text) && Number(text) <= most
          ? Effect.succeed(Number(text))
          : Effect.fail(new Invalid({ reason: `${name}: an integer from 0 to ${most} is required` }))
      }
      const after = yield* read("after", Number.MAX_SAFE_INTEGER)
      const patience = yield* read("patience", 60)
      return { deliveries: yield* (yield* Control).sent(after, Duration.seconds(patience)) }
    }),
  },
  {
    method: "POST",
    path: "/simulator/clock",
    body: `{"advance":"1 hour"}`,
    does: "Lets time pass; expiries and webhook retries on the way happen in order, before this answers.",
    answer: Effect.gen(function* () {
      const { advance } = yield* read(Schema.Struct({ advance: Forward }))
      const { advance: pass, now } = yield* Control
      yield* pass(advance)
      return { now: iso(yield* now) }
    }),
  },
  {
    method: "POST",
    path: "/simulator/idle",
    body: "",
    does: "Answers once no webhook is being sent or due.",
    answer: Effect.as(
      control(({ idle }) => idle),
      {},
    ),
  },
  {
    method: "POST",
    path: "/simulator/faults",
    body: `{"on":"create","when":"after","kind":"stall"}`,
    does:
      "Adds a fault, or an array of them, to the queue. on: create, preview, list, count, any (default). when: before (default) " +
      "or after the call took effect. times: 1 by default. kind: answer (code, body, headers), stall (ms), reset, delay (ms), " +
      "drip (ms a byte), malformed, huge (bytes), overlay (json laid over the true answer).",
    answer: Effect.gen(function* () {
      const { inject } = yield* Control
      const faults = yield* read(Schema.Union([Schema.Array(Faults.Fault), Faults.Fault]))
      yield* Effect.forEach("kind" in faults ? [faults] : faults, inject)
      return { faults: (yield* (yield* Control).world).faults }
    }),
  },
  {
    method: "DELETE",
    path: "/simulator/faults",
    body: "",
    does: "Empties the queue of faults.",
    answer: Effect.as(
      control(({ clearFaults }) => clearFaults),
      { faults: [] },
    ),
  },
  {
    method: "GET",
    path: "/simulator/settings",
    body: "",
    does: "All settings.",
    answer: Effect.map(
      control(({ world }) => world),
      ({ settings }) => settings,
    ),
  },
  {
    method: "PATCH",
    path: "/simulator/settings",
    body: `{"webhooks":{"mode":"hold"}}`,
    does: "Changes the settings that are given; answers with all.",
    answer: Effect.flatMap(readJson, (patch) => control(({ configure }) => configure(patch))),
  },
  {
    method: "PUT",
    path: "/simulator/stores/:ref",
    body: `{"apiKeys":["…"],"webhookUrl":"http://127.0.0.1:8080/webhook","mayCreateOrders":true}`,
    does: "Adds the store of this name, or changes what is given. Every key authenticates; the first signs webhooks; without any, a random one.",
    answer: Effect.gen(function* () {
      const name = yield* ref
      const { apiKeys, ...patch } = yield* read(StorePatch)
      const [first, ...others] = (apiKeys ?? []).map((key) => Redacted.make(key))
      const { putStore } = yield* Control
      yield* putStore({ name, ...patch, ...(first === undefined ? {} : { apiKeys: [first, ...others] }) })
      return { name }
    }),
  },
  {
    method: "POST",
    path: "/simulator/reset",
    body: "",
    does: "Back to how the simulator started: orders, messages, faults, settings, stores, clock.",
    answer: Effect.as(
      control(({ reset }) => reset),
      {},
    ),
  },
]

/** The routes of the control API and its page. */
export const routes = Layer.mergeAll(
  HttpRouter.add("GET", "/", HttpServerResponse.redirect("/simulator")),
  HttpRouter.add(
    "GET",
    "/simulator",
    Effect.gen(function* () {
      const { baseUrl, now, world } = yield* Control
      return index(yield* world, baseUrl, iso(yield* now))
    }),
  ),
  HttpRouter.addAll(
    operations.map(({ method, path, answer }) =>
      HttpRouter.route(
        method,
        path,
        answer.pipe(
          Effect.map((json) => respond(200, json)),
          Effect.catchTags({
            Invalid: ({ message }) => Effect.succeed(respond(400, { error: message })),
            NotFound: ({ message }) => Effect.succeed(respond(404, { error: message })),
            NotCreated: ({ status, message }) => Effect.succeed(respond(409, { status, error: message })),
            OrderClosed: ({ message }) => Effect.succeed(respond(409, { error: message })),
            NotOffered: ({ message }) => Effect.succeed(respond(422, { error: message })),
          }),
        ),
      ),
    ),
  ),
)

const respond = (status: number, json: unknown) =>
  HttpServerResponse.text(`${JSON.stringify(json, null, 2)}\n`, { status, contentType: "application/json" })

const index = (world: World, baseUrl: string, now: string) =>
  page(
    200,
    "Wallet Pay simulator",
    html`<main>
      <h1>Wallet Pay simulator</h1>
      <p>
        Point your bot's Wallet Pay address at <code>${baseUrl}</code>. The simulator's time is <code>${now}</code>.
      </p>
      <h2>Stores</h2>
      ${table(
        ["Store", "Orders", "Webhooks go to"],
        Array.from(world.stores.values(), ({ profile, orders }) => [
          profile.name,
          String(orders.length),
          profile.webhookUrl ?? "nowhere: set WEBHOOK_URL",
        ]),
      )}
      <h2>Last orders</h2>
      ${table(
        ["Order", "Price", "Status", "externalId", "Webhook"],
        lastOrders(world, 20)
          .toReversed()
          .map((order) => [
            html`<a href="order/${order.id}">${order.number}</a>`,
            `${order.request.amount.amount} ${order.request.amount.currencyCode}`,
            order.state.status,
            order.request.externalId,
            Array.from(world.messages.values())
              .filter(({ orderId }) => orderId === order.id)
              .map(({ type, state, attempts }) => `${type} ${state} (${attempts.length})`)
              .join(", "),
          ]),
      )}
      <h2>Control</h2>
      ${table(
        ["Call", "What it does"],
        operations.map(({ method, path, body, does }) => [
          html`<code>${method} ${path.replace(":ref", "REF")}</code>`,
          html`${does} ${body === "" ? undefined : html`<br /><code>${body}</code>`}`,
        ]),
      )}
      <h2>Example</h2>
      <div class="scroll">
        <pre>
curl -X POST ${baseUrl}/simulator/orders -d '{"externalId":"first"}'
curl -X POST ${baseUrl}/simulator/orders/first/pay -d '{"currency":"USDT"}'
curl ${baseUrl}/simulator/state</pre>
      </div>
    </main>`,
  )

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string | Html>>) =>
  html`<div class="scroll">
    <table>
      <tr>
        ${head.map((cell) => html`<th scope="col">${cell}</th>`)}
      </tr>
      ${
        rows.length === 0
          ? html`<tr>
              <td colspan="${head.length}">none yet</td>
            </tr>`
          : rows.map(
              (row) =>
                html`<tr>
                  ${row.map((cell) => html`<td>${cell}</td>`)}
                </tr>`,
            )
      }
    </table>
  </div>`
