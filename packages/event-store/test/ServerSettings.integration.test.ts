import { DevPostgres, start } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { assert, layer } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import { prepareSchema } from "../src/environment.ts"
import { migrations } from "../src/EventStorePostgres.ts"
import { requireSafe } from "../src/ServerSettings.ts"
import { connected, elsewhere, rows } from "./support/sql.ts"
import { eventually } from "./support/World.ts"

const urls = (url: Redacted.Redacted) => ({ url, ownerUrl: undefined, directUrl: undefined })

/** Why this URL is refused; undefined when it is not. */
const refused = (url: Redacted.Redacted) =>
  requireSafe({ url }).pipe(
    Effect.as(undefined),
    Effect.catchTag("UnsafeServer", ({ message }) => Effect.succeed(message)),
  )

layer(DevPostgres.layer, { excludeTestServices: true })("a process", (it) => {
  it.effect("does not start on a server whose commits are not durable, and says what to turn on", () =>
    Effect.gen(function* () {
      const { url } = yield* start()
      const client = yield* connected(url)
      const settings = ["fsync", "full_page_writes", "synchronous_commit"]
      const set = Effect.fnUntraced(function* (name: string, value: string) {
        yield* rows(client, `alter system set ${name} = ${value}`)
        yield* rows(client, "select pg_reload_conf()")
        // A reload reaches each process when it next looks.
        yield* eventually(
          rows<{ value: string }>(client, `select current_setting('${name}') as value`),
          ([row]) => row?.value === value,
        )
      })
      yield* prepareSchema(urls(url), [migrations])
      for (const name of settings) {
        yield* set(name, "off")
        assert.strictEqual(
          (yield* Effect.flip(prepareSchema(urls(url), [migrations]))).message,
          `This server may lose what it has committed: ${name} is off (configuration file). Turn on what is off: alter system set ${name} = on; select pg_reload_conf();`,
        )
        yield* set(name, "on")
      }
      for (const name of settings) yield* set(name, "off")
      const error = yield* Effect.flip(prepareSchema(urls(url), [migrations]))
      assert.deepStrictEqual<unknown>(
        error._tag === "UnsafeServer" ? error.settings : error,
        settings.map((name) => ({ name, value: "off", source: "configuration file" })),
      )
      for (const name of settings) yield* set(name, "on")
      // Weaker than `on` only where there are standbys; what this server has said is on its disk.
      yield* set("synchronous_commit", "local")
      yield* prepareSchema(urls(url), [migrations])
    }),
  )

  it.effect("looks at the settings of its own role, database and connection", () =>
    Effect.gen(function* () {
      const { url } = yield* freshDatabase()
      const client = yield* connected(url)
      const database = new URL(Redacted.value(url)).pathname.slice(1)
      const role = `paylog_test_${randomBytes(6).toString("hex")}`
      yield* Effect.acquireRelease(rows(client, `create role ${role} login password 'test'`), () =>
        rows(client, `drop owned by ${role}; drop role ${role};`),
      )
      const app = elsewhere(url, (to) => {
        to.username = role
        to.password = "test"
      })
      const off = "synchronous_commit = off"
      const cases = [
        [`alter role ${role} set ${off}`, `alter role ${role} reset synchronous_commit`, "user"],
        [`alter database ${database} set ${off}`, `alter database ${database} reset synchronous_commit`, "database"],
        [
          `alter role ${role} in database ${database} set ${off}`,
          `alter role ${role} in database ${database} reset synchronous_commit`,
          "database user",
        ],
      ] as const
      for (const [turnOff, turnOn, source] of cases) {
        assert.isUndefined(yield* refused(app))
        yield* rows(client, turnOff)
        const message = (yield* refused(app)) ?? ""
        assert.include(message, `synchronous_commit is off (${source})`)
        assert.include(message, turnOn.replace(role, "…").replace(database, "…"))
        yield* rows(client, turnOn)
      }
      const careless = elsewhere(app, (to) => to.searchParams.set("options", "-c synchronous_commit=off"))
      assert.include((yield* refused(careless)) ?? "", "take synchronous_commit out of the connection's options")
      assert.isUndefined(yield* refused(app))
    }),
  )
})
