/** Recording a verified delivery: each element once, whatever its neighbours are, with the delivery kept as evidence. */
import { Effect } from "effect"
import type { Delivery, DeliveryItem, VerifiedDelivery } from "@paylog/domain/PaymentProvider"
import * as Quarantine from "@paylog/domain/Quarantine"
import type { Attachment } from "@paylog/event-store/EventStore"
import * as Codec from "./Codec.ts"
import { execute, type Decider } from "./Execute.ts"
import type { About } from "./Metadata.ts"
import { observe, type Outcome } from "./Observe.ts"
import { sha256, toHex } from "./sha256.ts"

export type DeliveryOutcome = Outcome | "Quarantined"

/**
 * Answers after the commit of every element; only then may the provider be told 200. Fails as the log fails, with some
 * elements perhaps recorded: the provider's next try finds those as duplicates.
 */
export const recordDelivery = Effect.fn("payments.recordDelivery")(function* (
  provider: string,
  delivery: Delivery,
  verified: VerifiedDelivery,
) {
  const digest = sha256(verified.evidence)
  const evidence: Attachment = { digest, bytes: verified.evidence }
  const body = toHex(sha256(delivery.body))
  const about: About = {
    actor: { kind: "Provider", id: provider },
    source: "Webhook",
    correlationId: `delivery-${body}`,
    attachment: toHex(digest),
  }
  return yield* Effect.forEach(
    verified.items,
    (item: DeliveryItem): ReturnType<typeof recordItem> => recordItem(item, { provider, body, about, evidence }),
    { concurrency: "unbounded" },
  )
})

interface Context {
  readonly provider: string
  readonly body: string
  readonly about: About
  readonly evidence: Attachment
}

const recordItem = Effect.fnUntraced(function* (item: DeliveryItem, { provider, body, about, evidence }: Context) {
  switch (item._tag) {
    case "Understood":
      return yield* observe(item.observation, {
        provider,
        about: { ...about, providerEventId: item.eventId },
        attachments: [evidence],
      })
    case "NotUnderstood": {
      const { events } = yield* execute(quarantineDecider, {
        stream: Quarantine.stream(body),
        purpose: `${provider}/${item.index}`,
        command: { _tag: "QuarantineDelivery", provider, index: item.index, reason: item.reason },
        about,
        attachments: [evidence],
      })
      return events.length === 0 ? ("Duplicate" as const) : ("Quarantined" as const)
    }
  }
})

const quarantineDecider: Decider<
  Quarantine.Quarantine,
  Quarantine.QuarantineDelivery,
  Quarantine.QuarantineEvent,
  never
> = {
  codec: Codec.make<Quarantine.QuarantineEvent>(Quarantine.QuarantineEvent),
  initial: Quarantine.absent,
  evolve: Quarantine.evolve,
  decide: Quarantine.decide,
}
