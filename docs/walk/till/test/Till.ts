/** A till in memory that keeps its side of the API, and goes wrong when it is told to. */
import type { OpeningFault } from "@paylog/domain/conformance/ProviderLaws"
import * as Money from "@paylog/domain/Money"
import type { Delivery } from "@paylog/domain/PaymentProvider"
import { DateTime, Effect, Equal, Redacted, Schema } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import { createHmac } from "node:crypto"
import * as Wire from "../src/Wire.ts"

const decodeNew = Schema.decodeUnknownSync(Schema.fromJsonString(Wire.NewOrder))
const encodeOrder = Schema.encodeSync(Wire.Order)
const encodeMessage = Schema.encodeSync(Schema.fromJsonString(Wire.Message))

interface Kept {
  readonly asked: typeof Wire.NewOrder.Type
  order: Wire.Order
}

export const make = (key: Redacted.Redacted) => {
  const orders: Array<Kept> = []
  let now = DateTime.makeUnsafe("2026-03-01T12:00:00Z")
  let arrived: Array<Delivery> = []
  let openingFault: OpeningFault | undefined
  let readFault: "Down" | "Lines" | undefined

  const find = (externalId: string): Kept => {
    const kept = orders.find(({ asked }) => asked.key === externalId)
    if (kept === undefined) throw new Error(`There is no order ${externalId}`)
    return kept
  }

  const deliver = ({ order }: Kept) => {
    const body = Buffer.from(encodeMessage({ id: `${order.id}.${order.state}`, order }))
    const signature = createHmac("sha256", Redacted.value(key)).update(body).digest("hex")
    arrived.push({ method: "POST", headers: { [Wire.signatureHeader]: signature }, body })
  }

  const create = (body: string): Response => {
    const asked = decodeNew(body)
    const known = orders.find((kept) => kept.asked.key === asked.key)
    if (known !== undefined && !Equal.equals(known.asked, asked)) return new Response("", { status: 409 })
    if (known !== undefined) return Response.json(encodeOrder(known.order))
    const id = `${orders.length + 1001}`
    const [createdAt, expiresAt] = [now, DateTime.add(now, { seconds: asked.seconds })]
    const link = `https://till.example/${id}`
    const order: Wire.Order = { id, key: asked.key, price: asked.price, state: "Active", link, createdAt, expiresAt }
    orders.push({ asked, order })
    return Response.json(encodeOrder(order))
  }

  const read = ({ pathname, searchParams }: URL, spoilt: boolean): Response => {
    if (pathname === "/orders/count") return Response.json(orders.length)
    if (pathname === "/orders") {
      const [offset, count] = [Number(searchParams.get("offset")), Number(searchParams.get("count"))]
      return Response.json(orders.slice(offset, offset + count).map(({ order }) => (spoilt ? {} : encodeOrder(order))))
    }
    const kept = orders.find(({ order }) => pathname === `/orders/${order.id}`)
    return kept === undefined ? new Response("", { status: 404 }) : Response.json(encodeOrder(kept.order))
  }

  const http = HttpClient.make((request, url) =>
    Effect.gen(function* () {
      const answer = (response: Response) => HttpClientResponse.fromWeb(request, response)
      if (request.method === "GET") {
        const fault = readFault
        readFault = undefined
        return answer(fault === "Down" ? new Response("", { status: 503 }) : read(url, fault === "Lines"))
      }
      const fault = openingFault
      openingFault = undefined
      if (fault?.endsWith("Before")) return yield* faults[fault](request, "")
      const { body } = request
      const response = create(body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : "")
      if (fault === undefined) return answer(response)
      return yield* faults[fault](request, yield* Effect.promise(() => response.text()))
    }),
  )

  return {
    http,
    spoilOpening: (fault: OpeningFault) => Effect.sync(() => (openingFault = fault)),
    spoilRead: Effect.sync(() => (readFault = "Down")),
    spoilLines: Effect.sync(() => (readFault = "Lines")),
    pay: (externalId: string) =>
      Effect.sync(() => {
        now = DateTime.add(now, { seconds: 1 })
        const kept = find(externalId)
        const { price: gross } = kept.order
        const fee = { ...gross, minor: gross.minor / 100n }
        const net = Money.subtract(gross, fee) ?? gross
        kept.order = { ...kept.order, state: "Paid", paid: { gross, fee, net, at: now } }
        deliver(kept)
      }),
    expire: (externalId: string) =>
      Effect.sync(() => {
        const kept = find(externalId)
        now = DateTime.max(now, kept.order.expiresAt)
        kept.order = { ...kept.order, state: "Expired" }
        deliver(kept)
      }),
    redeliver: (externalId: string) => Effect.sync(() => deliver(find(externalId))),
    arrived: Effect.sync(() => {
      const news = arrived
      arrived = []
      return news
    }),
  }
}

/** The answer that takes the place of `right`. */
type Answer = (
  request: HttpClientRequest.HttpClientRequest,
  right: string,
) => Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

const status =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (request) =>
    Effect.succeed(HttpClientResponse.fromWeb(request, new Response("", { status, headers })))

const body =
  (change: (right: string) => ConstructorParameters<typeof Response>[0]): Answer =>
  (request, right) =>
    Effect.succeed(HttpClientResponse.fromWeb(request, new Response(change(right))))

const reset: Answer = (request) =>
  Effect.fail(
    new HttpClientError.HttpClientError({
      reason: new HttpClientError.TransportError({ request, description: "reset" }),
    }),
  )

const faults: Readonly<Record<OpeningFault, Answer>> = {
  ErrorBefore: status(500),
  ErrorAfter: status(502),
  TooManyRequestsBefore: status(429),
  TooManyRequestsAfter: status(429),
  NoAnswerBefore: () => Effect.never,
  NoAnswerAfter: () => Effect.never,
  ResetAfter: reset,
  HalfAnAnswer: body((right) => right.slice(0, right.length / 2)),
  HugeAnswer: body((right) => right.padEnd(10_000_000)),
  // A first byte, and then no more.
  DrippingAnswer: body(
    (right) => new ReadableStream({ start: (drip) => drip.enqueue(Buffer.from(right.slice(0, 1))) }),
  ),
  Redirect: status(307, { location: "/orders/1001" }),
  AnotherAmount: body((right) => right.replace(/"amount":"[^"]*"/, `"amount":"0.01"`)),
  AnotherCurrency: body((right) => right.replace(/"currency":"[^"]*"/, `"currency":"NOT"`)),
}
