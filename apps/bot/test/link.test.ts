import { assert, layer } from "@effect/vitest"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { Effect, Redacted } from "effect"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { ProductId } from "../src/Catalog.ts"
import { DeepLinks } from "../src/DeepLinks.ts"

const program = fileURLToPath(new URL("../src/link.ts", import.meta.url))

const run = (env: Record<string, string>, ...ids: ReadonlyArray<string>) =>
  Effect.callback<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resume) => {
    execFile(process.execPath, [program, ...ids], { env }, (error, stdout, stderr) =>
      resume(Effect.succeed({ code: error === null ? 0 : Number(error.code), stdout, stderr })),
    )
  })

layer(Emulator.layer(), { excludeTestServices: true })("the program that makes links", (it) => {
  it.effect("prints one for each product and invoice, which the bot reads", () =>
    Effect.gen(function* () {
      const { baseUrl, token } = yield* Emulator
      const env = { TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT: baseUrl }
      const { code, stdout } = yield* run(env, "moka", "inv_0123456789abcdefghij")
      assert.strictEqual(code, 0)
      const links = stdout.trim().split("\n")
      assert.lengthOf(links, 2)
      const payloads = links.map((link) => /^https:\/\/t\.me\/\w+\?start=([\w-]{1,64})$/.exec(link)?.[1] ?? "")
      const { read } = DeepLinks.make({ token: Redacted.make(token) })
      assert.deepStrictEqual(read(payloads[0] ?? ""), { _tag: "Product", productId: ProductId.make("moka") })
      assert.strictEqual(read(payloads[1] ?? "")?._tag, "Invoice")
    }),
  )

  it.effect("says in one line what it cannot link to", () =>
    Effect.gen(function* () {
      const { baseUrl, token } = yield* Emulator
      const env = { TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT: baseUrl }
      const wrong = yield* run(env, "gone")
      assert.strictEqual(wrong.code, 1)
      assert.include(wrong.stderr, "gone is no product of the catalogue, and no invoice")
      assert.include((yield* run({ ...env, TELEGRAM_LINK_SECRET: "short" }, "moka")).stderr, "TELEGRAM_LINK_SECRET")
      for (const { stderr } of [wrong]) assert.notInclude(stderr, token)
    }),
  )
})
