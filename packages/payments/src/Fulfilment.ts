/** The port through which customers get what they have paid for. A shop implements it: a message, a licence, a parcel. */
import type { InvoiceIssued } from "@paylog/domain/Invoice"
import { Context, type Effect, type Option, Schema } from "effect"

/** Whether it was delivered is not known, or it cannot be now: the same key is asked again later. */
export class FulfilmentUnavailable extends Schema.TaggedError<FulfilmentUnavailable>()("FulfilmentUnavailable", {
  /** Shown in status: no secrets, no personal data. */
  reason: Schema.String,
  /** When to ask again, if that is known. Default: ever more rarely, at most 5 minutes apart. */
  retryAfterMs: Schema.optionalKey(Schema.Finite),
}) {
  override readonly message = `It cannot be delivered now: ${this.reason}`
}

/** It was not delivered and cannot be, however often that is tried: a person sees to it. */
export class CannotFulfil extends Schema.TaggedError<CannotFulfil>()("CannotFulfil", {
  /** A code of the shop's own, 1 to 64 of A-Z, a-z, 0-9, _, ., : and -. It stands in the log: no personal data. */
  reason: Schema.String,
}) {
  override readonly message = `It cannot be delivered: ${this.reason}`
}

export class Fulfilment extends Context.Service<
  Fulfilment,
  {
    /**
     * Delivers what the invoice is for, and tells a reference by which that can be found again: at most 255 characters that
     * name nobody, since they stand in the log. Paid and delivered are different facts: it succeeds once the customer has it, as
     * far as the shop can know (Telegram has taken the message, the licence is theirs, the parcel is with the post), not once it is
     * sure to be tried. Until then it is `FulfilmentUnavailable`, and is asked again; `CannotFulfil` when that takes a person, or the
     * customer.
     *
     * Called after the money was applied to the invoice, never before. Called at least once for each paid invoice: again after
     * a crash, a time-out or a defect, by any process, and always with the same key, the invoice's id. It has to be idempotent
     * by it: with a key that has delivered, it delivers nothing and tells the same reference. `CannotFulfil` is no such
     * answer: when a person has removed what stood in the way, the same key is tried anew. No transaction is open, and a call
     * that takes 25 s is interrupted.
     */
    readonly fulfil: (
      invoice: InvoiceIssued,
      key: string,
    ) => Effect.Effect<string, CannotFulfil | FulfilmentUnavailable>
    /**
     * The reference of what the key has delivered. Delivers nothing: it is asked instead of `fulfil` when the money is on its
     * way back meanwhile, in case an earlier call has delivered whose answer was lost; and after `CannotFulfil`, whenever the work is
     * renewed, in case it was delivered after all.
     */
    readonly find: (key: string) => Effect.Effect<Option.Option<string>, FulfilmentUnavailable>
  }
>()("payments/Fulfilment") {}
