import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

/** Runs a fixture to its end; `until` is text of stdout at which SIGTERM is sent. */
const run = async (fixture: string, env: Record<string, string>, until?: string) => {
  const child = spawn(process.execPath, [fileURLToPath(new URL(`fixtures/${fixture}`, import.meta.url))], { env })
  let [stdout, stderr, told] = ["", "", false]
  child.stdout.on("data", (chunk) => {
    stdout += chunk
    // Once: a second signal would end it at once.
    if (told || until === undefined || !stdout.includes(until)) return
    told = true
    child.kill("SIGTERM")
  })
  child.stderr.on("data", (chunk) => (stderr += chunk))
  const [code] = await once(child, "close")
  return { code, stdout, stderr }
}

describe("runMain", () => {
  it("answers a missing variable with one line that names it, and code 2", async () => {
    const { code, stderr } = await run("server.ts", {})
    assert.strictEqual(code, 2)
    assert.match(stderr, /^SECRET_TOKEN: .*not set\n$/)
  })

  it("answers a wrong variable with one line that names it and keeps the value to itself", async () => {
    const { code, stderr } = await run("server.ts", { SECRET_TOKEN: "hush", PORT: "eighty" })
    assert.strictEqual(code, 2)
    assert.match(stderr, /^PORT: [^\n]*\n$/)
    assert.notMatch(stderr, /eighty|hush/)
  })

  it("says so when it is the level of the logs that is wrong", async () => {
    const { code, stderr } = await run("server.ts", { SECRET_TOKEN: "hush", LOG_LEVEL: "loud" })
    assert.strictEqual(code, 2)
    assert.match(stderr, /^LOG_LEVEL: [^\n]*\n$/)
  })

  it("runs finalizers on SIGTERM and ends with code 0", async () => {
    const { code, stdout, stderr } = await run("server.ts", { SECRET_TOKEN: "hush" }, "ready")
    assert.strictEqual(code, 0)
    assert.strictEqual(stdout, "ready\nclosed\n")
    assert.deepInclude(JSON.parse(stderr), { message: "started", level: "INFO" })
  })

  it("ends with code 1 and one JSON line when the program fails", async () => {
    const { code, stderr } = await run("failing.ts", {})
    assert.strictEqual(code, 1)
    assert.include(JSON.parse(stderr).cause, "broken")
  })
})
