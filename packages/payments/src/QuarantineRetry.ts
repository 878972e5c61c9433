/**
 * Deliveries that were authentic but not understood: the same bytes, read again by the code of today. What is understood now
 * is recorded as any delivery's element is, and then said to be resolved; what is still not understood stays.
 */
import { EvidenceReader, EvidenceRefused } from "@paylog/domain/EvidenceReader"
import type { DeliveryItem } from "@paylog/domain/PaymentProvider"
import * as Quarantine from "@paylog/domain/Quarantine"
import { EventStore } from "@paylog/event-store/EventStore"
import { Effect, Schema } from "effect"
import { execute } from "./Execute.ts"
import * as Manual from "./Manual.ts"
import * as Metadata from "./Metadata.ts"
import { observe } from "./Observe.ts"
import { quarantine, quarantineDecider } from "./RecordDelivery.ts"
import { sha256, toHex } from "./sha256.ts"
import * as StoredEvents from "./StoredEvents.ts"

/** Nothing of a delivery with this body is in quarantine. */
export class NotQuarantined extends Schema.TaggedError<NotQuarantined>()("NotQuarantined", { body: Schema.String }) {
  override readonly message = `No delivery ${this.body} is in quarantine`
}

/** The log has the delivery's digest, and its bytes are erased or are not those: they cannot be read again. */
export class EvidenceMissing extends Schema.TaggedError<EvidenceMissing>()("EvidenceMissing", {
  digest: Schema.String,
}) {
  override readonly message = `The bytes of the delivery are not there any more: only their digest ${this.digest} is in the log`
}

/** One element of a delivery in quarantine. */
export interface Element {
  readonly index: number
  /** Why it was not understood. */
  readonly reason: string
  /** What it came to; absent while it waits. */
  readonly resolved?: { readonly as: Quarantine.ResolvedAs; readonly by: string }
}

export interface Quarantined {
  /** SHA-256, hex, of the delivery's body: its name here. */
  readonly body: string
  readonly provider: string
  /** SHA-256, hex, of the evidence: the attachment that every event of the delivery names. */
  readonly evidence: string
  readonly elements: ReadonlyArray<Element>
  readonly bytes: Uint8Array | undefined
}

/** What the log has of a delivery in quarantine. Two reads, and one more for each evidence that is erased. */
export const show = Effect.fn("QuarantineRetry.show")(function* (body: string) {
  const store = yield* EventStore
  const recorded = yield* store.readStream(Quarantine.stream(body))
  const elements = new Map<number, Element>()
  const digests = new Set<string>()
  let provider = ""
  for (const stored of recorded) {
    const event = StoredEvents.quarantine.decode(stored)
    if (event._tag === "DeliveryQuarantined") {
      const { attachment } = Metadata.of(stored)
      if (attachment !== undefined) digests.add(attachment)
      provider = event.provider
      elements.set(event.index, { index: event.index, reason: event.reason })
    } else {
      const { index, as, by } = event
      elements.set(index, { index, reason: elements.get(index)?.reason ?? "-", resolved: { as, by } })
    }
  }
  let [evidence] = digests
  if (evidence === undefined) return yield* new NotQuarantined({ body })
  let bytes: Uint8Array | undefined
  // A repeated delivery of the same body is as good.
  for (const digest of digests) {
    bytes = yield* store.readAttachment(Buffer.from(digest, "hex"))
    evidence = digest
    if (bytes !== undefined) break
  }
  const quarantined: Quarantined = {
    body,
    provider,
    evidence,
    elements: [...elements.values()].toSorted((a, b) => a.index - b.index),
    bytes,
  }
  return quarantined
})

export interface Retried {
  readonly body: string
  readonly evidence: string
  /** Whether the signature was verified again, or the log alone says that it was when the delivery came. */
  readonly signature: "Verified" | "KeyGone"
  /** What was resolved by this call. */
  readonly resolved: ReadonlyArray<{ readonly index: number; readonly as: Quarantine.ResolvedAs }>
  /** What is still not understood, and why by now. */
  readonly waiting: ReadonlyArray<{ readonly index: number; readonly reason: string }>
}

/**
 * Reads the delivery again. Safe to interrupt and to repeat: each observation is recorded once, whoever tells it, and an
 * element is resolved after its observation is in the log. An element that was recorded by a try that did not come to its
 * end is resolved as a duplicate.
 */
export const retry = Effect.fn("QuarantineRetry.retry")(function* (body: string, who: Manual.Who) {
  const { manual, about } = yield* Manual.act(who)
  const found = yield* show(body)
  const { items, signature } = yield* reread(found)
  const heard = {
    provider: found.provider,
    about: { ...about, correlationId: `delivery-${body}`, attachment: found.evidence },
  }
  const waits = new Set(found.elements.filter(({ resolved }) => resolved === undefined).map(({ index }) => index))
  const resolved: Array<{ readonly index: number; readonly as: Quarantine.ResolvedAs }> = []
  const waiting: Array<NotUnderstood> = []
  for (const [index, item] of items.entries()) {
    if (item._tag === "NotUnderstood") {
      waiting.push(item)
      continue
    }
    const providerEventId = item.eventId
    const as = yield* observe(item.observation, { ...heard, about: { ...heard.about, providerEventId } })
    if (waits.has(index)) resolved.push({ index, as })
  }
  // What nobody could tell apart from its neighbours before.
  yield* quarantine(body, waiting, heard)
  if (resolved.length > 0)
    yield* execute(quarantineDecider, {
      stream: Quarantine.stream(body),
      purpose: `resolve/${toHex(sha256(resolved.map(({ index }) => index).join()))}`,
      command: { _tag: "ResolveElements", elements: resolved, ...manual },
      about: heard.about,
    })
  const retried: Retried = {
    body,
    evidence: found.evidence,
    signature,
    resolved,
    waiting: waiting.map(({ index, reason }) => ({ index, reason })),
  }
  return retried
})

type NotUnderstood = Extract<DeliveryItem, { readonly _tag: "NotUnderstood" }>

/** The bytes are those whose digest the log has, and their body is the one that names the stream. */
const reread = Effect.fnUntraced(function* ({ body, bytes, evidence, provider }: Quarantined) {
  const reader = yield* EvidenceReader
  if (reader.provider !== provider) return yield* new EvidenceRefused({ reason: `it is of ${provider}` })
  if (bytes === undefined || toHex(sha256(bytes)) !== evidence) return yield* new EvidenceMissing({ digest: evidence })
  const read = yield* reader.read(bytes)
  if (toHex(sha256(read.body)) !== body) return yield* new EvidenceRefused({ reason: "its body is another one" })
  return read
})
