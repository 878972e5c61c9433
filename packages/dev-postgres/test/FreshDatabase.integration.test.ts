import { assert, layer } from "@effect/vitest"
import { Effect, Redacted, Ref } from "effect"
import { Client } from "pg"
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"

layer(DevPostgres.layer)("freshDatabase", (it) => {
  it.effect("clones a template that eight callers at once have prepared once", () =>
    Effect.gen(function* () {
      const prepared = yield* Ref.make(0)
      const template = {
        key: `eight callers ${Math.random()}`,
        prepare: (url: Redacted.Redacted) =>
          Effect.andThen(
            Ref.update(prepared, (n) => n + 1),
            sql(url, "create table notes (body text not null); insert into notes values ('from the template')"),
          ),
      }
      const bodies = yield* Effect.forEach(
        [1, 2, 3, 4, 5, 6, 7, 8],
        (n) =>
          Effect.gen(function* () {
            const { url } = yield* freshDatabase({ template })
            yield* sql(url, `insert into notes values ('mine ${n}')`)
            return yield* sql(url, "select string_agg(body, ', ') as value from notes")
          }),
        { concurrency: 8 },
      )
      assert.deepStrictEqual(bodies[2], ["from the template, mine 3"])
      assert.strictEqual(yield* Ref.get(prepared), 1)
    }),
  )
})

const sql = (url: Redacted.Redacted, text: string) =>
  Effect.promise(async () => {
    const client = new Client({ connectionString: Redacted.value(url) })
    await client.connect()
    try {
      return (await client.query<{ readonly value: string }>(text)).rows?.map((row) => row.value)
    } finally {
      await client.end()
    }
  })
