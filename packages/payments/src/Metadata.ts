/** Why, by whom and from what an event was made. Stored beside it; never read to decide. No personal data: actors are random ids. */
import { Effect, Schema } from "effect"

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
  /** Ties together all that one trigger led to: a delivery, an update, a work item. */
  correlationId: Schema.String,
  /** The event or message that led to this one. */
  causationId: Schema.optionalKey(Schema.String),
  /** W3C trace context, when a trace is being recorded. */
  traceParent: Schema.optionalKey(Schema.String),
  /** The provider's id of the event it told us of. */
  providerEventId: Schema.optionalKey(Schema.String),
  /** SHA-256, hex, of the attachment that this event rests on. */
  attachment: Schema.optionalKey(Schema.String),
  /** Which code decided. */
  codeVersion: Schema.String,
})
export type Metadata = typeof Metadata.Type

/** What the caller of a use case says about itself; the rest of the metadata is filled in. */
export type About = Omit<Metadata, "codeVersion" | "traceParent">

/** The released version of the packages that decide. */
export const codeVersion = "0.1.0"

/** The metadata of `about`, in the trace that is being recorded, if any. */
export const complete = (about: About): Effect.Effect<Metadata> =>
  Effect.match(Effect.currentSpan, {
    onFailure: () => ({ ...about, codeVersion }),
    onSuccess: (span) => ({
      ...about,
      traceParent: `00-${span.traceId}-${span.spanId}-${span.sampled ? "01" : "00"}`,
      codeVersion,
    }),
  })
