/** Two people erase a customer: what each may do, and what the log then says. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Result } from "effect"
import * as Erasure from "../src/Erasure.ts"
import { CustomerId } from "../src/Invoice.ts"
import { StaffId } from "../src/Manual.ts"
import { ProposalId } from "../src/Proposal.ts"

const customerId = CustomerId.make("cus_00000000000000000001")
const proposalId = ProposalId.make("pro_00000000000000000001")
const ann = StaffId.make("stf_00000000000000000001")
const ben = StaffId.make("stf_00000000000000000002")
const at = DateTime.makeUnsafe("2026-03-01T12:00:00Z")
const digest = "ab".repeat(32)

const propose: Erasure.ErasureCommand = {
  _tag: "ProposeErasure",
  customerId,
  proposalId,
  digest,
  by: ann,
  reason: "asked by chat 123456789",
  at,
  expiresAt: DateTime.add(at, { days: 7 }),
}
const approve = (by: StaffId, changes: object = {}): Erasure.ErasureCommand => ({
  _tag: "Approve",
  proposalId,
  digest,
  by,
  reason: "as asked",
  at: DateTime.add(at, { hours: 1 }),
  ...changes,
})
const gone = { identities: 1, updates: 12, messages: 3, attachments: 2 }
const erased: Erasure.ErasureCommand = { _tag: "RecordErased", proposalId, ...gone, at }

/** What the last of these commands comes to: the events' names, or the rejection's. */
const given = (...commands: ReadonlyArray<Erasure.ErasureCommand>) => {
  let state = Erasure.absent
  let last: ReadonlyArray<string> | string = []
  for (const command of commands) {
    const decided = Erasure.decide(state, command)
    last = Result.match(decided, { onSuccess: (all) => all.map(({ _tag }) => _tag), onFailure: ({ _tag }) => _tag })
    if (Result.isSuccess(decided)) state = decided.success.reduce(Erasure.evolve, state)
  }
  return last
}

describe("an erasure", () => {
  it("is proposed by one person and approved by another, once", () => {
    assert.deepStrictEqual(given(propose), ["ErasureProposed"])
    assert.deepStrictEqual(given(propose, propose), [])
    assert.deepStrictEqual(given(propose, approve(ben)), ["ErasureApproved"])
    assert.deepStrictEqual(given(propose, approve(ben), approve(ben)), [])
    assert.strictEqual(given(propose, approve(ann)), "SamePerson")
    assert.strictEqual(given(approve(ben)), "ProposalNotFound")
    assert.strictEqual(given(propose, approve(ben, { digest: "cd".repeat(32) })), "DigestMismatch")
    assert.strictEqual(given(propose, approve(ben, { at: DateTime.add(at, { days: 8 }) })), "ProposalExpired")
  })

  it("is recorded as often as something was erased, and never before it was approved", () => {
    assert.strictEqual(given(propose, erased), "ProposalNotFound")
    assert.deepStrictEqual(given(propose, approve(ben), erased), ["ErasureCarriedOut"])
    assert.deepStrictEqual(given(propose, approve(ben), erased, erased), ["ErasureCarriedOut"])
    const nothing = { ...erased, identities: 0, updates: 0, messages: 0, attachments: 0 }
    assert.deepStrictEqual(given(propose, approve(ben), nothing), [])
  })

  it("keeps no number of a person that somebody gave as a reason", () => {
    const [event] = Result.getOrThrow(Erasure.decide(Erasure.absent, propose))
    assert.deepInclude(event, { reason: "asked by chat #" })
  })
})
