/** Laws about what people do with money, whatever else happens around it. */
import { Arbitrary, DateTime } from "effect"
import * as Fulfilment from "../src/Fulfilment.ts"
import * as Invoice from "../src/Invoice.ts"
import * as Money from "../src/Money.ts"
import * as Obligations from "../src/Obligations.ts"
import * as Payments from "../src/Payment.ts"
import * as Refund from "../src/Refund.ts"
import * as faults from "./faults.ts"
import { type Decide, eventsOf, issue, opened, request } from "./fixtures.ts"
import { disputes, history, law, oneOf, paymentsOf } from "./laws.ts"

const anyLife = Arbitrary.flatMap(oneOf(true, false), (disputed) => (disputed ? disputes : history))

const lived = (commands: Parameters<typeof eventsOf>[0], decide: Decide) =>
  eventsOf([issue, request, opened, ...commands], decide)

law("6. no more goes back than was received, and of one order's money once", {
  of: history,
  holds: (decide, commands) => {
    const payments = paymentsOf(Invoice.fold(lived(commands, decide)))
    for (const { received, refunds } of payments) {
      const live = refunds.filter(Refund.isLive)
      const back = live.reduce<Money.Stated | undefined>(
        (sum, { amount }) => (sum && Money.isMoney(sum) && Money.isMoney(amount) ? Money.add(sum, amount) : amount),
        undefined,
      )
      if (back === undefined) continue
      const fits =
        Money.isMoney(back) && Money.isMoney(received.gross)
          ? (Money.subtract(received.gross, back)?.minor ?? -1n) >= 0n
          : live.length === 1 && Money.sameStatement(back, received.gross)
      if (!fits) return "more goes back than came"
    }
    const settled = payments.filter(Payments.isSettled)
    const twice = settled.some((one) =>
      settled.some((other) => other !== one && Payments.sameOrder(one.received, other.received)),
    )
    return twice ? "an order's money was used twice" : undefined
  },
  not: { refundsTwice: faults.refundsTwice, countsAnOrderTwice: faults.countsAnOrderTwice },
})

law("7. nobody records or approves what they asked for", {
  of: anyLife,
  holds: (decide, commands) => {
    const asked = new Map<string, string>()
    for (const event of lived(commands, decide)) {
      if (event._tag === "RefundRequested") asked.set(event.refundId, event.by)
      if (event._tag === "CorrectionProposed") asked.set(event.proposalId, event.by)
      if (event._tag === "RefundRecorded" && asked.get(event.refundId) === event.by) return "recorded alone"
      if (event._tag === "CorrectionApproved" && asked.get(event.proposalId) === event.by) return "approved alone"
    }
    return undefined
  },
  not: { trustsOne: faults.trustsOne },
})

law("8. a proposal is carried out at most once, in time, as it was proposed, and never once it was declined", {
  of: anyLife,
  holds: (decide, commands) => {
    const events = lived(commands, decide)
    const used = new Set<string>()
    const declined = new Set<string>()
    for (const event of events) {
      if (event._tag === "ProposalDeclined") {
        if (used.has(event.proposalId)) return "it was declined when it had been carried out"
        declined.add(event.proposalId)
      }
      if (event._tag !== "CorrectionApproved") continue
      if (declined.has(event.proposalId)) return "it was declined"
      if (used.has(event.proposalId)) return "it was used twice"
      used.add(event.proposalId)
      const proposed = events.find(
        (other) => other._tag === "CorrectionProposed" && other.proposalId === event.proposalId,
      )
      if (proposed?._tag !== "CorrectionProposed") return "nobody proposed it"
      if (proposed.digest !== event.digest) return "something else was approved"
      if (JSON.stringify(proposed.correction) !== JSON.stringify(event.correction)) return "something else was done"
      if (DateTime.isGreaterThanOrEqualTo(event.approvedAt, proposed.expiresAt)) return "it had expired"
    }
    return undefined
  },
  not: {
    approvesAgain: faults.approvesAgain,
    approvesAnything: faults.approvesAnything,
    approvesLate: faults.approvesLate,
    approvesDeclined: faults.approvesDeclined,
  },
})

law("9. one payment pays an invoice, and who waits behind it takes its place", {
  of: anyLife,
  holds: (decide, commands) => {
    const state = Invoice.fold(lived(commands, decide))
    if (state._tag === "Absent") return "there is no invoice"
    const paying = state.payments.filter((payment) => Invoice.pays(state, payment))
    if (paying.length > 1) return "two payments pay"
    if ((state._tag === "Paid") !== (paying.length === 1)) return `it is ${state._tag} and ${paying.length} pay`
    const waits = state.payments.some(
      (payment) => payment.disposition === "Surplus" && !Refund.isReturned(payment, Invoice.feeRule(state)),
    )
    return waits && paying.length === 0 ? "a payment waits behind none" : undefined
  },
  not: { acceptsTwice: faults.acceptsTwice, forgetsWhoWaits: faults.forgetsWhoWaits },
})

law("10. of each order's money is said what became of it, and what is open is listed", {
  of: history,
  holds: (decide, commands) => {
    const state = Invoice.fold(lived(commands, decide))
    if (state._tag === "Absent") return "there is no invoice"
    const { payments } = state
    const open = Obligations.of(state)
    for (const [place, payment] of payments.entries()) {
      const { received, disposition, refunds } = payment
      const ofOrder = [...payments.keys()].filter((other) => Payments.sameOrder(payments[other]!.received, received))
      if (ofOrder.filter((other) => Payments.counts(payments, other)).length !== 1) return "an order's money is gone"
      const listed = (tag: Obligations.Obligation["_tag"]) =>
        open.filter((obligation) => obligation._tag === tag && obligation.payment === place + 1).length
      const isDone = ["Paid", "Released", "Dismissed"].includes(disposition)
      const counts = Payments.counts(payments, place)
      const mustDecide = !isDone && counts && !Refund.isReturned(payment, Invoice.feeRule(state))
      if (listed("Decide") !== (mustDecide ? 1 : 0)) return "held money is not listed as it is"
      if (listed("Explain") !== (!isDone && !counts ? 1 : 0)) return "a contradiction is not listed as it is"
      if (listed("Refund") !== refunds.filter(({ progress }) => progress === "Requested").length)
        return "a refund is not listed as it is"
      const undelivered = Invoice.pays(state, payment) && Fulfilment.failureOf(state) !== undefined
      if (listed("Fulfil") !== (undelivered ? 1 : 0)) return "what is paid and not delivered is not listed as it is"
    }
    return undefined
  },
  not: { dismissesMoney: faults.dismissesMoney },
})
