import { assert, it } from "@effect/vitest"
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { migrate } from "@paylog/event-store/Migrations"
import { Effect } from "effect"
import { migrations } from "../src/migrations.ts"

it.live("the tree's tables come after the log's", () =>
  Effect.gen(function* () {
    const { url } = yield* freshDatabase()
    const applied = yield* migrate(url, [EventStorePostgres.migrations, migrations])
    assert.include(applied, "sealer/0001_sealer.sql")
  }).pipe(Effect.scoped, Effect.provide(DevPostgres.layer)),
)
