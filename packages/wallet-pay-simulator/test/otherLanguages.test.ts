import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile, execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { apiKey, request, running } from "./merchant.ts"

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
const python = /```python\n([^]*?)```/.exec(readme)?.[1] ?? ""

const hasPython = (() => {
  try {
    execFileSync("python3", ["--version"])
    return true
  } catch {
    return false
  }
})()

const run = (code: string) =>
  Effect.callback<string, Error>((resume) => {
    const child = execFile("python3", ["-c", code], (error, out) =>
      resume(error === null ? Effect.succeed(out.trim()) : Effect.fail(error)),
    )
    return Effect.sync(() => child.kill("SIGKILL"))
  })

describe("a merchant in Python, as the README has it", () => {
  it.live.skipIf(!hasPython)("creates an order, and believes its webhook but no other body", () =>
    Effect.gen(function* () {
      const { control, received } = yield* running()
      const order = JSON.stringify(JSON.stringify(request("tea-1")))
      const id = yield* run(`${python}\nprint(create(json.loads(${order}), "${control.baseUrl}", "${apiKey}")["id"])`)
      assert.strictEqual((yield* control.order("tea-1")).id, id)
      yield* control.pay("tea-1")
      yield* control.idle
      const { path, timestamp, signature, body } = received[0]!
      const headers = JSON.stringify({ "WalletPay-Timestamp": timestamp, "WalletPay-Signature": signature })
      const bytes = `base64.b64decode("${Buffer.from(body).toString("base64")}")`
      const verifies = (of: string) =>
        run(`${python}\nprint(verifies("POST", "${path}", ${headers}, ${of}, "${apiKey}"))`)
      assert.strictEqual(yield* verifies(bytes), "True")
      assert.strictEqual(yield* verifies(`${bytes} + b" "`), "False")
    }),
  )
})
