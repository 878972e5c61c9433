/**
 * The approvals read model: every refund and every proposal, who asked for it and who else carried it out. It finds them by
 * their id, and its table refuses one person in both places: an event that got into the log past `decide` parks its stream.
 */
import { StaffId } from "@paylog/domain/Manual"
import type { InvoiceEvent } from "@paylog/domain/Invoice"
import * as Invoice from "@paylog/domain/Invoice"
import type { UnmatchedEvent } from "@paylog/domain/Unmatched"
import { Database } from "@paylog/event-store/Database"
import type { RecordedEvent } from "@paylog/event-store/EventStore"
import type { Projection } from "@paylog/event-store/Projection"
import * as Statement from "@paylog/event-store/Statement"
import { Effect, Schema } from "effect"
import * as StoredEvents from "./StoredEvents.ts"

export const Approval = Schema.Struct({
  /** Of the refund or the proposal. */
  id: Schema.String,
  /** Where it stands: an invoice's stream, or that of unmatched money. */
  stream: Schema.String,
  kind: Schema.Literals(["Refund", "Correction", "Assignment"]),
  askedBy: StaffId,
  /** Of a refund: who sends it, or has. */
  takenBy: Schema.NullOr(StaffId),
  approvedBy: Schema.NullOr(StaffId),
})
export type Approval = typeof Approval.Type

/** Nothing under this id, as far as the follower has come. */
export class NotAsked extends Schema.TaggedError<NotAsked>()("NotAsked", { id: Schema.String }) {
  override readonly message = `There is no refund and no proposal ${this.id}`
}

/** The id was given to several: who carries one out has to say which. */
export class SeveralAsked extends Schema.TaggedError<SeveralAsked>()("SeveralAsked", {
  id: Schema.String,
  streams: Schema.Array(Schema.String),
}) {
  override readonly message = `${this.id} was given to several, in ${this.streams.join(" and ")}: withdraw them and ask anew`
}

/** The refund or proposal under this id, when the follower has come to it. */
export const find = Effect.fn("Approvals.find")(function* (id: string) {
  const rows = yield* (yield* Database).query(findStatement, [id])
  const [found, ...others] = rows.map((row) => decode(row))
  if (found === undefined) return yield* new NotAsked({ id })
  if (others.length > 0) return yield* new SeveralAsked({ id, streams: [found, ...others].map(({ stream }) => stream) })
  return found
})

const decode = Schema.decodeUnknownSync(Approval)

interface Asked extends Omit<Approval, "takenBy" | "approvedBy"> {}
interface Taken extends Pick<Approval, "id" | "stream" | "takenBy"> {}
interface Approved extends Pick<Approval, "id" | "stream"> {
  readonly approvedBy: StaffId
}

/** Three statements a batch at most. */
export const follower: Projection = {
  name: "approvals",
  version: 1,
  tables: ["payments.approvals"],
  apply: Effect.fnUntraced(function* (events, sql) {
    const asked: Array<Asked> = []
    /** By stream and id: the last word of a batch counts. */
    const taken = new Map<string, Taken>()
    const approved: Array<Approved> = []
    for (const recorded of events) {
      if (!types.has(recorded.type)) continue
      const { stream } = recorded
      const event = read(recorded)
      switch (event?._tag) {
        case "RefundRequested":
          asked.push({ id: event.refundId, stream, kind: "Refund", askedBy: event.by })
          break
        case "RefundTaken":
          taken.set(`${stream} ${event.refundId}`, { id: event.refundId, stream, takenBy: event.by })
          break
        case "RefundDropped":
          taken.set(`${stream} ${event.refundId}`, { id: event.refundId, stream, takenBy: null })
          break
        case "CorrectionProposed":
          asked.push({ id: event.proposalId, stream, kind: "Correction", askedBy: event.by })
          break
        case "AssignmentProposed":
          asked.push({ id: event.proposalId, stream, kind: "Assignment", askedBy: event.by })
          break
        case "RefundRecorded":
          approved.push({ id: event.refundId, stream, approvedBy: event.by })
          break
        case "CorrectionApproved":
        case "PaymentAssigned":
          approved.push({ id: event.proposalId, stream, approvedBy: event.by })
          break
      }
    }
    if (asked.length > 0) yield* sql.query(addStatement, [JSON.stringify(asked)])
    if (taken.size > 0) yield* sql.query(takeStatement, [JSON.stringify([...taken.values()])])
    if (approved.length > 0) yield* sql.query(approveStatement, [JSON.stringify(approved)])
  }),
}

const types: ReadonlySet<string> = new Set([
  "RefundRequested",
  "RefundTaken",
  "RefundDropped",
  "RefundRecorded",
  "CorrectionProposed",
  "CorrectionApproved",
  "AssignmentProposed",
  "PaymentAssigned",
] satisfies ReadonlyArray<InvoiceEvent["_tag"] | UnmatchedEvent["_tag"]>)

const read = (recorded: RecordedEvent): InvoiceEvent | UnmatchedEvent | undefined => {
  if (Invoice.idOf(recorded.stream) !== undefined) return StoredEvents.invoice.decode(recorded)
  return recorded.stream.startsWith("unmatched-") ? StoredEvents.unmatched.decode(recorded) : undefined
}

const statement = (name: string) => Statement.fromFile(new URL(`../sql/${name}.sql`, import.meta.url))
const findStatement = statement("find-approvals")
const addStatement = statement("add-approvals")
const takeStatement = statement("take-approvals")
const approveStatement = statement("approve-approvals")
