/** Laws about the ledger: double entry, whatever happens. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as Invoice from "../src/Invoice.ts"
import * as Ledger from "../src/Ledger.ts"
import * as Money from "../src/Money.ts"
import * as Obligations from "../src/Obligations.ts"
import * as Unmatched from "../src/Unmatched.ts"
import {
  ann,
  type AnyCommand,
  approve,
  at,
  ben,
  decide,
  eventsOf,
  issue,
  opened,
  pay,
  payment,
  policy,
  proposalId,
  propose,
  recordRefund,
  request,
  requestRefund,
  sha256,
  ton,
  usd,
} from "./fixtures.ts"
import { history, type Law, law } from "./laws.ts"

type Post = typeof Ledger.postings

/** The sum over accounts, by currency, of what is not zero. */
const unbalanced = (postings: ReadonlyArray<Ledger.Posting>) =>
  Ledger.sum(postings.map(({ amount }) => ({ account: "Unexplained", amount }) as const))

const words = (postings: Iterable<Ledger.Posting>) =>
  [...postings].map(({ account, amount }) => `${account} ${Money.words(amount)}`).toSorted()

const of = (postings: ReadonlyArray<Ledger.Posting>, account: Ledger.Account) =>
  postings.filter((posting) => posting.account === account)

const sums =
  (post: Post): Law<Parameters<typeof eventsOf>[0]> =>
  (decide, commands) => {
    let state: Invoice.Invoice = Invoice.absent
    const posted: Array<Ledger.Posting> = []
    for (const event of eventsOf([issue, request, opened, ...commands], decide)) {
      const postings = post(state, event)
      if (unbalanced(postings).length > 0) return `${event._tag} posts on one side`
      posted.push(...postings)
      state = Invoice.evolve(state, event)
    }
    const balances = Ledger.sum(posted)
    if (words(balances).join() !== words(Ledger.balances(state)).join()) return "the postings are not the balances"
    if (state._tag === "Absent") return "there is no invoice"
    const isConserved = !Ledger.alarms(state).some(({ _tag }) => _tag === "MoneyNotConserved")
    if (of(balances, "Unexplained").length > 0 && isConserved) return "money is unexplained and there is no alarm"
    // What nobody can read is in no account; it is listed, and an alarm.
    const unread = new Set(
      state.payments.flatMap(({ received: { gross, fee, net } }, place) =>
        [gross, fee, net].every(Money.isMoney) ? [] : [place + 1],
      ),
    )
    const open = (tag: "Decide" | "Refund", account: Ledger.Account) =>
      Ledger.sum(
        Obligations.of(state).flatMap((obligation) =>
          obligation._tag === tag && !unread.has(obligation.payment) && Money.isMoney(obligation.amount)
            ? [{ account, amount: Money.times(obligation.amount, -1n) }]
            : [],
        ),
      )
    if (words(of(balances, "Held")).join() !== words(open("Decide", "Held")).join()) return "Held is not what is held"
    if (words(of(balances, "Refunds")).join() !== words(open("Refund", "Refunds")).join())
      return "Refunds is not what is to be sent"
    return undefined
  }

law("11. every event posts both sides, and the balances say what is open", {
  of: history,
  holds: sums(Ledger.postings),
  not: {},
})

describe("the ledger's law finds", () => {
  const commands = [pay({ orderAmount: usd(999n) }), requestRefund()]
  const post = Ledger.postings

  it("nothing in what is right", () => assert.isUndefined(sums(post)(decide, commands)))

  it("a posting of one side", () => {
    assert.isDefined(sums((before, event) => post(before, event).slice(1))(decide, commands))
  })

  it("an event that is not posted", () => {
    const forgetful: Post = (before, event) => (event._tag === "RefundRequested" ? [] : post(before, event))
    assert.isDefined(sums(forgetful)(decide, commands))
  })

  it("a posting to another account", () => {
    const wrong: Post = (before, event) =>
      post(before, event).map((posting) => (posting.account === "Held" ? { ...posting, account: "Clearing" } : posting))
    assert.isDefined(sums(wrong)(decide, commands.slice(0, 1)))
  })
})

describe("the ledger", () => {
  const balances = (...commands: Parameters<typeof eventsOf>[0] extends Iterable<infer C> ? ReadonlyArray<C> : never) =>
    words(Ledger.balances(Invoice.fold(eventsOf(commands))))

  it("settles an invoice in its own currency, against what was paid", () => {
    assert.deepStrictEqual(balances(issue, request, opened, pay()), [
      "Clearing -10.00 USD",
      "Exchange -7.000000000 TON",
      "Exchange 10.00 USD",
      "Fees 0.070000000 TON",
      "Provider 6.930000000 TON",
    ])
  })

  it("has sent back what was refunded, and the fee is the shop's", () => {
    assert.deepStrictEqual(balances(issue, request, opened, pay(), requestRefund()), [
      "Fees 0.070000000 TON",
      "Provider 6.930000000 TON",
      "Refunds -7.000000000 TON",
    ])
    assert.deepStrictEqual(balances(issue, request, opened, pay(), requestRefund(), recordRefund()), [
      "Fees 0.070000000 TON",
      "Provider -0.070000000 TON",
    ])
  })

  it("has nothing left when the customer bears the fee", () => {
    const amount = ton(6_930_000_000n)
    const rule = { ...policy, refund: { fee: "Customer", days: 14 } } as const
    const evidence = { ...recordRefund().evidence, sent: amount }
    assert.deepStrictEqual(
      balances(
        { ...issue, policy: rule },
        request,
        opened,
        pay(),
        requestRefund({ amount }),
        recordRefund({ evidence }),
      ),
      [],
    )
  })

  it("raises money that is not conserved, and shows the gap", () => {
    const state = Invoice.fold(eventsOf([issue, request, opened, pay({ net: ton(6_929_999_999n) })]))
    assert.deepStrictEqual(Ledger.alarms(state), [
      new Ledger.MoneyNotConserved({ provider: "wallet-pay", orderId: payment().orderId }),
    ])
    assert.include(words(Ledger.balances(state)), "Unexplained 0.000000001 TON")
  })

  it("raises money that nobody can read", () => {
    const state = Invoice.fold(eventsOf([issue, request, pay({ gross: { currency: "GRAM", unread: "7" } })]))
    assert.deepStrictEqual(Ledger.alarms(state), [
      new Ledger.MoneyUnread({ provider: "wallet-pay", orderId: payment().orderId }),
    ])
    assert.deepStrictEqual(Ledger.balances(state), [])
  })

  it("raises it until all of it went back", () => {
    const amount = { currency: "GRAM", unread: "7" }
    const alarms = (...commands: ReadonlyArray<AnyCommand>) =>
      Ledger.alarms(Invoice.fold(eventsOf([issue, request, pay({ gross: amount }), ...commands]))).length
    assert.strictEqual(alarms(requestRefund({ amount })), 1)
    assert.strictEqual(alarms(requestRefund({ amount }), recordRefund()), 0)
  })

  it("raises what is wrong with a payment where the payment is, and nowhere else", () => {
    const release = { _tag: "ReleasePayment", payment: 1 } as const
    const net = ton(6_929_999_999n)
    const state = Invoice.fold(eventsOf([issue, request, opened, pay({ net }), propose(release), approve(release)]))
    assert.deepStrictEqual(Ledger.alarms(state), [])
    const record = { _tag: "RecordUnmatched", externalId: "x", payment: payment({ net }) } as const
    const there = Result.getOrThrow(Unmatched.decide(Unmatched.absent, record)).reduce(
      Unmatched.evolve,
      Unmatched.absent,
    )
    assert.lengthOf(Ledger.alarmsUnmatched(there), 1)
    const assigned = Unmatched.evolve(there, {
      _tag: "PaymentAssigned",
      payment: 1,
      provider: "wallet-pay",
      orderId: payment().orderId,
      invoiceId: issue.invoiceId,
      proposalId,
      digest: sha256("x"),
      by: ben,
      reason: "As agreed",
      approvedAt: at(100),
    })
    assert.deepStrictEqual(Ledger.alarmsUnmatched(assigned), [])
  })

  it("has unmatched money in an account of its own until it is assigned or goes back", () => {
    let state = Unmatched.absent
    const posted: Array<Ledger.Posting> = []
    const give = (events: ReadonlyArray<Unmatched.UnmatchedEvent>) => {
      for (const event of events) {
        const postings = Ledger.postingsUnmatched(state, event)
        assert.deepStrictEqual(unbalanced(postings), [])
        posted.push(...postings)
        state = Unmatched.evolve(state, event)
      }
      return words(Ledger.sum(posted))
    }
    const record = { _tag: "RecordUnmatched", externalId: "x", payment: payment() } as const
    assert.include(give(Result.getOrThrow(Unmatched.decide(state, record))), "Unmatched -7.000000000 TON")
    assert.include(
      give(Result.getOrThrow(Unmatched.decideManual(state, requestRefund({ by: ann })))),
      "Refunds -7.000000000 TON",
    )
    assert.deepStrictEqual(give(Result.getOrThrow(Unmatched.decideManual(state, recordRefund({ by: ben })))), [
      "Fees 0.070000000 TON",
      "Provider -0.070000000 TON",
    ])
  })
})
