/** What every act of a person has: who and why, checked; and the deciders of what people may do with money. */
import type { Manual, StaffId } from "@paylog/domain/Manual"
import * as ManualDecisions from "@paylog/domain/ManualDecisions"
import * as Unmatched from "@paylog/domain/Unmatched"
import { DateTime, Effect, Schema } from "effect"
import * as Ids from "./Ids.ts"
import { decider as invoiceDecider } from "./Invoices.ts"
import type { About } from "./Metadata.ts"
import { unmatchedDecider } from "./Observe.ts"
import * as Staff from "./Staff.ts"

/** Who acts, and why: in words that name nobody. */
export interface Who {
  readonly by: StaffId
  readonly reason: string
  /** In the bot: the Telegram user who acts, instead of a database login; and what names the update, for the log. */
  readonly bot?: { readonly telegramUserId: string; readonly updateKey: string }
}

/** An act needs a reason that somebody can read later. */
export class ReasonMissing extends Schema.TaggedError<ReasonMissing>()("ReasonMissing", {}) {
  override readonly message = "A reason is needed: why, without personal data"
}

/** An act that may be given to a decider: the person is of the staff, and the reason says something. */
export interface Act {
  readonly manual: Manual
  readonly about: About
}

/** The act of this person, now. Fails for somebody who is not of the staff, or works with another login. */
export const act = Effect.fn("payments.act")(function* ({ by, reason, bot }: Who) {
  if (reason.trim() === "") return yield* new ReasonMissing()
  yield* Staff.require(by, bot?.telegramUserId)
  const actor = { kind: "Staff", id: by } as const
  const about: About =
    bot === undefined
      ? { actor, source: "Manual", correlationId: yield* Ids.actId }
      : { actor, source: "Bot", correlationId: bot.updateKey }
  return { manual: { by, reason: reason.trim(), at: yield* DateTime.now }, about } satisfies Act
})

/** Why an act cannot even be tried. */
export type ActRejected = Staff.NotStaff | Staff.OtherLogin | Staff.MayOnlyLook | ReasonMissing

/** What people may do with an invoice's money. It folds as the invoices' decider does, so both share the store's memory. */
export const invoices = { ...invoiceDecider, decide: ManualDecisions.decide }

/** What people may do with unmatched money, with the fold of what providers say about it. */
export const unmatched = { ...unmatchedDecider, decide: Unmatched.decideManual }
