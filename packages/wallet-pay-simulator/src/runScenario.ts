/** Runs a scenario against a simulator: its control API, and its merchant API where a step calls it. */
import * as Json from "@paylog/wallet-pay/Json"
import { Data, Duration, Effect, Equal, Option, Schema } from "effect"
import { Ended } from "./Ended.ts"
import { receiver } from "./Receiver.ts"
import { Delivery, Order, Remote, State } from "./Remote.ts"
import type { Scenario, Step } from "./Scenario.ts"
import { verified } from "./verified.ts"

/** A step that was done, or did not come out as expected. */
export interface Done {
  readonly line: number | undefined
  readonly verb: string
  readonly what: string
}

export interface RunOptions {
  /** Keys of the store: the first calls the merchant API, all verify. */
  readonly apiKeys: ReadonlyArray<string>
  /** Told of each step when it is done. */
  readonly report: (done: Done) => Effect.Effect<void>
}

const Deliveries = Schema.Struct({ deliveries: Schema.Array(Delivery) })
const paths = {
  create: "/wpay/store-api/v1/order",
  preview: "/wpay/store-api/v1/order/preview",
  list: "/wpay/store-api/v1/reconciliation/order-list",
  count: "/wpay/store-api/v1/reconciliation/order-amount",
}

/** What the merchant did is not what the scenario expects. */
class Unexpected extends Data.TaggedError("Unexpected")<{ readonly message: string }> {}
const unexpected = (message: string) => new Unexpected({ message })

/** An expectation that was not written down holds. */
const same = (what: string, expected: unknown, actual: unknown): Effect.Effect<void, Unexpected> =>
  expected === undefined || Equal.equals(expected, actual)
    ? Effect.void
    : unexpected(`${what} is ${JSON.stringify(actual) ?? "absent"}, expected ${JSON.stringify(expected)}`)

const told = ({ externalId, status }: Order) => `${externalId} is ${status}`

const decodeEnvelope = Schema.decodeUnknownOption(Schema.Struct({ status: Schema.String }))
const Attempts = Schema.Struct({
  attempts: Schema.Array(
    Schema.Struct({ code: Schema.optionalKey(Schema.Int), failure: Schema.optionalKey(Schema.String) }),
  ),
})

/** Does each step in turn; gives all that was sent and the keys that the store then has. Fails at the first that is refused, or is not as expected, with its line. */
export const runScenario = Effect.fnUntraced(function* (scenario: Scenario, { apiKeys, report }: RunOptions) {
  const { asMerchant, call } = yield* Remote
  let keys = apiKeys
  const names = new Map<string, string>()
  const named = (order: string) => names.get(order) ?? order
  const at = (order: string, action = "") => `/orders/${encodeURIComponent(named(order))}${action}`
  const state = call("GET", "/state?last=100000", State)
  const sentAfter = (number: number) =>
    Effect.map(call("GET", `/deliveries?after=${number}`, Deliveries), ({ deliveries }) => deliveries)
  const anything = Schema.Unknown

  // -- How it starts.

  if (scenario.settings !== undefined) yield* call("PATCH", "/settings", anything, scenario.settings)
  const webhookUrl =
    scenario.webhookUrl ??
    (scenario.receiver === undefined ? undefined : yield* receiver(scenario.receiver, () => keys))
  if (webhookUrl !== undefined) yield* call("PUT", "/stores/default", anything, { webhookUrl })
  const before = (yield* sentAfter(0)).at(-1)?.number ?? 0
  const known = new Set((yield* state).orders.map(({ id }) => id))
  const meet = (order: Order, as: string | undefined) => {
    known.add(order.id)
    if (as !== undefined) names.set(as, order.id)
    return order
  }

  // -- What a step does. Each says in one line what happened.

  const wait = Effect.fnUntraced(function* (step: Extract<Step, { verb: "wait" }>["with"]) {
    const within = step.within ?? Duration.seconds(30)
    const look = Effect.map(state, ({ orders }) =>
      orders.find(
        ({ id, externalId, status }) =>
          (step.order === undefined ? !known.has(id) : [id, externalId].includes(named(step.order))) &&
          (step.status === undefined || status === step.status),
      ),
    )
    const found = yield* Effect.repeat(
      Effect.tap(look, (order) => (order ? Effect.void : Effect.sleep("50 millis"))),
      {
        until: (order) => order !== undefined,
      },
    ).pipe(Effect.timeoutOption(within))
    if (Option.isNone(found) || found.value === undefined)
      return yield* unexpected(`no ${step.status ?? ""} order came within ${Duration.format(within)}`)
    const { externalId, status } = meet(found.value, step.as)
    return `${externalId} is ${status}`
  })

  const merchantCall = Effect.fnUntraced(function* (step: Extract<Step, { verb: "call" }>["with"]) {
    const key = step.apiKey ?? keys[0]
    if (key === undefined) return yield* unexpected("a call needs an apiKey, or WALLETPAY_API_KEY")
    const query =
      step.operation === "preview"
        ? `?id=${yield* step.order === undefined ? Effect.succeed("") : Effect.map(call("GET", at(step.order), Order), ({ id }) => id)}`
        : step.operation === "list"
          ? `?offset=${step.offset ?? 0}&count=${step.count ?? 100}`
          : ""
    const answer = yield* asMerchant(
      step.operation === "create" ? "POST" : "GET",
      paths[step.operation] + query,
      key,
      step.body,
    )
    const status = Option.getOrUndefined(decodeEnvelope(answer?.json))?.status
    const { expect } = step
    if (expect !== undefined) {
      yield* same("cut", expect.cut, answer === undefined)
      yield* same("code", expect.code, answer?.code)
      yield* same("status", expect.status, status)
    }
    return answer === undefined ? "no answer" : `${answer.code} ${status ?? "without a readable envelope"}`
  })

  const expectation = Effect.fnUntraced(function* (step: Extract<Step, { verb: "expect" }>["with"]) {
    // What is on its way counts.
    yield* call("POST", "/idle", anything)
    const order = step.order === undefined ? undefined : yield* call("GET", at(step.order), Order)
    yield* same("status", step.status, order?.status)
    const sent = (yield* sentAfter(before)).filter(
      ({ eventIds }) => order === undefined || eventIds.some((id) => order.messages.includes(id)),
    )
    yield* same("deliveries", step.deliveries, sent.length)
    yield* same(
      "answered",
      step.answered,
      sent.map(({ code }) => code ?? 0),
    )
    if (step.verified !== undefined && keys.length === 0)
      return yield* unexpected("verified needs WALLETPAY_API_KEY, the store's key")
    yield* same(
      "verified",
      step.verified,
      sent.map((each) => verified(each, keys)),
    )
    return "as expected"
  })

  const run = (step: Step): Effect.Effect<string, Ended | Unexpected> => {
    switch (step.verb) {
      case "create": {
        const { as, store, ...fields } = step.with
        const path = `/orders${store === undefined ? "" : `?store=${encodeURIComponent(store)}`}`
        return Effect.map(
          call("POST", path, Order, fields),
          (order) => `${meet(order, as).externalId} is ${order.status}`,
        )
      }
      case "call":
        return merchantCall(step.with)
      case "wait":
        return wait(step.with)
      case "pay": {
        const { order, ...payment } = step.with
        return Effect.map(call("POST", at(order, "/pay"), Order, payment), told)
      }
      case "decline":
      case "cancel":
      case "expire":
        return Effect.map(call("POST", at(step.with.order, `/${step.verb}`), Order), told)
      case "advance":
        return Effect.as(
          call("POST", "/clock", anything, { advance: `${Duration.toMillis(step.with)} millis` }),
          Duration.format(step.with),
        )
      case "fault":
        return Effect.as(call("POST", "/faults", anything, step.with), step.with.map(({ kind }) => kind).join(", "))
      case "settings":
        return Effect.as(call("PATCH", "/settings", anything, step.with), Json.stringify(step.with))
      case "store": {
        const { name = "default", ...patch } = step.with
        return Effect.map(call("PUT", `/stores/${encodeURIComponent(name)}`, anything, patch), () => {
          if (patch.apiKeys !== undefined) keys = patch.apiKeys
          return name
        })
      }
      case "hold":
      case "drop":
        return Effect.as(call("PATCH", "/settings", anything, { webhooks: { mode: step.verb } }), "webhooks")
      case "deliver":
        return call("PATCH", "/settings", anything, { webhooks: { mode: "deliver" } }).pipe(
          Effect.andThen(call("POST", "/idle", anything)),
          Effect.andThen(sentAfter(before)),
          Effect.map((sent) => `${sent.length} POSTs so far`),
        )
      case "redeliver": {
        const { order, ...how } = step.with
        return Effect.map(call("POST", at(order, "/redeliver"), Attempts, how), ({ attempts }) =>
          attempts.map(({ code, failure }) => code ?? failure ?? "no answer").join(", "),
        )
      }
      case "expect":
        return expectation(step.with)
    }
  }

  for (const step of scenario.steps) {
    const what = yield* run(step).pipe(
      Effect.mapError(
        (error) =>
          new Ended({
            how: error._tag === "Unexpected" ? "unexpected" : error.how,
            message: `${step.line === undefined ? "" : `line ${step.line}, `}${step.verb}: ${error.message}`,
          }),
      ),
    )
    yield* report({ line: step.line, verb: step.verb, what })
  }
  return { sent: yield* sentAfter(before), apiKeys: keys }
})
