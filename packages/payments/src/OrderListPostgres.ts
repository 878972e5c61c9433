/** The sweep's memory as two tables. */
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { DateTime, Effect, Layer, Schema } from "effect"
import { OrderList, type Place, type Progress } from "./OrderList.ts"

const NullableTime = Schema.NullOr(Schema.DateTimeUtcFromDate)
const NullableCount = Schema.NullOr(Schema.Natural)

const ProgressRow = Schema.Struct({
  provider: Schema.String,
  revision: Schema.Natural,
  baseline: Schema.Natural,
  offset: Schema.Natural,
  passed: Schema.Natural,
  readingBeganAt: NullableTime,
  readingUntil: NullableCount,
  readingNext: NullableCount,
  readingRereads: Schema.NullOr(Schema.Boolean),
  completedBeganAt: NullableTime,
  completedCount: NullableCount,
  completedDifference: Schema.NullOr(Schema.Int),
  rereadAt: NullableTime,
})

const PlaceRow = Schema.Struct({
  orderId: Schema.String,
  externalId: Schema.String,
  index: Schema.Natural,
  createdAt: Schema.DateTimeUtcFromDate,
  ours: Schema.Boolean,
  ended: Schema.Boolean,
})

const decodeProgress = Schema.decodeUnknownSync(ProgressRow)
const decodePlace = Schema.decodeUnknownSync(PlaceRow)

export const layer: Layer.Layer<OrderList, never, Database> = Layer.effect(
  OrderList,
  Effect.gen(function* () {
    const { query } = yield* Database

    const find = Effect.fnUntraced(function* (provider: string) {
      const [row] = yield* query(findProgress, [provider])
      return row === undefined ? undefined : progressOf(decodeProgress(row))
    })

    return OrderList.of({
      find,
      begin: Effect.fnUntraced(function* ({ provider, baseline, offset }) {
        yield* query(beginSweeps, [provider, baseline, offset])
        const kept = yield* find(provider)
        return kept ?? (yield* Effect.die(new Error("The first look at the list was deleted as it was recorded")))
      }),
      save: ({ provider, revision, offset, passed, reading, completed, rereadAt }) =>
        query(saveProgress, [
          provider,
          revision,
          offset,
          passed,
          date(reading?.beganAt),
          reading?.until ?? null,
          reading?.next ?? null,
          reading?.rereads ?? null,
          date(completed?.beganAt),
          completed?.count ?? null,
          completed?.difference ?? null,
          date(rereadAt),
        ]).pipe(Effect.map((saved) => saved.length > 0)),
      places: (provider, from, until) =>
        Effect.map(query(places, [provider, from, until]), (rows) => rows.map((row) => decodePlace(row))),
      note: (provider, noted) =>
        noted.length === 0
          ? Effect.void
          : Effect.asVoid(query(notePlaces, [provider, JSON.stringify(noted.map(written))])),
      locate: (provider, orderId) =>
        Effect.map(query<{ readonly index: number }>(locate, [provider, orderId]), ([row]) => row?.index),
      firstSince: (provider, createdAt) =>
        Effect.map(query<{ readonly index: number }>(firstSince, [provider, date(createdAt)]), ([row]) => row?.index),
      tally: (provider, { from, until, openedBefore }) =>
        Effect.map(
          query<{ readonly ours: number; readonly missing: number }>(tally, [
            provider,
            from,
            until,
            date(openedBefore),
          ]),
          ([row]) => row ?? { ours: 0, missing: 0 },
        ),
      forgetPlaces: (provider) => Effect.asVoid(query(forgetPlaces, [provider])),
    })
  }),
)

const progressOf = (row: typeof ProgressRow.Type): Progress => {
  const { provider, revision, baseline, offset, passed } = row
  const { readingBeganAt, readingUntil, readingNext, readingRereads } = row
  const { completedBeganAt, completedCount, completedDifference } = row
  return {
    provider,
    revision,
    baseline,
    offset,
    passed,
    reading:
      readingBeganAt === null || readingUntil === null || readingNext === null || readingRereads === null
        ? undefined
        : { beganAt: readingBeganAt, until: readingUntil, next: readingNext, rereads: readingRereads },
    completed:
      completedBeganAt === null || completedCount === null || completedDifference === null
        ? undefined
        : { beganAt: completedBeganAt, count: completedCount, difference: completedDifference },
    rereadAt: row.rereadAt ?? undefined,
  }
}

/** A place as JSON has it: times are milliseconds since 1970. */
const written = (place: Place) => ({ ...place, createdAt: DateTime.toEpochMillis(place.createdAt) })

const date = (time: DateTime.Utc | undefined): Date | null => (time === undefined ? null : DateTime.toDateUtc(time))

const statement = (name: string) => Statement.fromFile(new URL(`../sql/order-list/${name}.sql`, import.meta.url))
const findProgress = statement("find-progress")
const beginSweeps = statement("begin-sweeps")
const saveProgress = statement("save-progress")
const places = statement("places")
const notePlaces = statement("note-places")
const locate = statement("locate")
const firstSince = statement("first-since")
const tally = statement("tally")
const forgetPlaces = statement("forget-places")
