import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as Invoice from "../src/Invoice.ts"
import * as Payments from "../src/Payment.ts"
import * as Quarantine from "../src/Quarantine.ts"
import * as Unmatched from "../src/Unmatched.ts"
import {
  ann,
  anyText,
  type AnyCommand,
  at,
  ben,
  conflict,
  decide,
  eventsOf,
  issue,
  opened,
  orderAbsent,
  order,
  pay,
  payment,
  policy,
  proposalId,
  recordRefund,
  refundId,
  refused,
  request,
  sha256,
  ton,
  unknown,
  usd,
} from "./fixtures.ts"

const by = { by: ann, reason: "As agreed" }
const first = { payment: 1, provider: "wallet-pay", orderId: order.orderId }
const digest = sha256("what was proposed")
const proposed = { proposalId, digest, ...by, proposedAt: at(80), expiresAt: at(140) }
const approved = { proposalId, digest, ...by, by: ben, approvedAt: at(100) }
const { evidence } = recordRefund()
const refunds = [
  { _tag: "RefundRequested", refundId, ...first, amount: ton(7_000_000_000n), ...by, requestedAt: at(80) },
  {
    _tag: "RefundRequested",
    refundId,
    ...first,
    amount: { currency: "GRAM", unread: "7.0000000000001" },
    ...by,
    requestedAt: at(80),
  },
  { _tag: "RefundRecorded", refundId, evidence, ...by, recordedAt: at(91) },
  { _tag: "RefundRecorded", refundId, evidence: { ...evidence, document: digest }, ...by, recordedAt: at(91) },
  { _tag: "RefundWithdrawn", refundId, ...by, withdrawnAt: at(92) },
] as const

/** A stream's events, one of each kind and shape, as they were first stored: `golden/*.jsonl`, an event a line. */
const samples = {
  "invoice.1": {
    schema: Invoice.InvoiceEvent,
    events: [
      ...eventsOf([{ ...issue, policy: { ...policy, tolerance: usd(5n) } }]),
      ...eventsOf([issue, request]).slice(1),
      ...eventsOf([
        issue,
        {
          ...request,
          autoConversion: "USDT",
          returnUrl: "https://t.me/shop_bot/app",
          failReturnUrl: "https://t.me/shop_bot/app?startapp=failed",
          customData: issue.invoiceId,
        },
      ]).slice(1),
      { _tag: "ProviderOutcomeUnknown", reason: unknown.reason, failedAt: at(1.5) },
      { _tag: "ProviderOrderOpened", provider: "wallet-pay", ...order },
      { _tag: "ProviderOrderRefused", reason: refused.reason, refusedAt: at(1.5) },
      { _tag: "PaymentReceived", ...payment() },
      { _tag: "PaymentReceived", ...payment({ gross: { currency: "GRAM", unread: "7.0000000000001" } }) },
      { _tag: "InvoicePaid", payment: 1, provider: "wallet-pay", orderId: order.orderId, paidAt: at(10) },
      ...Payments.HoldReason.literals.map(
        (reason) =>
          ({ _tag: "PaymentHeld", payment: 2, provider: "wallet-pay", orderId: order.orderId, reason }) as const,
      ),
      { _tag: "InvoiceExpired", by: "Provider", expiredAt: at(32) },
      { _tag: "InvoiceExpired", by: "ProviderCancel", expiredAt: at(32) },
      { _tag: "InvoiceExpired", by: "Clock", expiredAt: at(70) },
      { _tag: "InvoiceCancelled", cancelledAt: at(20) },
      ...eventsOf([
        { ...issue, policy: { ...policy, refund: { fee: "Customer", days: 14 } } },
        request,
        conflict,
        orderAbsent,
      ]).filter(({ _tag }) => _tag !== "ProviderOrderRequested"),
      { _tag: "HeldPaymentAccepted", ...first, ...by, acceptedAt: at(80) },
      { _tag: "StatementDismissed", ...first, ...by, dismissedAt: at(80) },
      ...refunds,
      ...(
        [
          { _tag: "HoldPayment", payment: 1 },
          { _tag: "ReleasePayment", payment: 2 },
          { _tag: "VoidRefund", refundId },
        ] as const
      ).flatMap(
        (correction) =>
          [
            { _tag: "CorrectionProposed", correction, ...proposed },
            { _tag: "CorrectionApproved", correction, ...approved },
          ] as const,
      ),
    ] satisfies ReadonlyArray<Invoice.InvoiceEvent>,
  },
  "unmatched.1": {
    schema: Unmatched.UnmatchedEvent,
    events: [
      { _tag: "PaymentReceived", ...payment({ fee: ton(0n), net: ton(7_000_000_000n) }) },
      { _tag: "PaymentUnmatched", externalId: "JDF23NN", reason: "NoSuchInvoice" },
      { _tag: "PaymentUnmatched", reason: "NoSuchInvoice" },
      { _tag: "PaymentUnmatched", externalId: issue.invoiceId, reason: "Released" },
      { _tag: "AssignmentProposed", ...first, invoiceId: issue.invoiceId, ...proposed },
      { _tag: "PaymentAssigned", ...first, invoiceId: issue.invoiceId, ...approved },
      { _tag: "StatementDismissed", ...first, ...by, dismissedAt: at(80) },
      ...refunds,
    ] satisfies ReadonlyArray<Unmatched.UnmatchedEvent>,
  },
  "quarantine.1": {
    schema: Quarantine.QuarantineEvent,
    events: [
      { _tag: "DeliveryQuarantined", provider: "wallet-pay", index: 0, reason: "The body is no array" },
      ...Quarantine.ResolvedAs.literals.map(
        (as) => ({ _tag: "ElementResolved", index: 0, as, ...by, resolvedAt: at(80) }) as const,
      ),
    ] satisfies ReadonlyArray<Quarantine.QuarantineEvent>,
  },
}

const golden = (name: string): ReadonlyArray<string> =>
  readFileSync(new URL(`golden/${name}.jsonl`, import.meta.url), "utf8")
    .trimEnd()
    .split("\n")

type Events = Schema.Codec<{ readonly _tag: string }, { readonly _tag: string }> & {
  readonly members: ReadonlyArray<{
    readonly fields: { readonly _tag: { readonly schema: { readonly literal: string } } }
  }>
}

describe.each(
  Object.entries<{ readonly schema: Events; readonly events: ReadonlyArray<{ readonly _tag: string }> }>(samples),
)("the stored format of %s", (name, { schema, events }) => {
  const encode = Schema.encodeSync(schema)
  const decode = Schema.decodeUnknownSync(schema)

  it("is written as it always was, byte for byte", () => {
    assert.deepStrictEqual(
      events.map((event) => JSON.stringify(encode(event))),
      golden(name),
    )
  })

  it("is read as what was meant", () => {
    assert.deepStrictEqual(
      golden(name).map((line) => decode(JSON.parse(line))),
      events,
    )
  })

  it("has a sample of every event", () => {
    const tags = schema.members.map(({ fields }) => fields._tag.schema.literal)
    assert.deepStrictEqual([...new Set(events.map(({ _tag }) => _tag))].toSorted(), tags.toSorted())
  })

  it("lets a later version add fields", () => {
    for (const [place, line] of golden(name).entries())
      assert.deepStrictEqual(decode({ ...JSON.parse(line), addedLater: { by: "version 2" } }), events[place])
  })

  it("does not read an event that it does not know", () => {
    assert.throws(() => decode({ _tag: "AddedLater" }))
  })

  it.prop(
    "holds every event that the schema allows",
    [schema],
    ([event]) => {
      const text = JSON.stringify(encode(event))
      assert.deepStrictEqual(decode(JSON.parse(text)), event)
      assert.strictEqual(JSON.stringify(encode(decode(JSON.parse(text)))), text)
    },
    { arbitrary: { runs: 500 }, timeout: 60_000 },
  )
})

describe("what a provider writes", () => {
  const encode = Schema.encodeSync(Invoice.InvoiceEvent)
  const before = Invoice.fold(eventsOf([issue, request]))
  const commands = (text: string): ReadonlyArray<AnyCommand> => [
    { ...unknown, reason: text },
    { ...refused, reason: text },
    { ...opened, order: { ...order, number: text, payLink: text, directPayLink: text } },
    pay({ rate: text }),
  ]

  it.prop(
    "never makes an event that cannot be stored",
    [anyText],
    ([text]) => {
      for (const command of commands(text)) {
        for (const event of Result.getOrThrow(decide(before, command))) {
          const stored = JSON.stringify(encode(event))
          assert.isTrue(stored.isWellFormed())
          assert.notInclude(stored, "\\u")
        }
      }
    },
    { arbitrary: { runs: 500, size: 600 }, timeout: 60_000 },
  )
})
