/** A point of the log as people type it: a position, or a time, at which what was recorded by then is meant. */
import type { RecordedEvent } from "@paylog/event-store/EventStore"
import { DateTime, Schema, SchemaTransformation } from "effect"
import { Moment } from "./Moment.ts"

export type Point =
  | { readonly _tag: "Position"; readonly position: bigint }
  | { readonly _tag: "Time"; readonly time: DateTime.Utc }

const Position = Schema.String.check(
  Schema.isPattern(/^(0|[1-9][0-9]{0,17})$/, { expected: "a position of the log" }),
).pipe(
  Schema.decodeTo(
    Schema.TaggedStruct("Position", { position: Schema.BigInt }),
    SchemaTransformation.transform({
      decode: (text) => ({ _tag: "Position" as const, position: BigInt(text) }),
      encode: ({ position }) => position.toString(),
    }),
  ),
)

const Time = Moment.pipe(
  Schema.decodeTo(
    Schema.TaggedStruct("Time", { time: Schema.DateTimeUtc }),
    SchemaTransformation.transform({
      decode: (time) => ({ _tag: "Time" as const, time }),
      encode: ({ time }) => time,
    }),
  ),
)

/** A position as 1200, or a moment as 2026-03-01 or 2026-03-01T12:00:00Z. */
export const Point = Schema.Union([Position, Time])

/** Whether the event was in the log at that point. */
export const has = (point: Point, { position, recordedAtMs }: Pick<RecordedEvent, "position" | "recordedAtMs">) =>
  point._tag === "Position" ? position <= point.position : recordedAtMs <= DateTime.toEpochMillis(point.time)

/** "position 1200", "2026-03-01T12:00:00.000Z". */
export const words = (point: Point): string =>
  point._tag === "Position" ? `position ${point.position}` : DateTime.formatIso(point.time)
