/** What must be so once faults have stopped: what is still missing, and what is wrong in the end. */
import * as Invoice from "@paylog/domain/Invoice"
import * as Ledger from "@paylog/domain/Ledger"
import * as Money from "@paylog/domain/Money"
import { isHeld, samePayment, type PaymentReceived } from "@paylog/domain/Payment"
import type { Order } from "@paylog/wallet-pay-simulator/Orders"
import type { EventStore } from "@paylog/event-store/EventStore"
import * as Evidence from "@paylog/wallet-pay/Evidence"
import { deliveryItems } from "@paylog/wallet-pay/translate"
import { DateTime, Effect, Result } from "effect"
import { isStranger } from "./customers.ts"
import type { Provider } from "./Provider.ts"
import type { Tables } from "./Tables.ts"
import { paymentOf, timeOf, type Witness } from "./Witness.ts"

export interface Seen {
  readonly witness: Witness
  readonly provider: Provider
  readonly tables: Tables
  /** The invoices that customers were promised. */
  readonly issued: ReadonlyArray<Invoice.InvoiceId>
  /** When the last fault stopped. */
  readonly calmAtMs: number
  /** Queues whose every item comes to an end. */
  readonly queues: ReadonlyArray<string>
}

/** Why this is not the end yet; empty when all is as it should be. Reads everything. */
export const unfinished = ({ witness, provider, tables, issued, queues, calmAtMs }: Seen): ReadonlyArray<string> => {
  const missing: Array<string> = []
  const orders = new Map(provider.orders().map((order) => [order.request.externalId, order]))
  for (const id of issued) {
    const state = witness.invoices.get(Invoice.stream(id)) ?? Invoice.absent
    if (state._tag === "Absent") missing.push(`${id} was promised and is not in the log`)
    else {
      if (!isFinal(state)) missing.push(`${id} is ${state._tag}`)
      const order = orders.get(id)
      if (order !== undefined && state.order?.orderId !== order.id) missing.push(`${id} does not know its order`)
    }
  }
  const baseline = baselineOf(tables)
  for (const [index, order] of provider.orders().entries()) {
    if (index < baseline && isStranger(order.request.externalId)) continue
    const payment = paymentOf(order)
    if (order.state.status === "ACTIVE") missing.push(`${order.request.externalId} can still be paid`)
    else if (payment !== undefined && !witness.recordedOf(order).some((each) => samePayment(each, payment)))
      missing.push(`the payment of ${order.request.externalId} is not recorded`)
  }
  for (const queue of queues)
    for (const [key, item] of tables.queue(queue))
      missing.push(`${queue} ${key} is to be done (${item.attempts} attempts, ${item.lastReason ?? "no reason"})`)
  for (const { rest } of tables.orders.sweeps.values()) {
    const [, , , , beganAt] = rest
    if (!(beganAt instanceof Date) || beganAt.getTime() < calmAtMs) missing.push("no sweep began and ended in calm")
  }
  for (const [follower, { position }] of tables.bookmarks)
    if (position !== BigInt(witness.events)) missing.push(`${follower} is at ${position} of ${witness.events}`)
  for (const { follower, stream, reason } of tables.parked.values())
    missing.push(`${follower} has parked ${stream}: ${reason}`)
  return missing
}

const isFinal = (state: Invoice.Existing): boolean =>
  state._tag !== "Issued" && state._tag !== "Requested" && state._tag !== "Unknown" && state._tag !== "AwaitingPayment"

/** What is wrong with how it ended. */
export const wrong = ({ witness, provider, tables }: Seen): ReadonlyArray<string> => {
  const found: Array<string> = []
  for (const order of provider.orders()) {
    const state = witness.invoices.get(`invoice-${order.request.externalId}`)
    const payment = paymentOf(order)
    if (payment === undefined || state === undefined || state._tag === "Absent") continue
    const disposition = state.payments.find(({ received }) => samePayment(received, payment))?.disposition
    const why = mustBeHeld(state, order, payment)
    if (why === undefined && disposition !== "Paid")
      found.push(`${order.request.externalId} was paid rightly and its payment is ${disposition ?? "elsewhere"}`)
    if (why !== undefined && (disposition === undefined || !isHeld(disposition)))
      found.push(`${order.request.externalId} was paid ${why} and its payment is ${disposition ?? "elsewhere"}`)
  }
  return [...found, ...unbalanced(witness, provider, baselineOf(tables)), ...miscounted(provider, tables)]
}

/** What waits in quarantine and could be understood now. */
export const understood = Effect.fnUntraced(function* ({ witness }: Seen, log: EventStore["Service"]) {
  const found: Array<string> = []
  for (const { digest, index } of witness.quarantined) {
    const bytes = yield* log.readAttachment(Buffer.from(digest, "hex"))
    const evidence = bytes === undefined ? undefined : Result.getOrUndefined(Evidence.decode(bytes))
    if (evidence === undefined) found.push(`what ${digest} was quarantined for is not kept`)
    else if (deliveryItems(evidence.body, Money.scales)[index]?._tag === "Understood")
      found.push(`element ${index} of ${digest} is in quarantine and is understood`)
  }
  return found
})

/** By the provider's facts and our terms alone, not by what was decided: why a payment may not pay its invoice. */
const mustBeHeld = (state: Invoice.Existing, order: Order, payment: PaymentReceived): string | undefined => {
  const { orderAmount, gross, fee, net, completedAt } = payment
  const { amount, policy } = state.terms
  if (!Money.isMoney(orderAmount) || !Money.isMoney(gross) || !Money.isMoney(fee) || !Money.isMoney(net))
    return "in a currency that nobody knows"
  if (!Money.equals(orderAmount, amount)) return "for another price"
  const parts = Money.add(fee, net)
  if (parts === undefined || !Money.equals(parts, gross)) return "in parts that are not the whole"
  if (gross.minor <= 0n) return "nothing"
  if (gross.currency === amount.currency && (Money.subtract(gross, amount)?.minor ?? -1n) < 0n) return "too little"
  if (policy.late === "Hold" && DateTime.isGreaterThan(completedAt, timeOf(order.expiresAt))) return "late"
  if (state.cancelledAt !== undefined && DateTime.isGreaterThanOrEqualTo(completedAt, state.cancelledAt))
    return "after it was cancelled"
  return undefined
}

/** Double entry sums to nothing, and the provider's money is what the provider has for us. */
const unbalanced = (witness: Witness, provider: Provider, baseline: number): ReadonlyArray<string> => {
  const found: Array<string> = []
  const balances = Ledger.sum([
    ...[...witness.invoices.values()].flatMap(Ledger.balances),
    ...[...witness.unmatched.values()].flatMap(Ledger.balancesUnmatched),
  ])
  const ours = totals(balances.filter(({ account }) => account === "Provider").map(({ amount }) => amount))
  for (const [currency, sum] of totals(balances.map(({ amount }) => amount)))
    if (sum !== 0n) found.push(`the ledger does not balance in ${currency}: ${sum}`)
  const theirs = totals(
    provider.orders().flatMap((order, index) => {
      const payment = paymentOf(order)
      const concernsNobody = index < baseline && isStranger(order.request.externalId)
      if (payment === undefined || (concernsNobody && witness.recordedOf(order).length === 0)) return []
      const { gross, fee, net } = payment
      return Money.isMoney(gross) && Money.isMoney(fee) && Money.isMoney(net) ? [net] : []
    }),
  )
  for (const currency of new Set([...ours.keys(), ...theirs.keys()]))
    if ((ours.get(currency) ?? 0n) !== (theirs.get(currency) ?? 0n))
      found.push(`${currency}: ours is ${ours.get(currency) ?? 0n}, theirs ${theirs.get(currency) ?? 0n}`)
  return found
}

/** The sweep knows which are not ours; but for what was there before it first looked. */
const miscounted = (provider: Provider, tables: Tables): ReadonlyArray<string> => {
  const all = provider.orders()
  const baseline = baselineOf(tables)
  const strangers = all.filter(({ request }, index) => index >= baseline && isStranger(request.externalId)).length
  return [...tables.orders.sweeps.values()].flatMap(({ rest: [, , , , , , difference] }) =>
    difference === strangers ? [] : [`the sweep finds ${String(difference)} orders that are not ours, of ${strangers}`],
  )
}

/** How many orders there were when the sweep first looked. Those of others among them concern nobody. */
const baselineOf = ({ orders }: Tables): number => [...orders.sweeps.values()][0]?.baseline ?? 0

const totals = (amounts: ReadonlyArray<Money.Money>): ReadonlyMap<string, bigint> => {
  const sums = new Map<string, bigint>()
  for (const { currency, scale, minor } of amounts)
    sums.set(currency, (sums.get(currency) ?? 0n) + minor * 10n ** BigInt(18 - scale))
  return sums
}
