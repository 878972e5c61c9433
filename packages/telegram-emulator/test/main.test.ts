import { assert, describe, it } from "@effect/vitest"
import { compileCache } from "@paylog/process/compileCache"
import { spawn } from "node:child_process"
import { join } from "node:path"

const main = join(import.meta.dirname, "../src/main.ts")

/** Runs the program until it ends; `onOutput` sees all that it has said so far. */
const run = (environment: Readonly<Record<string, string>>, onOutput: (text: string, stop: () => void) => void) =>
  new Promise<{ readonly code: number | null; readonly output: string; readonly errors: string }>((resolve) => {
    const child = spawn(process.execPath, [main], { env: { ...process.env, ...compileCache, ...environment } })
    let output = ""
    let errors = ""
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString()
      onOutput(output, () => child.kill("SIGTERM"))
    })
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()))
    child.on("close", (code) => resolve({ code, output, errors }))
  })

const freePort = "18473"

describe("the program", { timeout: 60_000 }, () => {
  it("prints where everything is, never a token that it was given, and ends well when told to", async () => {
    const token = "123456:AA-this-may-be-a-real-one"
    let answer: Promise<Response> | undefined
    const { code, output } = await run({ PORT: freePort, TELEGRAM_BOT_TOKEN: token }, (text, stop) => {
      if (answer !== undefined || !text.includes("/emulator/users/7/chat")) return
      answer = fetch(`http://127.0.0.1:${freePort}/bot${token}/getMe`)
      void answer.finally(stop)
    })
    assert.strictEqual((await answer)?.status, 200)
    assert.strictEqual(code, 0)
    assert.include(output, `Bot API root   http://127.0.0.1:${freePort}`)
    assert.notInclude(output, token)
  })

  it.each([
    ["PORT", "many"],
    ["TELEGRAM_BOT_TOKEN", "no-token"],
  ])("says in one line that %s is wrong, without its value, and exits with 2", async (name, value) => {
    const { code, errors } = await run({ [name]: value }, () => {})
    assert.strictEqual(code, 2)
    assert.match(errors, new RegExp(`^${name}: .*\n$`))
    assert.notInclude(errors, value)
  })
})
