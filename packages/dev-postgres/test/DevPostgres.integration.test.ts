import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Exit, Layer, Redacted } from "effect"
import { randomUUID } from "node:crypto"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { DevPostgres, start } from "@paylog/dev-postgres/DevPostgres"
import { sql } from "./sql.ts"

describe("start", () => {
  it.effect("gives a Postgres 18 whose commits are durable, on loopback and with a password", () =>
    Effect.gen(function* () {
      const { url } = yield* start()
      const settings = ["fsync", "full_page_writes", "synchronous_commit", "data_checksums", "listen_addresses"]
      assert.deepStrictEqual(
        yield* Effect.forEach(settings, (name) => sql(url, `select current_setting('${name}') as value`)),
        [["on"], ["on"], ["on"], ["on"], ["127.0.0.1"]],
      )
      assert.deepStrictEqual(
        yield* sql(
          url,
          `select concat_ws(' ', current_setting('server_version_num')::int / 10000, pg_encoding_to_char(encoding), datcollate) as value
             from pg_database where datname = current_database()`,
        ),
        ["18 UTF8 C"],
      )
      const guess = new URL(Redacted.value(url))
      guess.password = "guess"
      assert.isTrue(Exit.isFailure(yield* Effect.exit(sql(Redacted.make(guess.href), "select 1"))))
    }),
  )

  it.effect("gives two servers to two starts at once, and leaves nothing of them", () =>
    Effect.gen(function* () {
      const [one, two] = yield* Effect.scoped(
        Effect.gen(function* () {
          const servers = yield* Effect.all([start(), start()], { concurrency: 2 })
          return yield* Effect.forEach(servers, ({ url }) =>
            Effect.map(folderOf(url), (folder) => ({
              url,
              folder,
            })),
          )
        }),
      )
      assert.notStrictEqual(one?.folder, two?.folder)
      for (const server of [one, two]) {
        assert.isDefined(server)
        assert.isTrue(Exit.isFailure(yield* Effect.exit(sql(server.url, "select 1"))))
        assert.isFalse(yield* exists(server.folder))
      }
    }),
  )

  it.effect("keeps data and address under a name, and lends the name to one server at a time", () =>
    Effect.gen(function* () {
      const keep = `test-${randomUUID()}`
      const first = yield* Effect.scoped(
        Effect.gen(function* () {
          const { url } = yield* start({ keep })
          yield* sql(url, "create table notes (body text)", "insert into notes values ('kept')")
          const folder = yield* folderOf(url)
          const second = yield* Effect.flip(start({ keep }))
          assert.include(second.message, `another server already uses ${folder}`)
          return { url, folder }
        }),
      )
      yield* Effect.addFinalizer(() => Effect.promise(() => Fs.rm(first.folder, { recursive: true })))
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { url } = yield* start({ keep })
          assert.strictEqual(Redacted.value(url), Redacted.value(first.url))
          assert.deepStrictEqual(yield* sql(url, "select body as value from notes"), ["kept"])
        }),
      )
    }),
  )
})

describe("DevPostgres", () => {
  it.effect("uses the server of DATABASE_URL and starts none", () =>
    Effect.gen(function* () {
      const theirs = "postgres://somebody@db.example/theirs"
      const environment = ConfigProvider.layer(ConfigProvider.fromEnvRecord({ DATABASE_URL: theirs }))
      const { url } = yield* DevPostgres.pipe(Effect.provide(DevPostgres.layer.pipe(Layer.provide(environment))))
      assert.strictEqual(Redacted.value(url), theirs)
    }),
  )
})

const folderOf = (url: Redacted.Redacted) =>
  Effect.map(sql(url, "select current_setting('data_directory') as value"), ([data = ""]) => Path.dirname(data))

const exists = (path: string) =>
  Effect.promise(() =>
    Fs.access(path).then(
      () => true,
      () => false,
    ),
  )
