/**
 * Money that goes back to whoever paid it, from an invoice or from unmatched money: one person asks for it, another one makes
 * it and records the evidence. A refund stands in the stream of its money.
 */
import * as Invoice from "@paylog/domain/Invoice"
import type { StaffId } from "@paylog/domain/Manual"
import type { Stated } from "@paylog/domain/Money"
import * as Refund from "@paylog/domain/Refund"
import * as Unmatched from "@paylog/domain/Unmatched"
import { EventStore } from "@paylog/event-store/EventStore"
import { type DateTime, Effect } from "effect"
import { execute, type Execution } from "./Execute.ts"
import * as Ids from "./Ids.ts"
import * as Manual from "./Manual.ts"

export interface Request {
  /** Given by a caller that may repeat itself; the same id and refund is one refund. Default: a new id. */
  readonly refundId?: Refund.RefundId
  /** The stream's first payment is 1. */
  readonly payment: number
  /** Default: all that can still go back. */
  readonly amount?: Stated
}

export interface Requested {
  readonly refundId: Refund.RefundId
  readonly amount: Stated
  /** Whether this call asked for it; an exact repetition does not. */
  readonly isNew: boolean
  /** What became of it since: only one that is `Requested` is to be made. */
  readonly progress: Refund.Refund["progress"]
}

/** Asks for a refund. From here on so much of the payment is on its way back, until it is recorded or withdrawn. */
export const request = Effect.fn("Refunds.request")(function* (
  stream: string,
  { payment, ...asked }: Request,
  who: Manual.Who,
) {
  const { manual, about } = yield* Manual.act(who)
  const refundId = asked.refundId ?? (yield* Ids.refundId)
  const amount = asked.amount ?? (yield* allOf(stream, payment, refundId))
  const command = { _tag: "RequestRefund", refundId, payment, amount, ...manual } as const
  const { isNew, payments } = yield* executeIn(stream, { purpose: `refund/${refundId}/request`, command, about })
  const progress = Refund.find(payments, refundId)?.progress ?? "Requested"
  return { refundId, amount, isNew, progress } satisfies Requested
})

/**
 * Takes the refund before it is sent: from here on this person alone sends it, and nobody withdraws it, so that no money goes
 * back twice. Another person than the one who asked. `false`: it was theirs already.
 */
export const take = Effect.fn("Refunds.take")(function* (stream: string, refundId: Refund.RefundId, who: Manual.Who) {
  const { manual, about } = yield* Manual.act(who)
  const command = { _tag: "TakeRefund", refundId, ...manual } as const
  return (yield* executeIn(stream, { purpose: again(refundId, "take"), command, about })).isNew
})

/**
 * Says that whoever has taken the refund has not sent it, and will not. Somebody else may say so for a person who cannot, once they
 * have made sure. `false`: nobody has taken it.
 */
export const drop = Effect.fn("Refunds.drop")(function* (
  stream: string,
  refundId: Refund.RefundId,
  takenBy: StaffId,
  who: Manual.Who,
) {
  const { manual, about } = yield* Manual.act(who)
  const command = { _tag: "DropRefund", refundId, takenBy, ...manual } as const
  return (yield* executeIn(stream, { purpose: again(refundId, "drop"), command, about })).isNew
})

export interface Evidence extends Omit<Refund.Evidence, "sentAt"> {
  /** Default: now, or what was recorded before. */
  readonly sentAt?: DateTime.Utc
}

/** Records that the refund was made, by another person than the one who asked for it. `false`: it was so already. */
export const record = Effect.fn("Refunds.record")(function* (
  stream: string,
  refundId: Refund.RefundId,
  given: Evidence,
  who: Manual.Who,
) {
  const { manual, about } = yield* Manual.act(who)
  const recorded = Refund.find((yield* refundable(stream)).payments, refundId)?.evidence
  const evidence = { ...given, sentAt: given.sentAt ?? recorded?.sentAt ?? manual.at }
  const command = { _tag: "RecordRefund", refundId, evidence, ...manual } as const
  return (yield* executeIn(stream, { purpose: `refund/${refundId}/record`, command, about })).isNew
})

/** Takes the refund back: nothing was sent, and nothing will be. `false`: it was so already. */
export const withdraw = Effect.fn("Refunds.withdraw")(function* (
  stream: string,
  refundId: Refund.RefundId,
  who: Manual.Who,
) {
  const { manual, about } = yield* Manual.act(who)
  const command = { _tag: "WithdrawRefund", refundId, ...manual } as const
  return (yield* executeIn(stream, { purpose: `refund/${refundId}/withdraw`, command, about })).isNew
})

/** Both can be done again after the other. */
const again = (refundId: Refund.RefundId, what: "take" | "drop") => (version: number) =>
  `refund/${refundId}/${what}/${version}`

type Command =
  | Refund.RequestRefund
  | Refund.TakeRefund
  | Refund.DropRefund
  | Refund.RecordRefund
  | Refund.WithdrawRefund

/** Whether the command changed anything, and the stream's payments after it. */
const executeIn = Effect.fnUntraced(function* (stream: string, execution: Omit<Execution<Command>, "stream">) {
  const { events, state } =
    Invoice.idOf(stream) === undefined
      ? yield* execute(Manual.unmatched, { stream, ...execution })
      : yield* execute(Manual.invoices, { stream, ...execution })
  return { isNew: events.length > 0, payments: "payments" in state ? state.payments : [] }
})

/** All that can go back of the payment, or what goes back under this id already. */
const allOf = Effect.fnUntraced(function* (stream: string, payment: number, refundId: Refund.RefundId) {
  const { payments, fee } = yield* refundable(stream)
  const of = payments[payment - 1]
  return Refund.find(payments, refundId)?.amount ?? (of && Refund.leftOf(of, fee)) ?? nothing
})

const refundable = Effect.fnUntraced(function* (stream: string) {
  const store = yield* EventStore
  if (Invoice.idOf(stream) === undefined) {
    const { state } = yield* store.load(Manual.unmatched.fold, stream)
    return { payments: state.payments, fee: Unmatched.feeRule } as const
  }
  const { state } = yield* store.load(Manual.invoices.fold, stream)
  return state._tag === "Absent"
    ? ({ payments: [], fee: "Shop" } as const)
    : { payments: state.payments, fee: Invoice.feeRule(state) }
})

/** Every decision refuses to give it back. */
const nothing: Stated = { currency: "-", unread: "0" }
