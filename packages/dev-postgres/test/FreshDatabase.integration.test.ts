import { assert, layer } from "@effect/vitest"
import { Effect, Redacted, Ref } from "effect"
import { randomUUID } from "node:crypto"
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { Client } from "pg"
import { sql } from "./sql.ts"

const notes = "create table notes (body text)"

layer(DevPostgres.layer)("freshDatabase", (it) => {
  it.effect("gives an empty database of one's own, and drops it with its connections", () =>
    Effect.gen(function* () {
      const server = yield* DevPostgres
      const name = yield* Effect.scoped(
        Effect.gen(function* () {
          const { url } = yield* freshDatabase()
          assert.deepStrictEqual(
            yield* sql(url, "select count(*)::text as value from pg_tables where schemaname = 'public'"),
            ["0"],
          )
          yield* stayConnected(url)
          return new URL(Redacted.value(url)).pathname.slice(1)
        }),
      )
      assert.deepStrictEqual(
        yield* sql(server.url, `select datname as value from pg_database where datname = '${name}'`),
        [],
      )
    }),
  )

  it.effect("clones a template that eight callers at once have prepared once", () =>
    Effect.gen(function* () {
      const prepared = yield* Ref.make(0)
      const template = {
        key: randomUUID(),
        prepare: (url: Redacted.Redacted) =>
          Effect.andThen(
            Ref.update(prepared, (n) => n + 1),
            sql(url, notes, "insert into notes values ('template')"),
          ),
      }
      const bodies = yield* Effect.forEach(
        ["a", "b", "c", "d", "e", "f", "g", "h"],
        (mine) =>
          Effect.gen(function* () {
            const { url } = yield* freshDatabase({ template })
            yield* sql(url, `insert into notes values ('${mine}')`)
            return yield* sql(url, "select string_agg(body, ' ') as value from notes")
          }),
        { concurrency: 8 },
      )
      assert.deepStrictEqual(
        bodies.flat(),
        ["a", "b", "c", "d", "e", "f", "g", "h"].map((mine) => `template ${mine}`),
      )
      assert.strictEqual(yield* Ref.get(prepared), 1)
    }),
  )

  it.effect("prepares a template anew after a preparation that failed half-way", () =>
    Effect.gen(function* () {
      const key = randomUUID()
      const broken = {
        key,
        prepare: (url: Redacted.Redacted) => Effect.andThen(sql(url, notes), Effect.fail("half-way")),
      }
      const whole = {
        key,
        prepare: (url: Redacted.Redacted) => sql(url, notes, "insert into notes values ('whole')"),
      }
      assert.strictEqual(yield* Effect.flip(freshDatabase({ template: broken })), "half-way")
      const { url } = yield* freshDatabase({ template: whole })
      assert.deepStrictEqual(yield* sql(url, "select body as value from notes"), ["whole"])
    }),
  )

  it.effect("clones a template although its preparation has left a connection open", () =>
    Effect.gen(function* () {
      const template = {
        key: randomUUID(),
        prepare: stayConnected,
      }
      const { url } = yield* freshDatabase({ template })
      assert.deepStrictEqual(yield* sql(url, "select 'cloned' as value"), ["cloned"])
    }),
  )
})

/** A connection that only the server will end. */
const stayConnected = (url: Redacted.Redacted) =>
  Effect.promise(async () => {
    const client = new Client({ connectionString: Redacted.value(url) })
    client.on("error", () => {})
    await client.connect()
  })
