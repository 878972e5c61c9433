import { assert, describe, it } from "@effect/vitest"
import { type Config, ConfigProvider, Duration, Effect, Option, Redacted } from "effect"
import * as environment from "../src/environment.ts"

const read = <A>(config: Config.Config<A>, env: Record<string, string>) =>
  config.parse(ConfigProvider.fromEnvRecord(env))

const token = "4200000042:EMULATED-not-a-secret"
const secret = "a-secret-of-24-characters"

describe("the environment", () => {
  it.effect("gives the bot its token, and its id out of it", () =>
    Effect.gen(function* () {
      const settings = yield* read(environment.telegram, { TELEGRAM_BOT_TOKEN: token })
      assert.strictEqual(settings.botId, 4_200_000_042)
      assert.strictEqual(settings.apiRoot, "https://api.telegram.org/")
      assert.strictEqual(Redacted.value(settings.token), token)
      assert.notInclude(JSON.stringify(settings), "EMULATED")
      const local = yield* read(environment.telegram, { TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT: "http://h:1/x" })
      assert.strictEqual(local.apiRoot, "http://h:1/x/")
    }),
  )

  it.effect("asks for a secret only where there is a webhook", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read(environment.webhook, {}), Option.none())
      const url = "https://shop.example/telegram"
      const settings = yield* read(environment.webhook, { TELEGRAM_WEBHOOK_URL: url, TELEGRAM_WEBHOOK_SECRET: secret })
      assert(Option.isSome(settings))
      assert.deepStrictEqual(
        [settings.value.url.href, settings.value.host, settings.value.port],
        [url, "127.0.0.1", 8081],
      )
    }),
  )

  it.effect("serves health and metrics on the webhook's port, or on one of their own", () =>
    Effect.gen(function* () {
      const hook = { TELEGRAM_WEBHOOK_URL: "https://shop.example/telegram" }
      const at = (port: number) => ({ host: "127.0.0.1", port })
      assert.deepStrictEqual(yield* read(environment.admin, {}), at(8081))
      assert.deepStrictEqual(yield* read(environment.admin, { BOT_PORT: "0" }), at(0))
      assert.isUndefined(yield* read(environment.admin, { ...hook, BOT_PORT: "9000" }))
      for (const others of [{}, hook])
        assert.deepStrictEqual(yield* read(environment.admin, { ...others, BOT_ADMIN_PORT: "9001" }), at(9001))
    }),
  )

  it.effect("gives half an hour to pay, or what it says", () =>
    Effect.gen(function* () {
      assert.strictEqual(Duration.toMinutes(yield* read(environment.payWithin, {})), 30)
      assert.strictEqual(Duration.toMinutes(yield* read(environment.payWithin, { INVOICE_PAY_WITHIN: "2 hours" })), 120)
    }),
  )

  it.effect("names the variable that is missing or wrong, and never its value", () =>
    Effect.gen(function* () {
      const { admin, telegram, webhook, payWithin, budget } = environment
      const url = { TELEGRAM_WEBHOOK_URL: "https://shop.example/telegram" }
      const wrong: ReadonlyArray<readonly [Config.Config<unknown>, Record<string, string>, string]> = [
        [telegram, {}, "TELEGRAM_BOT_TOKEN"],
        [telegram, { TELEGRAM_BOT_TOKEN: "hush" }, "TELEGRAM_BOT_TOKEN"],
        [telegram, { TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT: "ftp://hush" }, "TELEGRAM_API_ROOT"],
        [webhook, { TELEGRAM_WEBHOOK_URL: "hush" }, "TELEGRAM_WEBHOOK_URL"],
        [webhook, { TELEGRAM_WEBHOOK_URL: "https://shop.example/?hush" }, "TELEGRAM_WEBHOOK_URL"],
        [webhook, { TELEGRAM_WEBHOOK_URL: "https://shop.example/:hush" }, "TELEGRAM_WEBHOOK_URL"],
        [webhook, { TELEGRAM_WEBHOOK_URL: "https://shop.example/hush*" }, "TELEGRAM_WEBHOOK_URL"],
        [webhook, url, "TELEGRAM_WEBHOOK_SECRET"],
        [webhook, { ...url, TELEGRAM_WEBHOOK_SECRET: "hush" }, "TELEGRAM_WEBHOOK_SECRET"],
        [webhook, { ...url, TELEGRAM_WEBHOOK_SECRET: secret, BOT_PORT: "hush" }, "BOT_PORT"],
        [admin, { BOT_PORT: "hush" }, "BOT_PORT"],
        [admin, { BOT_ADMIN_PORT: "99999" }, "BOT_ADMIN_PORT"],
        [payWithin, { INVOICE_PAY_WITHIN: "hush" }, "INVOICE_PAY_WITHIN"],
        [payWithin, { INVOICE_PAY_WITHIN: "1 second" }, "INVOICE_PAY_WITHIN"],
        [budget, { CUSTOMER_ORDERS_PER_HOUR: "hush" }, "CUSTOMER_ORDERS_PER_HOUR"],
        [budget, { CUSTOMER_UPDATES_PER_MINUTE: "0" }, "CUSTOMER_UPDATES_PER_MINUTE"],
      ]
      for (const [config, env, name] of wrong) {
        const { message } = yield* Effect.flip(read(config, env))
        assert.include(message, name)
        assert.notInclude(message, "hush")
      }
    }),
  )
})
