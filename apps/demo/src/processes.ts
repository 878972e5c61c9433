/** The parts of Paylog as processes of their own, as they run in production. */
import { Console, Effect, Schema, Stream } from "effect"
import { HttpClient } from "effect/http"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"

export interface Part {
  readonly name: string
  /** The `main.ts` to run. */
  readonly main: URL
  readonly env: Record<string, string>
}

/** A part ended, or did not come up. What it wrote to stderr was shown. */
export class PartFailed extends Schema.TaggedError<PartFailed>()("PartFailed", {
  name: Schema.String,
  reason: Schema.String,
}) {
  override readonly message = `${this.name} ${this.reason}`
}

/**
 * Starts a part; it is told to stop when the scope closes, and killed if it does not. Its warnings and errors are shown.
 * `ended` fails when it ends although nobody asked it to.
 */
export const start = Effect.fnUntraced(function* ({ name, main, env }: Part) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const child = yield* spawner.spawn(
    ChildProcess.make(process.execPath, [fileURLToPath(main)], {
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], LOG_LEVEL: "Warn", ...env },
      extendEnv: false,
      stdin: "ignore",
      stdout: "ignore",
      forceKillAfter: "15 seconds",
    }),
  )
  yield* child.stderr.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach((line) => Console.error(`${name}: ${line}`)),
    Effect.forkScoped,
  )
  const ended = child.exitCode.pipe(
    Effect.flatMap((code) => new PartFailed({ name, reason: `ended with code ${code}` })),
    Effect.catchTag("PlatformError", ({ message }) => new PartFailed({ name, reason: message })),
  )
  return { ended }
})

/** Waits until `url` answers with a success. */
export const answers = Effect.fnUntraced(function* (name: string, url: string) {
  const client = HttpClient.filterStatusOk(yield* HttpClient.HttpClient)
  yield* client.get(url).pipe(
    Effect.scoped,
    Effect.retry({ while: () => Effect.as(Effect.sleep("100 millis"), true) }),
    Effect.timeoutOrElse({
      duration: "60 seconds",
      orElse: () => new PartFailed({ name, reason: `does not answer at ${url}` }),
    }),
    Effect.catchTag("HttpClientError", ({ message }) => new PartFailed({ name, reason: message })),
  )
})

/** `wanted` when it is free, so that addresses stay the same from run to run; else any free port. */
export const freePort = (wanted: number) =>
  Effect.promise(async () => (await listens(wanted)) ?? (await listens(0)) ?? wanted)

const listens = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(undefined))
    server.listen(port, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(address !== null && typeof address === "object" ? address.port : undefined))
    })
  })
