/** The bot: takes Telegram's updates, handles them, and sends customers their messages. Here implementations are named. */
import * as Database from "@paylog/event-store/environment"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { layerPostgres } from "@paylog/event-store/layerPostgres"
import { requireCurrent } from "@paylog/event-store/Migrations"
import * as Payments from "@paylog/payments/migrations"
import { runMain } from "@paylog/process/runMain"
import * as Sealer from "@paylog/sealer/environment"
import * as SealerTables from "@paylog/sealer/migrations"
import * as Sealing from "@paylog/sealer/Sealing"
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import { bot } from "./app.ts"
import * as Catalog from "./Catalog.ts"
import * as environment from "./environment.ts"
import { health } from "./health.ts"
import { migrations } from "./migrations.ts"
import * as OwnersChat from "./owner/OwnersChat.ts"
import * as postCheckpoints from "./postCheckpoints.ts"
import { Telegram } from "./Telegram.ts"

runMain(
  Effect.gen(function* () {
    const telegram = yield* environment.telegram
    const webhook = yield* environment.webhook
    const address = yield* environment.admin
    const payWithin = yield* environment.payWithin
    const pace = yield* environment.pace
    const budget = yield* environment.budget
    const catalog = yield* Catalog.environment
    const ownersChat = yield* OwnersChat.environment
    const sealing = yield* Sealer.forChecking
    const channel = yield* postCheckpoints.environment
    const database = yield* Database.environment

    const tables = [EventStorePostgres.migrations, SealerTables.migrations, Payments.migrations, migrations]
    yield* Database.prepareSchema(database, tables)

    // A newer program may have migrated meanwhile, and is about to take over: until then this one serves.
    const schema = Effect.catchTag(requireCurrent(database, tables), "SchemaDiffers", () => Effect.void)
    const routes = health({ botId: telegram.botId, pace, schema })
    yield* bot({ telegram, webhook, payWithin, pace, budget, catalog, ownersChat }, { address, routes }).pipe(
      Effect.raceFirst(
        postCheckpoints.postCheckpoints(channel).pipe(Effect.provide(Telegram.layer(telegram), { local: true })),
      ),
      Effect.provide([Sealing.gated(sealing, layerPostgres(database)), SecureRandom.layerWebCrypto]),
    )
  }),
)
