/** Histories of money, of invoices and of unmatched payments: what providers say, right and wrong, and what people do about it. */
import type { Correction } from "@paylog/domain/Correction"
import * as Invoice from "@paylog/domain/Invoice"
import * as Decisions from "@paylog/domain/InvoiceDecisions"
import { type Manual, StaffId } from "@paylog/domain/Manual"
import * as ManualDecisions from "@paylog/domain/ManualDecisions"
import * as Money from "@paylog/domain/Money"
import { type Approve, ProposalId } from "@paylog/domain/Proposal"
import { RefundId } from "@paylog/domain/Refund"
import * as Unmatched from "@paylog/domain/Unmatched"
import { DateTime, Effect, Random, Result } from "effect"
import { at, order, payment, request, terms } from "@paylog/payments/Samples"

const ann = StaffId.make("stf_00000000000000000001")
const ben = StaffId.make("stf_00000000000000000002")
const by = (staff: StaffId, at: DateTime.Utc): Manual => ({ by: staff, reason: "As agreed", at })
const digest = "ab".repeat(32)

const start = at("2026-03-01T12:00:00Z")

/** What a provider may say was paid: right, in another amount or currency, unread, without all of it, or converted. */
const statements = [
  {},
  {},
  {},
  { orderAmount: Money.of("USD", 999n) },
  { orderAmount: Money.of("EUR", 1250n) },
  { net: Money.of("USDT", 12_374_999n) },
  { gross: { currency: "GRAM", unread: "7.0000000001" } },
  { gross: Money.of("TON", 7_000_000_000n), fee: Money.of("USDT", 1n), net: Money.of("USDT", 12_499_999n) },
  { gross: Money.of("TON", 7_000_000_001n), fee: Money.of("TON", 1n), net: Money.of("TON", 7_000_000_000n) },
] as const

const pick = <A>(all: ReadonlyArray<A>) => Effect.map(Random.nextIntBetween(0, all.length - 1), (place) => all[place]!)

const anyPayment = Effect.fnUntraced(function* (now: DateTime.Utc, orders: ReadonlyArray<string>) {
  return payment(now, { ...(yield* pick(statements)), orderId: yield* pick(orders) })
})

const refundIdOf = (n: number) => RefundId.make(`rfd_${n.toString(36).padStart(20, "0")}`)

/** What people do about one payment that can be in either kind of stream. */
const refunding = (n: number, number: number, amount: Money.Stated, now: DateTime.Utc) =>
  [
    { _tag: "RequestRefund", refundId: refundIdOf(n), payment: number, amount, ...by(ann, now) },
    { _tag: "TakeRefund", refundId: refundIdOf(n), ...by(ben, now) },
    { _tag: "DropRefund", refundId: refundIdOf(n), takenBy: ben, ...by(ann, now) },
    {
      _tag: "RecordRefund",
      refundId: refundIdOf(n),
      evidence: {
        sent: Money.isMoney(amount) ? amount : Money.of("TON", 7n),
        sentAt: now,
        way: "transfer",
        reference: "T-1",
      },
      ...by(ben, now),
    },
    { _tag: "WithdrawRefund", refundId: refundIdOf(n), ...by(ann, now) },
    { _tag: "DismissStatement", payment: number, ...by(ann, now) },
  ] as const

/** The events of one invoice; at least its issue. */
export const invoiceHistory = Effect.fnUntraced(function* (number: number) {
  const invoiceId = Invoice.InvoiceId.make(`inv_${number.toString(36).padStart(20, "0")}`)
  const customerId = Invoice.CustomerId.make(`cus_${(number % 97).toString(36).padStart(20, "0")}`)
  let state: Invoice.Invoice = Invoice.absent
  const events: Array<Invoice.InvoiceEvent> = []
  const give = (command: Decisions.InvoiceCommand | ManualDecisions.ManualCommand) => {
    const decided: Result.Result<ReadonlyArray<Invoice.InvoiceEvent>, unknown> = "by" in command
      ? ManualDecisions.decide(state, command)
      : Decisions.decide(state, command)
    for (const event of Result.getOrElse(decided, () => [])) {
      events.push(event)
      state = Invoice.evolve(state, event)
    }
  }
  const fee = yield* pick(["Shop", "Customer"] as const)
  const issued = terms(customerId, start)
  const policy = { ...issued.policy, refund: { fee, days: 14 } }
  give({ ...issued, policy, _tag: "Issue", invoiceId, at: start })
  if ((yield* Random.nextIntBetween(0, 10)) > 0) give(request(invoiceId, start))
  const orderId = `${9000 + number}`
  const orders = [orderId, orderId, `${orderId}0`]
  const steps = yield* Random.nextIntBetween(0, 12)
  for (let step = 1; step <= steps; step++) {
    const now = DateTime.add(start, { minutes: step * 3 })
    const known: ReadonlyArray<{ readonly received: { readonly gross: Money.Stated; readonly net: Money.Stated } }> =
      state._tag === "Absent" ? [] : state.payments
    const place = known.length === 0 ? 0 : yield* Random.nextIntBetween(0, known.length - 1)
    const { gross, net } = known[place]?.received ?? payment(now)
    const proposalId = ProposalId.make(`pro_${`${number}x${step}`.padStart(20, "0")}`)
    const correction = yield* pick<Correction>([
      { _tag: "HoldPayment", payment: place + 1 },
      { _tag: "ReleasePayment", payment: place + 1 },
      { _tag: "VoidRefund", refundId: refundIdOf(number) },
    ])
    const expiresAt = DateTime.add(now, { days: 1 })
    const approve: Approve = { _tag: "Approve", proposalId, digest, ...by(ben, now) }
    const act = yield* pick<() => void>([
      () =>
        give({
          _tag: "RecordOrderOpened",
          provider: "wallet-pay",
          order: { ...order(DateTime.add(start, { minutes: 30 })), orderId },
        }),
      () => give({ _tag: "Cancel", at: now }),
      () => give({ _tag: "RecordFulfilled", reference: "message-1", at: now }),
      () => give({ _tag: "RecordFulfilmentFailed", reason: "OutOfStock", at: now }),
      () => give({ _tag: "RetryFulfilment", ...by(ann, now) }),
      () => give({ _tag: "ExpireByClock", at: DateTime.add(now, { days: 1 }) }),
      () => give({ _tag: "AcceptHeldPayment", payment: place + 1, ...by(ann, now) }),
      () => {
        give({ _tag: "ProposeCorrection", proposalId, correction, digest, expiresAt, ...by(ann, now) })
        give(approve)
      },
    ])
    if ((yield* Random.next) < 0.4) act()
    if ((yield* Random.next) < 0.5) give({ _tag: "RecordPayment", payment: yield* anyPayment(now, orders) })
    const amount = yield* pick([gross, net, Money.of("USDT", 1n)])
    give(yield* pick(refunding(number, place + 1, amount, now)))
  }
  return { stream: Invoice.stream(invoiceId), events, state }
})

/** The events of the payment of an order that no invoice has. */
export const unmatchedHistory = Effect.fnUntraced(function* (number: number) {
  const orderId = `${7000 + number}`
  let state: Unmatched.Unmatched = Unmatched.absent
  const events: Array<Unmatched.UnmatchedEvent> = []
  const give = (command: Unmatched.RecordUnmatched | Unmatched.ManualCommand) => {
    const decided: Result.Result<ReadonlyArray<Unmatched.UnmatchedEvent>, unknown> = "by" in command
      ? Unmatched.decideManual(state, command)
      : Unmatched.decide(state, command)
    for (const event of Result.getOrElse(decided, () => [])) {
      events.push(event)
      state = Unmatched.evolve(state, event)
    }
  }
  give({ _tag: "RecordUnmatched", externalId: "not-ours", payment: yield* anyPayment(start, [orderId]) })
  const steps = yield* Random.nextIntBetween(0, 6)
  for (let step = 1; step <= steps; step++) {
    const now = DateTime.add(start, { minutes: step })
    if ((yield* Random.next) < 0.4)
      give({ _tag: "RecordUnmatched", externalId: "not-ours", payment: yield* anyPayment(now, [orderId]) })
    const place = yield* Random.nextIntBetween(0, state.payments.length - 1)
    const { gross, net } = state.payments[place]?.received ?? payment(now)
    if ((yield* Random.next) < 0.2) {
      const proposalId = ProposalId.make(`pro_${`${number}y${step}`.padStart(20, "0")}`)
      const invoiceId = Invoice.InvoiceId.make("inv_00000000000000000001")
      const expiresAt = DateTime.add(now, { days: 1 })
      const proposed = { proposalId, payment: place + 1, invoiceId, digest, expiresAt, ...by(ann, now) }
      give({ _tag: "ProposeAssignment", ...proposed })
      give({ _tag: "Approve", proposalId, digest, ...by(ben, now) })
    } else give(yield* pick(refunding(number, place + 1, yield* pick([gross, net]), now)))
  }
  return { stream: Unmatched.stream({ provider: "wallet-pay", orderId }), events, state }
})
