/** The demo as its own process, on a database of its own, and a Chromium to look at it. */
import { sharedServer } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { Context, Effect, Layer, Redacted, Schema } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"

/** Where a Chromium is installed; undefined where none is, and then tests skip, unless `PAYLOG_REQUIRE_CHROMIUM=1`. */
export const chromiumPath = (process.env["PATH"] ?? "")
  .split(":")
  .flatMap((folder) => ["chromium", "chromium-browser", "google-chrome"].map((name) => join(folder, name)))
  .find((file) => existsSync(file))

export const mayNotSkip = process.env["PAYLOG_REQUIRE_CHROMIUM"] === "1"

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url))

/** Kept as output of CI; git ignores it. */
const screenshots = fileURLToPath(new URL("../../../../test-results/screenshots/", import.meta.url))

export const screenshot = (page: Page, name: string) => {
  mkdirSync(screenshots, { recursive: true })
  return page.screenshot({ path: join(screenshots, `${name}.png`) })
}

export class Demo extends Context.Service<
  Demo,
  {
    /** Opens the page in a browser of its own, as a new user of the emulator. Each step has 20 seconds. Fails with what the page complained of. */
    readonly visit: (
      use: (page: Page, user: { readonly id: number; readonly firstName: string }) => Promise<void>,
      options?: BrowserContextOptions,
    ) => Effect.Effect<void>
    readonly address: string
    readonly emulator: string
  }
>()("demo/test/Demo") {
  static readonly layer = Layer.effect(
    Demo,
    Effect.gen(function* () {
      const { url } = yield* freshDatabase()
      const address = yield* running(Redacted.value(url))
      const browser = yield* Effect.acquireRelease(launch, (browser) => Effect.promise(() => browser.close()))
      const { emulator } = yield* Effect.promise(async () => decodeAbout(await (await fetch(`${address}about`)).json()))
      return {
        address,
        emulator,
        visit: (use, options) => Effect.promise(() => visit({ browser, address, emulator }, use, options)),
      }
    }),
  )
}

/** A Chromium, which the caller closes. */
export const launch = Effect.promise(() => {
  if (chromiumPath === undefined) throw new Error("Chromium is required and not installed")
  return chromium.launch({
    executablePath: chromiumPath,
    // Its sandbox refuses root, as whom CI runs; nothing but the demo's own pages is opened.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  })
})

/** Answers with the page's address; told to end when the scope closes. */
const running = (database: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      // This database, and not the one that the tests share.
      const env = { ...process.env, [sharedServer]: undefined, DATABASE_URL: database }
      const child = spawn(process.execPath, [main], { env, stdio: ["ignore", "pipe", "pipe"] })
      let said = ""
      const address = await new Promise<string>((resolve, reject) => {
        const hear = (chunk: string) => {
          said += chunk
          const [found] = /http:\/\/127\.0\.0\.1:\d+\/(?= and buy)/.exec(said) ?? []
          if (found !== undefined) resolve(found)
        }
        child.stdout.setEncoding("utf8").on("data", hear)
        child.stderr.setEncoding("utf8").on("data", hear)
        child.once("close", () => reject(new Error(said)))
      })
      return { child, address }
    }),
    ({ child }) =>
      Effect.promise(async () => {
        child.kill("SIGINT")
        if (child.exitCode === null) await once(child, "close")
      }),
  ).pipe(Effect.map(({ address }) => address))

const decodeAbout = Schema.decodeUnknownSync(Schema.Struct({ emulator: Schema.String }))
const decodeUser = Schema.decodeUnknownSync(Schema.Struct({ id: Schema.Int }))

let visitors = 0

const visit = async (
  { address, browser, emulator }: { readonly browser: Browser; readonly address: string; readonly emulator: string },
  use: (page: Page, user: { readonly id: number; readonly firstName: string }) => Promise<void>,
  options: BrowserContextOptions = {},
) => {
  const firstName = `Visitor${++visitors}`
  const added = await fetch(`${emulator}/emulator/users`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ firstName, languageCode: "en" }),
  })
  const { id } = decodeUser(await added.json())
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    reducedMotion: "reduce",
    ...options,
  })
  context.setDefaultTimeout(20_000)
  const complaints: Array<string> = []
  context.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text())
  })
  context.on("weberror", (error) => complaints.push(error.error().message))
  context.on("request", (request) => {
    const { hostname, protocol } = new URL(request.url())
    if (protocol !== "data:" && hostname !== "127.0.0.1") complaints.push(`went to ${hostname}`)
  })
  try {
    const page = await context.newPage()
    await page.goto(`${address}?user=${id}`)
    await use(page, { id, firstName })
    if (complaints.length > 0) throw new Error(complaints.join("\n"))
  } finally {
    await context.close()
  }
}
