/** Who may see and change what lies beside the log: personal data above all. */
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import * as DatabasePostgres from "@paylog/event-store/DatabasePostgres"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { migratedTemplate } from "@paylog/event-store/migratedTemplate"
import * as Payments from "@paylog/payments/migrations"
import * as Sealer from "@paylog/sealer/migrations"
import { Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"
import { migrations } from "../src/migrations.ts"

const database = Layer.unwrap(
  Effect.map(
    freshDatabase({
      template: migratedTemplate([EventStorePostgres.migrations, Sealer.migrations, Payments.migrations, migrations]),
    }),
    ({ url }) => DatabasePostgres.layer({ url }),
  ),
).pipe(Layer.provide(DevPostgres.layer))

const project = "paylog_project: SELECT INSERT UPDATE DELETE"

/** All that anybody but the owner may do, by table. A table that is not here fails the test. */
const expected: Record<string, ReadonlyArray<string>> = {
  "bot.staff_drafts": [project], // what the staff is about to do
  "bot.told_alarms": [project],
  "bot.asked_orders": [project],
  "bot.orders": ["paylog_project: SELECT INSERT DELETE"],
  "bot.answer_pauses": ["paylog_project: SELECT INSERT UPDATE"],
  "bot.purchases": [project],
  "bot.pollers": ["paylog_project: SELECT INSERT UPDATE"],
  "bot.updates": [project], // what people wrote
  "payments.approvals": ["paylog_audit: SELECT", project, "paylog_read: SELECT"],
  "payments.customers": [project], // who they are
  "payments.deliveries": [project],
  "payments.invoices": ["paylog_audit: SELECT", project, "paylog_read: SELECT"],
  "payments.ledger_alarms": ["paylog_audit: SELECT", project, "paylog_read: SELECT"],
  "payments.ledger_entries": ["paylog_audit: SELECT", project, "paylog_read: SELECT"],
  "payments.listed_orders": ["paylog_audit: SELECT", project, "paylog_read: SELECT"],
  "payments.open_items": ["paylog_audit: SELECT", project, "paylog_read: SELECT"],
  "payments.provider_keys": [project],
  "payments.recipients": [project],
  "payments.sending": ["paylog_project: SELECT UPDATE"],
  "payments.staff": ["paylog_project: SELECT"], // who they are; the owner alone says so
  "payments.staff_invitations": [], // nobody reads a code; whoever has one accepts it by a function
  "payments.staff_links": ["paylog_project: SELECT"],
  "payments.sweeps": ["paylog_audit: SELECT", project, "paylog_read: SELECT"],
  "payments.told_alarms": [project],
  // Whoever projects may write the tree: what a wrong one says differs from what is outside.
  "transparency.checkpoints": ["paylog_audit: SELECT", "paylog_project: SELECT INSERT", "paylog_read: SELECT"],
  "transparency.column_sums": ["paylog_audit: SELECT", "paylog_project: SELECT INSERT UPDATE", "paylog_read: SELECT"],
  "transparency.entries": ["paylog_audit: SELECT", "paylog_project: SELECT INSERT UPDATE", "paylog_read: SELECT"],
  "transparency.posts": ["paylog_audit: SELECT", "paylog_project: SELECT INSERT UPDATE", "paylog_read: SELECT"],
  "transparency.tiles": ["paylog_audit: SELECT", "paylog_project: SELECT INSERT UPDATE", "paylog_read: SELECT"],
}

const privileges = `
  select nspname || '.' || relname as table, rolname || ': ' || string_agg(privilege, ' ' order by n) as may
  from pg_class
  join pg_namespace on pg_namespace.oid = relnamespace
  left join (
    pg_roles cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
      with ordinality as privileges (privilege, n)
  ) on rolname in ('paylog_append', 'paylog_project', 'paylog_read', 'paylog_audit', 'pg_monitor')
    -- One column is enough to see somebody.
    and case
      when privilege in ('DELETE', 'TRUNCATE', 'TRIGGER') then has_table_privilege(rolname, pg_class.oid, privilege)
      else has_any_column_privilege(rolname, pg_class.oid, privilege)
    end
  where relkind in ('r', 'p', 'v', 'm', 'f') and nspname !~ '^(pg_|information_schema$|paylog$)'
  group by 1, rolname
  order by 1, rolname`

const granted = Effect.gen(function* () {
  const { query } = yield* Database
  const rows = yield* query<{ table: string; may: string | null }>({ name: `test-${randomUUID()}`, text: privileges })
  const found: Record<string, Array<string>> = {}
  for (const { table, may } of rows) (found[table] ??= []).push(...(may === null ? [] : [may]))
  return found
})

layer(database, { excludeTestServices: true })("beside the log", (it) => {
  it.effect("auditors and readers see read models, and nobody's identity", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* granted, expected, "Say in this test who may do what")
    }),
  )

  it.effect("one grant more is seen, of one column too", () =>
    Effect.gen(function* () {
      const { transaction } = yield* Database
      const run = (text: string) => ({ name: `test-${randomUUID()}`, text })
      const found = yield* transaction((sql) =>
        Effect.gen(function* () {
          yield* sql.query(run("grant select (chat_id) on payments.customers to paylog_read"))
          return yield* sql.query<{ table: string; may: string }>(run(privileges))
        }),
      )
      yield* transaction((sql) => sql.query(run("revoke select (chat_id) on payments.customers from paylog_read")))
      assert.deepStrictEqual(
        found.filter(({ table }) => table === "payments.customers").map(({ may }) => may),
        ["paylog_audit: SELECT", project, "paylog_read: SELECT"],
      )
    }),
  )
})
