/** What can be drawn of an invoice's life, and how a law about it is checked. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, DateTime, Effect, Schema } from "effect"
import type { Correction } from "../src/Correction.ts"
import type * as Invoice from "../src/Invoice.ts"
import type * as Payments from "../src/Payment.ts"
import * as Money from "../src/Money.ts"
import type { Payment } from "../src/PaymentProvider.ts"
import { RefundId } from "../src/Refund.ts"
import {
  acceptHeld,
  ann,
  type AnyCommand,
  approve,
  decline,
  at,
  ben,
  cancel,
  clock,
  closed,
  type Decide,
  decide,
  dismiss,
  fulfilByHand,
  fulfilled,
  issue,
  opened,
  order,
  pay,
  policy,
  propose,
  recordRefund,
  refundId,
  refused,
  request,
  requestRefund,
  retryFulfilment,
  ton,
  unfulfilled,
  unknown,
  usd,
  withdrawRefund,
} from "./fixtures.ts"

// -- What can be drawn.

export const oneOf = <A>(...values: ReadonlyArray<A>): Arbitrary.Arbitrary<A> =>
  Arbitrary.map(Arbitrary.schema(below(values.length)), (index) => values[index]!)

export const below = (limit: number) => Schema.Natural.check(Schema.isLessThan(limit))

export const minute = Arbitrary.map(Arbitrary.schema(below(180)), (half) => at(half / 2))

/** Mostly right, for a payment is accepted only when all of it is. */
export const payments: Arbitrary.Arbitrary<Payment> = Arbitrary.map(
  Arbitrary.all({
    orderId: oneOf(order.orderId, order.orderId, "10030467668508674"),
    orderAmount: oneOf<Money.Stated>(usd(1000n), usd(1000n), usd(1000n), usd(999n), Money.of("EUR", 1000n)),
    gross: oneOf<Money.Stated>(ton(700n), ton(700n), ton(701n), usd(1000n), usd(900n), {
      currency: "GRAM",
      unread: "7",
    }),
    fee: oneOf(0n, 7n, 8n),
    lost: oneOf(0n, 0n, 0n, 1n),
    completedAt: minute,
  }),
  ({ orderId, orderAmount, gross, fee, lost, completedAt }) => {
    const part = (minor: bigint): Money.Stated => (Money.isMoney(gross) ? { ...gross, minor } : gross)
    const net = Money.isMoney(gross) ? gross.minor - fee - lost : 0n
    return { ...pay().payment, orderId, orderAmount, gross, fee: part(fee), net: part(net), completedAt }
  },
)

export const observation: Arbitrary.Arbitrary<AnyCommand> = Arbitrary.flatMap(
  oneOf("payment", "payment", "other"),
  (kind): Arbitrary.Arbitrary<AnyCommand> =>
    kind === "payment"
      ? Arbitrary.map(payments, (payment) => ({ _tag: "RecordPayment", payment }))
      : oneOf<AnyCommand>(opened, opened, closed("Expired"), closed("Cancelled")),
)

export const ours: Arbitrary.Arbitrary<AnyCommand> = Arbitrary.flatMap(minute, (time) =>
  oneOf<AnyCommand>(
    issue,
    { ...issue, policy: { ...policy, late: "Accept" } },
    { ...request, at: time },
    { ...request, externalId: "inv_00000000000000000002", at: time },
    unknown,
    refused,
    { ...cancel, at: time },
    clock,
    { ...fulfilled, at: time },
    { ...unfulfilled, at: time },
  ),
)

const corrections: ReadonlyArray<Correction> = [
  { _tag: "HoldPayment", payment: 1 },
  { _tag: "HoldPayment", payment: 2 },
  { _tag: "ReleasePayment", payment: 1 },
  { _tag: "ReleasePayment", payment: 2 },
  { _tag: "VoidRefund", refundId },
]

const ids = { refund: [refundId, RefundId.make("rfd_00000000000000000002")] as const }

/** Whole refunds more often than parts, and of payments that are there more often than not. */
export const people: Arbitrary.Arbitrary<AnyCommand> = Arbitrary.flatMap(
  Arbitrary.all({
    by: oneOf(ann, ben),
    at: Arbitrary.map(Arbitrary.schema(below(3000)), at),
    payment: oneOf(1, 1, 2, 2, 3),
    refundId: oneOf(...ids.refund),
    amount: oneOf<Money.Stated>(ton(700n), ton(700n), ton(701n), ton(350n), ton(1n), usd(1000n), {
      currency: "GRAM",
      unread: "7",
    }),
    correction: oneOf(...corrections),
    other: oneOf(...corrections),
    right: oneOf(true, true, false),
  }),
  ({ by, at, payment, refundId, amount, correction, other, right }) =>
    oneOf<AnyCommand>(
      { ...acceptHeld(payment), by, at },
      { ...dismiss(payment), by, at },
      requestRefund({ refundId, payment, amount, by, at }),
      requestRefund({ refundId, payment, amount, by, at }),
      recordRefund({ refundId, evidence: { ...recordRefund().evidence, sent: usd(1n) }, by, at }),
      withdrawRefund({ refundId, by, at }),
      { ...propose(correction), by, at, expiresAt: DateTime.add(at, { days: 1 }) },
      approve(right ? correction : other, { by, at }),
      decline({ by, at }),
      { ...fulfilByHand, by, at },
      { ...retryFulfilment, by, at },
    ),
)

export const anything = Arbitrary.flatMap(oneOf("ours", "observed", "observed", "people", "people"), (kind) => {
  if (kind === "people") return people
  return kind === "ours" ? ours : observation
})
export const history: Arbitrary.Arbitrary<ReadonlyArray<AnyCommand>> = Arbitrary.array(anything, { maxLength: 20 })

const dispute: Arbitrary.Arbitrary<AnyCommand> = Arbitrary.flatMap(
  Arbitrary.all({
    by: oneOf(ann, ben),
    at: Arbitrary.map(Arbitrary.schema(below(3000)), at),
    correction: oneOf(...corrections.slice(0, 1), ...corrections.slice(0, 2)),
    other: oneOf(...corrections.slice(0, 2)),
  }),
  ({ by, at, correction, other }) =>
    oneOf<AnyCommand>(
      { ...acceptHeld(1), by, at },
      { ...propose(correction), by, at, expiresAt: DateTime.add(at, { days: 1 }) },
      approve(correction, { by, at }),
      approve(other, { by, at }),
      decline({ by, at }),
    ),
)

/** One or two payments, of two orders, and people who do not agree which of them pays the invoice. */
export const disputes: Arbitrary.Arbitrary<ReadonlyArray<AnyCommand>> = Arbitrary.map(
  Arbitrary.all({
    commands: Arbitrary.array(dispute, { minLength: 4, maxLength: 20 }),
    second: oneOf([], [pay({ orderId: "10030467668508674" })]),
  }),
  ({ commands, second }) => [pay(), ...second, ...commands],
)

// -- How a law is checked: nothing drawn breaks it, and something drawn shows each fault.

/** Why `sample` breaks the law, or `undefined`. */
export type Law<A> = (decide: Decide, sample: A) => string | undefined

export const law = <A>(
  title: string,
  {
    holds,
    of,
    not,
  }: { readonly of: Arbitrary.Arbitrary<A>; readonly holds: Law<A>; readonly not: Record<string, Decide> },
) =>
  describe(`law ${title}`, { timeout: 60_000 }, () => {
    it.prop("holds", [of], ([sample]) => assert.strictEqual(holds(decide, sample), undefined), {
      arbitrary: { runs: 500 },
    })
    it.effect.each(Object.entries(not))("finds what %s", ([, faulty]) =>
      Effect.gen(function* () {
        const options = { runs: 5000, seed: 1, maxShrinks: 0 }
        const checked = yield* Arbitrary.checkEffect(of, (sample) => holds(faulty, sample) === undefined, options)
        assert.strictEqual(checked._tag, "Falsified")
      }),
    )
  })

export const paymentsOf = (state: Invoice.Invoice): ReadonlyArray<Payments.Payment> =>
  state._tag === "Absent" ? [] : state.payments
