/** The emulated Telegram in a process of its own, by its control API. */
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"

export const token = "4200000042:EMULATED-not-a-secret"

const entry = fileURLToPath(new URL("../../../../packages/telegram-emulator/src/main.ts", import.meta.url))
const bot = fileURLToPath(new URL("../../../bot/src/main.ts", import.meta.url))

/** A call that the bot made. */
export interface Call {
  readonly number: number
  readonly atMs: number
  readonly method: string
  readonly parameters: Readonly<Record<string, string>>
  readonly early?: boolean
  readonly answer?: { readonly ok: boolean; readonly error_code?: number }
}

const spawned = (file: string, env: Record<string, string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [file], { env, stdio: ["ignore", "ignore", "pipe"] })
      const log = { text: "" }
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => (log.text = (log.text + chunk).slice(-100_000)))
      return { child, log }
    }),
    ({ child }) =>
      Effect.promise(async () => {
        if (child.exitCode !== null) return
        child.kill("SIGTERM")
        await once(child, "exit")
      }),
  )

const freePort = Effect.promise(async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  return typeof address === "object" && address !== null ? address.port : 0
})

const until = (what: string, isSo: () => Promise<boolean>) =>
  Effect.promise(async () => {
    for (const start = performance.now(); !(await isSo().catch(() => false));) {
      if (performance.now() - start > 60_000) throw new Error(`${what}: not within a minute`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })

/** At Telegram's limits: one message a second in a chat, 30 in all. */
export const telegram = Effect.gen(function* () {
  const port = yield* freePort
  const root = `http://127.0.0.1:${port}`
  yield* spawned(entry, { PORT: String(port), TELEGRAM_BOT_TOKEN: token })
  const ask = async (method: string, path: string, body?: unknown): Promise<string> => {
    const response = await fetch(`${root}/emulator${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`)
    return response.text()
  }
  yield* until("the emulator", () => ask("GET", "/bots").then(() => true))
  yield* Effect.promise(() => ask("PUT", "/limits", { perChatPerSecond: 1, perBotPerSecond: 30 }))
  return {
    root,
    /** Somebody who has started the bot. */
    addUser: (id: number) =>
      Effect.promise(async () => {
        await ask("POST", "/users", { id, firstName: "Ada", languageCode: "en" })
        await ask("POST", `/users/${id}/messages`, { text: "/start" })
      }),
    calls: (after: number) =>
      Effect.promise(async (): Promise<ReadonlyArray<Call>> =>
        JSON.parse(await ask("GET", `/transcript?after=${after}`)),
      ),
  }
})

/** The bot as it runs in production, at its own pace. */
export const startBot = Effect.fnUntraced(function* (root: string, databaseUrl: string) {
  const env = { DATABASE_URL: databaseUrl, TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT: root }
  const { log } = yield* spawned(bot, env)
  yield* until("the bot", async () => log.text.includes("is ready"))
})
