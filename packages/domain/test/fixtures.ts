/** One invoice and all that can happen to it, on one day: `at(12)` is twelve minutes past noon. */
import { createHash } from "node:crypto"
import { Arbitrary, DateTime, Result, Schema } from "effect"
import type { Correction } from "../src/Correction.ts"
import type { FulfilByHand, RetryFulfilment } from "../src/Fulfilment.ts"
import * as Invoice from "../src/Invoice.ts"
import * as Decisions from "../src/InvoiceDecisions.ts"
import * as ManualDecisions from "../src/ManualDecisions.ts"
import { type Manual, StaffId } from "../src/Manual.ts"
import * as Money from "../src/Money.ts"
import type { Order, Payment } from "../src/PaymentProvider.ts"
import { type Approve, type Decline, ProposalId } from "../src/Proposal.ts"
import {
  type DropRefund,
  type RecordRefund,
  RefundId,
  type RequestRefund,
  type TakeRefund,
  type WithdrawRefund,
} from "../src/Refund.ts"

export const at = (minutes: number): DateTime.Utc =>
  DateTime.add(DateTime.makeUnsafe("2026-03-01T12:00:00Z"), { seconds: Math.round(minutes * 60) })

export const usd = (cents: bigint) => Money.of("USD", cents)
export const ton = (nano: bigint) => Money.of("TON", nano)

export type Command<Tag extends Decisions.InvoiceCommand["_tag"]> = Extract<Decisions.InvoiceCommand, { _tag: Tag }>

export const policy: Invoice.Policy = { tolerance: usd(0n), late: "Hold", graceSeconds: 600 }

export const issue: Command<"Issue"> = {
  _tag: "Issue",
  invoiceId: Invoice.InvoiceId.make("inv_00000000000000000001"),
  customerId: Invoice.CustomerId.make("cus_00000000000000000001"),
  lines: [{ title: "Ten stickers", quantity: 2, unitPrice: usd(500n) }],
  payBy: at(60),
  policy,
  at: at(0),
}

/** The order's life is half an hour from when it is made, which is at minute 1 or, the answer being lost, later. */
export const request: Command<"RequestOrder"> = {
  _tag: "RequestOrder",
  provider: "wallet-pay",
  externalId: "inv_00000000000000000001",
  description: "Ten stickers × 2",
  timeoutSeconds: 1800,
  repeatUntil: at(3),
  at: at(1),
}

/** Made on a repeated request: it lives longer than what is known before its answer, minute 31. */
export const order: Order = {
  orderId: "10030467668508673",
  number: "XYTNJP2O",
  payLink: "https://t.me/wallet?startattach=wpay_order_10030467668508673",
  directPayLink: "https://t.me/wallet/start?startapp=wpay_order-orderId__10030467668508673",
  expiresAt: at(32),
}

export const opened: Command<"RecordOrderOpened"> = { _tag: "RecordOrderOpened", provider: "wallet-pay", order }

export const unknown: Command<"RecordOutcomeUnknown"> = {
  _tag: "RecordOutcomeUnknown",
  reason: "no answer within 10 s",
  at: at(1.5),
}

export const refused: Command<"RecordOrderRefused"> = {
  _tag: "RecordOrderRefused",
  reason: "ACCESS_DENIED",
  at: at(1.5),
}

export const conflict: Command<"RecordOrderConflict"> = { _tag: "RecordOrderConflict", at: at(1.5) }

/** The list was read five minutes after the last moment of a try, minute 3. */
export const orderAbsent: Command<"RecordOrderAbsent"> = {
  _tag: "RecordOrderAbsent",
  listed: 12,
  listReadAt: at(8),
  at: at(8.5),
}

export const closed = (outcome: "Expired" | "Cancelled"): Command<"RecordOrderClosed"> => ({
  _tag: "RecordOrderClosed",
  outcome,
  closedAt: at(32),
})

export const cancel: Command<"Cancel"> = { _tag: "Cancel", at: at(20) }
export const clock: Command<"ExpireByClock"> = { _tag: "ExpireByClock", at: at(70) }

/** The right payment, completed in time, unless `other` says otherwise. */
export const payment = (other: Partial<Payment> = {}): Payment => ({
  provider: "wallet-pay",
  orderId: order.orderId,
  orderAmount: usd(1000n),
  gross: ton(7_000_000_000n),
  fee: ton(70_000_000n),
  net: ton(6_930_000_000n),
  rate: "0.7000000000000001",
  completedAt: at(10),
  ...other,
})

export const pay = (other: Partial<Payment> = {}): Command<"RecordPayment"> => ({
  _tag: "RecordPayment",
  payment: payment(other),
})

/** Any string at all, with U+0000 and halves of surrogate pairs more often than not. */
export const anyText = Arbitrary.map(
  Arbitrary.array(
    Arbitrary.schema(Schema.Literals([0x00, 0x0a, 0x1b, 0x35, 0x41, 0x7f, 0xd83d, 0xdc5b, 0xfffd, 0x448])),
    { maxLength: 600 },
  ),
  (units) => String.fromCharCode(...units),
)

export const fulfilled: Command<"RecordFulfilled"> = { _tag: "RecordFulfilled", reference: "message-1", at: at(33) }
export const unfulfilled: Command<"RecordFulfilmentFailed"> = {
  _tag: "RecordFulfilmentFailed",
  reason: "OutOfStock",
  at: at(33),
}

// -- What people do. Ann asks or proposes, Ben records or approves.

export const ann = StaffId.make("stf_00000000000000000001")
export const ben = StaffId.make("stf_00000000000000000002")
export const cam = StaffId.make("stf_00000000000000000003")

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

const by = (staff: StaffId, minutes: number): Manual => ({ by: staff, reason: "As agreed", at: at(minutes) })

export const acceptHeld = (payment = 1): ManualDecisions.AcceptHeldPayment => ({
  _tag: "AcceptHeldPayment",
  payment,
  ...by(ann, 80),
})

export const dismiss = (payment = 1): ManualDecisions.DismissStatement => ({
  _tag: "DismissStatement",
  payment,
  ...by(ann, 80),
})

export const refundId = RefundId.make("rfd_00000000000000000001")

/** Of all that the right payment brought, unless it says otherwise. */
export const requestRefund = (other: Partial<RequestRefund> = {}): RequestRefund => ({
  _tag: "RequestRefund",
  refundId,
  payment: 1,
  amount: ton(7_000_000_000n),
  ...by(ann, 80),
  ...other,
})

export const recordRefund = (other: Partial<RecordRefund> = {}): RecordRefund => ({
  _tag: "RecordRefund",
  refundId,
  evidence: { sent: ton(7_000_000_000n), sentAt: at(90), way: "transfer in Wallet", reference: "T-4711" },
  ...by(ben, 91),
  ...other,
})

export const takeRefund = (other: Partial<TakeRefund> = {}): TakeRefund => ({
  _tag: "TakeRefund",
  refundId,
  ...by(ben, 88),
  ...other,
})

export const dropRefund = (other: Partial<DropRefund> = {}): DropRefund => ({
  _tag: "DropRefund",
  refundId,
  takenBy: ben,
  ...by(ben, 89),
  ...other,
})

export const withdrawRefund = (other: Partial<WithdrawRefund> = {}): WithdrawRefund => ({
  _tag: "WithdrawRefund",
  refundId,
  ...by(ann, 92),
  ...other,
})

export const retryFulfilment: RetryFulfilment = { _tag: "RetryFulfilment", ...by(ann, 85) }
export const fulfilByHand: FulfilByHand = { _tag: "FulfilByHand", reference: "parcel 4711", ...by(ann, 86) }

export const proposalId = ProposalId.make("pro_00000000000000000001")

/** The digest is of a text that stands for the proposal; `textOf` has tests of its own. */
export const propose = (correction: Correction): ManualDecisions.ProposeCorrection => ({
  _tag: "ProposeCorrection",
  proposalId,
  correction,
  digest: sha256(JSON.stringify(correction)),
  expiresAt: at(80 + 24 * 60),
  ...by(ann, 80),
})

export const approve = (correction: Correction, other: Partial<Approve> = {}): Approve => ({
  _tag: "Approve",
  proposalId,
  digest: sha256(JSON.stringify(correction)),
  ...by(ben, 100),
  ...other,
})

export const decline = (other: Partial<Decline> = {}): Decline => ({
  _tag: "Decline",
  proposalId,
  ...by(ben, 90),
  ...other,
})

// -- Deciding.

/** All that can be asked of an invoice. */
export type AnyCommand = Decisions.InvoiceCommand | ManualDecisions.ManualCommand

export type Decide = (
  state: Invoice.Invoice,
  command: AnyCommand,
) => Result.Result<ReadonlyArray<Invoice.InvoiceEvent>, Decisions.InvoiceRejected | ManualDecisions.ManualRejected>

export const decide: Decide = (state, command) =>
  "by" in command ? ManualDecisions.decide(state, command) : Decisions.decide(state, command)

/** The events that the commands lead to, one after the other. A rejected command adds none. */
export const eventsOf = (
  commands: Iterable<AnyCommand>,
  decider: Decide = decide,
): ReadonlyArray<Invoice.InvoiceEvent> => {
  let state: Invoice.Invoice = Invoice.absent
  const events: Array<Invoice.InvoiceEvent> = []
  for (const command of commands) {
    for (const event of Result.getOrElse(decider(state, command), () => [])) {
      events.push(event)
      state = Invoice.evolve(state, event)
    }
  }
  return events
}

/** `given(what came before).when(command)`: the events that the command leads to, or the name of its rejection. */
export const given = (...before: ReadonlyArray<AnyCommand>) => ({
  when: (command: AnyCommand) =>
    Result.match(decide(Invoice.fold(eventsOf(before)), command), {
      onFailure: ({ _tag }) => _tag,
      onSuccess: (events) => events,
    }),
})
