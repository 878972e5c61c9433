import { assert, layer } from "@effect/vitest"
import { DevPostgres, sharedServer } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { Database } from "@paylog/event-store/Database"
import { layerPostgres } from "@paylog/event-store/layerPostgres"
import { Effect, Redacted } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

/** Runs the demo to its end, which comes by SIGINT once it says how to end it. */
const demo = (database: string, ...args: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    // This database, and not the one that the tests share.
    const env = { ...process.env, [sharedServer]: undefined, DATABASE_URL: database }
    const child = spawn(process.execPath, [main, ...args], { env, stdio: ["ignore", "pipe", "pipe"] })
    let [stdout, stderr, told] = ["", "", false]
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      stdout += chunk
      if (told || !stdout.includes("Ctrl-C ends it all.")) return
      told = true
      child.kill("SIGINT")
    })
    child.stderr.setEncoding("utf8").on("data", (chunk) => (stderr += chunk))
    const [code] = await once(child, "close")
    return { code, lines: stdout.trimEnd().split("\n"), stderr }
  })

layer(DevPostgres.layer, { excludeTestServices: true })("the demo", (it) => {
  it.effect(
    "plays a purchase to the receipt, and a second run on the same database as well as the first",
    () =>
      Effect.gen(function* () {
        const { url } = yield* freshDatabase()
        for (const at of [5, 11]) {
          const { code, lines, stderr } = yield* demo(Redacted.value(url), "--once")
          assert.strictEqual(code, 0, stderr)
          assert.match(
            lines.at(-1) ?? "",
            new RegExp(
              `^invoice inv_[0-9a-z]{20} paid 12\\.5\\d{5} USDT fee 0\\.12\\d{4} net 12\\.3\\d{5} at position ${at}$`,
            ),
          )
          assert.isTrue(lines.some((line) => line.includes("✅ Paid")))
          assert.isTrue(lines.some((line) => /^ +\d+ +5 +InvoicePaid .* Provider wallet-pay$/.test(line)))
          assert.isTrue(lines.some((line) => /^ +\d+ +6 +InvoiceFulfilled .* Worker fulfiller$/.test(line)))
        }
      }),
    180_000,
  )

  it.effect(
    "names one page to open, and ends with code 0 when told to",
    () =>
      Effect.gen(function* () {
        const { url } = yield* freshDatabase()
        const { code, lines, stderr } = yield* demo(Redacted.value(url))
        assert.strictEqual(code, 0, stderr)
        assert.lengthOf(
          lines.filter((line) => /^Open http:\/\/127\.0\.0\.1:\d+\/ and buy something/.test(line)),
          1,
        )
        // Two owners are there, who give money back.
        const linked = Database.use(({ query }) =>
          query<{ readonly name: string }>({
            name: "test-linked",
            text: "select name from payments.staff join payments.staff_links using (staff_id) where role = 'owner' order by name",
          }),
        ).pipe(Effect.provide(layerPostgres({ url, ownerUrl: undefined, directUrl: url })))
        assert.deepStrictEqual(
          (yield* linked).map(({ name }) => name),
          ["Oleg", "Olga"],
        )
      }),
    180_000,
  )
})
