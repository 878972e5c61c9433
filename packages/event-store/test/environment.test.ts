import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Redacted } from "effect"
import { environment } from "../src/environment.ts"

const read = (env: Record<string, string>) => environment.parse(ConfigProvider.fromEnvRecord(env))
const url = "postgres://app:secret@localhost/paylog"

describe("the environment of the database", () => {
  it.effect("needs a URL, and takes nothing else for granted", () =>
    Effect.gen(function* () {
      const { url: read1, ...others } = yield* read({ DATABASE_URL: url })
      assert.strictEqual(Redacted.value(read1), url)
      assert.deepStrictEqual(others, { pooler: false, ownerUrl: undefined, directUrl: undefined })
    }),
  )

  it.effect("knows of a pooler only when told", () =>
    Effect.gen(function* () {
      for (const text of ["true", "yes", "on", "1"])
        assert.isTrue((yield* read({ DATABASE_URL: url, DATABASE_POOLER: text })).pooler)
      assert.isFalse((yield* read({ DATABASE_URL: url, DATABASE_POOLER: "false" })).pooler)
      assert.include(
        (yield* Effect.flip(read({ DATABASE_URL: url, DATABASE_POOLER: "pgbouncer" }))).message,
        "DATABASE_POOLER",
      )
    }),
  )

  it.effect("names the variable that is wrong, without its value", () =>
    Effect.gen(function* () {
      for (const name of ["DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_DIRECT_URL"]) {
        const error = yield* Effect.flip(read({ DATABASE_URL: url, [name]: "mysql://app:hush@localhost/paylog" }))
        assert.include(error.message, name)
        assert.notInclude(error.message, "hush")
      }
    }),
  )
})
