/** The log as one process has it: its own writer, pool and wake-ups, on a given database. */
import { Context, Effect, Layer, type Redacted } from "effect"
import type { Store } from "../../src/conformance/law.ts"
import * as DatabasePostgres from "../../src/DatabasePostgres.ts"
import { EventStore } from "../../src/EventStore.ts"
import * as EventStorePostgres from "../../src/EventStorePostgres.ts"
import { layerPolling } from "../../src/Wakeups.ts"

export const storeLayer = (
  url: Redacted.Redacted,
  options: Partial<EventStorePostgres.Options> = {},
): Layer.Layer<EventStore> =>
  EventStorePostgres.layer({ url, ...options }).pipe(
    Layer.provide(DatabasePostgres.layer({ url, connections: 4, ...options })),
    Layer.provide(layerPolling("50 millis")),
  )

/** One more process. */
export const storeAt = (url: Redacted.Redacted, options: Partial<EventStorePostgres.Options> = {}) =>
  Effect.map(Layer.build(Layer.fresh(storeLayer(url, options))), (services): Store => Context.get(services, EventStore))
