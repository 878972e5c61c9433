/** What two histories of one invoice have in common, and all histories up to a length. */
import { DateTime, Result } from "effect"
import * as Fulfilment from "../src/Fulfilment.ts"
import * as Invoice from "../src/Invoice.ts"
import * as Money from "../src/Money.ts"
import * as Obligations from "../src/Obligations.ts"
import * as Payments from "../src/Payment.ts"
import * as Refund from "../src/Refund.ts"
import {
  acceptHeld,
  type AnyCommand,
  approve,
  at,
  cancel,
  clock,
  closed,
  conflict,
  type Decide,
  decide,
  dismiss,
  fulfilled,
  opened,
  orderAbsent,
  pay,
  propose,
  recordRefund,
  refundId,
  refused,
  request,
  requestRefund,
  ton,
  unfulfilled,
  unknown,
  usd,
  withdrawRefund,
} from "./fixtures.ts"

const statement = ({ received }: Payments.Payment): string =>
  [received.orderId, ...[received.orderAmount, received.gross, received.fee, received.net].map(Money.words)].join(" ")

/**
 * What law 2 holds fixed: the status, each payment that was stated, what is owed on it, and how its delivery ended. Of several payments that
 * would each pay the invoice, which one did is left out: a paid invoice stays paid, so it is the first one heard.
 */
export const view = (state: Invoice.Invoice): string => {
  if (state._tag === "Absent") return "Absent"
  const money = state.payments.map(statement).toSorted()
  const obligations = state.payments
    .map((payment) => {
      const { disposition } = payment
      switch (disposition) {
        case "Paid":
        case "Surplus":
          return Refund.isReturned(payment, Invoice.feeRule(state)) ? "Returned" : disposition
        case "Restated":
          return disposition
        default:
          return `${disposition} ${statement(payment)}`
      }
    })
    .toSorted()
  const refunds = state.payments
    .flatMap((payment) =>
      payment.refunds.map(({ progress, amount }) => `${progress} ${Money.words(amount)} of ${statement(payment)}`),
    )
    .toSorted()
  const delivered = Fulfilment.fulfilledOf(state)?.reference ?? Fulfilment.failureOf(state)?.reason
  const undelivered = Obligations.of(state).filter(({ _tag }) => _tag === "Fulfil").length
  return JSON.stringify({ status: state._tag, money, obligations, refunds, delivered, undelivered })
}

/**
 * The nine observations. The payment in time is completed after all that was known before the provider's answer, the
 * customer cancels a moment later, and all but the last tell of one order.
 */
export const alphabet = {
  opened,
  paidInTime: pay({ completedAt: at(31.5) }),
  paidLate: pay({ completedAt: at(45) }),
  paidWrongAmount: pay({ orderAmount: usd(999n) }),
  paidWrongCurrency: pay({ orderAmount: Money.of("EUR", 1000n) }),
  paidUnknownCurrency: pay({ gross: { currency: "GRAM", unread: "7.0000000001" } }),
  expired: closed("Expired"),
  providerCancelled: closed("Cancelled"),
  secondOrderPaid: pay({
    orderId: "10030467668508674",
    gross: ton(7_100_000_000n),
    fee: ton(71_000_000n),
    net: ton(7_029_000_000n),
    completedAt: at(31.25),
  }),
} satisfies Record<string, AnyCommand>

/** What somebody does in a history, once: one command after the other, of what is there. */
export type Act = (state: Invoice.Invoice) => ReadonlyArray<AnyCommand>

const give =
  (...commands: ReadonlyArray<AnyCommand>): Act =>
  () =>
    commands

/** The same about the payment that was stated so; nothing while it was not. */
const about =
  (stated: (typeof alphabet)["paidInTime"], commands: (payment: number) => ReadonlyArray<AnyCommand>): Act =>
  (state) => {
    const payments = state._tag === "Absent" ? [] : state.payments
    const received = Payments.receivedOf(stated.payment)
    const place = payments.findIndex((payment) => Payments.samePayment(payment.received, received))
    return place === -1 ? [] : commands(place + 1)
  }

const { paidInTime, paidWrongAmount, secondOrderPaid } = alphabet
const correcting = (correction: Parameters<typeof propose>[0]) => [propose(correction), approve(correction)]

/** What one history may have among its observations. */
export const acts = {
  cancel: give({ ...cancel, at: at(31.75) }),
  clock: give(clock),
  unknown: give(unknown),
  conflict: give(conflict),
  absent: give(unknown, orderAbsent),
  refused: give(refused),
  requestAgain: give(request),
  requestOther: give({ ...request, externalId: "inv_00000000000000000002" }),
  acceptWrongAmount: about(paidWrongAmount, (payment) => [acceptHeld(payment)]),
  acceptLate: about(paidInTime, (payment) => [acceptHeld(payment)]),
  dismissWrongAmount: about(paidWrongAmount, (payment) => [dismiss(payment)]),
  dismissLate: about(paidInTime, (payment) => [dismiss(payment)]),
  askRefund: about(paidInTime, (payment) => [requestRefund({ payment })]),
  askRefundOfSecond: about(secondOrderPaid, (payment) => [requestRefund({ payment, amount: ton(7_100_000_000n) })]),
  askRefundOfWrongAmount: about(paidWrongAmount, (payment) => [requestRefund({ payment })]),
  askPart: about(paidInTime, (payment) => [requestRefund({ payment, amount: ton(1n) })]),
  refund: about(paidInTime, (payment) => [requestRefund({ payment }), recordRefund()]),
  withdraw: about(paidInTime, (payment) => [requestRefund({ payment }), withdrawRefund()]),
  fulfil: give(fulfilled),
  fulfilAndRefund: about(paidInTime, (payment) => [requestRefund({ payment }), fulfilled, recordRefund()]),
  failAndRefund: about(paidInTime, (payment) => [unfulfilled, requestRefund({ payment }), recordRefund()]),
  hold: about(paidInTime, (payment) => correcting({ _tag: "HoldPayment", payment })),
  release: about(paidInTime, (payment) => correcting({ _tag: "ReleasePayment", payment })),
  releaseWrongAmount: about(paidWrongAmount, (payment) => correcting({ _tag: "ReleasePayment", payment })),
  voidRefund: about(paidInTime, (payment) => [
    requestRefund({ payment }),
    recordRefund(),
    ...correcting({ _tag: "VoidRefund", refundId }),
  ]),
} satisfies Record<string, Act>

/** A state that some history leads to. Equal states are one place, so each step from it is decided once. */
interface Place {
  readonly number: number
  readonly state: Invoice.Invoice
  readonly view: string
  readonly steps: Map<AnyCommand, Step>
  readonly acted: Map<Act, ReadonlyArray<Step>>
}

interface Step {
  readonly to: Place
  /** The names of the events but for verdicts, which follow from the rest; "" when the command recorded nothing. */
  readonly recorded: string
}

const texts = new WeakMap<object, string>()

/** All of a value as text. States share most of their parts, and the text of each part is made once. */
const textOf = (value: unknown): string => {
  if (typeof value !== "object" || value === null) return `${typeof value} ${String(value)}`
  const known = texts.get(value)
  if (known !== undefined) return known
  const parts = DateTime.isDateTime(value)
    ? [DateTime.toEpochMillis(value)]
    : Object.entries(value).map(([key, part]) => `${key}: ${textOf(part)}`)
  const text = `{${parts.join(", ")}}`
  texts.set(value, text)
  return text
}

const mapOf = (decide: Decide) => {
  const places = new Map<string, Place>()

  const placeOf = (state: Invoice.Invoice): Place => {
    const key = textOf(state)
    const known = places.get(key)
    if (known !== undefined) return known
    const place = { number: places.size, state, view: view(state), steps: new Map(), acted: new Map() }
    places.set(key, place)
    return place
  }

  const take = (from: Place, command: AnyCommand): Step => {
    const events = Result.getOrElse(decide(from.state, command), () => [])
    const recorded = events.filter(({ _tag }) => _tag !== "InvoicePaid" && _tag !== "PaymentHeld")
    return { to: placeOf(Invoice.fold(events, from.state)), recorded: recorded.map(({ _tag }) => `${_tag} `).join("") }
  }

  const step = (from: Place, observation: AnyCommand): Step => {
    const taken = from.steps.get(observation) ?? take(from, observation)
    from.steps.set(observation, taken)
    return taken
  }

  /** Where an act stands before its first command, and after each one. */
  const act = (from: Place, act: Act): ReadonlyArray<Step> => {
    const known = from.acted.get(act)
    if (known !== undefined) return known
    const steps: Array<Step> = [{ to: from, recorded: "" }]
    for (const command of act(from.state)) {
      const before = steps.at(-1)!
      const { to, recorded } = take(before.to, command)
      steps.push({ to, recorded: before.recorded + recorded })
    }
    from.acted.set(act, steps)
    return steps
  }

  return { placeOf, step, act }
}

/** All histories that have come to the same point. */
interface Node {
  readonly place: Place
  /** One bit for each observation that was heard. */
  readonly heard: number
  /** What the act has recorded; `undefined` before it. */
  readonly recorded: string | undefined
  /** The observation, or "act", that a crash interrupted, before or after its append, and that will be told or tried again. */
  readonly owed: string | undefined
  readonly crashed: boolean
  /** How many histories; and one of them. */
  readonly count: number
  readonly path: string
}

export interface Checked {
  /** Histories without a crash, and those with one. */
  readonly histories: number
  readonly crashed: number
  /** The first two histories that the law says end alike and that do not. */
  readonly broken: string | undefined
}

const letters = Object.entries(alphabet).map(([name, observation], index) => ({
  name,
  observation,
  bit: 1 << index,
}))

/**
 * Every history of at most `longest` observations from the alphabet, in each order and with repetitions; with the act, when
 * one is given, at each place among them; and with no crash or one, before or after any append, after which the sender tells
 * or tries again at any later time. Histories of the same observations, in which the act recorded the same, must have the
 * same view. Histories that come to the same point go on together, so all of them are checked and none is walked alone.
 */
export const checkAll = (
  before: ReadonlyArray<Invoice.InvoiceEvent>,
  longest: number,
  act?: Act,
  decider: Decide = decide,
): Checked => {
  const map = mapOf(decider)
  const ends = new Map<string, { readonly view: string; readonly path: string }>()
  const checked = { histories: 0, crashed: 0 }
  let broken: string | undefined

  const compare = ({ place, heard, recorded, crashed, count, path }: Node) => {
    checked[crashed ? "crashed" : "histories"] += count
    const key = `${heard} ${recorded}`
    const other = ends.get(key)
    if (other === undefined) ends.set(key, { view: place.view, path })
    else if (other.view !== place.view) broken ??= `${path} ends as ${place.view}\nbut ${other.path} as ${other.view}`
  }

  /** What can come next without another observation: the act, and what is owed. */
  const within = (node: Node): ReadonlyArray<Node> => {
    const next: Array<Node> = []
    const { place, heard, recorded, owed, crashed, path } = node
    if (act !== undefined && (recorded === undefined || owed === "act")) {
      const steps = map.act(place, act)
      const [last] = steps.slice(-1)
      const done = { ...node, place: last!.to, recorded: (recorded ?? "") + last!.recorded }
      next.push({ ...done, owed: owed === "act" ? undefined : owed, path: `${path} <act>` })
      if (!crashed)
        for (const [after, { to, recorded }] of steps.entries())
          next.push({
            ...node,
            place: to,
            recorded,
            owed: "act",
            crashed: true,
            path: `${path} <crash after ${after}>`,
          })
    }
    const told = letters.find(({ name }) => name === owed)
    if (told !== undefined) {
      const { to } = map.step(place, told.observation)
      next.push({ ...node, place: to, heard: heard | told.bit, owed: undefined, path: `${path} ${told.name} again` })
    }
    return next
  }

  /** What can come next with one more observation. */
  const beyond = (node: Node): ReadonlyArray<Node> =>
    letters.flatMap(({ name, observation, bit }) => {
      const { to } = map.step(node.place, observation)
      const told = { ...node, place: to, heard: node.heard | bit, path: `${node.path} ${name}` }
      if (node.crashed) return [told]
      const crash = { owed: name, crashed: true } as const
      return [
        told,
        { ...node, ...crash, path: `${node.path} <crash before ${name}>` },
        { ...told, ...crash, path: `${told.path} <crash>` },
      ]
    })

  let layer = merged([
    {
      place: map.placeOf(Invoice.fold(before)),
      heard: 0,
      recorded: act === undefined ? "" : undefined,
      owed: undefined,
      crashed: false,
      count: 1,
      path: "",
    },
  ])
  for (let left = longest; left >= 0; left--) {
    const all: Array<Node> = []
    for (let more = layer; more.length > 0; more = merged(more.flatMap(within))) for (const node of more) all.push(node)
    const nodes = merged(all)
    for (const node of nodes) if (node.recorded !== undefined && node.owed === undefined) compare(node)
    layer = left === 0 ? [] : merged(nodes.flatMap(beyond))
  }
  return { ...checked, broken }
}

/** Nodes that no later step can tell apart, as one. */
const merged = (nodes: Iterable<Node>): ReadonlyArray<Node> => {
  const points = new Map<number, Node & { count: number }>()
  const numbers = new Map<unknown, number>()
  const numberOf = (value: unknown): number => {
    const known = numbers.get(value) ?? numbers.size
    numbers.set(value, known)
    return known
  }
  for (const node of nodes) {
    const { place, heard, recorded, owed, crashed } = node
    // Fewer than 64 values each of `recorded` and `owed`, 512 of `heard`.
    const key = ((place.number * 512 + heard) * 64 + numberOf(recorded)) * 128 + numberOf(owed) * 2 + (crashed ? 1 : 0)
    const known = points.get(key)
    if (known === undefined) points.set(key, { ...node })
    else known.count += node.count
  }
  return [...points.values()]
}
