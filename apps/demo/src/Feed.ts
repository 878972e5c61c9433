/** What the page shows of the log and of the read model: read only, and nothing that is a secret or about a person. */
import { Database } from "@paylog/event-store/Database"
import { EventStore, type RecordedEvent, type StoreUnavailable } from "@paylog/event-store/EventStore"
import * as Statement from "@paylog/event-store/Statement"
import * as Metadata from "@paylog/payments/Metadata"
import { DateTime, Effect, Result, Schedule, Schema, Stream } from "effect"

/** An event as a row of the page. Its data is masked: see `masked`. */
export interface ShownEvent {
  readonly position: string
  readonly version: number
  readonly stream: string
  readonly type: string
  /** The type in words: `InvoicePaid` is “Invoice paid”. */
  readonly title: string
  /** ISO 8601, UTC. */
  readonly recordedAt: string
  /** Who did it, by kind (`Customer`, `Provider`, `Worker`, `Staff`) and random id or name, and how we heard of it. */
  readonly actor: { readonly kind: string; readonly id: string }
  readonly source: string
  readonly data: unknown
}

/** A message of the feed: its name is the kind of server-sent event, `id` the position that it goes up to. */
export interface FeedMessage {
  readonly name: "event" | "invoice" | "here"
  readonly id?: string
  readonly data: unknown
}

/** How many of the events before the reader came are shown. */
const shownBefore = 200n

/** The last events, then each new one; beside them the newest invoice of the read model whenever its row has changed. */
export const feed = (after: bigint | undefined): Stream.Stream<FeedMessage, StoreUnavailable, EventStore | Database> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const store = yield* EventStore
      const head = yield* store.head
      const from = after ?? (head > shownBefore ? head - shownBefore : 0n)
      // A page that kept its rows over a restart of the demo is told to begin anew.
      const here = { name: "here", data: { head: `${head}`, anew: after === undefined || after > head } } as const
      const events = Stream.map(store.subscribe(from > head ? 0n : from), (event) => ({
        name: "event" as const,
        id: `${event.position}`,
        data: shown(event),
      }))
      return Stream.concat(Stream.make(here), Stream.merge(events, invoices))
    }),
  )

const newestInvoice = Statement.fromFile(new URL("../sql/newest-invoice.sql", import.meta.url))

/** A look costs one small statement; the follower's own commit wakes nobody. */
const lookEvery = "250 millis"

const invoices: Stream.Stream<FeedMessage, StoreUnavailable, Database> = Stream.fromEffectSchedule(
  Effect.gen(function* () {
    const rows = yield* (yield* Database).query<InvoiceRow>(newestInvoice, [])
    return JSON.stringify(rows[0] ?? null, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value))
  }),
  Schedule.spaced(lookEvery),
).pipe(
  Stream.changes,
  Stream.map((row) => ({ name: "invoice", data: JSON.parse(row) as unknown })),
)

type InvoiceRow = Readonly<Record<string, unknown>>

export const shown = (event: RecordedEvent): ShownEvent => {
  const { actor, source } = aboutOf(event)
  return {
    position: `${event.position}`,
    version: event.version,
    stream: event.stream,
    type: event.type,
    title: inWords(event.type),
    recordedAt: DateTime.formatIso(DateTime.makeUnsafe(event.recordedAtMs)),
    actor,
    source,
    data: masked(JSON.parse(event.data)),
  }
}

/** A log may hold events of other programs, whose metadata is their own. */
const aboutOf = ({ metadata }: RecordedEvent) =>
  Result.getOrElse(decodeMetadata(metadata), () => ({ actor: { kind: "Unknown", id: "" }, source: "Unknown" }))

const decodeMetadata = Schema.decodeUnknownResult(Schema.fromJsonString(Metadata.Metadata))

const inWords = (type: string): string => {
  const words = type.replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, " ").toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/**
 * Links can be used by whoever has them: only their host is shown. Free text of people can say anything: what staff wrote as
 * a reason or as evidence, and what a provider wrote, is not shown at all.
 */
export const masked = (value: unknown, key = ""): unknown => {
  if (Array.isArray(value)) return value.map((one) => masked(one, key))
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, masked(one, name)]))
  }
  if (typeof value !== "string") return value
  if (freeText.has(key)) return "(not shown here)"
  const url = /^[a-z]+:\/\//i.test(value) ? URL.parse(value) : null
  return url === null ? value : `${url.protocol}//${url.host}/…`
}

const freeText = new Set(["reason", "evidence", "note", "comment", "text", "body", "statement"])
