/** `npx -y pnpm catalog`: writes `packages/auditing/catalog.txt`, what the migrations make of an empty database. */
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { layerPostgres } from "@paylog/event-store/layerPostgres"
import { migratedTemplate } from "@paylog/event-store/migratedTemplate"
import { migrations as payments } from "@paylog/payments/migrations"
import { migrations } from "@paylog/sealer/migrations"
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import * as catalog from "../../src/catalog.ts"

await Effect.runPromise(
  Effect.gen(function* () {
    const template = migratedTemplate([EventStorePostgres.migrations, payments, migrations])
    const { url } = yield* freshDatabase({ template })
    const lines = yield* catalog.read.pipe(Effect.provide(layerPostgres({ url, ownerUrl: undefined, directUrl: url })))
    writeFileSync(catalog.file, `${lines.join("\n")}\n`)
  }).pipe(Effect.scoped, Effect.provide(DevPostgres.layer)),
)
