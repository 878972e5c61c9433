/** `paylog timeline INV`: each event of an invoice: when, what, who, why, by which way, and from which delivery. */
import type { Sql } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { json } from "../acting.ts"
import { auditing } from "../auditing.ts"
import * as invoiceHistory from "../invoiceHistory.ts"
import * as print from "../print.ts"
import * as sentences from "@paylog/payments/sentences"

export const timeline = Command.make("timeline", { invoice: invoiceHistory.named, json }, ({ invoice, json }) =>
  Effect.gen(function* () {
    const { invoiceId, entries } = yield* auditing((sql) =>
      Effect.gen(function* () {
        const { invoiceId, steps } = yield* invoiceHistory.read(sql, invoice)
        const kept = yield* attachmentsOf(sql, steps)
        return { invoiceId, entries: steps.map((step) => entryOf(step, kept)) }
      }),
    )
    if (json) return yield* print.json({ invoiceId, events: entries })
    yield* print.line(entries.map(textOf).join("\n\n"))
  }),
).pipe(
  Command.withDescription(
    "Show each event of an invoice: when, what, who, why, by which way we heard of it, and from which delivery",
  ),
  Command.withExamples([
    { command: "paylog timeline inv_4f0c…", description: "For people" },
    { command: "paylog timeline inv_4f0c… --json", description: "With the events as they are stored" },
  ]),
)

/** By digest, in hex: when its bytes were erased, or `null` while they are there. */
type Kept = ReadonlyMap<string, Date | null>

const attachmentsOf = Effect.fnUntraced(function* (sql: Sql, steps: ReadonlyArray<invoiceHistory.Step>) {
  const digests = [...new Set(steps.flatMap(({ metadata }) => metadata.attachment ?? []))]
  const rows = yield* sql.query<{ readonly digest: string; readonly erasedAt: Date | null }>(attachments, [
    digests.map((digest) => Buffer.from(digest, "hex")),
  ])
  const kept: Kept = new Map(rows.map(({ digest, erasedAt }) => [digest, erasedAt]))
  return kept
})

type Bytes = "kept" | "erased" | "missing"

const bytesOf = (kept: Kept, digest: string): Bytes => {
  const erasedAt = kept.get(digest)
  if (erasedAt === undefined) return "missing"
  return erasedAt === null ? "kept" : "erased"
}

const entryOf = ({ recorded, event, metadata, after }: invoiceHistory.Step, kept: Kept) => {
  const { actor, source, correlationId, causationId, providerEventId, attachment, codeVersion } = metadata
  return {
    position: recorded.position,
    version: recorded.version,
    recordedAt: new Date(recorded.recordedAtMs).toISOString(),
    type: recorded.type,
    what: sentences.what(event),
    status: after._tag,
    who: actor,
    why: "by" in event && "reason" in event ? event.reason : null,
    source,
    delivery: attachment === undefined ? null : { digest: attachment, bytes: bytesOf(kept, attachment) },
    providerEventId: providerEventId ?? null,
    correlationId,
    causationId: causationId ?? null,
    codeVersion,
    eventId: recorded.id,
    data: JSON.parse(recorded.data),
  }
}

const textOf = (entry: ReturnType<typeof entryOf>): string => {
  const { position, recordedAt, what, status, who, why, source, delivery, providerEventId, correlationId } = entry
  const told = [
    ...(providerEventId === null ? [] : [`the provider's event ${print.plain(providerEventId)}`]),
    `correlation ${print.plain(correlationId)}`,
  ]
  return [
    `${recordedAt}  position ${position}  ${status}`,
    `  ${what}`,
    ...(why === null ? [] : [`  why: ${print.plain(why)}`]),
    `  ${sentences.whoAndHow({ actor: who, source })}; ${told.join(", ")}`,
    ...(delivery === null ? [] : [`  delivery ${delivery.digest}, its bytes are ${delivery.bytes}`]),
  ].join("\n")
}

const attachments = Statement.fromFile(new URL("../../sql/attachments.sql", import.meta.url))
