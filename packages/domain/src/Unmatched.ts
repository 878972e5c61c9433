/** Money that was paid under an id that none of our invoices has. Never dropped: each order's payment has a stream of its own. */
import { Result, Schema } from "effect"
import { PaymentReceived, receivedOf, samePayment } from "./Invoice.ts"
import type { Payment } from "./PaymentProvider.ts"
import { isWord, Word } from "./Text.ts"

/** The stream that holds what became of the payment of one order. */
export const stream = ({ provider, orderId }: Pick<Payment, "provider" | "orderId">): string =>
  `unmatched-${provider}-${orderId}`

// -- Events. Tags and fields are the stored format: add, never rename.

/** Says why the `PaymentReceived` before it pays no invoice. */
export const PaymentUnmatched = Schema.TaggedStruct("PaymentUnmatched", {
  /** The id that the payment names; absent when it is not a `Word`, since it is then text of unknown origin. */
  externalId: Schema.optionalKey(Word),
  reason: Schema.Literals(["NoSuchInvoice"]),
})

export const UnmatchedEvent = Schema.Union([PaymentReceived, PaymentUnmatched])
export type UnmatchedEvent = typeof UnmatchedEvent.Type

// -- State: the payments seen, one per statement of the order.

export type Unmatched = ReadonlyArray<PaymentReceived>

export const absent: Unmatched = []

export const evolve = (state: Unmatched, event: UnmatchedEvent): Unmatched => {
  switch (event._tag) {
    case "PaymentReceived":
      return [...state, event]
    case "PaymentUnmatched":
      return state
  }
}

// -- Commands and decisions.

export interface RecordUnmatched {
  readonly _tag: "RecordUnmatched"
  readonly externalId: string
  readonly payment: Payment
}

/** The payment and its verdict; nothing when the same payment is there already. */
export const decide = (
  state: Unmatched,
  { externalId, payment }: RecordUnmatched,
): Result.Result<ReadonlyArray<UnmatchedEvent>> => {
  const received = receivedOf(payment)
  if (state.some((known) => samePayment(known, received))) return Result.succeed([])
  return Result.succeed([
    received,
    { _tag: "PaymentUnmatched", reason: "NoSuchInvoice", ...(isWord(externalId) ? { externalId } : {}) },
  ])
}
