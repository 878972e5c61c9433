import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Console, Effect, Exit, Fiber } from "effect"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { codeOf, run } from "../src/run.ts"
import { apiKey, request, running } from "./merchant.ts"

const scenarios = fileURLToPath(new URL("../scenarios/", import.meta.url))

/** Runs `simulator` with these arguments until it ends, in this process: `main.test.ts` shows that it is one. `onStarted`: it listens. */
const simulator = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  env: Record<string, string> = {},
  onStarted: () => void = () => {},
) {
  let [out, err] = ["", ""]
  const console: Console.Console = Object.assign(Object.create(globalThis.console), {
    log: (text: unknown) => (out += `${String(text)}\n`),
    error: (text: unknown) => {
      err += `${String(text)}\n`
      if (err.includes("Listening to")) onStarted()
    },
  })
  const exit = yield* Effect.exit(
    run(args).pipe(
      Effect.provideService(Console.Console, console),
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env)),
    ),
  )
  return { code: codeOf(exit), out, err }
})

/** A file with this text, for as long as the scope is open. */
const file = (text: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const path = join(mkdtempSync(join(tmpdir(), "scenario-")), "scenario.yaml")
      writeFileSync(path, text)
      return path
    }),
    (path) => Effect.sync(() => rmSync(join(path, ".."), { recursive: true })),
  )

const timeout = 120_000

describe("simulator scenario", () => {
  for (const name of readdirSync(scenarios))
    it.live(
      `plays ${name} against a simulator of its own, twice alike`,
      () =>
        Effect.gen(function* () {
          const runs = yield* Effect.forEach([1, 2], () => simulator(["scenario", scenarios + name, "--deliveries"]))
          for (const { code, err } of runs) assert.deepStrictEqual({ code, err }, { code: 0, err: "" })
          const [first, again] = runs.map(({ out }) => out.replaceAll(/127\.0\.0\.1:\d+/g, "HOST"))
          assert.match(first ?? "", /^seed 7\nok {2}line /)
          assert.match(first ?? "", /: \d+ steps as expected\n$/)
          assert.strictEqual(again, first)
        }),
      timeout,
    )

  it.live(
    "ends with 3 and the line of the expectation that does not hold, and with 2 for a file that is wrong",
    () =>
      Effect.gen(function* () {
        const good = readFileSync(`${scenarios}late-payment.yaml`, "utf8")
        const unexpected = yield* simulator([
          "scenario",
          yield* file(good.replace("status: EXPIRED", "status: ACTIVE")),
        ])
        assert.strictEqual(unexpected.code, 3)
        assert.strictEqual(unexpected.err, 'line 8, expect: status is "EXPIRED", expected "ACTIVE"\n')
        const wrong = yield* simulator(["scenario", yield* file(good.replace("expect", "expct"))])
        assert.strictEqual(wrong.code, 2)
        assert.match(wrong.err, /line 8, steps\[2\]: a step has one verb/)
        const refused = yield* simulator([
          "scenario",
          yield* file(good.replace("pay:\n      order: tea-1", "pay:\n      order: tea-2")),
        ])
        assert.strictEqual(refused.code, 1)
        assert.match(refused.err, /^line 9, pay: .*no order tea-2\n$/)
      }),
    timeout,
  )

  it.live(
    "plays against a running simulator, and waits there for the orders of the merchant",
    () =>
      Effect.gen(function* () {
        const { api, control } = yield* running({ settings: { webhooks: { retryDelaysMs: [3_600_000] } } }, [500, 200])
        yield* api.create(request("an-old-one"))
        const path = yield* file(`
steps:
  - create: { externalId: its-own }
  - wait: { as: theirs, status: ACTIVE, within: 20 seconds }
  - pay: { order: theirs, currency: USDT }
  - expect: { order: theirs, status: PAID, answered: [500], verified: [true] }
  - advance: 1 hour
  - expect: { order: theirs, answered: [500, 200] }
`)
        const playing = yield* Effect.forkChild(
          simulator(["scenario", path, "--url", control.baseUrl], { WALLETPAY_API_KEY: apiKey }),
        )
        // The scenario knows the old order by the time that it has made its own.
        yield* Effect.repeat(Effect.exit(Effect.delay(control.order("its-own"), "20 millis")), {
          until: Exit.isSuccess,
        })
        yield* api.create(request("tea-1"))
        const { code, out, err } = yield* Fiber.join(playing)
        assert.deepStrictEqual({ code, err }, { code: 0, err: "" }, out)
        assert.include(out, "wait: tea-1 is ACTIVE")
      }),
    timeout,
  )
})

describe("simulator trigger and listen", () => {
  it.live(
    "trigger pays late and twice; listen prints each delivery, its answer and whether it verifies",
    () =>
      Effect.gen(function* () {
        const { control, received } = yield* running({}, [200])
        const env = { SIMULATOR_URL: control.baseUrl, WALLETPAY_API_KEY: apiKey }
        let started = () => {}
        const isListening = new Promise<void>((resolve) => (started = resolve))
        const listening = yield* Effect.forkChild(simulator(["listen", "--count", "3", "--all"], env, started))
        yield* Effect.promise(() => isListening)
        const { code, out, err } = yield* simulator(["trigger", "paid", "--late", "--twice"], env)
        assert.deepStrictEqual({ code, err }, { code: 0, err: "" }, out)
        assert.deepStrictEqual(
          received.map(({ messages }) => messages[0]?.type),
          ["ORDER_FAILED", "ORDER_PAID", "ORDER_PAID"],
        )
        assert.strictEqual(received[1]?.messages[0]?.eventId, received[2]?.messages[0]?.eventId)
        const heard = yield* Fiber.join(listening)
        assert.strictEqual(heard.code, 0)
        assert.lengthOf(heard.out.match(/→ 200 \(signature verified\)\n/g) ?? [], 3)
        // With another key, the same deliveries do not verify.
        const other = yield* simulator(["listen", "--count", "3", "--all"], { ...env, WALLETPAY_API_KEY: "another" })
        assert.lengthOf(other.out.match(/SIGNATURE DOES NOT VERIFY/g) ?? [], 3)
      }),
    timeout,
  )

  it.live(
    "trigger ends with 3 when the merchant refuses what is true, or believes what is spoiled",
    () =>
      Effect.gen(function* () {
        const { control } = yield* running({ settings: { webhooks: { retryDelaysMs: [] } } }, [200, 401, 500, 200, 200])
        const run = (...args: ReadonlyArray<string>) => simulator(["trigger", ...args, "--url", control.baseUrl])
        assert.strictEqual((yield* run("cancelled", "--tamper", "body")).code, 0)
        assert.strictEqual((yield* run("expired")).code, 3)
        const believed = yield* run("paid", "--tamper", "signature")
        assert.strictEqual(believed.code, 3)
        assert.match(believed.err, /#5\n$/)
      }),
    timeout,
  )

  it.live(
    "trigger ends with 1 without a simulator, 2 for arguments that cannot be, 3 when nothing is sent",
    () =>
      Effect.gen(function* () {
        const none = yield* simulator(["trigger", "paid", "--url", "http://127.0.0.1:1"])
        assert.strictEqual(none.code, 1)
        assert.match(none.err, /^No simulator answers at http:\/\/127\.0\.0\.1:1/)
        const { control } = yield* running({ stores: [{}] })
        const run = (...args: ReadonlyArray<string>) => simulator(["trigger", ...args, "--url", control.baseUrl])
        assert.strictEqual((yield* run("exploded")).code, 2)
        assert.strictEqual((yield* run("expired", "--late")).code, 2)
        assert.strictEqual((yield* run("paid", "--price", "12 dollars")).code, 2)
        const silent = yield* run("paid", "--price", "5.00 EUR")
        assert.strictEqual(silent.code, 3)
        assert.match(silent.err, /^nothing was sent/)
      }),
    timeout,
  )
})
