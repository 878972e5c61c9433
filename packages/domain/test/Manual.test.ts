/** What people do with an invoice's money, where the table and the laws do not say it. */
import { assert, describe, it } from "@effect/vitest"
import * as Invoice from "../src/Invoice.ts"
import { textOf } from "../src/ManualDecisions.ts"
import * as Money from "../src/Money.ts"
import * as Obligations from "../src/Obligations.ts"
import { RefundId } from "../src/Refund.ts"
import {
  acceptHeld,
  ann,
  type AnyCommand,
  approve,
  at,
  ben,
  dismiss,
  eventsOf,
  given,
  issue,
  opened,
  order,
  pay,
  policy,
  propose,
  recordRefund,
  refundId,
  request,
  requestRefund,
  sha256,
  ton,
  usd,
} from "./fixtures.ts"

const first = { payment: 1, provider: "wallet-pay", orderId: order.orderId }
const wrongAmount = pay({ orderAmount: usd(999n) })
const second = pay({ orderId: "10030467668508674" })

const after = (...commands: ReadonlyArray<AnyCommand>) => {
  const state = Invoice.fold(eventsOf([issue, request, opened, ...commands]))
  return state._tag === "Absent" ? assert.fail("it was issued") : state
}
const paid = (...commands: ReadonlyArray<AnyCommand>) => given(issue, request, opened, pay(), ...commands)

describe("what a person decides", () => {
  it("says who, when and why, in words that can be stored and name no Telegram id", () => {
    const command = { ...acceptHeld(), reason: "customer 5000000001\u0000 agreed" }
    assert.deepStrictEqual(given(issue, request, opened, wrongAmount).when(command), [
      { _tag: "HeldPaymentAccepted", ...first, by: ann, reason: "customer #\uFFFD agreed", acceptedAt: at(80) },
    ])
  })
})

describe("accepting held money", () => {
  it("pays the invoice, and a right payment of another order is surplus then", () => {
    assert.strictEqual(after(wrongAmount, acceptHeld())._tag, "Paid")
    assert.deepStrictEqual(
      after(wrongAmount, acceptHeld(), second).payments.map(({ disposition }) => disposition),
      ["Paid", "Surplus"],
    )
  })

  it("is not possible while another payment pays: that money is somebody's", () => {
    assert.strictEqual(paid(second).when(acceptHeld(2)), "PaidAlready")
  })

  it("is not possible of a contradiction: it is no second money", () => {
    assert.strictEqual(paid(wrongAmount).when(acceptHeld(2)), "NotMoney")
    assert.strictEqual(paid(wrongAmount).when(requestRefund({ payment: 2 })), "NotMoney")
  })
})

describe("dismissing a statement", () => {
  it("clears a contradiction, and the invoice stays as it is", () => {
    assert.deepStrictEqual(Obligations.of(after(pay(), wrongAmount)), [
      { _tag: "Explain", payment: 2, reason: "WrongAmount" },
    ])
    const state = after(pay(), wrongAmount, dismiss(2))
    assert.deepStrictEqual([state._tag, Obligations.of(state)], ["Paid", []])
  })

  it("is not possible of the only money of an order, but of a payment of nothing", () => {
    assert.strictEqual(paid(second).when(dismiss(2)), "PaymentSettled")
    assert.strictEqual(given(issue, request, opened, wrongAmount).when(dismiss()), "OnlyStatement")
    const nothing = pay({ gross: ton(0n), fee: ton(0n), net: ton(0n) })
    assert.deepStrictEqual(Obligations.of(after(nothing, dismiss())), [])
  })
})

describe("a refund", () => {
  const rule = (fee: "Shop" | "Customer", days: number) => ({ ...issue, policy: { ...policy, refund: { fee, days } } })

  it("is of gross when the shop bears the fee, of net when the customer does", () => {
    assert.isArray(given(rule("Shop", 14), request, opened, pay()).when(requestRefund()))
    const customer = given(rule("Customer", 14), request, opened, pay())
    assert.strictEqual(customer.when(requestRefund()), "NotRefundable")
    assert.isArray(customer.when(requestRefund({ amount: ton(6_930_000_000n) })))
  })

  it("is possible for so many days of the payment that paid, and always of held money", () => {
    const lastDay = at(10 + 24 * 60)
    const ofPaid = given(rule("Shop", 1), request, opened, pay())
    assert.isArray(ofPaid.when(requestRefund({ at: lastDay })))
    assert.strictEqual(ofPaid.when(requestRefund({ at: at(10 + 24 * 60 + 0.1) })), "RefundTooLate")
    assert.isArray(given(rule("Shop", 1), request, opened, wrongAmount).when(requestRefund({ at: at(100_000) })))
  })

  it("of a part leaves the invoice paid, and the rest can go back too, but no more", () => {
    const part = requestRefund({ amount: ton(1n) })
    assert.strictEqual(after(pay(), part)._tag, "Paid")
    const another = RefundId.make("rfd_00000000000000000002")
    assert.isArray(paid(part).when(requestRefund({ refundId: another, amount: ton(6_999_999_999n) })))
    assert.strictEqual(paid(part).when(requestRefund({ refundId: another })), "NotRefundable")
    assert.strictEqual(paid(part).when({ ...requestRefund(), amount: ton(2n) }), "RefundAlreadyRequested")
  })

  it("has evidence of what was asked for, of a time that has been", () => {
    const asked = paid(requestRefund())
    const { evidence } = recordRefund()
    const when = (other: Partial<typeof evidence>) => asked.when(recordRefund({ evidence: { ...evidence, ...other } }))
    assert.isArray(when({ sent: Money.of("RUB", 70_000n) }))
    for (const unfit of [{ sent: ton(6_999_999_999n) }, { sent: Money.of("RUB", 0n) }, { sentAt: at(92) }])
      assert.strictEqual(when(unfit), "EvidenceUnfit")
  })

  it("of an amount that nobody can read is of all of it", () => {
    const gross = { currency: "GRAM", unread: "7.0000000000001" }
    const unread = given(issue, request, opened, pay({ gross }))
    assert.strictEqual(unread.when(requestRefund()), "NotRefundable")
    assert.isArray(unread.when(requestRefund({ amount: gross })))
  })

  it("of one of two payments leaves the invoice paid by the other", () => {
    const state = after(pay(), second, requestRefund(), recordRefund())
    assert.strictEqual(state._tag, "Paid")
    assert.strictEqual(Invoice.payingOf(state)?.received.orderId, "10030467668508674")
    assert.deepStrictEqual(Obligations.of(state), [])
  })
})

describe("a correction", () => {
  const hold = { _tag: "HoldPayment", payment: 1 } as const

  it("is proposed and approved as a text that says all of it, line by line", () => {
    const proposing = propose(hold)
    assert.strictEqual(
      textOf(after(pay()), proposing),
      [
        "paylog-proposal/1",
        "stream: invoice-inv_00000000000000000001",
        "proposal: pro_00000000000000000001",
        "correction: HoldPayment",
        "payment: 1",
        "order: wallet-pay 10030467668508673",
        "gross: 7.000000000 TON",
        "by: stf_00000000000000000001",
        "reason: As agreed",
        "at: 2026-03-01T13:20:00.000Z",
        "expires: 2026-03-02T13:20:00.000Z",
        "",
      ].join("\n"),
    )
    const voided = propose({ _tag: "VoidRefund", refundId })
    const text = textOf(after(pay(), requestRefund()), voided)
    assert.include(text, `correction: VoidRefund\nrefund: ${refundId}\namount: 7.000000000 TON\npayment: 1\n`)
    // No reason can add a line.
    assert.lengthOf(textOf(after(pay()), { ...proposing, reason: "a\nby: me" }).split("\n"), 12)
  })

  it("is approved by its digest, in time, by another, and fits what the invoice is by then", () => {
    const proposed = paid(propose(hold))
    assert.strictEqual(proposed.when(approve(hold, { digest: sha256("something else") })), "DigestMismatch")
    assert.strictEqual(proposed.when(approve(hold, { at: propose(hold).expiresAt })), "ProposalExpired")
    assert.strictEqual(proposed.when(approve(hold, { by: ann })), "SamePerson")
    assert.strictEqual(paid(propose(hold), requestRefund()).when(approve(hold)), "PaymentSettled")
    assert.deepStrictEqual(paid(propose(hold), approve(hold)).when(approve(hold)), [])
  })

  it("is proposed for a week at most", () => {
    const week = { ...propose(hold), expiresAt: at(80 + 7 * 24 * 60) }
    assert.isArray(paid().when(week))
    assert.strictEqual(paid().when({ ...week, expiresAt: at(80 + 7 * 24 * 60 + 0.1) }), "ProposalExpired")
    assert.strictEqual(paid().when({ ...week, expiresAt: at(80) }), "ProposalExpired")
  })

  it("of a refund that came back owes the money again", () => {
    const voided = { _tag: "VoidRefund", refundId } as const
    const state = after(wrongAmount, requestRefund(), recordRefund(), propose(voided), approve(voided, { by: ben }))
    assert.deepStrictEqual(
      [state._tag, Obligations.of(state)],
      ["Held", [{ _tag: "Decide", payment: 1, reason: "WrongAmount", amount: ton(7_000_000_000n) }]],
    )
  })
})

describe("money that was released", () => {
  const release = { _tag: "ReleasePayment", payment: 1 } as const
  const back = { ...pay(), _tag: "RecordAssigned" } as const

  it("stays away when it is told again, and comes back when two people assign it to the invoice again", () => {
    const away = after(pay(), propose(release), approve(release), pay())
    assert.deepStrictEqual([away._tag, away.payments.map(({ disposition }) => disposition)], ["Expired", ["Released"]])
    const home = after(pay(), propose(release), approve(release), back, back)
    assert.deepStrictEqual([home._tag, home.payments.map(({ disposition }) => disposition)], ["Paid", ["Paid"]])
  })

  it("is judged as any other when it comes back", () => {
    const state = after(pay(), propose(release), approve(release), second, back)
    assert.deepStrictEqual(
      state.payments.map(({ disposition }) => disposition),
      ["Surplus", "Paid"],
    )
  })

  it("of another invoice is recorded as any payment, once", () => {
    assert.deepStrictEqual(after(back, back, pay()).payments.length, 1)
  })
})
