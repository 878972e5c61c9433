/**
 * The history of the log itself, in the stream `log`: what two people decided where the machine refuses to. Tags and fields are
 * the stored format: add, never rename.
 */
import type { RecordedEvent } from "@paylog/event-store/EventStore"
import { DateTime, Schema } from "effect"
import { createHash } from "node:crypto"

export const stream = "log"

const decision = { by: Schema.String, reason: Schema.String }
const Time = Schema.DateTimeUtcFromString
const proposed = { proposalId: Schema.String, ...decision, proposedAt: Time, expiresAt: Time }
const approved = { proposalId: Schema.String, digest: Schema.String, ...decision, approvedAt: Time }
/** In base64, as a checkpoint has it. */
const Root = Schema.String

/** The outside checkpoint is gone, or there never was one: sign this tree all the same. */
export const AdoptionProposed = Schema.TaggedStruct("AdoptionProposed", {
  origin: Schema.String,
  size: Schema.Int,
  root: Root,
  ...proposed,
})
export const CheckpointAdopted = Schema.TaggedStruct("CheckpointAdopted", approved)

/** The log no longer has what its outside checkpoint says: go on under a new origin, and say so. */
export const ForkProposed = Schema.TaggedStruct("ForkProposed", {
  /** The new one. */
  origin: Schema.String,
  /** Up to here, both logs have the same events. */
  kept: Schema.Int,
  /** The old log's last outside checkpoint, as it was signed. */
  checkpoint: Schema.String,
  ...proposed,
})
export const LogForked = Schema.TaggedStruct("LogForked", approved)

export const LogEvent = Schema.Union([AdoptionProposed, CheckpointAdopted, ForkProposed, LogForked])
export type LogEvent = typeof LogEvent.Type

export type Proposed = Extract<LogEvent, { readonly _tag: "AdoptionProposed" | "ForkProposed" }>

const decodeFields = Schema.decodeUnknownSync(LogEvent)
const encodeFields = Schema.encodeSync(LogEvent)

/** Type and data of an event in the log's form. */
export const encode = (event: LogEvent): { readonly type: string; readonly data: string } => {
  const { _tag: type, ...data } = encodeFields(event)
  return { type, data: JSON.stringify(data) }
}

/** Its inverse. Throws on what is none of them: a newer program wrote it. */
export const decode = ({ type, data }: Pick<RecordedEvent, "type" | "data">): LogEvent =>
  decodeFields({ ...JSON.parse(data), _tag: type })

// -- State.

export interface Approved {
  readonly by: string
  readonly reason: string
  readonly at: DateTime.Utc
}

export interface Proposal {
  readonly event: Proposed
  readonly approved: Approved | undefined
}

export type History = ReadonlyMap<string, Proposal>

/** An approval by whoever proposed it is none, however it got into the log. */
export const evolve = (history: History, event: LogEvent): History => {
  switch (event._tag) {
    case "AdoptionProposed":
    case "ForkProposed":
      return new Map(history).set(event.proposalId, { event, approved: undefined })
    case "CheckpointAdopted":
    case "LogForked": {
      const proposal = history.get(event.proposalId)
      if (proposal === undefined || rejection(proposal, event) !== undefined) return history
      const { by, reason, approvedAt: at } = event
      return new Map(history).set(event.proposalId, { ...proposal, approved: { by, reason, at } })
    }
  }
}

/** Why this approval may not be; `undefined` when it may. */
export const rejection = (
  { event, approved }: Proposal,
  approval: { readonly digest: string; readonly by: string; readonly approvedAt: DateTime.Utc },
): string | undefined => {
  if (approved !== undefined) return `${event.proposalId} was approved before, by ${approved.by}`
  if (approval.by === event.by) return `${event.by} proposed this: another person has to approve it`
  if (DateTime.isGreaterThan(approval.approvedAt, event.expiresAt)) return `${event.proposalId} has expired`
  if (approval.digest !== digestOf(event)) return `The digest is not that of ${event.proposalId}`
  return undefined
}

/** What people read and approve: a line for each fact. */
export const textOf = (event: Proposed): string =>
  [
    "paylog-log-decision/1",
    `proposal: ${event.proposalId}`,
    ...(event._tag === "AdoptionProposed"
      ? [
          "what: sign this log although its outside checkpoint is missing",
          `origin: ${event.origin}`,
          `size: ${event.size}`,
          `root: ${event.root}`,
        ]
      : [
          "what: go on as another log, since events of the old one are lost",
          `new origin: ${event.origin}`,
          `kept: positions 1 to ${event.kept}`,
          ...event.checkpoint
            .trimEnd()
            .split("\n")
            .map((line) => `old checkpoint: ${line}`),
        ]),
    `by: ${event.by}`,
    `reason: ${JSON.stringify(event.reason)}`,
    `at: ${DateTime.formatIso(event.proposedAt)}`,
    `expires: ${DateTime.formatIso(event.expiresAt)}`,
    "",
  ].join("\n")

/** SHA-256, hex, of the text. */
export const digestOf = (event: Proposed): string => createHash("sha256").update(textOf(event)).digest("hex")
