import { methods } from "@paylog/telegram-emulator/methods"
import { assert, describe, it } from "@effect/vitest"
import { globSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../../", import.meta.url))

/** `telegram.call("sendMessage", …)`, on one line or on several. */
const calls = /\btelegram\s*\.\s*(?:call|callApi)\(\s*"([A-Za-z]+)"/g

/** All of them in the sources. */
const called = new Set(
  globSync("{apps,packages}/*/src/**/*.ts", { cwd: root })
    .filter((file) => !file.includes("telegram-emulator"))
    .flatMap((file) => [...readFileSync(`${root}${file}`, "utf8").matchAll(calls)].map((match) => match[1] ?? "")),
)

describe("the methods", () => {
  it("are at least all that the bot of this workspace calls", () => {
    assert.isAtLeast(called.size, 6)
    const known = (name: string) => methods.has(name.toLowerCase()) || name === "getUpdates"
    assert.deepStrictEqual(
      [...called].filter((name) => !known(name)),
      [],
    )
  })
})
