/** Ours: the log as a process of production has it, with its own connection for appends and NOTIFY after each batch. */
import { EventStore, type NewEvent } from "@paylog/event-store/EventStore"
import { layerPostgres } from "@paylog/event-store/layerPostgres"
import { Context, Effect, Layer, type Redacted } from "effect"
import { randomUUID } from "node:crypto"
import { eventType, type Mix, type Outcome, type Step } from "../Workload.ts"

/** Every service of the event store, for as long as the scope lives. */
export const services = (url: Redacted.Redacted) =>
  Layer.build(layerPostgres({ url, ownerUrl: undefined, directUrl: url }))

export type Services = Effect.Success<ReturnType<typeof services>>

/** Whatever else goes wrong is a defect, and ends the run. */
export const writer =
  (services: Services, { payload, events }: Mix) =>
  (step: Step): Effect.Effect<Outcome> => {
    const store = Context.get(services, EventStore)
    const [first, ...others] = Array.from({ length: events }, () => event(payload))
    return store
      .append({
        key: step.key,
        streams: [
          {
            stream: step.stream,
            expected: step.expected === 0 ? "none" : (step.expected ?? "any"),
            events: [first ?? event(payload), ...others],
          },
        ],
      })
      .pipe(
        Effect.map(({ outcome }) => outcome),
        Effect.catchTag("VersionConflict", () => Effect.succeed<Outcome>("Conflict")),
        Effect.orDie,
      )
  }

const event = (payload: Mix["payload"]): NewEvent => ({
  id: randomUUID(),
  type: eventType,
  schemaVersion: 1,
  data: JSON.stringify(payload.data),
  metadata: JSON.stringify(payload.metadata),
})
