/** A server under test, in a process of its own. */
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

export interface Server {
  readonly port: number
  readonly pid: number
}

/** Starts a program that says "Listening on http://127.0.0.1:PORT" on stderr; ended with the scope. */
export const start = (entry: URL, env: Record<string, string>) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const child = spawn(process.execPath, [fileURLToPath(entry)], { env, stdio: ["ignore", "ignore", "pipe"] })
        let log = ""
        const port = await new Promise<number>((resolve, reject) => {
          child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
            if (log.length < 100_000) log += chunk
            const [, listening] = /Listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(log) ?? []
            if (listening !== undefined) resolve(Number(listening))
          })
          child.once("exit", (code) => reject(new Error(`A server under test ended with ${code}: ${log}`)))
        })
        return { child, port }
      }),
      ({ child }) =>
        Effect.promise(async () => {
          if (child.exitCode !== null) return
          child.kill("SIGTERM")
          await once(child, "exit")
        }),
    ),
    ({ child, port }): Server => ({ port, pid: child.pid ?? 0 }),
  )
