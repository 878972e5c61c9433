/** The bot as a real process. */
import { compileCache } from "@paylog/process/compileCache"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { Effect, Redacted } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { Urls } from "./world.ts"

const mains = {
  bot: fileURLToPath(new URL("../../src/main.ts", import.meta.url)),
  faulty: fileURLToPath(new URL("faultyBot.ts", import.meta.url)),
  paylog: fileURLToPath(new URL("../../../cli/src/main.ts", import.meta.url)),
}

const launch = (env: Record<string, string>, main = mains.bot, args: ReadonlyArray<string> = []) => {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...compileCache, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  const output = { log: "", stdout: "" }
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (output.log += chunk))
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output.stdout += chunk))
  const exited = once(child, "close").then(([code, signal]: Array<unknown>) => ({ code, signal, ...output }))
  return { child, output, exited }
}

/** Runs `main.ts` to its end, for starts that are refused. */
export const runBot = (env: Record<string, string>) => Effect.promise(() => launch(env).exited)

/** Runs an operator's command against the test's database, to its end. */
export const paylog = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const { url } = yield* Urls
  return yield* Effect.promise(() => launch({ DATABASE_URL: Redacted.value(url) }, mains.paylog, args).exited)
})

/**
 * Starts `main.ts`, or the bot whose handlers fail, for the emulated Telegram and the test's database. Ended, and seen to end,
 * when the scope closes.
 */
export const startProcess = Effect.fnUntraced(function* (
  env: Record<string, string> = {},
  which: "bot" | "faulty" = "bot",
) {
  const { baseUrl, token } = yield* Emulator
  const { url } = yield* Urls
  const settings = {
    DATABASE_URL: Redacted.value(url),
    TELEGRAM_BOT_TOKEN: token,
    TELEGRAM_API_ROOT: baseUrl,
    // Any free one.
    BOT_PORT: "0",
  }
  return yield* Effect.acquireRelease(
    Effect.sync(() => launch({ ...settings, ...env }, mains[which])),
    ({ child, exited }) => Effect.promise(() => (child.kill("SIGKILL"), exited)),
  )
})
