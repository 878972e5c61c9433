/** What people do with money: each use case, its refusals, its repetition, and races of two. */
import { awaiting, freshOrder, heard } from "@paylog/payments/Samples"
import { assert, layer } from "@effect/vitest"
import * as Invoice from "@paylog/domain/Invoice"
import { StaffId } from "@paylog/domain/Manual"
import * as Ledger from "@paylog/domain/Ledger"
import * as Money from "@paylog/domain/Money"
import { ProposalId } from "@paylog/domain/Proposal"
import { RefundId } from "@paylog/domain/Refund"
import * as Unmatched from "@paylog/domain/Unmatched"
import { Database } from "@paylog/event-store/Database"
import { EventStore, StoreUnavailable } from "@paylog/event-store/EventStore"
import * as HeldMoney from "@paylog/payments/HeldMoney"
import * as Invoices from "@paylog/payments/Invoices"
import * as Manual from "@paylog/payments/Manual"
import * as Metadata from "@paylog/payments/Metadata"
import { observe } from "@paylog/payments/Observe"
import * as Proposals from "@paylog/payments/Proposals"
import * as Refunds from "@paylog/payments/Refunds"
import * as Staff from "@paylog/payments/Staff"
import { DateTime, Effect, Exit, Layer, Result } from "effect"
import { because, dispositions, pay, person } from "./support/money.ts"
import { world } from "./support/world.ts"

const held = Effect.gen(function* () {
  const { invoiceId, orderId } = yield* awaiting
  const { observation } = yield* pay(invoiceId, { orderId, orderAmount: Money.of("USD", 999n) })
  return { invoiceId, orderId, stream: Invoice.stream(invoiceId), observation }
})

const paid = Effect.gen(function* () {
  const { invoiceId, orderId } = yield* awaiting
  const { observation } = yield* pay(invoiceId, { orderId })
  return { invoiceId, orderId, stream: Invoice.stream(invoiceId), observation }
})

/** Money of no invoice. */
const unmatched = Effect.gen(function* () {
  const orderId = yield* freshOrder
  const { observation, outcome } = yield* pay("stranger", { orderId })
  assert.strictEqual(outcome, "Unmatched")
  return { orderId, stream: Unmatched.stream({ provider: "wallet-pay", orderId }), observation }
})

const evidence = Effect.map(DateTime.now, (sentAt) => ({
  sent: Money.of("USDT", 12_500_000n),
  sentAt,
  way: "transfer in Wallet",
  reference: "T-1",
}))

const types = (stream: string) =>
  EventStore.use((store) => Effect.map(store.readStream(stream), (events) => events.map(({ type }) => type)))

const head = EventStore.use((store) => store.head)

const stateOf = (stream: string) =>
  EventStore.use((store) => Effect.map(store.load(Manual.unmatched.fold, stream), ({ state }) => state))

/** The tag of the rejection. */
const tagOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.result(effect), (result) => (Result.isFailure(result) ? result.failure._tag : "done"))

layer(world, { excludeTestServices: true })("people", (it) => {
  it.effect("who act are of the staff, have a reason, and stand in every event with the act's own id", () =>
    Effect.gen(function* () {
      const ann = yield* person("Ann")
      const { invoiceId, stream } = yield* held
      const stranger = StaffId.make("stf_00000000000000000000")
      assert.strictEqual(yield* tagOf(HeldMoney.accept(invoiceId, 1, because(stranger))), "NotStaff")
      assert.strictEqual(yield* tagOf(HeldMoney.accept(invoiceId, 1, because(ann, " \t"))), "ReasonMissing")
      yield* HeldMoney.accept(invoiceId, 1, because(ann, "agreed with customer 5000000001"))
      const event = (yield* (yield* EventStore).readStream(stream)).at(-1)
      assert.isDefined(event)
      assert.include(event.data, `"by":"${ann}"`)
      assert.include(event.data, `"reason":"agreed with customer #"`)
      const { actor, source, correlationId } = Metadata.of(event)
      assert.deepStrictEqual([actor, source], [{ kind: "Staff", id: ann }, "Manual"])
      assert.match(correlationId, /^act_[0-9a-z]{20}$/)
      yield* Staff.leave(ann)
      assert.strictEqual(yield* tagOf(HeldMoney.dismiss(stream, 1, because(ann))), "NotStaff")
    }),
  )

  it.effect("bound to a database login act in its sessions only, and a login is one person", () =>
    Effect.gen(function* () {
      const { query } = yield* Database
      const [session] = yield* query<{ readonly login: string }>({
        name: "",
        text: "select session_user::text as login",
      })
      const { invoiceId } = yield* held
      const other = yield* person("Ben", "somebody_else")
      assert.strictEqual(yield* tagOf(HeldMoney.accept(invoiceId, 1, because(other))), "OtherLogin")
      const mine = yield* person("Ann", session?.login)
      assert.strictEqual(yield* tagOf(Staff.add({ name: "Ann again", login: session?.login })), "LoginTaken")
      assert.strictEqual(yield* tagOf(HeldMoney.accept(invoiceId, 1, because(mine))), "done")
      // Nor is whoever has a login a second person by an id that is bound to none.
      const anybody = yield* person("Cam")
      assert.strictEqual(yield* tagOf(HeldMoney.accept(invoiceId, 1, because(anybody))), "OtherLogin")
      yield* Staff.leave(mine)
      assert.strictEqual(yield* tagOf(HeldMoney.accept(invoiceId, 1, because(anybody))), "done")
    }),
  )
})

layer(world, { excludeTestServices: true })("held money", (it) => {
  it.effect("is accepted once, and again after two people took that back", () =>
    Effect.gen(function* () {
      const [ann, ben] = [yield* person("Ann"), yield* person("Ben")]
      const { invoiceId, stream } = yield* held
      const accept = HeldMoney.accept(invoiceId, 1, because(ann))
      assert.isTrue(yield* accept)
      const before = yield* head
      assert.isFalse(yield* accept)
      assert.strictEqual(yield* head, before)
      const { proposalId, digest } = yield* Proposals.proposeCorrection(
        invoiceId,
        { _tag: "HoldPayment", payment: 1 },
        because(ann),
      )
      assert.isTrue(yield* Proposals.approve(stream, { proposalId, digest }, because(ben)))
      assert.deepStrictEqual(yield* dispositions(invoiceId), ["Corrected"])
      assert.isTrue(yield* accept)
      assert.deepStrictEqual(yield* dispositions(invoiceId), ["Paid"])
    }),
  )

  it.effect("accepted by twenty people at once is accepted by one", () =>
    Effect.gen(function* () {
      const people = yield* Effect.forEach(Array.from({ length: 20 }), (_, n) => person(`P${n}`))
      const { invoiceId, stream } = yield* held
      const all = yield* Effect.forEach(people, (by) => HeldMoney.accept(invoiceId, 1, because(by)), {
        concurrency: "unbounded",
      })
      assert.strictEqual(all.filter((isNew) => isNew).length, 1)
      assert.strictEqual((yield* types(stream)).filter((type) => type === "HeldPaymentAccepted").length, 1)
    }),
  )

  it.effect("is dismissed when another statement of its order is the money, and not otherwise", () =>
    Effect.gen(function* () {
      const ann = yield* person("Ann")
      const { invoiceId, orderId, stream } = yield* paid
      yield* pay(invoiceId, { orderId, orderAmount: Money.of("USD", 999n) })
      assert.isTrue(yield* HeldMoney.dismiss(stream, 2, because(ann)))
      assert.isFalse(yield* HeldMoney.dismiss(stream, 2, because(ann)))
      assert.strictEqual(yield* tagOf(HeldMoney.dismiss(stream, 1, because(ann))), "PaymentSettled")
      assert.strictEqual(yield* tagOf(HeldMoney.dismiss(stream, 3, because(ann))), "PaymentNotFound")
      const money = yield* unmatched
      yield* pay("stranger", { orderId: money.orderId, orderAmount: Money.of("USD", 999n) })
      assert.isTrue(yield* HeldMoney.dismiss(money.stream, 2, because(ann)))
      assert.strictEqual(yield* tagOf(HeldMoney.dismiss(money.stream, 1, because(ann))), "UnmatchedSettled")
      const nowhere = Invoice.InvoiceId.make("inv_00000000000000000000")
      assert.strictEqual(yield* tagOf(HeldMoney.accept(nowhere, 1, because(ann))), "InvoiceNotFound")
    }),
  )
})

layer(world, { excludeTestServices: true })("a refund", (it) => {
  it.effect("of an invoice's or of unmatched money is asked for by one person and recorded by another, each once", () =>
    Effect.gen(function* () {
      const [ann, ben] = [yield* person("Ann"), yield* person("Ben")]
      for (const { stream } of [yield* held, yield* unmatched]) {
        const asked = yield* Refunds.request(stream, { payment: 1 }, because(ann))
        assert.deepInclude(asked, { amount: Money.of("USDT", 12_500_000n), isNew: true })
        const { refundId } = asked
        assert.deepInclude(yield* Refunds.request(stream, { refundId, payment: 1 }, because(ann)), { isNew: false })
        const more = Refunds.request(stream, { refundId, payment: 1, amount: Money.of("USDT", 1n) }, because(ann))
        assert.strictEqual(yield* tagOf(more), "RefundAlreadyRequested")
        assert.strictEqual(yield* tagOf(Refunds.request(stream, { payment: 1 }, because(ben))), "NotRefundable")

        const sent = yield* evidence
        const recordedBy = (by: StaffId) => Refunds.record(stream, refundId, sent, because(by))
        assert.strictEqual(yield* tagOf(recordedBy(ann)), "SamePerson")
        assert.isTrue(yield* recordedBy(ben))
        assert.isFalse(yield* recordedBy(ben))
        const { sentAt: _, ...timeless } = sent
        assert.isFalse(yield* Refunds.record(stream, refundId, timeless, because(ben)))
        // Whoever asks again must not read that it is to be sent.
        const again = yield* Refunds.request(stream, { refundId, payment: 1 }, because(ann))
        assert.deepInclude(again, { isNew: false, progress: "Recorded" })
        assert.strictEqual(yield* tagOf(Refunds.withdraw(stream, refundId, because(ann))), "RefundClosed")
      }
    }),
  )

  it.effect("that was withdrawn leaves the money as it was, and can be asked for anew", () =>
    Effect.gen(function* () {
      const [ann, ben] = [yield* person("Ann"), yield* person("Ben")]
      const { stream } = yield* unmatched
      const { refundId } = yield* Refunds.request(stream, { payment: 1 }, because(ann))
      assert.isTrue(yield* Refunds.withdraw(stream, refundId, because(ben)))
      assert.isFalse(yield* Refunds.withdraw(stream, refundId, because(ben)))
      assert.strictEqual(yield* tagOf(Refunds.record(stream, refundId, yield* evidence, because(ben))), "RefundClosed")
      assert.isTrue((yield* Refunds.request(stream, { payment: 1 }, because(ann))).isNew)
      const nobodys = RefundId.make("rfd_00000000000000000000")
      assert.strictEqual(yield* tagOf(Refunds.withdraw(stream, nobodys, because(ben))), "RefundNotFound")
      assert.strictEqual(yield* tagOf(Refunds.request(stream, { payment: 2 }, because(ann))), "UnmatchedNotFound")
    }),
  )

  it.effect(
    "is sent by whoever has taken it: nobody else sends it and nobody withdraws it, until it was not sent",
    () =>
      Effect.gen(function* () {
        const [ann, ben, cam] = [yield* person("Ann"), yield* person("Ben"), yield* person("Cam")]
        for (const { stream } of [yield* held, yield* unmatched]) {
          const { refundId } = yield* Refunds.request(stream, { payment: 1 }, because(ann))
          const [take, drop] = [
            (by: StaffId) => Refunds.take(stream, refundId, because(by)),
            (by: StaffId, takenBy = by) => Refunds.drop(stream, refundId, takenBy, because(by)),
          ]
          assert.strictEqual(yield* tagOf(take(ann)), "SamePerson")
          assert.isFalse(yield* drop(ben))
          assert.isTrue(yield* take(ben))
          assert.isFalse(yield* take(ben))
          assert.strictEqual(yield* tagOf(take(cam)), "RefundTakenBy")
          assert.strictEqual(yield* tagOf(Refunds.withdraw(stream, refundId, because(ann))), "RefundTakenBy")
          const sent = yield* evidence
          assert.strictEqual(yield* tagOf(Refunds.record(stream, refundId, sent, because(cam))), "RefundTakenBy")
          assert.strictEqual(yield* tagOf(drop(cam)), "RefundTakenBy")
          // Ben cannot be asked any more: Ann has made sure that he has not sent it.
          assert.isTrue(yield* drop(ann, ben))
          assert.isTrue(yield* take(cam))
          assert.isTrue(yield* drop(cam))
          assert.isTrue(yield* take(cam))
          assert.strictEqual(yield* tagOf(drop(ann, ben)), "RefundTakenBy")
          assert.isTrue(yield* Refunds.record(stream, refundId, sent, because(cam)))
          assert.strictEqual(yield* tagOf(drop(cam)), "RefundClosed")
        }
      }),
  )

  it.effect("is taken by one of ten who press at once, and not withdrawn beside that", () =>
    Effect.gen(function* () {
      const ann = yield* person("Ann")
      const people = yield* Effect.forEach(Array.from({ length: 10 }), (_, n) => person(`P${n}`))
      for (let round = 0; round < 5; round++) {
        const { stream } = yield* unmatched
        const { refundId } = yield* Refunds.request(stream, { payment: 1 }, because(ann))
        const done = yield* Effect.all(
          [
            ...people.map((by) => Effect.exit(Refunds.take(stream, refundId, because(by)))),
            Effect.exit(Refunds.withdraw(stream, refundId, because(ann))),
          ],
          { concurrency: "unbounded" },
        )
        assert.lengthOf(
          done.filter((exit) => Exit.isSuccess(exit)),
          1,
        )
      }
    }),
  )

  it.effect("asked for by ten people at once gives back the money once", () =>
    Effect.gen(function* () {
      const people = yield* Effect.forEach(Array.from({ length: 10 }), (_, n) => person(`P${n}`))
      const { stream } = yield* held
      const tags = yield* Effect.forEach(
        people,
        (by) => tagOf(Refunds.request(stream, { payment: 1, amount: Money.of("USDT", 12_500_000n) }, because(by))),
        { concurrency: "unbounded" },
      )
      assert.deepStrictEqual(tags.toSorted(), [...Array.from({ length: 9 }, () => "NotRefundable"), "done"])
    }),
  )
})

layer(world, { excludeTestServices: true })("a correction", (it) => {
  it.effect("is shown as the text that its digest is of, and carried out by another person who has that digest", () =>
    Effect.gen(function* () {
      const [ann, ben, cam] = [yield* person("Ann"), yield* person("Ben"), yield* person("Cam")]
      const { invoiceId, stream } = yield* paid
      const proposalId = ProposalId.make("pro_00000000000000000001")
      const propose = Proposals.proposeCorrection(invoiceId, { _tag: "HoldPayment", payment: 1 }, because(ann), {
        proposalId,
        hours: 1,
      })
      const proposed = yield* propose
      assert.deepStrictEqual(yield* propose, proposed)
      assert.deepStrictEqual(yield* Proposals.show(stream, proposalId), proposed)
      assert.include(proposed.text, `stream: ${stream}\nproposal: ${proposalId}\ncorrection: HoldPayment\npayment: 1\n`)
      const other = Proposals.proposeCorrection(invoiceId, { _tag: "ReleasePayment", payment: 1 }, because(ann), {
        proposalId,
      })
      assert.strictEqual(yield* tagOf(other), "ProposalTaken")

      const { digest } = proposed
      const approve = (by: StaffId, of = digest) => Proposals.approve(stream, { proposalId, digest: of }, because(by))
      assert.strictEqual(yield* tagOf(approve(ann)), "SamePerson")
      assert.strictEqual(
        yield* tagOf(
          approve(
            ben,
            digest.replace(/^./, (c) => (c === "0" ? "1" : "0")),
          ),
        ),
        "DigestMismatch",
      )
      const raced = yield* Effect.forEach([ben, cam], (by) => tagOf(approve(by)), { concurrency: "unbounded" })
      assert.deepStrictEqual(raced.toSorted(), ["ProposalTaken", "done"])
      const approver = (yield* Proposals.show(stream, proposalId)).approvedBy
      assert.include([ben, cam], approver)
      assert.isFalse(yield* approve(approver ?? ann))
      assert.deepStrictEqual(yield* dispositions(invoiceId), ["Corrected"])
      const long = Proposals.proposeCorrection(invoiceId, { _tag: "ReleasePayment", payment: 1 }, because(ann), {
        hours: 169,
      })
      assert.strictEqual(yield* tagOf(long), "ProposalExpired")
    }),
  )

  it.effect("is declined once and for good, or approved, whoever comes first, and is open no more then", () =>
    Effect.gen(function* () {
      const [ann, ben, cam] = [yield* person("Ann"), yield* person("Ben"), yield* person("Cam")]
      for (let round = 0; round < 5; round++) {
        const { invoiceId, stream } = yield* paid
        const hold = { _tag: "HoldPayment", payment: 1 } as const
        const { proposalId, digest } = yield* Proposals.proposeCorrection(invoiceId, hold, because(ann))
        const outcomes = yield* Effect.all(
          {
            approved: tagOf(Proposals.approve(stream, { proposalId, digest }, because(ben))),
            declined: tagOf(Proposals.decline(stream, proposalId, because(cam))),
            takenBack: tagOf(Proposals.decline(stream, proposalId, because(ann))),
          },
          { concurrency: "unbounded" },
        )
        const { approvedBy, declinedBy } = yield* Proposals.show(stream, proposalId)
        if (approvedBy === undefined) {
          assert.include([ann, cam], declinedBy)
          assert.deepStrictEqual(outcomes, { approved: "DeclinedAlready", declined: "done", takenBack: "done" })
          assert.deepStrictEqual(yield* dispositions(invoiceId), ["Paid"])
          assert.isFalse(yield* Proposals.decline(stream, proposalId, because(ben)))
        } else {
          assert.strictEqual(declinedBy, undefined)
          assert.deepStrictEqual(outcomes, {
            approved: "done",
            declined: "ProposalTaken",
            takenBack: "ProposalTaken",
          })
          assert.deepStrictEqual(yield* dispositions(invoiceId), ["Corrected"])
        }
      }
    }),
  )
})

layer(world, { excludeTestServices: true })("money that changes streams", (it) => {
  const released = Effect.gen(function* () {
    const [ann, ben] = [yield* person("Ann"), yield* person("Ben")]
    const from = yield* paid
    const { proposalId, digest } = yield* Proposals.proposeCorrection(
      from.invoiceId,
      { _tag: "ReleasePayment", payment: 1 },
      because(ann),
    )
    const approve = Proposals.approve(from.stream, { proposalId, digest }, because(ben))
    const money = Unmatched.stream({ provider: "wallet-pay", orderId: from.orderId })
    return { ...from, money, approve, ann, ben }
  })

  const assigned = Effect.fnUntraced(function* (stream: string, invoiceId: Invoice.InvoiceId) {
    const [ann, ben] = [yield* person("Ann"), yield* person("Ben")]
    const { proposalId, digest } = yield* Proposals.proposeAssignment(stream, { payment: 1, invoiceId }, because(ann))
    return { approve: Proposals.approve(stream, { proposalId, digest }, because(ben)) }
  })

  it.effect("leaves an invoice and is unmatched, in one append", () =>
    Effect.gen(function* () {
      const { invoiceId, stream, money, approve, observation } = yield* released
      const before = yield* head
      assert.isTrue(yield* approve)
      assert.isFalse(yield* approve)
      const events = yield* (yield* EventStore).readAll(before, 100)
      assert.deepStrictEqual(
        events.map((event) => [event.stream, event.type]),
        [
          [stream, "CorrectionApproved"],
          [money, "PaymentReceived"],
          [money, "PaymentUnmatched"],
        ],
      )
      assert.strictEqual(new Set(events.map(({ recordedAtMs }) => recordedAtMs)).size, 1)
      assert.strictEqual(new Set(events.map((event) => Metadata.of(event).correlationId)).size, 1)
      assert.strictEqual(yield* observe(observation, heard), "Duplicate")
      assert.deepStrictEqual(yield* dispositions(invoiceId), ["Released"])
    }),
  )

  it.effect("is assigned to an invoice, which judges it, in one append", () =>
    Effect.gen(function* () {
      const { stream, observation } = yield* unmatched
      const { invoiceId } = yield* awaiting
      const { approve } = yield* assigned(stream, invoiceId)
      const before = yield* head
      assert.isTrue(yield* approve)
      assert.isFalse(yield* approve)
      const events = yield* (yield* EventStore).readAll(before, 100)
      assert.deepStrictEqual(
        events.map((event) => event.type),
        ["PaymentAssigned", "PaymentReceived", "InvoicePaid"],
      )
      assert.deepStrictEqual(yield* dispositions(invoiceId), ["Paid"])
      assert.strictEqual(yield* observe(observation, heard), "Duplicate")
    }),
  )

  it.effect("goes back and forth, and is in one place at any time", () =>
    Effect.gen(function* () {
      const { invoiceId, money, approve, ann, ben, stream } = yield* released
      /** What the ledger has of it, at the provider and with us. */
      const books = Effect.gen(function* () {
        const all = [
          ...Ledger.balances(yield* Invoices.get(invoiceId)),
          ...Ledger.balancesUnmatched(yield* stateOf(money)),
        ]
        return Ledger.sum(all)
          .filter(({ account }) => account === "Provider" || account === "Fees")
          .map(({ account, amount }) => `${account} ${Money.words(amount)}`)
      })
      const held = ["Provider 12.375000 USDT", "Fees 0.125000 USDT"]
      assert.deepStrictEqual(yield* books, held)
      yield* approve
      assert.deepStrictEqual(yield* books, held)
      yield* (yield* assigned(money, invoiceId)).approve
      assert.deepStrictEqual(yield* books, held)
      assert.deepStrictEqual(yield* dispositions(invoiceId), ["Paid"])
      assert.deepStrictEqual(
        (yield* stateOf(money)).payments.map(({ disposition }) => disposition),
        ["Assigned"],
      )
      const { proposalId, digest } = yield* Proposals.proposeCorrection(
        invoiceId,
        { _tag: "ReleasePayment", payment: 1 },
        because(ann),
      )
      yield* Proposals.approve(stream, { proposalId, digest }, because(ben))
      assert.deepStrictEqual(yield* dispositions(invoiceId), ["Released"])
      assert.deepStrictEqual(
        (yield* stateOf(money)).payments.map(({ disposition }) => disposition),
        ["Unmatched"],
      )
      assert.deepStrictEqual(yield* books, held)
    }),
  )

  it.effect("is not assigned to an invoice that has it, nor to one that is not there", () =>
    Effect.gen(function* () {
      const { stream, orderId } = yield* unmatched
      const { invoiceId } = yield* awaiting
      yield* pay(invoiceId, { orderId })
      assert.strictEqual(yield* tagOf((yield* assigned(stream, invoiceId)).approve), "AlreadyThere")
      assert.deepStrictEqual(
        (yield* stateOf(stream)).payments.map(({ disposition }) => disposition),
        ["Unmatched"],
      )
      const nowhere = Invoice.InvoiceId.make("inv_00000000000000000000")
      assert.strictEqual(yield* tagOf(assigned(stream, nowhere)), "InvoiceNotFound")
    }),
  )

  it.effect(
    "is where one of two approvals puts it, when two are given at once, whatever a webhook says meanwhile",
    () =>
      Effect.gen(function* () {
        for (let n = 0; n < 20; n++) {
          const { stream, observation } = yield* unmatched
          const targets = [yield* awaiting, yield* awaiting]
          const approvals = yield* Effect.forEach(targets, ({ invoiceId }) => assigned(stream, invoiceId))
          const tags = yield* Effect.all(
            [
              ...approvals.map(({ approve }) => tagOf(approve)),
              Effect.map(observe(observation, heard), String),
              ...targets.map(({ invoiceId, orderId }) =>
                Effect.map(pay(invoiceId, { orderId }), ({ outcome }) => outcome),
              ),
            ],
            { concurrency: "unbounded" },
          )
          assert.deepStrictEqual(tags.slice(0, 2).toSorted(), ["UnmatchedSettled", "done"])
          assert.strictEqual(tags[2], "Duplicate")
          const found = (yield* Effect.forEach(targets, ({ invoiceId }) => dispositions(invoiceId))).flat()
          // Two of their own, and the one that was assigned.
          assert.strictEqual(found.length, 3)
          assert.strictEqual(found.filter((disposition) => disposition === "Paid").length, 2)
          assert.strictEqual(found.filter((disposition) => disposition === "Surplus").length, 1)
        }
      }),
  )

  it.effect("is nowhere twice when the store is lost at any point of the approval", () =>
    Effect.gen(function* () {
      const store = yield* EventStore
      for (const when of ["before", "after"] as const) {
        const { money, approve, invoiceId } = yield* released
        const lost = Effect.fail(new StoreUnavailable({ reason: "cut" }))
        const cut = Layer.succeed(
          EventStore,
          EventStore.of({
            ...store,
            append: (append) => (when === "before" ? lost : Effect.andThen(store.append(append), lost)),
          }),
        )
        assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.provide(approve, cut))))
        const gone = when === "after"
        assert.deepStrictEqual(yield* dispositions(invoiceId), [gone ? "Released" : "Paid"])
        assert.strictEqual((yield* stateOf(money)).payments.length, gone ? 1 : 0)
        assert.strictEqual(yield* approve, !gone)
        assert.deepStrictEqual(yield* dispositions(invoiceId), ["Released"])
        assert.strictEqual((yield* stateOf(money)).payments.length, 1)
      }
    }),
  )
})

layer(world, { excludeTestServices: true })("approving one's own", (it) => {
  it.effect("never passes, in a thousand attempts and every spelling", () =>
    Effect.gen(function* () {
      const ann = yield* person("Ann")
      const { invoiceId, stream } = yield* paid
      const money = yield* unmatched
      const target = yield* awaiting
      const correction = yield* Proposals.proposeCorrection(
        invoiceId,
        { _tag: "HoldPayment", payment: 1 },
        because(ann),
      )
      const assignment = yield* Proposals.proposeAssignment(
        money.stream,
        { payment: 1, invoiceId: target.invoiceId },
        because(ann),
      )
      const { refundId } = yield* Refunds.request(stream, { payment: 1, amount: Money.of("USDT", 1n) }, because(ann))
      const sent = { ...(yield* evidence), sent: Money.of("USDT", 1n) }
      const body = ann.slice(4)
      const spellings = [
        ann,
        ann.toUpperCase(),
        `STF_${body}`,
        `stf_${body.toUpperCase()}`,
        ` ${ann}`,
        `${ann} `,
        `${ann}\n`,
        `${ann}\u0000`,
        `\uFEFF${ann}`,
        `${ann}\u200B`,
        ann.normalize("NFKD"),
        ann.replaceAll("s", "ѕ"),
        ann.replace("_", "＿"),
        ann.replace("stf_", "stf-"),
        ann.replace("stf_", "ſtf_"),
        Array.from(ann, (c) => (/[a-z]/.test(c) ? String.fromCodePoint(c.codePointAt(0)! + 0xfee0) : c)).join(""),
        `${ann}'--`,
        `${ann},${ann}`,
        ...Array.from({ length: 36 }, (_, n) => `stf_${body.slice(1)}${n.toString(36)}`).filter((id) => id !== ann),
        // To the letter, again and again.
        ...Array.from({ length: 300 }, () => ann),
      ]
      const before = yield* head
      let attempts = 0
      for (const spelling of spellings) {
        // oxlint-disable-next-line no-unsafe-type-assertion -- as whoever calls it without the schema would
        const who = because(spelling as StaffId)
        const results = yield* Effect.all(
          [
            Effect.exit(Proposals.approve(stream, correction, who)),
            Effect.exit(Proposals.approve(money.stream, assignment, who)),
            Effect.exit(Refunds.record(stream, refundId, sent, who)),
          ],
          { concurrency: 3 },
        )
        for (const result of results) {
          attempts += 1
          assert.isTrue(Exit.isFailure(result), spelling)
        }
      }
      assert.isAtLeast(attempts, 1000)
      assert.strictEqual(yield* head, before)
      // Control: they wait for another person, and for nothing else.
      assert.isTrue(yield* Proposals.approve(stream, correction, because(yield* person("Ben"))))
    }),
  )
})
