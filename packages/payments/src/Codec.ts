/** Domain events to and from the log's form. The tag is the log's `type`; `data` is the rest, as JSON text. */
import { Effect, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import type { NewEvent, RecordedEvent } from "@paylog/event-store/EventStore"
import { Metadata } from "./Metadata.ts"

/** A schema of a union of tagged events that needs no service. */
export type EventSchema<E extends { readonly _tag: string }> = Schema.Codec<E, { readonly _tag: string }>

export interface Codec<E> {
  /** The events in the log's form, each with a new id. */
  readonly encode: (
    events: ReadonlyArray<E>,
    metadata: Metadata,
  ) => Effect.Effect<ReadonlyArray<NewEvent>, never, SecureRandom.SecureRandom>
  /** A stored event that the schema does not know is a defect: the code is older than the log, or the log is damaged. */
  readonly decode: (recorded: RecordedEvent) => E
}

export const make = <E extends { readonly _tag: string }>(schema: EventSchema<E>): Codec<E> => {
  const toEncoded = Schema.encodeSync(schema)
  const fromEncoded = Schema.decodeUnknownSync(schema)
  return {
    encode: Effect.fnUntraced(function* (events, metadata) {
      const random = yield* SecureRandom.SecureRandom
      const metadataText = JSON.stringify(encodeMetadata(metadata))
      return yield* Effect.forEach(events, (event) =>
        Effect.map(random.uuidV7(), (id): NewEvent => {
          const { _tag: type, ...data } = toEncoded(event)
          return { id, type, schemaVersion: 1, data: JSON.stringify(data), metadata: metadataText }
        }),
      )
    }),
    decode: ({ type, data }) => fromEncoded({ _tag: type, ...JSON.parse(data) }),
  }
}

const encodeMetadata = Schema.encodeSync(Metadata)
