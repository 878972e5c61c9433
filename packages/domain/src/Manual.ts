/** What a person decides about money: who and why, always. What two people must do has two names on it. */
import { type DateTime, Schema } from "effect"
import { Text } from "./Text.ts"

/** A random id. Who it is stands in a table that can be erased, never in the log. */
export const StaffId = Schema.String.check(Schema.isPattern(/^stf_[0-9a-z]{20}$/)).pipe(Schema.brand("StaffId"))
export type StaffId = typeof StaffId.Type

/** In every event that a person made. The reason is theirs, in words that name nobody; `explain` masks long numbers. */
export const manual = { by: StaffId, reason: Text }

/** In every command that a person gives. */
export interface Manual {
  readonly by: StaffId
  /** Why, without personal data. */
  readonly reason: string
  readonly at: DateTime.Utc
}

/** This takes two people: whoever asked for it cannot also be the one who approves or records it. */
export class SamePerson extends Schema.TaggedError<SamePerson>()("SamePerson", {}) {
  override readonly message = "Another person has to do this"
}
