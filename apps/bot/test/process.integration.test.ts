import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { Effect, Layer, Redacted } from "effect"
import { openOrder, pay, person } from "./support/shop.ts"
import { runBot, startProcess } from "./support/process.ts"
import { Urls, world } from "./support/world.ts"

/** A login role with what the documentation says that a process needs. */
const weakRole = Effect.gen(function* () {
  const database = yield* Database
  const run = (text: string) => database.query({ name: `test-${text}`.slice(0, 60), text })
  const url = new URL(Redacted.value((yield* Urls).url))
  url.username = `weak_${url.pathname.slice(1)}`
  url.password = "weak"
  yield* run(`create role ${url.username} login password 'weak'`)
  yield* Effect.addFinalizer(() => run(`drop role ${url.username}`).pipe(Effect.orDie))
  yield* run(`grant paylog_append, paylog_project to ${url.username}`)
  return url.href
})

layer(world(), { excludeTestServices: true })("the bot's process", (it) => {
  it.effect("names a missing or wrong variable in one line, and ends with code 2", () =>
    Effect.gen(function* () {
      const env = { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none", TELEGRAM_BOT_TOKEN: "1:hush" }
      const cases = [
        [{ ...env, TELEGRAM_BOT_TOKEN: "hush" }, /^TELEGRAM_BOT_TOKEN: [^\n]+\n$/],
        [{ TELEGRAM_BOT_TOKEN: "1:hush" }, /^DATABASE_URL: [^\n]+\n$/],
        [{ ...env, CATALOG_FILE: "/nowhere" }, /^CATALOG_FILE: [^\n]+ can be read\n$/],
      ] as const
      yield* Effect.forEach(
        cases,
        Effect.fnUntraced(function* ([wrong, line]) {
          const { code, log, stdout } = yield* runBot(wrong)
          assert.match(log, line)
          assert.strictEqual(code, 2)
          assert.notMatch(log + stdout, /hush/)
        }),
        { concurrency: 2 },
      )
    }),
  )

  it.effect("sells with a role that may do no more than it must, stops on SIGTERM, and logs nothing of anybody", () =>
    Effect.gen(function* () {
      const { token } = yield* Emulator
      const { child, exited } = yield* startProcess({ DATABASE_URL: yield* weakRole, LOG_LEVEL: "Trace" })
      const ada = yield* person()
      yield* ada.send("a secret wish")
      yield* ada.message("did not understand")
      const invoiceId = yield* ada.buy("House blend")
      yield* openOrder(invoiceId)
      yield* ada.message("Your invoice")
      yield* pay(invoiceId)
      yield* ada.message("Paid. Thank you!")
      child.kill("SIGTERM")
      const { code, log, stdout } = yield* Effect.promise(() => exited)
      assert.strictEqual(code, 0)
      assert.strictEqual(stdout, "")
      assert.include(log, "is ready")
      for (const line of log.trim().split("\n")) assert.isObject(JSON.parse(line))
      for (const secret of [token, token.split(":")[1] ?? token, String(ada.id), "Ada", "secret wish", "weak@"])
        assert.notInclude(log, secret)
    }),
  )

  it.effect("refuses to start on a schema that is behind, with a role that may not migrate", () =>
    Effect.gen(function* () {
      const database = yield* Database
      yield* database.query({ name: "behind", text: "delete from paylog.migrations where set = 'bot'" })
      const { code, log } = yield* runBot({ DATABASE_URL: yield* weakRole, TELEGRAM_BOT_TOKEN: "1:hush" })
      assert.strictEqual(code, 1)
      assert.include(log, "bot/0001_bot.sql")
      assert.notMatch(log, /hush|weak@/)
    }).pipe(Effect.scoped, Effect.provide(Layer.fresh(world()))),
  )
})
