import { assert, describe, it } from "@effect/vitest"
import { compileCache } from "@paylog/process/compileCache"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

/** Runs the simulator as a process with this environment until it ends, or until it has printed `enough`. */
const simulator = (environment: Record<string, string>, args: ReadonlyArray<string> = [], enough?: string) =>
  Effect.callback<{ readonly code: number | null; readonly out: string; readonly err: string }>((resume) => {
    const child = spawn(process.execPath, [main, ...args], {
      env: { PATH: "/usr/bin:/bin", ...compileCache, ...environment },
    })
    let [out, err] = ["", ""]
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString()
      if (enough !== undefined && out.includes(enough)) child.kill("SIGTERM")
    })
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()))
    child.on("close", (code) => resume(Effect.succeed({ code, out, err })))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

const options = { timeout: 120_000 }

describe("npx -y pnpm simulator", () => {
  it.live(
    "starts with nothing but a seed: it prints addresses, an example, and the seed's key",
    () =>
      Effect.gen(function* () {
        const { code, out, err } = yield* simulator({ PORT: "0", SEED: "7" }, [], "orders/first/pay")
        assert.deepStrictEqual({ code, err }, { code: 0, err: "" })
        assert.match(out, /API key {8}utSguPlud9KnacKZkBncCsZVJwfx29LNIyT1vrtqa4RZxXVO {2}\(random/)
        assert.match(out, /Merchant API {3}http:\/\/127\.0\.0\.1:[1-9][0-9]*\/wpay\/store-api\/v1\//)
        assert.include(out, "set WEBHOOK_URL")
      }),
    options,
  )

  it.live(
    "does not print a key that it was given, and lets a flag win over a variable",
    () =>
      Effect.gen(function* () {
        const { out } = yield* simulator(
          { PORT: "1", WALLETPAY_API_KEY: "first-key", WEBHOOK_URL: "http://127.0.0.1:8080/a" },
          ["--port", "0", "--webhook-url", "http://127.0.0.1:8080/b"],
          "orders/first/pay",
        )
        assert.notInclude(out, "first-key")
        assert.include(out, "http://127.0.0.1:8080/b")
      }),
    options,
  )

  it.live(
    "says in one line which variable is wrong, and ends with 2",
    () =>
      Effect.gen(function* () {
        const { code, out, err } = yield* simulator({ WALLETPAY_API_KEY: "a key" })
        assert.deepStrictEqual({ code, out }, { code: 2, out: "" })
        assert.match(err, /^WALLETPAY_API_KEY: [^\n]+\n$/)
        assert.notInclude(err, "a key")
      }),
    options,
  )

  it.live(
    "explains an unknown flag and ends with 2",
    () =>
      Effect.gen(function* () {
        const { code, err, out } = yield* simulator({}, ["--prot", "1"])
        assert.strictEqual(code, 2)
        assert.include(err + out, "--prot")
      }),
    options,
  )
})
