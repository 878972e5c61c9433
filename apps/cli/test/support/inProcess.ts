/** The command line without a process of its own: what starts in 0.7 s there, starts at once here. */
import { configError } from "@paylog/process/runMain"
import { ConfigProvider, Console, Effect, Exit, Logger, Option } from "effect"
import { vi } from "@effect/vitest"
import { codeOf, run } from "../../src/run.ts"
import { type Ran, World } from "./paylog.ts"

/** As `paylog`, in this process, but for its progress. One at a time: it listens to the process's own stdout. */
export const inProcess = Effect.fnUntraced(function* (args: ReadonlyArray<string>, env?: Record<string, string>) {
  const { url } = yield* World
  let [out, err] = ["", ""]
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((text, ...rest) => {
    out += String(text)
    for (const done of rest) if (typeof done === "function") done()
    return true
  })
  const progress = vi.spyOn(process.stderr, "write").mockReturnValue(true)
  const lines = (add: (text: string) => void) => (text: unknown) => add(`${String(text)}\n`)
  const console: Console.Console = Object.assign(Object.create(globalThis.console), {
    log: lines((text) => (out += text)),
    error: lines((text) => (err += text)),
  })
  const exit = yield* Effect.exit(
    run(args).pipe(
      Effect.provide(Logger.layer([Logger.withConsoleError(Logger.formatJson)])),
      Effect.provideService(Console.Console, console),
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env ?? { DATABASE_URL: url })),
    ),
  )
  spy.mockRestore()
  progress.mockRestore()
  // As `runMain` does.
  if (Exit.isFailure(exit)) for (const line of Option.toArray(configError(exit.cause))) err += `${line}\n`
  const ran: Ran = { code: codeOf(exit), out, err }
  return ran
})
