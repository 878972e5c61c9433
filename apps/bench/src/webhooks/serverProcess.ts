/** A program under test, in a process of its own. When it does not start, or ends, what it said last is the reason. */
import { Effect, Schema } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Unsound } from "../Scenario.ts"

export interface Server {
  readonly port: number
  readonly pid: number
  /** Fails when the process has ended; for whoever waits for something that it does. */
  readonly ended: Effect.Effect<never, Unsound>
}

/** Until a program has started, on a machine that is busy. */
const patienceMs = 60_000

/** What a server says when it listens, with its port. */
const listening = /Listening on http:\/\/127\.0\.0\.1:(\d+)/

const root = new URL("../../../../", import.meta.url)
const Manifest = Schema.fromJsonString(Schema.Struct({ scripts: Schema.Struct({ ingester: Schema.String }) }))

/** The ingester, started as the workspace's script `ingester` does: with its limits of memory. */
export const startIngester = (env: Record<string, string>) => {
  const { scripts } = Schema.decodeSync(Manifest)(readFileSync(new URL("package.json", root), "utf8"))
  const [, ...words] = scripts.ingester.split(" ")
  return start(new URL(words.at(-1) ?? "", root), env, listening, words.slice(0, -1))
}

/**
 * Starts a program, which is ready once it has said `ready`, whose first group is its port if it has one; ended with the scope.
 * `execArgv` is for Node.
 */
export const start = Effect.fnUntraced(function* (
  entry: URL,
  env: Record<string, string>,
  ready: RegExp = listening,
  execArgv: ReadonlyArray<string> = [],
) {
  const file = fileURLToPath(entry)
  const contestant = file.split("/").slice(-3).join("/")
  const output = { text: "" }
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [...execArgv, file], { env, stdio: ["ignore", "pipe", "pipe"] })
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (chunk: string) => (output.text = (output.text + chunk).slice(-20_000)))
      return child
    }),
    (child) =>
      Effect.promise(async () => {
        if (hasEnded()) return
        child.kill("SIGTERM")
        await once(child, "exit")
      }),
  )
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  const saidLast = () => output.text.trim().split("\n").slice(-10).join("\n")
  const unsound = (what: string) => new Unsound({ contestant, reason: `${what}; it said:\n${saidLast()}` })

  const ended = Effect.callback<never, Unsound>((resume) => {
    const say = () => resume(Effect.fail(unsound(`the process has ended with ${child.signalCode ?? child.exitCode}`)))
    if (hasEnded()) return say()
    child.once("exit", say)
    return Effect.sync(() => child.off("exit", say))
  })
  const said = Effect.callback<RegExpExecArray>((resume) => {
    const look = () => {
      const found = ready.exec(output.text)
      if (found !== null) resume(Effect.succeed(found))
    }
    child.stdout.on("data", look)
    child.stderr.on("data", look)
    look()
    return Effect.sync(() => {
      child.stdout.off("data", look)
      child.stderr.off("data", look)
    })
  })
  const [, port] = yield* said.pipe(
    Effect.raceFirst(ended),
    Effect.timeoutOrElse({
      duration: patienceMs,
      orElse: () => Effect.suspend(() => unsound(`not ready within ${patienceMs / 1000} s`)),
    }),
  )
  return { port: Number(port), pid: child.pid ?? 0, ended } satisfies Server
})
