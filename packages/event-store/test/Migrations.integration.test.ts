import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { assert, layer } from "@effect/vitest"
import { Effect, Exit, Fiber, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { prepareSchema } from "../src/environment.ts"
import { migrations } from "../src/EventStorePostgres.ts"
import { canMigrate, migrate, type MigrationSet, requireCurrent } from "../src/Migrations.ts"
import { connected, elsewhere, refusal, rows } from "./support/sql.ts"
import { eventually } from "./support/World.ts"

/** A set of our own: file name to text. */
const written = (files: Record<string, string>, name = "test") =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "paylog-migrations-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
    ),
    (folder): MigrationSet => {
      for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
      return { name, folder: pathToFileURL(folder) }
    },
  )

/** Roles belong to the whole server, which other tests share. */
const freshName = (what: string) => `paylog_${what}_${randomBytes(6).toString("hex")}`

const urls = (url: Redacted.Redacted) => ({ url, ownerUrl: undefined, directUrl: undefined })

const one = { "0001_one.sql": "create schema t; create table t.one (n int); insert into t.one values (1);" }
const two = { "0002_two.sql": "update t.one set n = n + 1;" }

layer(DevPostgres.layer, { excludeTestServices: true })("migrations", (it) => {
  it.effect("are applied once, in order, by however many processes start at once on an empty database", () =>
    Effect.gen(function* () {
      const { url } = yield* freshDatabase()
      const sets = [migrations, yield* written({ ...two, ...one, "README.md": "not sql" })]
      assert.deepStrictEqual((yield* Effect.flip(requireCurrent(url, sets)))._tag, "SchemaBehind")
      const applied = yield* Effect.forEach(Array.from({ length: 12 }), () => migrate(url, sets), {
        concurrency: "unbounded",
      })
      const first = applied.filter((names) => names.length > 0)
      assert.strictEqual(first.length, 1)
      assert.deepStrictEqual(first[0]?.slice(-2), ["test/0001_one.sql", "test/0002_two.sql"])
      assert.strictEqual(first[0]?.[0], "event-store/0001_log.sql")
      assert.deepStrictEqual(yield* rows(yield* connected(url), "select n from t.one"), [{ n: 2 }])
      yield* requireCurrent(url, sets)
    }),
  )

  it.effect("may run in many databases of one server at once, though roles belong to all of them", () =>
    Effect.gen(function* () {
      const databases = yield* Effect.forEach(Array.from({ length: 4 }), () => freshDatabase())
      const client = yield* connected(databases[0]?.url ?? Redacted.make(""))
      const made = freshName("test")
      yield* Effect.forEach(databases, ({ url }) => migrate(url, [migrations]), { concurrency: "unbounded" })
      yield* Effect.forEach(
        databases,
        ({ url }) => Effect.flatMap(connected(url), (client) => rows(client, "select paylog.make_role($1)", [made])),
        { concurrency: "unbounded" },
      )
      assert.strictEqual((yield* rows(client, "select from pg_roles where rolname = $1", [made])).length, 1)
      yield* rows(client, `drop role ${made}`)
    }),
  )

  it.effect("wait for a role that another database is making at this very moment, and find it made", () =>
    Effect.gen(function* () {
      const [here, there] = [yield* freshDatabase(), yield* freshDatabase()]
      yield* migrate(there.url, [migrations])
      const first = yield* connected(here.url)
      const name = freshName("test")
      const looked = `do 'begin if to_regrole(''${name}'') is null then create role ${name}; end if; end'`
      for (const [text, code] of [
        [`select paylog.make_role('${name}')`, undefined],
        // Control: to look whether it is there and then make it is not enough.
        [looked, "23505"],
      ] as const) {
        const second = yield* connected(there.url)
        const pid = (yield* rows<{ pid: number }>(second, "select pg_backend_pid() as pid"))[0]?.pid
        yield* rows(first, `begin; create role ${name}`)
        const answer = yield* Effect.forkChild(refusal(second, text))
        yield* eventually(
          rows(first, `select from pg_stat_activity where pid = ${pid} and wait_event_type = 'Lock'`),
          ({ length }) => length === 1,
        )
        yield* rows(first, "commit")
        assert.strictEqual(yield* Fiber.join(answer), code)
        yield* rows(first, `drop role ${name}`)
      }
    }),
  )

  it.effect("go on where they stopped, and leave nothing of a run that fails", () =>
    Effect.gen(function* () {
      const { url } = yield* freshDatabase()
      yield* migrate(url, [yield* written(one)])
      const broken = yield* written({ ...one, ...two, "0003_three.sql": "create table t.three (n int); select 1 / 0;" })
      const exit = yield* Effect.exit(migrate(url, [broken]))
      assert.ok(Exit.isFailure(exit))
      assert.include(String(exit.cause), "Migration test/0003_three.sql failed: division by zero")
      assert.deepStrictEqual(yield* rows(yield* connected(url), "select n from t.one"), [{ n: 1 }])
      const set = yield* written({ ...one, ...two })
      const behind = yield* Effect.flip(requireCurrent(url, [set]))
      assert.include(behind.message, "test/0002_two.sql")
      assert.include(behind.message, "DATABASE_OWNER_URL")
      assert.deepStrictEqual(yield* migrate(url, [set]), ["test/0002_two.sql"])
    }),
  )

  it.effect("are refused when history is not the one that this program knows", () =>
    Effect.gen(function* () {
      const { url } = yield* freshDatabase()
      yield* migrate(url, [yield* written({ ...one, ...two })])
      const others = {
        Changed: { ...one, "0002_two.sql": `${two["0002_two.sql"]} -- changed` },
        Unknown: one,
        OutOfOrder: { ...one, ...two, "0001_between.sql": "select 1;", "0001_a.sql": "select 1;" },
      }
      for (const [reason, files] of Object.entries(others)) {
        const set = yield* written(files)
        for (const attempt of [migrate(url, [set]), requireCurrent(url, [set])]) {
          const error = yield* Effect.flip(attempt)
          assert.strictEqual<string>(error._tag === "SchemaDiffers" ? error.reason : error._tag, reason)
        }
      }
      yield* requireCurrent(url, [yield* written({ ...one, ...two })])
    }),
  )

  it.effect("are the owner's to apply, and everyone's to check", () =>
    Effect.gen(function* () {
      const { url } = yield* freshDatabase()
      const client = yield* connected(url)
      const name = freshName("guest")
      yield* Effect.acquireRelease(rows(client, `create role ${name} login password 'guest' in role pg_monitor`), () =>
        rows(client, `drop owned by ${name}; drop role ${name};`),
      )
      const guest = elsewhere(url, (to) => {
        to.username = name
        to.password = "guest"
      })
      assert.isTrue(yield* canMigrate(url))
      assert.isFalse(yield* canMigrate(guest))
      yield* migrate(url, [migrations])
      assert.isTrue(yield* canMigrate(url))
      assert.isFalse(yield* canMigrate(guest))
      yield* rows(client, `grant paylog_read to ${name}`)
      assert.isFalse(yield* canMigrate(guest))
      yield* requireCurrent(guest, [migrations])
    }),
  )

  it.effect("need no right to make roles: they say what is left to do, and go on", () =>
    Effect.gen(function* () {
      const { url } = yield* freshDatabase()
      const client = yield* connected(url)
      const name = freshName("owner")
      yield* Effect.acquireRelease(
        rows(client, `create role ${name} login password 'owner'`).pipe(
          Effect.andThen(
            rows(client, `grant create on database ${new URL(Redacted.value(url)).pathname.slice(1)} to ${name}`),
          ),
        ),
        () => rows(client, `drop owned by ${name}; drop role ${name};`),
      )
      const owner = elsewhere(url, (to) => {
        to.username = name
        to.password = "owner"
      })
      yield* migrate(owner, [migrations])
      const notices: Array<string> = []
      const asOwner = yield* connected(owner)
      asOwner.on("notice", ({ message }) => notices.push(message ?? ""))
      yield* rows(
        asOwner,
        "select paylog.make_role('paylog_none'), paylog.grant_to('paylog_none', 'select on paylog.events')",
      )
      assert.deepStrictEqual(notices, [
        "Only a role with CREATEROLE can do this: create role paylog_none nologin;",
        "Once the role exists: grant select on paylog.events to paylog_none;",
      ])
      yield* requireCurrent(owner, [migrations])
    }),
  )

  it.effect("are made by the schema's owner, whichever of its members runs them, and by the superuser too", () =>
    Effect.gen(function* () {
      const { url } = yield* freshDatabase()
      const client = yield* connected(url)
      const database = new URL(Redacted.value(url)).pathname.slice(1)
      const [owner, member, stranger] = [freshName("owner"), freshName("member"), freshName("stranger")]
      yield* Effect.acquireRelease(
        rows(
          client,
          `create role ${owner} nologin; grant create on database ${database} to ${owner};
           create role ${member} login password 'test' noinherit in role ${owner};
           create role ${stranger} login password 'test'; create schema paylog authorization ${owner};`,
        ),
        () => rows(client, `drop owned by ${owner}; drop role ${stranger}, ${member}, ${owner};`),
      )
      const as = (name: string) =>
        elsewhere(url, (to) => {
          to.username = name
          to.password = "test"
        })
      assert.isFalse(yield* canMigrate(as(stranger)))
      assert.isTrue(yield* canMigrate(as(member)))
      assert.strictEqual((yield* migrate(as(member), [yield* written(one)])).length, 1)
      const set = yield* written({ ...one, "0002_more.sql": "create table t.more (n int);" })
      assert.strictEqual((yield* migrate(url, [set])).length, 1)
      const owners = `select distinct tableowner as owner from pg_tables where schemaname in ('paylog', 't')`
      assert.deepStrictEqual(yield* rows(client, owners), [{ owner }])
    }),
  )

  it.effect("are those of a newer program: neither owner nor anyone else starts, and the message says which", () =>
    Effect.gen(function* () {
      const { url } = yield* freshDatabase()
      const client = yield* connected(url)
      yield* migrate(url, [migrations])
      const name = freshName("guest")
      yield* Effect.acquireRelease(
        rows(client, `create role ${name} login password 'test' in role paylog_append`),
        () => rows(client, `drop owned by ${name}; drop role ${name};`),
      )
      const guest = elsewhere(url, (to) => {
        to.username = name
        to.password = "test"
      })
      yield* prepareSchema(urls(guest), [migrations])
      yield* rows(
        client,
        "insert into paylog.migrations (set, file, sha256) values ('event-store', '0999_later.sql', 'x')",
      )
      for (const urlsOf of [urls(url), urls(guest), { ...urls(guest), ownerUrl: url }]) {
        const error = yield* Effect.flip(prepareSchema(urlsOf, [migrations]))
        assert.strictEqual(error._tag, "SchemaDiffers")
        assert.strictEqual(
          error.message,
          "event-store/0999_later.sql was applied, and this program does not know it: the database is newer than the program. Start the version that applied it, or a later one",
        )
      }
    }),
  )

  it.effect("report a server that is not there as out of reach, without the password", () =>
    Effect.gen(function* () {
      const nowhere = Redacted.make("postgres://someone:secret@127.0.0.1:1/none")
      for (const attempt of [migrate(nowhere, [migrations]), requireCurrent(nowhere, [migrations])]) {
        const error = yield* Effect.flip(attempt)
        assert.strictEqual(error._tag, "StoreUnavailable")
        assert.strictEqual(error.message, "The log is out of reach: no connection (ECONNREFUSED)")
      }
    }),
  )
})
