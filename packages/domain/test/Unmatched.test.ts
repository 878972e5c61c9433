import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as Unmatched from "../src/Unmatched.ts"
import {
  ann,
  approve,
  at,
  ben,
  decline,
  dismiss,
  issue,
  payment,
  proposalId,
  recordRefund,
  requestRefund,
  sha256,
  ton,
} from "./fixtures.ts"

const record = (externalId: string, other: Parameters<typeof payment>[0] = {}): Unmatched.RecordUnmatched => ({
  _tag: "RecordUnmatched",
  externalId,
  payment: payment(other),
})

const decide = (state: Unmatched.Unmatched, command: Unmatched.RecordUnmatched) =>
  Result.getOrThrow(Unmatched.decide(state, command))

const received: Unmatched.UnmatchedEvent = { _tag: "PaymentReceived", ...payment() }
const unmatched: Unmatched.UnmatchedEvent = { _tag: "PaymentUnmatched", externalId: "JDF23NN", reason: "NoSuchInvoice" }

describe("a payment that matches no invoice", () => {
  it("has a stream of its own", () => {
    assert.strictEqual(Unmatched.stream(payment()), "unmatched-wallet-pay-10030467668508673")
  })

  it("is recorded with the id that it names", () => {
    assert.deepStrictEqual(decide(Unmatched.absent, record("JDF23NN")), [received, unmatched])
  })

  it.each(["", "Иван Петров", "x".repeat(65), "a b", "a@b.c"])("is recorded without its id when that is '%s'", (id) => {
    assert.deepStrictEqual(decide(Unmatched.absent, record(id)), [
      received,
      { _tag: "PaymentUnmatched", reason: "NoSuchInvoice" },
    ])
  })

  it("is recorded once, however often it is told", () => {
    const state = [received, unmatched].reduce(Unmatched.evolve, Unmatched.absent)
    assert.deepStrictEqual(decide(state, record("JDF23NN")), [])
    assert.deepStrictEqual(decide(state, record("JDF23NN", { completedAt: at(11) })), [])
  })

  it("is recorded again when its amounts are stated otherwise", () => {
    const state = [received, unmatched].reduce(Unmatched.evolve, Unmatched.absent)
    const other = { fee: ton(0n), net: ton(7_000_000_000n) }
    assert.deepStrictEqual(decide(state, record("JDF23NN", other)), [
      { _tag: "PaymentReceived", ...payment(other) },
      unmatched,
    ])
  })

  it("has a rate that can be stored", () => {
    assert.deepStrictEqual(decide(Unmatched.absent, record("JDF23NN", { rate: "1\u0000" }))[0], {
      ...received,
      rate: "1\uFFFD",
    })
  })
})

describe("unmatched money", () => {
  const { invoiceId } = issue
  const evolve = (events: ReadonlyArray<Unmatched.UnmatchedEvent>, from = Unmatched.absent) =>
    events.reduce(Unmatched.evolve, from)
  const seen = evolve([received, unmatched])
  const restated = evolve(decide(seen, record("JDF23NN", { fee: ton(0n), net: ton(7_000_000_000n) })), seen)

  const propose: Unmatched.ProposeAssignment = {
    _tag: "ProposeAssignment",
    proposalId,
    payment: 1,
    invoiceId,
    digest: sha256("the text"),
    by: ann,
    reason: "The customer sent a screenshot",
    at: at(80),
    expiresAt: at(140),
  }
  const approval = approve({ _tag: "HoldPayment", payment: 1 }, { digest: propose.digest })

  const when = (state: Unmatched.Unmatched, command: Unmatched.ManualCommand) =>
    Result.match(Unmatched.decideManual(state, command), {
      onFailure: ({ _tag }) => _tag,
      onSuccess: (events) => events.map(({ _tag }) => _tag).join(),
    })
  const then = (state: Unmatched.Unmatched, ...commands: ReadonlyArray<Unmatched.ManualCommand>) =>
    commands.reduce(
      (state, command) =>
        evolve(
          Result.getOrElse(Unmatched.decideManual(state, command), () => []),
          state,
        ),
      state,
    )

  it("is assigned to an invoice by two people, once, by the digest of what was proposed", () => {
    assert.strictEqual(when(seen, propose), "AssignmentProposed")
    assert.strictEqual(when(seen, { ...propose, payment: 2 }), "UnmatchedNotFound")
    const proposed = then(seen, propose)
    assert.strictEqual(when(proposed, propose), "")
    assert.strictEqual(when(proposed, { ...approval, by: ann }), "SamePerson")
    assert.strictEqual(when(proposed, { ...approval, digest: sha256("another text") }), "DigestMismatch")
    assert.strictEqual(when(proposed, { ...approval, at: at(140) }), "ProposalExpired")
    assert.strictEqual(when(proposed, approval), "PaymentAssigned")
    const assigned = then(proposed, approval)
    assert.strictEqual(when(assigned, approval), "")
    assert.strictEqual(when(assigned, requestRefund()), "UnmatchedSettled")
    assert.deepStrictEqual(decide(assigned, record("JDF23NN")), [])
  })

  it("is not assigned once somebody has declined that, be it whoever proposed it", () => {
    const proposed = then(seen, propose)
    for (const by of [ann, ben]) {
      assert.strictEqual(when(proposed, decline({ by })), "ProposalDeclined")
      const declined = then(proposed, decline({ by }))
      assert.strictEqual(when(declined, approval), "DeclinedAlready")
      assert.strictEqual(when(declined, decline()), "")
      assert.strictEqual(when(declined, requestRefund()), "RefundRequested")
    }
    assert.strictEqual(when(then(proposed, approval), decline()), "ProposalTaken")
  })

  it("goes back to its payer by two people, and is not assigned then", () => {
    assert.strictEqual(when(seen, requestRefund()), "RefundRequested")
    const asked = then(seen, propose, requestRefund())
    assert.strictEqual(when(asked, approval), "UnmatchedSettled")
    assert.strictEqual(when(asked, recordRefund({ by: ann })), "SamePerson")
    assert.strictEqual(when(asked, recordRefund({ by: ben })), "RefundRecorded")
  })

  it("of one order is one money, however often it was stated", () => {
    assert.strictEqual(when(then(restated, requestRefund()), requestRefund({ payment: 2 })), "RefundAlreadyRequested")
    assert.strictEqual(when(then(restated, requestRefund()), { ...propose, payment: 2 }), "UnmatchedSettled")
    assert.strictEqual(when(restated, dismiss(2)), "StatementDismissed")
    assert.strictEqual(when(then(restated, dismiss(2)), dismiss(1)), "UnmatchedSettled")
    assert.strictEqual(when(seen, dismiss(1)), "UnmatchedSettled")
  })

  it("may come from an invoice, once, and again after it was assigned", () => {
    const release: Unmatched.RecordReleased = {
      _tag: "RecordReleased",
      invoiceId,
      received: seen.payments[0]!.received,
    }
    const released = Result.getOrThrow(Unmatched.decide(Unmatched.absent, release))
    assert.deepStrictEqual(released, [
      received,
      { _tag: "PaymentUnmatched", reason: "Released", externalId: invoiceId },
    ])
    assert.deepStrictEqual(Result.getOrThrow(Unmatched.decide(evolve(released), release)), [])
    const assigned = then(evolve(released), propose, approval)
    const again = evolve(Result.getOrThrow(Unmatched.decide(assigned, release)), assigned)
    assert.deepStrictEqual(
      again.payments.map(({ disposition }) => disposition),
      ["Unmatched"],
    )
  })

  it("is proposed as a text that says all of it", () => {
    assert.include(
      Unmatched.textOf(seen, propose),
      `stream: unmatched-wallet-pay-10030467668508673\nproposal: ${proposalId}\nassignment: AssignPayment\n` +
        `payment: 1\ngross: 7.000000000 TON\ninvoice: ${invoiceId}\nby: ${ann}\n`,
    )
  })
})
