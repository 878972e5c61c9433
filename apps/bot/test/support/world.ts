/** What the bot's tests live in: a migrated database of their own, the followers that the ingester runs, and an emulated Telegram. */
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import * as DatabasePostgres from "@paylog/event-store/DatabasePostgres"
import type { DatabaseUrls } from "@paylog/event-store/environment"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { migratedTemplate } from "@paylog/event-store/migratedTemplate"
import * as Wakeups from "@paylog/event-store/Wakeups"
import * as WorkQueuePostgres from "@paylog/event-store/WorkQueuePostgres"
import * as Deliveries from "@paylog/payments/Deliveries"
import * as InvoiceRows from "@paylog/payments/InvoiceRows"
import * as Payments from "@paylog/payments/migrations"
import * as Sealer from "@paylog/sealer/migrations"
import { Emulator, type Settings } from "@paylog/telegram-emulator/Emulator"
import { Context, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { migrations } from "../../src/migrations.ts"

export class Urls extends Context.Service<Urls, DatabaseUrls>()("test/Urls") {}

const urls = Layer.effect(
  Urls,
  Effect.map(
    freshDatabase({
      template: migratedTemplate([EventStorePostgres.migrations, Sealer.migrations, Payments.migrations, migrations]),
    }),
    ({ url }) => Urls.of({ url, ownerUrl: undefined, directUrl: url }),
  ),
).pipe(Layer.provide(DevPostgres.layer))

/** As `layerPostgres`, with patience for a busy machine. */
const services = ({ url, directUrl }: DatabaseUrls) =>
  Layer.mergeAll(FollowerRunner.layer(), WorkQueuePostgres.layer).pipe(
    Layer.provideMerge(EventStorePostgres.layer({ url, timeouts })),
    Layer.provideMerge(
      Layer.mergeAll(DatabasePostgres.layer({ url, timeouts }), Wakeups.layerListen(directUrl ?? url)),
    ),
  )

const timeouts = { connect: 20_000 }

const followers = Layer.effectDiscard(
  Effect.gen(function* () {
    const { run } = yield* FollowerRunner
    yield* Effect.forkScoped(run(InvoiceRows.follower))
    yield* Effect.forkScoped(run(Deliveries.follower))
  }),
)

export const world = (telegram: Settings = {}) =>
  followers.pipe(
    Layer.provideMerge(Layer.unwrap(Effect.map(Urls, services))),
    Layer.provideMerge(Layer.mergeAll(urls, SecureRandom.layerWebCrypto, Emulator.layer(telegram))),
  )
