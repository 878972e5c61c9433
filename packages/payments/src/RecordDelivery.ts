/** Recording a verified delivery: each element once, whatever its neighbours are, with the delivery kept as evidence. */
import { Array, Effect, Result } from "effect"
import type { Delivery, DeliveryItem, VerifiedDelivery } from "@paylog/domain/PaymentProvider"
import * as Quarantine from "@paylog/domain/Quarantine"
import type { Overloaded, StoreUnavailable } from "@paylog/event-store/EventStore"
import { decider, execute, type Services } from "./Execute.ts"
import type { About } from "./Metadata.ts"
import { type Heard, observe, type Outcome } from "./Observe.ts"
import { sha256, toHex } from "./sha256.ts"
import * as StoredEvents from "./StoredEvents.ts"

export type DeliveryOutcome = Outcome | "Quarantined"

export interface RecordedDelivery {
  /** In the metadata of every event that the delivery led to: a digest of its body. */
  readonly correlationId: string
  /** One for each element, those that are understood first. */
  readonly outcomes: ReadonlyArray<DeliveryOutcome>
}

/** At a time: one delivery leaves connections for others. */
const concurrency = 8

/**
 * Answers after the commit of every element; only then may the provider be told 200. Fails as the log fails, with some
 * elements perhaps recorded: the provider's next try finds those as duplicates.
 */
export const recordDelivery = Effect.fn("payments.recordDelivery")(function* (
  provider: string,
  delivery: Delivery,
  verified: VerifiedDelivery,
): Effect.fn.Return<RecordedDelivery, Overloaded | StoreUnavailable, Services> {
  const digest = sha256(verified.evidence)
  const body = toHex(sha256(delivery.body))
  const correlationId = `delivery-${body}`
  const about: About = {
    actor: { kind: "Provider", id: provider },
    source: "Webhook",
    correlationId,
    attachment: toHex(digest),
  }
  const heard = { provider, about, attachments: [{ digest, bytes: verified.evidence }] }
  const [understood, others] = Array.partition(verified.items, (item) =>
    item._tag === "Understood" ? Result.succeed(item) : Result.fail(item),
  )
  const outcomes = yield* Effect.forEach(
    understood,
    ({ observation, eventId }) => observe(observation, { ...heard, about: { ...about, providerEventId: eventId } }),
    { concurrency },
  )
  return { correlationId, outcomes: [...outcomes, ...(yield* quarantine(body, others, heard))] }
})

/** All that was not understood of one delivery, in one append. */
export const quarantine = Effect.fnUntraced(function* (
  body: string,
  elements: ReadonlyArray<Extract<DeliveryItem, { readonly _tag: "NotUnderstood" }>>,
  heard: Heard,
): Effect.fn.Return<ReadonlyArray<DeliveryOutcome>, Overloaded | StoreUnavailable, Services> {
  if (elements.length === 0) return []
  const { events } = yield* execute(quarantineDecider, {
    stream: Quarantine.stream(body),
    purpose: `${heard.provider}/${toHex(sha256(elements.map(({ index }) => index).join(",")))}`,
    command: { _tag: "QuarantineDelivery", provider: heard.provider, elements },
    ...heard,
  })
  const kept = new Set(events.map(({ index }) => index))
  return elements.map(({ index }) => (kept.has(index) ? "Quarantined" : "Duplicate"))
})

export const quarantineDecider = decider({
  codec: StoredEvents.quarantine,
  initial: Quarantine.absent,
  evolve: Quarantine.evolve,
  decide: Quarantine.decide,
})
