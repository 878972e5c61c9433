import { assert, describe, it } from "@effect/vitest"
import { check } from "../src/doctor/secrets.ts"

const strong = "u8Kx2mQz7RfW4tYb9LsNcE6v"
const other = "pJ3hTg5DnXw1ZaVq8BrMyC0k"

describe("the secrets of an environment", () => {
  it("are well when each is long, random and has one use", () => {
    const findings = check({
      WALLETPAY_API_KEY: strong,
      TELEGRAM_BOT_TOKEN: `123456:${other}`,
      TELEGRAM_LINK_SECRET: "f9Qd2LrXk7WvB4sHm6ZtEy3N",
      DATABASE_URL: "postgres://paylog@localhost/paylog",
    })
    assert.deepStrictEqual(
      findings.map(({ is, what }) => [is, what]),
      [["well", "3 secrets, none of them weak, no two the same"]],
    )
  })

  it("may be none, which is said", () => {
    assert.deepStrictEqual(
      check({}).map(({ is, fix }) => [is, fix]),
      [["unseen", "Run it with the environment of the ingester, and of the bot"]],
    )
  })

  it.each<[string, Record<string, string>, string]>([
    ["short", { WALLETPAY_API_KEY: strong.slice(0, 15) }, "WALLETPAY_API_KEY is shorter than 16 characters"],
    [
      "one that repeats",
      { TELEGRAM_WEBHOOK_SECRET: "ab".repeat(20) },
      "TELEGRAM_WEBHOOK_SECRET repeats a few characters",
    ],
    ["a pattern", { TELEGRAM_WEBHOOK_SECRET: "abcdefgh".repeat(3) }, "TELEGRAM_WEBHOOK_SECRET repeats itself"],
    [
      "a default",
      { DATABASE_URL: "postgres://paylog:Password-1234567@localhost/x" },
      "DATABASE_URL is or begins with what everybody tries first",
    ],
    ["one of several", { WALLETPAY_API_KEY: `${strong},short` }, "WALLETPAY_API_KEY is shorter than 16 characters"],
    [
      "one of two uses",
      { WALLETPAY_API_KEY: strong, TELEGRAM_WEBHOOK_SECRET: strong },
      "WALLETPAY_API_KEY and TELEGRAM_WEBHOOK_SECRET have the same secret: who learns one has both",
    ],
  ])("are wrong when there is %s, and are not shown", (_, environment, what) => {
    const findings = check(environment)
    assert.deepStrictEqual(
      findings.map(({ is, what }) => [is, what]),
      [["wrong", what]],
    )
    for (const value of Object.values(environment)) assert.notInclude(JSON.stringify(findings), value)
  })

  it("may be one login of two URLs, which is a warning", () => {
    const url = `postgres://paylog:${strong}@localhost/paylog`
    assert.deepStrictEqual(
      check({ DATABASE_URL: url, DATABASE_OWNER_URL: url }).map(({ is }) => is),
      ["warning"],
    )
  })
})
