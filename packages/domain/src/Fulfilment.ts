/**
 * Delivering what was paid for. Paid and delivered are different facts: a delivery is recorded beside the status, moves no
 * money, and stands whatever becomes of the money later.
 */
import { type DateTime, Result, Schema } from "effect"
import { manual, type Manual, StaffId } from "./Manual.ts"
import { clip, explain, isWord, Text, Word } from "./Text.ts"
import { Time } from "./Time.ts"

// -- Events. Tags and fields are the stored format: add, never rename.

/** The customer has what the invoice is for. At most once in a history. */
export const InvoiceFulfilled = Schema.TaggedStruct("InvoiceFulfilled", {
  /** By which it can be found again: a message, a parcel, a licence. No name, no address. */
  reference: Text,
  fulfilledAt: Time,
  /** Absent when no person did it. */
  by: Schema.optionalKey(StaffId),
  reason: Schema.optionalKey(Text),
})
export type InvoiceFulfilled = typeof InvoiceFulfilled.Type

/** It cannot be delivered, however often that is tried: a person has to see to it. */
export const FulfilmentFailed = Schema.TaggedStruct("FulfilmentFailed", {
  /** A code, of whoever delivers: "OutOfStock". */
  reason: Word,
  failedAt: Time,
})
export type FulfilmentFailed = typeof FulfilmentFailed.Type

/** A person has removed what stood in the way: it is tried again. */
export const FulfilmentRetried = Schema.TaggedStruct("FulfilmentRetried", { ...manual, retriedAt: Time })

export const events = [InvoiceFulfilled, FulfilmentFailed, FulfilmentRetried] as const
export type FulfilmentEvent = (typeof events)[number]["Type"]

// -- State: what an invoice knows of its delivery.

export interface Fulfillable {
  readonly _tag: string
  /** Whether a payment has ever paid the invoice, whatever became of that payment. */
  readonly wasPaid: boolean
  /** How it ended; `undefined` while it has not, or is tried again. */
  readonly fulfilment: InvoiceFulfilled | FulfilmentFailed | undefined
}

/** That it was delivered, or `undefined`. */
export const fulfilledOf = ({ fulfilment }: Fulfillable): InvoiceFulfilled | undefined =>
  fulfilment?._tag === "InvoiceFulfilled" ? fulfilment : undefined

/** Why it cannot be delivered, or `undefined`. */
export const failureOf = ({ fulfilment }: Fulfillable): FulfilmentFailed | undefined =>
  fulfilment?._tag === "FulfilmentFailed" ? fulfilment : undefined

/** Whether to deliver it now: the invoice is paid, and nothing is known of its delivery. */
export const isDue = ({ _tag, fulfilment }: Fulfillable): boolean => _tag === "Paid" && fulfilment === undefined

// -- Commands.

export interface RecordFulfilled {
  readonly _tag: "RecordFulfilled"
  readonly reference: string
  readonly at: DateTime.Utc
}

export interface RecordFulfilmentFailed {
  readonly _tag: "RecordFulfilmentFailed"
  readonly reason: string
  readonly at: DateTime.Utc
}

/** A person has delivered it. */
export interface FulfilByHand extends Manual {
  readonly _tag: "FulfilByHand"
  readonly reference: string
}

export interface RetryFulfilment extends Manual {
  readonly _tag: "RetryFulfilment"
}

// -- Rejections.

/** Nothing is delivered for an invoice that no money is applied to; the status completes "The invoice is …". */
export class NotPaid extends Schema.TaggedError<NotPaid>()("NotPaid", { status: Schema.String }) {
  override readonly message = `The invoice is ${this.status}: nothing is to be delivered`
}

// -- Decisions: an event, or nothing when it is already so.

type Decision = Result.Result<ReadonlyArray<FulfilmentEvent>, NotPaid>

const accept = (...events: ReadonlyArray<FulfilmentEvent>): Decision => Result.succeed(events)
const notPaid = ({ _tag: status }: Fulfillable): Decision => Result.fail(new NotPaid({ status }))

/** A fact, also when the money is on its way back by then. A second delivery, by whatever reference, is none. */
export const fulfilled = (state: Fulfillable, command: RecordFulfilled | FulfilByHand): Decision => {
  if (fulfilledOf(state) !== undefined) return accept()
  if (!state.wasPaid) return notPaid(state)
  const who = command._tag === "FulfilByHand" ? { by: command.by, reason: explain(command.reason) } : {}
  return accept({ _tag: "InvoiceFulfilled", reference: clip(command.reference), fulfilledAt: command.at, ...who })
}

export const failed = (state: Fulfillable, { reason, at }: RecordFulfilmentFailed): Decision => {
  if (state.fulfilment !== undefined) return accept()
  if (!state.wasPaid) return notPaid(state)
  return accept({ _tag: "FulfilmentFailed", reason: isWord(reason) ? reason : "Unspecified", failedAt: at })
}

/** Nothing to do while it is being tried; nothing can be done when the money goes back. */
export const retry = (state: Fulfillable, { by, reason, at }: RetryFulfilment): Decision => {
  if (fulfilledOf(state) !== undefined) return accept()
  if (state._tag !== "Paid") return notPaid(state)
  if (failureOf(state) === undefined) return accept()
  return accept({ _tag: "FulfilmentRetried", by, reason: explain(reason), retriedAt: at })
}
