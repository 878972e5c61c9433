/** Why, by whom and from what an event was made. Stored beside it; never read to decide. No personal data: actors are random ids. */
import type { RecordedEvent } from "@paylog/event-store/EventStore"
import { Schema } from "effect"
import { readFileSync } from "node:fs"

export const Actor = Schema.Struct({
  kind: Schema.Literals(["Customer", "Staff", "Worker", "Provider"]),
  /** A customer or staff id, a worker's name, a provider's name. */
  id: Schema.String,
})
export type Actor = typeof Actor.Type

export const Metadata = Schema.Struct({
  actor: Actor,
  /** The way we heard of it. */
  source: Schema.Literals(["Bot", "Webhook", "Poll", "Sweep", "Clock", "Manual", "Worker"]),
  /** Ties together all that one trigger led to: an update, a delivery. */
  correlationId: Schema.String,
  /** The event or message that led to this one. */
  causationId: Schema.optionalKey(Schema.String),
  /** The provider's id of the event it told us of. */
  providerEventId: Schema.optionalKey(Schema.String),
  /** SHA-256, hex, of the attachment that this event rests on. */
  attachment: Schema.optionalKey(Schema.String),
  /** Which code decided. */
  codeVersion: Schema.String,
})
export type Metadata = typeof Metadata.Type

/** What the caller of a use case says about itself. */
export interface About extends Omit<Metadata, "codeVersion" | "correlationId"> {
  /** Absent when the command continues what the stream's last event belongs to, as work does that the event made due. */
  readonly correlationId?: string
}

const Manifest = Schema.fromJsonString(Schema.Struct({ version: Schema.String }))

/** The version of this package. */
export const codeVersion = Schema.decodeSync(Manifest)(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
).version

/** The metadata of a command on a stream whose last event is `last`. */
export const complete = ({ correlationId, ...about }: About, last: RecordedEvent | undefined): Metadata =>
  correlationId === undefined && last !== undefined
    ? { ...about, correlationId: of(last).correlationId, causationId: last.id, codeVersion }
    : { ...about, correlationId: correlationId ?? "none", codeVersion }

/** The metadata of a stored event. */
export const of = (recorded: RecordedEvent): Metadata => decode(recorded.metadata)

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Metadata))
