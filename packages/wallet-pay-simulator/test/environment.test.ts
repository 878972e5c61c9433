import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Redacted } from "effect"
import { defaults } from "../src/Settings.ts"
import { environment } from "../src/environment.ts"

const read = (variables: Readonly<Record<string, string>>) =>
  Effect.provideService(environment, ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env: variables }))

describe("the environment", () => {
  it.effect("may be empty", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read({}), {
        host: "127.0.0.1",
        port: 8090,
        settings: defaults,
        stores: [{ webhookUrl: null }],
      })
    }),
  )

  it.effect("sets everything", () =>
    Effect.gen(function* () {
      const options = yield* read({
        HOST: "0.0.0.0",
        PORT: "0",
        SEED: "7",
        SIMULATOR_CLOCK: "virtual",
        WALLETPAY_API_KEY: "first-key,second-key",
        WEBHOOK_URL: "https://example.com/webhook/",
        SIMULATOR_PUBLIC_URL: "https://example.com/pay/",
        SIMULATOR_SETTINGS: `{"webhooks":{"batch":10}}`,
      })
      assert.deepStrictEqual(options, {
        host: "0.0.0.0",
        port: 0,
        publicUrl: "https://example.com/pay",
        seed: "7",
        clock: "virtual",
        settings: { ...defaults, webhooks: { ...defaults.webhooks, batch: 10, concurrency: 1 } },
        stores: [
          {
            webhookUrl: "https://example.com/webhook/",
            apiKeys: [Redacted.make("first-key"), Redacted.make("second-key")],
          },
        ],
      })
    }),
  )

  for (const [variable, value] of [
    ["PORT", "none"],
    ["PORT", "65536"],
    ["PORT", "80.5"],
    ["WEBHOOK_URL", "example.com/hook"],
    ["WEBHOOK_URL", "http://example.com/a/../b"],
    ["SIMULATOR_PUBLIC_URL", "t.me"],
    ["SIMULATOR_SETTINGS", "{"],
    ["SIMULATOR_SETTINGS", `{"webhooks":{"bach":10}}`],
    ["SIMULATOR_CLOCK", "fast"],
    ["WALLETPAY_API_KEY", "a key"],
    ["WALLETPAY_API_KEY", "a,,b"],
  ] as const)
    it.effect(`refuses ${variable}="${value}" by the variable's name, without the value where it is secret`, () =>
      Effect.gen(function* () {
        const { message } = yield* Effect.flip(read({ [variable]: value }))
        assert.include(message, `["${variable}"]`)
        if (variable === "WALLETPAY_API_KEY") assert.notInclude(message, value)
      }),
    )
})
