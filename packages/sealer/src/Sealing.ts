/** What an app adds to be sealed: the gate before its log, and the work of sealing and signing. */
import type { Database } from "@paylog/event-store/Database"
import type { EventStore } from "@paylog/event-store/EventStore"
import { Effect, Layer, Option } from "effect"
import type { Sealing } from "./environment.ts"
import * as Gate from "./Gate.ts"
import { LogKeys } from "./LogKeys.ts"
import * as Sealer from "./Sealer.ts"
import * as Signing from "./Signing.ts"

/** The keys and the checkpoint store. */
export const outside = ({ keys, store }: Sealing) => Layer.merge(Layer.succeed(LogKeys, keys), store)

/**
 * The same services, with the gate before the log when there is a checkpoint store. The keys and the store are there too,
 * for whatever hands out checkpoints: without a key, none is handed out.
 */
export const gated = <A, E, R>(
  sealing: Option.Option<Sealing>,
  log: Layer.Layer<A | EventStore | Database, E, R>,
  options?: Gate.Options,
): Layer.Layer<A | EventStore | Database, E, R> =>
  Option.match(sealing, {
    onNone: () => log,
    onSome: (sealing) => Gate.layer(options).pipe(Layer.provideMerge(outside(sealing)), Layer.provideMerge(log)),
  })

/** Seals, and signs if it may, for ever. */
export const run = (sealing: Option.Option<Sealing>, options?: Sealer.Options) =>
  Option.match(sealing, {
    onNone: () =>
      Effect.andThen(
        Effect.logInfo("Events are sealed, but no checkpoint is signed: LOG_ORIGIN is not set"),
        Sealer.run(options),
      ),
    onSome: (sealing) =>
      Effect.raceFirst(
        Sealer.run(options),
        Signing.run(sealing.signing).pipe(Effect.provide(outside(sealing), { local: true })),
      ),
  })
