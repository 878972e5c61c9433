/** Drafts: what somebody of the staff is about to do, one thing at a time each. */
import type { StaffId } from "@paylog/domain/Manual"
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { Effect } from "effect"
import * as Act from "./Act.ts"

export interface Draft {
  /** Random: 20 characters of 0-9a-z. */
  readonly draftId: string
  readonly act: Act.Act
}

/** Begins it, and drops whatever the person was about to do before. The same draft again changes nothing. */
export const begin = Effect.fn("Drafts.begin")(function* (staffId: StaffId, { draftId, act }: Draft) {
  yield* (yield* Database).query(addDraft, [draftId, staffId, Act.toJson(act)])
})

/** One that is neither done nor dropped. */
export const find = Effect.fn("Drafts.find")(function* (draftId: string, staffId: StaffId) {
  return only(yield* (yield* Database).query<Row>(findDraft, [draftId, staffId]))
})

/** What the person's next written message belongs to. */
export const newest = Effect.fn("Drafts.newest")(function* (staffId: StaffId, updateKey: string) {
  return only(yield* (yield* Database).query<Row>(newestDraft, [staffId, updateKey]))
})

/** Ends it, by this update: only its repetition gets it again. */
export const use = Effect.fn("Drafts.use")(function* (draftId: string, staffId: StaffId, updateKey: string) {
  return only(yield* (yield* Database).query<Row>(useDraft, [draftId, staffId, updateKey]))
})

interface Row {
  readonly draftId: string
  readonly act: string
}

const only = ([row]: ReadonlyArray<Row>): Draft | undefined =>
  row === undefined ? undefined : { draftId: row.draftId, act: Act.fromJson(row.act) }

const statement = (name: string) => Statement.fromFile(new URL(`../../sql/owner/${name}.sql`, import.meta.url))
const addDraft = statement("add-draft")
const findDraft = statement("find-draft")
const newestDraft = statement("newest-draft")
const useDraft = statement("use-draft")
