/** The bot: takes Telegram's updates, handles them, and sends customers their messages. Here implementations are named. */
import * as Database from "@paylog/event-store/environment"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { layerPostgres } from "@paylog/event-store/layerPostgres"
import * as Payments from "@paylog/payments/migrations"
import { runMain } from "@paylog/process/runMain"
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import { bot } from "./app.ts"
import * as Catalog from "./Catalog.ts"
import * as environment from "./environment.ts"
import { migrations } from "./migrations.ts"

runMain(
  Effect.gen(function* () {
    const telegram = yield* environment.telegram
    const webhook = yield* environment.webhook
    const payWithin = yield* environment.payWithin
    const catalog = yield* Catalog.environment
    const database = yield* Database.environment

    yield* Database.prepareSchema(database, [EventStorePostgres.migrations, Payments.migrations, migrations])

    yield* bot({ telegram, webhook, payWithin, catalog }).pipe(
      Effect.provide([layerPostgres(database), SecureRandom.layerWebCrypto]),
    )
  }),
)
