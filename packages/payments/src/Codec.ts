/** Domain events to and from the log's form. The tag is the log's `type`; `data` is the rest, as JSON text. */
import { Effect, Schema, type SchemaAST } from "effect"
import { SecureRandom } from "effect/crypto"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import type { NewEvent, RecordedEvent } from "@paylog/event-store/EventStore"
import { Metadata } from "./Metadata.ts"
import { quickDecoder } from "./quickDecoder.ts"
import * as Upcasters from "./Upcasters.ts"

type Tagged = { readonly _tag: string }

interface Members {
  readonly members: ReadonlyArray<{
    readonly ast: SchemaAST.AST
    readonly fields: { readonly _tag: { readonly schema: { readonly literal: string } } }
  }>
}

/** A schema of a union of tagged events that needs no service. */
export type EventSchema<E extends Tagged> = Schema.Codec<E, Tagged> & Members

/** What of a stored event says what it is; the position is for whoever looks for it in the log. */
export type Stored = Pick<RecordedEvent, "type" | "schemaVersion" | "data"> & Partial<Pick<RecordedEvent, "position">>

export interface Codec<E> {
  readonly schema: Members
  /** The schema version of each event type: the one that `encode` writes, and the newest that `decode` reads. */
  readonly versions: ReadonlyMap<string, number>
  /** The events in the log's form, in their newest schema version, each with a new id. */
  readonly encode: (
    events: ReadonlyArray<E>,
    metadata: Metadata,
  ) => Effect.Effect<ReadonlyArray<NewEvent>, never, SecureRandom.SecureRandom>
  /**
   * Any stored version, as the newest. An unknown type, a version newer than this program's, or data that does not fit
   * its version is a defect, an `Unreadable`: the program is older than the log, or the log is damaged.
   */
  readonly decode: (stored: Stored) => E
}

/** The codec of an aggregate's events. An event is at schema version 1, and one more for each of its upcasters. */
export const make = <E extends Tagged>(
  schema: EventSchema<E>,
  upcasters: Upcasters.Upcasters = Upcasters.all,
): Codec<E> => {
  SchemaJITCompiler.enable(schema.ast)
  const toEncoded = Schema.encodeSync(schema)
  const fromEncoded = Schema.decodeUnknownSync(schema)
  const quick = new Map(
    schema.members.map(({ ast, fields }) => [fields._tag.schema.literal, quickDecoder(ast)] as const),
  )
  const types = schema.members.map(({ fields }) => fields._tag.schema.literal)
  const versions = new Map(types.map((type) => [type, Upcasters.versionOf(type, upcasters)]))
  return {
    schema,
    versions,
    encode: Effect.fnUntraced(function* (events, metadata) {
      const random = yield* SecureRandom.SecureRandom
      const metadataText = JSON.stringify(encodeMetadata(metadata))
      return yield* Effect.forEach(events, (event) =>
        Effect.map(random.uuidV7(), (id): NewEvent => {
          const { _tag: type, ...data } = toEncoded(event)
          const schemaVersion = versions.get(type) ?? 1
          return { id, type, schemaVersion, data: JSON.stringify(data), metadata: metadataText }
        }),
      )
    }),
    decode: (stored) => {
      const { type, schemaVersion } = stored
      const newest = versions.get(type)
      if (newest === undefined) throw new Unreadable(stored, "this program does not know such an event", olderThanLog)
      if (schemaVersion > newest || schemaVersion < 1)
        throw new Unreadable(stored, `this program knows it up to schema version ${newest}`, olderThanLog)
      try {
        let fields: Upcasters.Fields = JSON.parse(stored.data)
        if (schemaVersion < newest) fields = Upcasters.upcast(fields, type, schemaVersion, upcasters)
        // Fresh from `JSON.parse` or an upcaster, so it is ours to write to: a copy per event costs more than the tag.
        fields["_tag"] = type
        // oxlint-disable-next-line no-unsafe-type-assertion -- what the type's schema makes of it, so an event
        return (quick.get(type)?.(fields) as E | undefined) ?? fromEncoded(fields)
      } catch (cause) {
        throw new Unreadable(stored, "its data is not of that schema version", damaged, cause)
      }
    },
  }
}

const olderThanLog = "This program is older than the log: start the version that wrote the event, or a later one"
const damaged =
  "Either the log is damaged, or a stored schema was changed without a new schema version and its upcaster"

/** A stored event that this program cannot read. Thrown, since no caller can do anything about it. */
export class Unreadable extends Error {
  override readonly name = "Unreadable"
  constructor({ type, schemaVersion, position }: Stored, why: string, whatToDo: string, cause?: unknown) {
    const where = position === undefined ? "" : ` at position ${position}`
    const detail = cause instanceof Error ? `: ${cause.message.replaceAll(/\s+/g, " ")}` : ""
    super(
      `The event ${type} in schema version ${schemaVersion}${where} cannot be read: ${why}${detail}. ${whatToDo}.`,
      {
        cause,
      },
    )
  }
}

const encodeMetadata = Schema.encodeSync(Metadata)
