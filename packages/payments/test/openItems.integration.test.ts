/** The list of what needs a person, and who carried out what. */
import { assert, layer } from "@effect/vitest"
import * as Invoice from "@paylog/domain/Invoice"
import { StaffId } from "@paylog/domain/Manual"
import * as ManualDecisions from "@paylog/domain/ManualDecisions"
import * as Money from "@paylog/domain/Money"
import * as Obligations from "@paylog/domain/Obligations"
import { ProposalId } from "@paylog/domain/Proposal"
import * as Quarantine from "@paylog/domain/Quarantine"
import { RefundId } from "@paylog/domain/Refund"
import * as Unmatched from "@paylog/domain/Unmatched"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as Rebuild from "@paylog/event-store/Rebuild"
import * as Approvals from "@paylog/payments/Approvals"
import * as HeldMoney from "@paylog/payments/HeldMoney"
import * as Ids from "@paylog/payments/Ids"
import * as Metadata from "@paylog/payments/Metadata"
import * as OpenItems from "@paylog/payments/OpenItems"
import * as Proposals from "@paylog/payments/Proposals"
import { recordDelivery } from "@paylog/payments/RecordDelivery"
import * as Refunds from "@paylog/payments/Refunds"
import { sha256, toHex } from "@paylog/payments/sha256"
import * as StoredEvents from "@paylog/payments/StoredEvents"
import { DateTime, Effect, Fiber, Metric, Random, Result } from "effect"
import { history } from "./support/histories.ts"
import { about, awaiting, freshOrder } from "@paylog/payments/Samples"
import { because, pay, person } from "./support/money.ts"
import { world } from "./support/world.ts"

const caughtUp = Effect.gen(function* () {
  const runner = yield* FollowerRunner
  const head = yield* (yield* EventStore).head
  for (const { name } of [OpenItems.follower, Approvals.follower]) yield* runner.awaitBookmark(name, head, "20 seconds")
})

const following = Effect.gen(function* () {
  const runner = yield* FollowerRunner
  return [
    yield* Effect.forkScoped(runner.run(OpenItems.follower)),
    yield* Effect.forkScoped(runner.run(Approvals.follower)),
  ]
})

const held = Effect.gen(function* () {
  const { invoiceId, orderId } = yield* awaiting
  yield* pay(invoiceId, { orderId, orderAmount: Money.of("USD", 999n) })
  return { invoiceId, orderId, stream: Invoice.stream(invoiceId) }
})

const unmatched = Effect.gen(function* () {
  const orderId = yield* freshOrder
  yield* pay("stranger", { orderId })
  return { orderId, stream: Unmatched.stream({ provider: "wallet-pay", orderId }) }
})

/** What is open in a stream, in few words. */
const openIn = Effect.fnUntraced(function* (stream: string) {
  yield* caughtUp
  const items = yield* OpenItems.list(OpenItems.Kind.literals)
  return items
    .filter((item) => item.stream === stream)
    .map(({ kind, item, reason, amount, currency }) =>
      [kind, item, reason, ...(amount === null ? [] : [`${amount} ${currency}`])].join(" "),
    )
})

const lines = (table: string) =>
  Database.use(({ query }) =>
    query<{ readonly line: string }>({ name: "", text: `select rows::text as line from ${table} as rows order by 1` }),
  ).pipe(Effect.map((rows) => rows.map(({ line }) => line)))

layer(world, { excludeTestServices: true })("open items", (it) => {
  it.effect("are an invoice's held money, contradictions, refunds and proposals, until each is settled", () =>
    Effect.gen(function* () {
      yield* following
      const [ann, ben] = [yield* person("Ann"), yield* person("Ben")]
      const { invoiceId, orderId, stream } = yield* held
      assert.deepStrictEqual(yield* openIn(stream), ["Held payment-1 WrongAmount 12.500000 USDT"])
      const part = yield* Refunds.request(stream, { payment: 1, amount: Money.of("USDT", 500_000n) }, because(ann))
      assert.deepStrictEqual(yield* openIn(stream), [
        "Held payment-1 WrongAmount 12.000000 USDT",
        `Refund ${part.refundId} Requested 0.500000 USDT`,
      ])
      yield* Refunds.withdraw(stream, part.refundId, because(ben))
      yield* pay(invoiceId, { orderId, orderAmount: Money.of("USD", 998n) })
      assert.deepStrictEqual(yield* openIn(stream), [
        "Held payment-1 WrongAmount 12.500000 USDT",
        "Contradiction payment-2 WrongAmount",
      ])
      yield* HeldMoney.accept(invoiceId, 1, because(ann))
      yield* HeldMoney.dismiss(stream, 2, because(ann))
      assert.deepStrictEqual(yield* openIn(stream), [])
      const { proposalId, digest } = yield* Proposals.proposeCorrection(
        invoiceId,
        { _tag: "ReleasePayment", payment: 1 },
        because(ann),
      )
      assert.deepStrictEqual(yield* openIn(stream), [`Proposal ${proposalId} ReleasePayment`])
      yield* Proposals.approve(stream, { proposalId, digest }, because(ben))
      assert.deepStrictEqual(yield* openIn(stream), [])
      assert.deepStrictEqual(yield* openIn(Unmatched.stream({ provider: "wallet-pay", orderId })), [
        "Unmatched payment-1 Released 12.500000 USDT",
      ])
    }).pipe(Effect.scoped),
  )

  it.effect("are unmatched money and what goes back of it", () =>
    Effect.gen(function* () {
      yield* following
      const [ann, ben] = [yield* person("Ann"), yield* person("Ben")]
      const { stream } = yield* unmatched
      assert.deepStrictEqual(yield* openIn(stream), ["Unmatched payment-1 NoSuchInvoice 12.500000 USDT"])
      const { refundId } = yield* Refunds.request(stream, { payment: 1 }, because(ann))
      assert.deepStrictEqual(yield* openIn(stream), [`Refund ${refundId} Requested 12.500000 USDT`])
      const sent = {
        sent: Money.of("USDT", 12_500_000n),
        sentAt: yield* DateTime.now,
        way: "transfer in Wallet",
        reference: "T-1",
      }
      yield* Refunds.record(stream, refundId, sent, because(ben))
      assert.deepStrictEqual(yield* openIn(stream), [])
      yield* caughtUp
      assert.deepInclude(yield* Approvals.find(refundId), { stream, kind: "Refund", askedBy: ann, approvedBy: ben })
    }).pipe(Effect.scoped),
  )

  it.effect("are elements in quarantine, and amounts that nobody can read", () =>
    Effect.gen(function* () {
      yield* following
      const body = new TextEncoder().encode(`[${yield* freshOrder}]`)
      yield* recordDelivery(
        "wallet-pay",
        { method: "POST", headers: {}, body },
        { evidence: body, items: [{ _tag: "NotUnderstood", index: 0, reason: "an unknown type" }] },
      )
      assert.deepStrictEqual(yield* openIn(Quarantine.stream(toHex(sha256(body)))), [
        "Quarantined element-0 an unknown type",
      ])
      const { invoiceId, orderId } = yield* awaiting
      yield* pay(invoiceId, { orderId, gross: { currency: "GRAM", unread: "7.0000000001" } })
      assert.deepStrictEqual(yield* openIn(Invoice.stream(invoiceId)), [
        "Held payment-1 UnknownCurrency 7.0000000001 GRAM",
      ])
    }).pipe(Effect.scoped),
  )

  it.effect("come with the oldest first, and a proposal only while it can be approved", () =>
    Effect.gen(function* () {
      yield* following
      const ann = yield* person("Ann")
      const first = yield* held
      const second = yield* held
      yield* caughtUp
      const items = yield* OpenItems.list(["Held"])
      const places = [first, second].map(({ stream }) => items.findIndex((item) => item.stream === stream))
      assert.isBelow(places[0] ?? 0, places[1] ?? 0)
      // What changes later stays as old as it is.
      yield* Refunds.request(first.stream, { payment: 1, amount: Money.of("USDT", 1n) }, because(ann))
      yield* caughtUp
      const again = yield* OpenItems.list(["Held"])
      assert.deepStrictEqual(
        again.find(({ stream }) => stream === first.stream)?.since,
        items.find(({ stream }) => stream === first.stream)?.since,
      )
      yield* HeldMoney.accept(second.invoiceId, 1, because(ann))
      const proposing = Proposals.proposeCorrection(
        second.invoiceId,
        { _tag: "HoldPayment", payment: 1 },
        because(ann),
        { hours: 1 },
      )
      yield* proposing
      assert.strictEqual((yield* openIn(second.stream)).length, 1)
      yield* Database.use(({ query }) =>
        query({ name: "", text: "update payments.open_items set expires_at = now() where kind = 'Proposal'" }),
      )
      assert.deepStrictEqual(yield* openIn(second.stream), [])
    }).pipe(Effect.scoped),
  )

  it.effect("are counted by kind and currency, and what is settled goes to zero", () =>
    Effect.gen(function* () {
      yield* following
      const ann = yield* person("Ann")
      const { invoiceId, orderId } = yield* awaiting
      // Nobody else's, so that none is left of it.
      const odd = (minor: bigint): Money.Money => ({ currency: "ODD", scale: 2, minor })
      yield* pay(invoiceId, {
        orderId,
        orderAmount: Money.of("USD", 999n),
        gross: odd(1000n),
        fee: odd(10n),
        net: odd(990n),
      })
      const gauges = Effect.gen(function* () {
        yield* caughtUp
        yield* OpenItems.totals
        const all = yield* Metric.snapshot
        return Object.fromEntries(
          all.flatMap(({ id, state, attributes }) =>
            attributes?.["kind"] === "Held" && attributes["currency"] === "ODD" && "value" in state
              ? [[id, Number(state.value)] as const]
              : [],
          ),
        )
      })
      const open = yield* gauges
      assert.deepInclude(open, { paylog_open_items: 1, paylog_open_amount: 10 })
      assert.isAbove(open["paylog_open_oldest_seconds"] ?? 0, 0)
      yield* HeldMoney.accept(invoiceId, 1, because(ann))
      assert.deepStrictEqual(yield* gauges, {
        paylog_open_items: 0,
        paylog_open_amount: 0,
        paylog_open_oldest_seconds: 0,
      })
    }).pipe(Effect.scoped),
  )

  it.effect("are the same when they are rebuilt, whatever the number of shards", () =>
    Effect.gen(function* () {
      const fibers = yield* following
      const ann = yield* person("Ann")
      for (let n = 0; n < 5; n++) {
        const { stream } = yield* held
        yield* Refunds.request(stream, { payment: 1, amount: Money.of("USDT", 1n) }, because(ann))
        yield* unmatched
      }
      yield* caughtUp
      yield* Fiber.interruptAll(fibers)
      for (const projection of [OpenItems.follower, Approvals.follower]) {
        const [table] = projection.tables
        // The proposals that another test let expire.
        yield* Rebuild.run(projection, { shards: 1 })
        const rows = yield* lines(table)
        assert.isAbove(rows.length, 4)
        yield* Rebuild.run(projection, { shards: 4, batch: 7 })
        assert.deepStrictEqual(yield* lines(table), rows)
      }
    }).pipe(Effect.scoped),
  )
})

const itemOf = (one: Obligations.Obligation): string => {
  if (one._tag === "Fulfil") return "fulfilment"
  return one._tag === "Refund" ? one.refundId : `payment-${one.payment}`
}

layer(world, { excludeTestServices: true })("open items of any history", (it) => {
  /** Events of an invoice as customers, providers, clocks and people make them, and what is open in the end. */
  const lived = Effect.fnUntraced(function* (number: number) {
    const { invoiceId, events } = yield* history(number)
    let state = Invoice.fold(events)
    const [ann, ben] = [StaffId.make(`stf_${"0".repeat(20)}`), StaffId.make(`stf_${"1".repeat(20)}`)]
    for (let act = 0; act < 4; act++) {
      const payment = yield* Random.nextIntBetween(1, 3)
      const at = DateTime.makeUnsafe("2026-03-02T12:00:00Z")
      const [mine, theirs] = [ann, ben].map((by) => ({ by, reason: "-", at }))
      if (mine === undefined || theirs === undefined) continue
      const refundId = RefundId.make(`rfd_${(yield* Random.nextIntBetween(0, 3)).toString().padStart(20, "0")}`)
      const proposalId = ProposalId.make(`pro_${(yield* Random.nextIntBetween(0, 3)).toString().padStart(20, "0")}`)
      const expiresAt = DateTime.add(at, { hours: 1 })
      const digest = "0".repeat(64)
      const _tag = yield* Random.choice(["HoldPayment", "ReleasePayment"] as const)
      const command = yield* Random.choice<ReadonlyArray<ManualDecisions.ManualCommand>>([
        { _tag: "AcceptHeldPayment", payment, ...mine },
        { _tag: "DismissStatement", payment, ...mine },
        { _tag: "RequestRefund", refundId, payment, amount: Money.of("USDT", 12_500_000n), ...mine },
        { _tag: "RequestRefund", refundId, payment, amount: Money.of("USDT", 1n), ...mine },
        { _tag: "WithdrawRefund", refundId, ...mine },
        { _tag: "ProposeCorrection", correction: { _tag, payment }, proposalId, expiresAt, digest, ...mine },
        { _tag: "Approve", proposalId, digest, ...theirs },
        { _tag: "RetryFulfilment", ...mine },
        { _tag: "FulfilByHand", reference: "parcel 1", ...mine },
      ])
      for (const event of Result.getOrElse(ManualDecisions.decide(state, command), () => [])) {
        events.push(event)
        state = Invoice.evolve(state, event)
      }
    }
    const open =
      state._tag === "Absent"
        ? []
        : [
            ...Obligations.of(state).map(itemOf),
            ...state.proposals.flatMap((one) => (one.approvedBy === undefined ? [one.proposalId] : [])),
          ]
    return { stream: Invoice.stream(invoiceId), events, open }
  })

  it.effect("are those that its state has, whether its events come one by one or all at once", () =>
    Effect.gen(function* () {
      const store = yield* EventStore
      const database = yield* Database
      const metadata = Metadata.complete(about, undefined)
      const lives = yield* Effect.forEach(
        Array.from({ length: 400 }, (_, number) => number),
        lived,
      ).pipe(Random.withSeed("open items"))
      for (const { stream, events } of lives) {
        const [first, ...others] = yield* StoredEvents.invoice.encode(events, metadata)
        if (first === undefined) continue
        yield* store.append({ key: stream, streams: [{ stream, expected: "none", events: [first, ...others] }] })
      }
      const all = yield* store.readAll(0n, 100_000)
      const expected = lives.flatMap(({ stream, open }) => open.map((item) => `${stream} ${item}`)).toSorted()
      assert.isAbove(expected.length, 100)
      assert.isAbove(lives.filter(({ open }) => open.length === 0).length, 100)
      for (const batch of [1, 7, 100_000]) {
        yield* database.query({ name: "", text: "delete from payments.open_items" })
        for (let at = 0; at < all.length; at += batch)
          yield* database.transaction((sql) => OpenItems.follower.apply(all.slice(at, at + batch), sql))
        const rows = yield* database.query<{ readonly row: string }>({
          name: "",
          text: "select stream || ' ' || item as row from payments.open_items",
        })
        assert.deepStrictEqual(rows.map(({ row }) => row).toSorted(), expected)
      }
    }),
  )
})

layer(world, { excludeTestServices: true })("the table of approvals", (it) => {
  it.effect("refuses an event by which one person does both, and sets its stream aside for everybody to see", () =>
    Effect.gen(function* () {
      const runner = yield* FollowerRunner
      const store = yield* EventStore
      yield* following
      const ann = yield* person("Ann")
      const { stream } = yield* held
      const { refundId, amount } = yield* Refunds.request(stream, { payment: 1 }, because(ann))
      assert.isTrue(Money.isMoney(amount))
      // What no `decide` lets pass: written by somebody who may append.
      const forged = yield* StoredEvents.invoice.encode(
        [
          {
            _tag: "RefundRecorded",
            refundId,
            evidence: { sent: Money.of("USDT", 12_500_000n), sentAt: yield* DateTime.now, way: "-", reference: "-" },
            by: ann,
            reason: "-",
            recordedAt: yield* DateTime.now,
          },
        ],
        Metadata.complete(about, undefined),
      )
      for (const event of forged)
        yield* store.append({ key: yield* Ids.actId, streams: [{ stream, expected: "any", events: [event] }] })
      yield* caughtUp
      const parked = (yield* runner.status).find(({ follower }) => follower === Approvals.follower.name)?.parked
      assert.deepStrictEqual(
        parked?.map((one) => one.stream),
        [stream],
      )
      assert.include(parked?.[0]?.reason, "approvals_two_people")
      assert.isNull((yield* Approvals.find(refundId)).approvedBy)
    }).pipe(Effect.scoped),
  )
})
