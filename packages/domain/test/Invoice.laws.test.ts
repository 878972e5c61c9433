import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, DateTime, Equal, Result, Schema } from "effect"
import * as Invoice from "../src/Invoice.ts"
import * as Payments from "../src/Payment.ts"
import * as Unmatched from "../src/Unmatched.ts"
import * as faults from "./faults.ts"
import {
  type AnyCommand,
  clock,
  type Decide,
  eventsOf,
  issue,
  opened,
  order,
  pay,
  policy,
  request,
  ton,
} from "./fixtures.ts"
import { acts, checkAll, view } from "./histories.ts"
import { anything, below, history, law, minute, observation, oneOf, ours, payments, paymentsOf } from "./laws.ts"

law("0. a command that was done records nothing more", {
  of: Arbitrary.all({ before: history, command: anything }),
  holds: (decide, { before, command }) => {
    const state = Invoice.fold(eventsOf([issue, ...before], decide))
    const first = decide(state, command)
    if (Result.isFailure(first)) return undefined
    const second = decide(Invoice.fold(first.success, state), command)
    return Result.isSuccess(second) && second.success.length === 0 ? undefined : `${command._tag} did something again`
  },
  not: { forgetsPayments: faults.forgetsPayments, opensAgain: faults.opensAgain },
})

law("1. money seen is never dropped: each payment ends as one of applied, held, unmatched, duplicate", {
  of: Arbitrary.all({ known: oneOf([issue], [issue], [issue], []), before: history, payment: payments }),
  holds: (decide, { known, before, payment }) => {
    const state = Invoice.fold(eventsOf([...known, ...before], decide))
    const command = { _tag: "RecordPayment", payment } as const
    const received: Payments.PaymentReceived = { ...payment, _tag: "PaymentReceived" }
    const result = decide(state, command)
    if (Result.isFailure(result)) {
      const unmatched = Unmatched.decide(Unmatched.absent, { _tag: "RecordUnmatched", externalId: "x", payment })
      const kept = Result.getOrElse(unmatched, () => [])
        .map(({ _tag }) => _tag)
        .join()
      return state._tag === "Absent" && kept === "PaymentReceived,PaymentUnmatched" ? undefined : "it was rejected"
    }
    const number = paymentsOf(state).findIndex((other) => Payments.samePayment(other.received, received)) + 1
    const [first, second, ...more] = result.success
    if (first === undefined) return number > 0 ? undefined : "it was dropped"
    if (first._tag !== "PaymentReceived" || !Payments.samePayment(first, received)) return "another one was recorded"
    if (second?._tag !== "InvoicePaid" && second?._tag !== "PaymentHeld") return "it has no verdict"
    if (second.payment !== (number || paymentsOf(state).length + 1)) return "the verdict is on another payment"
    const after = paymentsOf(Invoice.fold(result.success, state))
    if (after.some(({ disposition }) => disposition === "Undecided")) return "a payment is undecided"
    return more.length === 0 ? undefined : "it has several verdicts"
  },
  not: { dropsSurplus: faults.dropsSurplus, passesNoVerdict: faults.passesNoVerdict },
})

/**
 * How law 2 reads "for a fixed sequence of commands". A command may stand anywhere among the observations; what is
 * fixed is what it recorded. The provider's answers come between a customer's button and our clock by chance, so a
 * cancel is accepted in one history and comes too late in another, and its sender was told which: these are two
 * sequences of commands. A command that recorded nothing is no part of its history at all. Given what the command
 * recorded, no order and no repetition of what the provider says makes a difference, before it or after it.
 */
describe(
  "law 2. every order and repetition of observations gives the same status, money and open obligations",
  { timeout: 60_000 },
  () => {
    const requested = eventsOf([issue, request])
    const accepting = eventsOf([{ ...issue, policy: { ...policy, late: "Accept" } }, request])

    it("in all histories of four observations from nine", () => {
      for (const before of [requested, accepting]) {
        const { histories, broken } = checkAll(before, 4)
        assert.strictEqual(broken, undefined)
        assert.strictEqual(histories, 1 + 9 + 9 ** 2 + 9 ** 3 + 9 ** 4)
      }
    })

    it.each(Object.entries(acts))("in all histories of three, with the command '%s' among them", (_, act) => {
      assert.strictEqual(checkAll(requested, 3, act).broken, undefined)
    })

    const { judgesByArrival, neverJudgesAgain, keepsFirstTime, forgetsPayments, cancelsByArrival } = faults
    it.each(Object.entries({ judgesByArrival, neverJudgesAgain, keepsFirstTime, forgetsPayments }))(
      "finds what %s",
      (_, faulty) => assert.isDefined(checkAll(requested, 3, undefined, faulty).broken),
    )

    it("finds what forgetsWhoWaits, and what countsAnOrderTwice", () => {
      assert.isDefined(checkAll(requested, 3, acts.askRefund, faults.forgetsWhoWaits).broken)
      assert.isDefined(checkAll(requested, 4, acts.askRefundOfWrongAmount, faults.countsAnOrderTwice).broken)
    })

    it("finds what cancelsByArrival", () =>
      assert.isDefined(checkAll(requested, 3, acts.cancel, cancelsByArrival).broken))

    law("2. with any payments", {
      of: Arbitrary.all({
        observations: Arbitrary.array(observation, { minLength: 1, maxLength: 6 }),
        command: ours,
        first: Arbitrary.array(Arbitrary.schema(below(60)), { minLength: 1, maxLength: 8 }),
        second: Arbitrary.array(Arbitrary.schema(below(60)), { minLength: 1, maxLength: 8 }),
      }),
      holds: (decide, { observations, command, first, second }) => {
        const [a, b] = [first, second].map((order) => tell(decide, command, arrange(observations, order)))
        if (a?.recorded !== b?.recorded) return undefined
        return a?.view === b?.view ? undefined : `${a?.view} and ${b?.view}`
      },
      not: { judgesByArrival },
    })

    /** All of `observations`: those that `order` names, in that order and as often, then the rest; and a place among them. */
    const arrange = (observations: ReadonlyArray<AnyCommand>, order: ReadonlyArray<number>) => {
      const chosen = order.map((place) => observations[place % observations.length]!)
      const told = [...chosen, ...observations.filter((observation) => !chosen.includes(observation))]
      return { told, place: order[0]! % (told.length + 1) }
    }

    const tell = (decide: Decide, command: AnyCommand, { told, place }: ReturnType<typeof arrange>) => {
      const before = Invoice.fold(eventsOf([issue, request, ...told.slice(0, place)], decide))
      const recorded = Result.getOrElse(decide(before, command), () => [])
      let state = Invoice.fold(recorded, before)
      for (const observation of told.slice(place)) {
        state = Invoice.fold(
          Result.getOrElse(decide(state, observation), () => []),
          state,
        )
      }
      return { view: view(state), recorded: JSON.stringify(recorded.map(({ _tag }) => _tag)) }
    }
  },
)

law("3. our expiry never beats a payment that was completed before the provider's expiry", {
  of: Arbitrary.all({
    before: Arbitrary.array(observation, { maxLength: 4 }),
    after: Arbitrary.array(observation, { maxLength: 4 }),
    completedAt: minute,
  }),
  holds: (decide, { before, after, completedAt }) => {
    if (DateTime.isGreaterThan(completedAt, order.expiresAt)) return undefined
    const told = [issue, request, ...before, clock, ...after, opened, pay({ completedAt })]
    const reordered = [issue, request, ...before, clock, pay({ completedAt }), ...after, opened]
    const ends = [told, reordered].map((commands) => Invoice.fold(eventsOf(commands, decide))._tag)
    return ends.every((end) => end === "Paid") ? undefined : `it ended ${ends.join(" and ")}`
  },
  not: { judgesByArrival: faults.judgesByArrival, neverJudgesAgain: faults.neverJudgesAgain },
})

law("4. one invoice never has two open provider orders", {
  of: history,
  holds: (decide, commands) => {
    const events = eventsOf([issue, request, ...commands, opened], decide)
    const count = (tag: Invoice.InvoiceEvent["_tag"]) => events.filter(({ _tag }) => _tag === tag).length
    return count("ProviderOrderRequested") === 1 && count("ProviderOrderOpened") <= 1 ? undefined : "it has two"
  },
  not: { opensAgain: faults.opensAgain },
})

law("5. gross is fee and net to the last digit, or the payment is held as it was stated", {
  of: Arbitrary.all({
    gross: Arbitrary.schema(Schema.BigInt.check(Schema.isBetweenBigInt({ minimum: 1n, maximum: 10n ** 30n }))),
    fee: Arbitrary.schema(Schema.BigInt.check(Schema.isBetweenBigInt({ minimum: 0n, maximum: 10n ** 30n }))),
    lost: oneOf(0n, 0n, 1n, -1n),
  }),
  holds: (decide, { gross, fee, lost }) => {
    const command = pay({ gross: ton(gross), fee: ton(fee), net: ton(gross - fee + lost) })
    const [received, verdict] = Result.getOrThrow(decide(Invoice.fold(eventsOf([issue, request, opened])), command))
    const asStated = { ...command.payment, _tag: "PaymentReceived" }
    if (!Equal.equals(received, asStated)) return "it was changed"
    const reason = verdict?._tag === "PaymentHeld" ? verdict.reason : "none"
    return reason === (lost === 0n ? "none" : "NotConserved") ? undefined : `it was held for: ${reason}`
  },
  not: { rounds: faults.rounds },
})
