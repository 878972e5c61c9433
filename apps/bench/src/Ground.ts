/** Where a run takes place: databases on one server, each gone when the run ends. */
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { migratedTemplate } from "@paylog/event-store/migratedTemplate"
import * as Payments from "@paylog/payments/migrations"
import * as Sealer from "@paylog/sealer/migrations"
import { Console, Context, Effect, Layer, type Redacted, Scope } from "effect"
import { fill } from "./fill.ts"
import { connect, run, sql } from "./postgres.ts"
import type { Way } from "./sampleInvoice.ts"

/** A database with a log of so many events. */
export interface Filled {
  readonly url: Redacted.Redacted
  readonly events: number
}

export class Ground extends Context.Service<
  Ground,
  {
    /** The database that is written to. Contestants empty their tables before each round. */
    readonly url: Redacted.Redacted
    /** The log that is read: filled once, when first needed, and never written to. */
    readonly filled: Effect.Effect<Filled>
    /** Another filled log, for a scenario of its own; gone with the scope. */
    readonly fill: (events: number, way?: Way) => Effect.Effect<Filled, never, Scope.Scope>
    /** How many events a log to be read has. */
    readonly events: number
    /** Whether there is time for everything. */
    readonly long: boolean
  }
>()("bench/Ground") {
  static readonly layer = (options: {
    readonly events: number
    readonly long: boolean
  }): Layer.Layer<Ground, never, DevPostgres> =>
    Layer.effect(
      Ground,
      Effect.gen(function* () {
        const server = yield* DevPostgres
        const scope = yield* Effect.scope
        const template = migratedTemplate([EventStorePostgres.migrations, Sealer.migrations, Payments.migrations])
        const database = Effect.orDie(freshDatabase({ template })).pipe(Effect.provideService(DevPostgres, server))
        const filledDatabase = Effect.fnUntraced(function* (events: number, way?: Way) {
          const { url } = yield* database
          yield* Console.error(`bench: filling a log with ${events} events`)
          yield* fill(url, events, way)
          return { url, events }
        })
        const { url } = yield* database
        yield* Effect.scoped(Effect.flatMap(connect(url), (client) => run(client, sql("inserted"))))
        return Ground.of({
          url,
          filled: yield* Effect.cached(Scope.provide(filledDatabase(options.events), scope)),
          fill: filledDatabase,
          events: options.events,
          long: options.long,
        })
      }),
    )
}
