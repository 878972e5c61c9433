/** A migrated database of the test's own, and every service over it. */
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { layerPostgres } from "@paylog/event-store/layerPostgres"
import { migratedTemplate } from "@paylog/event-store/migratedTemplate"
import { migrations } from "@paylog/payments/migrations"
import * as OrderListPostgres from "@paylog/payments/OrderListPostgres"
import { Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"

export const world = Layer.unwrap(
  Effect.map(freshDatabase({ template: migratedTemplate([EventStorePostgres.migrations, migrations]) }), ({ url }) =>
    OrderListPostgres.layer.pipe(Layer.provideMerge(layerPostgres({ url, ownerUrl: undefined, directUrl: url }))),
  ),
).pipe(Layer.provide(DevPostgres.layer), Layer.merge(SecureRandom.layerWebCrypto))
