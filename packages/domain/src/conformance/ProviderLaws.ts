/**
 * The port's promises as laws, for every adapter with its simulator. They need no test framework; with vitest:
 *
 *     for (const { title, check } of laws) it.live(title, () => Effect.scoped(Effect.flatMap(yourRig, check)))
 *
 * Each law wants a rig of its own, and real time.
 */
import { DateTime, Effect, Result } from "effect"
import type { Delivery } from "../PaymentProvider.ts"
import {
  holds,
  items,
  type Law,
  law,
  LawBroken,
  listed,
  opened,
  openingFaults,
  overheard,
  same,
  text,
  understood,
} from "./law.ts"

export type { Law, OpeningFault, Rig } from "./law.ts"

const opening: ReadonlyArray<Law> = [
  law(
    "opens an order that can be paid until its time is over",
    Effect.fnUntraced(function* ({ provider, request }) {
      const asked = request(1)
      const order = yield* opened(yield* provider.open(asked))
      yield* holds(order.orderId !== "" && order.payLink !== "", "The order has no id or no link")
      const view = yield* provider.get(order.orderId)
      yield* same("The look-up", view, { order, status: "Active" })
      const { createdAt } = yield* listed((yield* provider.list(0, 1))[0])
      const seconds = (order.expiresAt.epochMilliseconds - createdAt.epochMilliseconds) / 1000
      yield* holds(Math.abs(seconds - asked.timeoutSeconds) <= 1, `It can be paid for ${seconds} s`)
    }),
  ),

  law(
    "gives the same order for the identical request, and makes no other",
    Effect.fnUntraced(function* ({ provider, request }) {
      const first = yield* opened(yield* provider.open(request(1)))
      const again = yield* opened(yield* provider.open(request(1)))
      yield* same("The order", again, first)
      yield* same("The count", yield* provider.count, 1)
    }),
  ),

  law(
    "calls the same externalId with other fields a conflict, never a refusal, and makes no order",
    Effect.fnUntraced(function* ({ provider, request }) {
      yield* opened(yield* provider.open(request(1)))
      const other = { ...request(1), timeoutSeconds: request(1).timeoutSeconds + 1 }
      yield* same("The outcome", yield* provider.open(other), { _tag: "Conflict" })
      yield* same("The count", yield* provider.count, 1)
    }),
  ),

  law(
    "refuses what its capabilities exclude, and makes no order",
    Effect.fnUntraced(function* ({ provider, request }) {
      const { shortestTimeoutSeconds, longestTimeoutSeconds } = provider.capabilities
      for (const timeoutSeconds of [shortestTimeoutSeconds - 1, longestTimeoutSeconds + 1]) {
        const outcome = yield* provider.open({ ...request(1), timeoutSeconds })
        yield* same("The outcome", outcome._tag, "Refused")
      }
      yield* same("The count", yield* provider.count, 0)
    }),
  ),

  ...openingFaults.map((fault, index) =>
    law(
      `takes ${fault} for an unknown outcome; the identical request then settles it, with one order`,
      Effect.fnUntraced(function* ({ provider, request, spoilOpening }) {
        yield* spoilOpening(fault)
        const outcome = yield* provider.open(request(index))
        yield* same("The outcome", outcome._tag, "Unknown")
        const order = yield* opened(yield* provider.open(request(index)))
        yield* same("The count", yield* provider.count, 1)
        const only = yield* listed((yield* provider.list(0, 10))[0])
        yield* same("The order's ids", [only.orderId, only.externalId], [order.orderId, request(index).externalId])
      }),
    ),
  ),
]

const delivering: ReadonlyArray<Law> = [
  law(
    "hears of a payment: the order that was opened, and the same by webhook, look-up and list",
    Effect.fnUntraced(function* (rig) {
      const { provider, request, pay } = rig
      const order = yield* opened(yield* provider.open(request(1)))
      yield* pay(request(1).externalId)
      const heard = yield* items(rig)
      yield* same("The messages", heard.length, 1)
      const { observation } = yield* understood(heard[0])
      if (observation._tag !== "PaymentCompleted") return yield* new LawBroken({ message: text(observation) })
      const { payment, externalId } = observation
      yield* same("The ids", [externalId, payment.orderId], [request(1).externalId, order.orderId])
      yield* same("The provider", payment.provider, provider.name)
      yield* same("The price", payment.orderAmount, request(1).amount)
      yield* same("The look-up", (yield* provider.get(order.orderId)).status, "Paid")
      const line = yield* listed((yield* provider.list(0, 1))[0])
      yield* same("The list's status", line.status, "Paid")
      yield* same("The list's payment", line.payment, payment)
    }),
  ),

  law(
    "hears of an order whose time is over, and of one that is paid after that",
    Effect.fnUntraced(function* (rig) {
      const { provider, request, pay, expire } = rig
      const order = yield* opened(yield* provider.open(request(1)))
      yield* expire(request(1).externalId)
      const closed = (yield* understood((yield* items(rig))[0])).observation
      yield* same("The end", closed._tag === "OrderClosed" && [closed.externalId, closed.orderId, closed.outcome], [
        request(1).externalId,
        order.orderId,
        "Expired",
      ])
      yield* same("The look-up", (yield* provider.get(order.orderId)).status, "Expired")
      yield* pay(request(1).externalId, { late: true })
      const paid = (yield* understood((yield* items(rig))[0])).observation
      if (closed._tag !== "OrderClosed" || paid._tag !== "PaymentCompleted")
        return yield* new LawBroken({ message: text(paid) })
      yield* same("The order", paid.payment.orderId, order.orderId)
      yield* holds(
        !DateTime.isLessThan(paid.payment.completedAt, closed.closedAt),
        "The payment is said to be earlier than the end",
      )
    }),
  ),

  law(
    "knows a repeated message by its eventId, and never confuses two",
    Effect.fnUntraced(function* (rig) {
      const { provider, request, pay, redeliver } = rig
      const ids: Array<string> = []
      for (const n of [1, 2, 3, 4]) {
        ids.push((yield* opened(yield* provider.open(request(n)))).orderId)
        yield* pay(request(n).externalId)
      }
      const heard = yield* Effect.forEach(yield* items(rig), understood)
      const orders = heard.map(({ observation }) => "payment" in observation && observation.payment.orderId)
      yield* same("The orders", orders, ids)
      yield* same("Different events", new Set(heard.map(({ eventId }) => eventId)).size, 4)
      yield* redeliver(request(2).externalId)
      const again = yield* Effect.forEach(yield* items(rig), understood)
      yield* same("The repeated event", again, [heard[1]])
    }),
  ),

  law(
    "reads every message of a delivery that holds several, in order",
    Effect.fnUntraced(function* (rig) {
      const { provider, request, payTogether } = rig
      if (payTogether === undefined) return
      const asked = [1, 2, 3].map(request)
      for (const each of asked) yield* opened(yield* provider.open(each))
      yield* payTogether(asked.map(({ externalId }) => externalId))
      const arrived = yield* rig.arrived
      yield* same("Deliveries", arrived.length, 1)
      const verified = yield* Effect.forEach(arrived, provider.verify)
      const heard = yield* Effect.forEach(
        verified.flatMap((each) => each.items),
        understood,
      )
      yield* same(
        "The orders",
        heard.map(({ observation }) => observation.externalId),
        asked.map(({ externalId }) => externalId),
      )
    }),
  ),

  law(
    "believes no delivery in which any byte was changed, nor one without its signature",
    Effect.fnUntraced(function* (rig) {
      const { provider, request, pay, signedHeaders } = rig
      yield* opened(yield* provider.open(request(1)))
      yield* pay(request(1).externalId)
      const [delivery] = yield* rig.arrived
      if (delivery === undefined) return yield* new LawBroken({ message: "Nothing arrived" })
      yield* provider.verify(delivery)
      for (const { what, changed } of spoiled(delivery, signedHeaders)) {
        const verdict = yield* Effect.result(provider.verify(changed))
        yield* holds(Result.isFailure(verdict), `It believes a delivery with ${what}`)
      }
      const bare = { ...delivery, headers: without(delivery.headers, signedHeaders) }
      const verdict = yield* Effect.flip(provider.verify(bare)).pipe(
        Effect.mapError(() => new LawBroken({ message: "It believes a delivery without a signature" })),
      )
      yield* same("Without any part of a signature", verdict.reason, "Missing")
    }),
  ),

  law(
    "keeps of a delivery what it arrived as, bound to that delivery alone",
    Effect.fnUntraced(function* (rig) {
      const { provider, request, pay } = rig
      for (const n of [1, 2]) {
        yield* opened(yield* provider.open(request(n)))
        yield* pay(request(n).externalId)
      }
      const arrived = yield* rig.arrived
      const [first, second] = yield* Effect.forEach(arrived, provider.verify)
      const [again] = yield* Effect.forEach(arrived, provider.verify)
      yield* holds(includes(first?.evidence, arrived[0]?.body), "The evidence lacks the body")
      yield* holds(bytes(first?.evidence) === bytes(again?.evidence), "The evidence is not the same each time")
      yield* holds(bytes(first?.evidence) !== bytes(second?.evidence), "Two deliveries have the same evidence")
    }),
  ),
]

const reading: ReadonlyArray<Law> = [
  law(
    "lists every order once, oldest first, whatever the pages",
    Effect.fnUntraced(function* ({ provider, request }) {
      const ids: Array<string> = []
      for (const n of [1, 2, 3, 4, 5]) ids.push((yield* opened(yield* provider.open(request(n)))).orderId)
      const whole = yield* provider.list(0, 1000)
      const orders = yield* Effect.forEach(whole, listed)
      yield* same(
        "The list",
        orders.map(({ orderId }) => orderId),
        ids,
      )
      yield* same("The count", yield* provider.count, 5)
      for (const size of [1, 2, 5]) {
        const pages = yield* Effect.forEach([0, 1, 2, 3, 4, 5], (page) => provider.list(page * size, size))
        yield* same(`In pages of ${size}`, pages.flat().slice(0, 5), whole)
        yield* same(
          "The places",
          pages.flat().map(({ index }) => index),
          [0, 1, 2, 3, 4].slice(0, pages.flat().length),
        )
      }
      yield* same("Past the end", yield* provider.list(5, 10), [])
      yield* same("None", yield* provider.list(0, 0), [])
    }),
  ),

  law(
    "names a line that it does not understand, at its place, and fails no list for it",
    Effect.fnUntraced(function* ({ provider, request, spoilLines }) {
      for (const n of [1, 2, 3]) yield* opened(yield* provider.open(request(n)))
      yield* spoilLines
      const lines = yield* provider.list(1, 2)
      yield* same(
        "The lines",
        lines.map(({ _tag, index }) => [_tag, index]),
        [
          ["NotUnderstood", 1],
          ["NotUnderstood", 2],
        ],
      )
      yield* Effect.forEach(yield* provider.list(1, 2), listed)
    }),
  ),

  law(
    "says that a provider is out of reach, and that an order is not known, as what they are",
    Effect.fnUntraced(function* ({ provider, request, spoilRead }) {
      const { orderId } = yield* opened(yield* provider.open(request(1)))
      const tagOf = (read: Effect.Effect<unknown, { readonly _tag: string }>) =>
        Effect.map(Effect.result(read), (result) => (Result.isFailure(result) ? result.failure._tag : "an answer"))
      for (const [what, read] of [
        ["look-up", provider.get(orderId)],
        ["list", provider.list(0, 1)],
        ["count", provider.count],
      ] as const) {
        yield* spoilRead
        yield* same(`The ${what} of a provider that is down`, yield* tagOf(read), "ProviderUnavailable")
        yield* same(`The ${what} after that`, yield* tagOf(read), "an answer")
      }
      yield* same("An unknown order", yield* tagOf(provider.get("9")), "ProviderRefused")
      const saysSo = yield* provider.get("9").pipe(
        Effect.as(false),
        Effect.catchTags({
          ProviderRefused: ({ noSuchOrder }) => Effect.succeed(noSuchOrder === true),
          ProviderUnavailable: () => Effect.succeed(false),
        }),
      )
      yield* same("An unknown order is said to be unknown", saysSo, true)
    }),
  ),
]

const secrecy: ReadonlyArray<Law> = [
  law(
    "shows neither its secrets nor a payer's id in any outcome, error, log or span",
    Effect.fnUntraced(function* (rig) {
      const { provider, request, spoilOpening, spoilRead, pay } = rig
      const heard: Array<string> = []
      const hear = <A, E>(effect: Effect.Effect<A, E>) => Effect.map(overheard(effect), (all) => void heard.push(all))
      yield* hear(provider.open(request(1)))
      for (const fault of openingFaults) {
        yield* spoilOpening(fault)
        yield* hear(provider.open(request(2)))
      }
      yield* hear(provider.open({ ...request(1), timeoutSeconds: request(1).timeoutSeconds + 1 }))
      yield* hear(provider.open({ ...request(1), timeoutSeconds: 0 }))
      yield* hear(provider.get("9"))
      yield* spoilRead
      yield* hear(provider.count)
      yield* pay(request(1).externalId)
      yield* hear(provider.list(0, 100))
      for (const delivery of yield* rig.arrived) {
        yield* hear(provider.verify(delivery))
        yield* hear(provider.verify({ ...delivery, method: "PUT" }))
      }
      const all = heard.join("\n")
      yield* holds(all.length > 1000, "Little was overheard")
      for (const [index, secret] of rig.secrets.entries())
        yield* holds(!all.includes(secret), `Secret ${index} is shown: ${around(all, secret)}`)
      for (const n of [1, 2])
        yield* holds(!all.includes(request(n).payer), `A payer's id is shown: ${around(all, request(n).payer)}`)
    }),
  ),
]

export const laws: ReadonlyArray<Law> = [...opening, ...delivering, ...reading, ...secrecy]

/** What surrounds the first place of `part`, without it. */
const around = (all: string, part: string) => {
  const at = all.indexOf(part)
  return `${all.slice(Math.max(0, at - 60), at)}▮${all.slice(at + part.length, at + part.length + 20)}`
}

/** Each byte of the body and of each signed header changed; each header absent, empty or doubled. */
function* spoiled(
  delivery: Delivery,
  signedHeaders: ReadonlyArray<string>,
): Generator<{ what: string; changed: Delivery }> {
  for (let at = 0; at < delivery.body.length; at++) {
    const body = Uint8Array.from(delivery.body)
    body[at] = (body[at] ?? 0) ^ 1
    yield { what: `byte ${at} of its body changed`, changed: { ...delivery, body } }
  }
  yield { what: "a byte less", changed: { ...delivery, body: delivery.body.subarray(0, -1) } }
  yield { what: "a byte more", changed: { ...delivery, body: Uint8Array.of(...delivery.body, 0x0a) } }
  yield { what: "no body", changed: { ...delivery, body: new Uint8Array() } }
  for (const name of signedHeaders) {
    const value = delivery.headers[name] ?? ""
    const withValue = (header: string) => ({ ...delivery, headers: { ...delivery.headers, [name]: header } })
    for (let at = 0; at < value.length; at++) {
      const other = value[at] === "A" ? "B" : "A"
      yield {
        what: `character ${at} of ${name} changed`,
        changed: withValue(value.slice(0, at) + other + value.slice(at + 1)),
      }
    }
    yield { what: `${name} doubled`, changed: withValue(`${value}, ${value}`) }
    yield { what: `${name} empty`, changed: withValue("") }
    yield { what: `no ${name}`, changed: { ...delivery, headers: without(delivery.headers, [name]) } }
  }
}

const without = (headers: Delivery["headers"], names: ReadonlyArray<string>): Delivery["headers"] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)))

const bytes = (all: Uint8Array | undefined) => (all === undefined ? "none" : Array.from(all).join(" "))
const includes = (all: Uint8Array | undefined, part: Uint8Array | undefined) =>
  ` ${bytes(all)} `.includes(` ${bytes(part)} `)
