/** A real Postgres for the demo and the tests, from binaries that npm ships. */
import { Clock, Config, Console, Context, Effect, Layer, Option, Redacted } from "effect"
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as Binaries from "./internal/Binaries.ts"
import { type Account, account, home } from "./internal/home.ts"
import { isOwned } from "./internal/lock.ts"
import { StartFailed } from "./StartFailed.ts"

export interface Server {
  /** A superuser's connection string (of `DATABASE_URL`: whoever it names), for the database that is there from the start. */
  readonly url: Redacted.Redacted
  /** Fails when the server ends although nobody asked it to. A server that we did not start is not watched. */
  readonly ended: Effect.Effect<never, StartFailed>
}

export interface StartOptions {
  /** Keep the data under this name, and find it again at the next start. Without it the data goes when the server does. */
  readonly keep?: string
}

/**
 * Starts a server on a free port of 127.0.0.1, for as long as the scope lives, and at most as long as this process:
 * SIGKILL of it ends the server too. UTF-8, locale C, page checksums, scram; everything that makes a commit durable is on.
 * Takes about two seconds, and the first time on a machine a few more.
 */
export const start = Effect.fn("DevPostgres.start")(function* (options: StartOptions = {}) {
  const base = yield* home
  const native = yield* Binaries.unpack(base)
  yield* removeAbandoned(base)
  const owner = yield* account
  const folder =
    options.keep === undefined
      ? yield* Effect.promise(() => Fs.mkdtemp(Path.join(base, "run-")))
      : Path.join(base, `kept-${options.keep}`)
  const password = yield* Effect.promise(async () => {
    await Fs.mkdir(folder, { recursive: true })
    // The server's account passes through, to files of its own.
    await Fs.chmod(folder, 0o711)
    return await keepPassword(Path.join(folder, "password"), owner)
  })
  yield* Console.error(`paylog: starting Postgres in ${folder}`)
  const args = [
    fileURLToPath(new URL(`internal/guard${Path.extname(import.meta.filename)}`, import.meta.url)),
    `--native=${native}`,
    `--folder=${folder}`,
    ...(options.keep === undefined ? [] : ["--keep"]),
    ...(owner === undefined ? [] : [`--uid=${owner.uid}`, `--gid=${owner.gid}`]),
  ]
  const guard = yield* Effect.acquireRelease(
    // A session of its own: Ctrl-C in a terminal reaches us only, and we end the server in order.
    Effect.sync(() => watch(spawn(process.execPath, args, { detached: true, stdio: "pipe" }))),
    (guard) => guard.stop,
  )
  const port = yield* guard.ready
  yield* Console.error(`paylog: Postgres is ready on 127.0.0.1:${port}`)
  const server: Server = {
    url: Redacted.make(`postgres://postgres:${password}@127.0.0.1:${port}/postgres`),
    ended: guard.ended,
  }
  return server
})

/** The server that tests and the demo use: that of `DATABASE_URL` if it is set, else one that is started for the layer. */
export class DevPostgres extends Context.Service<DevPostgres, Server>()("dev-postgres/DevPostgres") {
  static readonly layer: Layer.Layer<DevPostgres, StartFailed> = Layer.effect(
    DevPostgres,
    Effect.gen(function* () {
      const given = yield* Config.option(
        Config.Redacted(sharedServer).pipe(Config.orElse(() => Config.Redacted("DATABASE_URL"))),
      ).pipe(Effect.orDie)
      // Empty is how a line of an environment file says "none".
      const theirs = Option.filter(given, (url) => Redacted.value(url) !== "")
      return Option.isSome(theirs) ? { url: theirs.value, ended: Effect.never } : yield* start()
    }),
  )
}

/**
 * The variable by which a test run tells its workers about the one server that it started. Not `DATABASE_URL`: a program
 * under test that is given no database must not find one.
 */
export const sharedServer = "PAYLOG_TEST_POSTGRES_URL"

/** The password of the folder's server, made at the first call. In a file, since a process's arguments are public. */
const keepPassword = async (file: string, owner: Account | undefined): Promise<string> => {
  const made = randomBytes(18).toString("hex")
  try {
    await Fs.writeFile(file, made, { flag: "wx", mode: 0o600 })
    if (owner !== undefined) await Fs.chown(file, owner.uid, owner.gid)
    return made
  } catch {
    return await Fs.readFile(file, "utf8")
  }
}

/**
 * Removes folders whose process is gone (a power cut, a kill of the whole container). A server that should still run in
 * one sees its lock file missing and ends, within a minute. What is younger than ten may be about to get its owner.
 */
const removeAbandoned = Effect.fnUntraced(function* (base: string) {
  const now = yield* Clock.currentTimeMillis
  yield* Effect.promise(async () => {
    for (const name of await Fs.readdir(base)) {
      if (!name.startsWith("run-") && !name.startsWith("copy-")) continue
      const folder = Path.join(base, name)
      const age = await Fs.stat(folder).then(
        (found) => now - found.mtimeMs,
        () => 0,
      )
      if (age < 600_000 || (await isOwned(folder))) continue
      // Another start may be removing it as well; what is left, the next one removes.
      await Fs.rm(folder, { recursive: true, force: true }).catch(() => {})
    }
  })
})

/** The guard as seen from here: its one line of output, its end, and how to end it. */
const watch = (guard: ChildProcessWithoutNullStreams) => {
  let complaint = ""
  guard.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text))
  const exit = new Promise<string>((resolve) => {
    guard.once("error", (error) => resolve(String(error)))
    guard.once("close", () => resolve(complaint.trim()))
  })
  const failed = Effect.flatMap(
    Effect.promise(() => exit),
    (message) => Effect.fail(new StartFailed({ message })),
  )
  const ready = Effect.callback<string>((resume) => {
    createInterface(guard.stdout).once("line", (line) => resume(Effect.succeed(line.replace("ready ", ""))))
  })
  // The guard may be gone already, and then nobody reads.
  guard.stdin.on("error", () => {})
  return {
    ready: Effect.raceFirst(ready, failed),
    ended: failed,
    stop: Effect.promise(() => {
      guard.stdin.end()
      return exit
    }),
  }
}
