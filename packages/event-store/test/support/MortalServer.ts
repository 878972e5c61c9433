/** A Postgres of its own whose processes can all be killed at once, and which then starts again over the same data. */
import { type Server, start } from "@paylog/dev-postgres/DevPostgres"
import { assert } from "@effect/vitest"
import { Effect, Exit, Redacted, Scope } from "effect"
import { randomBytes } from "node:crypto"
import { readdirSync, readFileSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import { connected, rows } from "./sql.ts"
import { eventually } from "./World.ts"

/** Whoever this process started, and whom those started. Reads /proc. */
const childrenOf = (pid: number): ReadonlyArray<number> =>
  readdirSync("/proc")
    .map(Number)
    .filter((other) => Number.isInteger(other) && /^PPid:\s+(\d+)$/m.exec(statusOf(other))?.[1] === String(pid))

/** Empty once the process is gone, or is only waiting to be buried. */
const statusOf = (pid: number): string => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8")
    return /^State:\s+Z/m.test(status) ? "" : status
  } catch {
    return ""
  }
}

const kill = (pid: number): void => {
  try {
    process.kill(pid, "SIGKILL")
  } catch {
    // Gone already.
  }
}

export const mortalServer = Effect.gen(function* () {
  const keep = `mortal-${randomBytes(6).toString("hex")}`
  const open = Effect.gen(function* () {
    const scope = yield* Scope.make()
    return { scope, server: yield* Scope.provide(start({ keep }), scope) }
  })
  let folder = ""
  let running: { readonly scope: Scope.Closeable; readonly server: Server } = yield* Effect.acquireRelease(open, () =>
    Effect.andThen(
      Effect.suspend(() => Scope.close(running.scope, Exit.void)),
      Effect.sync(() => folder !== "" && rmSync(folder, { recursive: true, force: true })),
    ),
  )
  const [there] = yield* rows<{ data: string }>(
    yield* connected(running.server.url),
    "select current_setting('data_directory') as data",
  )
  const data = there?.data ?? ""
  folder = dirname(data)

  return {
    url: () => running.server.url,
    /** SIGKILL of every server process at once, then a new start: about two seconds. */
    dieAndRise: Effect.gen(function* () {
      const postmaster = Number(readFileSync(`${data}/postmaster.pid`, "utf8").split("\n")[0])
      const pids = [postmaster, ...childrenOf(postmaster)]
      for (const pid of pids) kill(pid)
      yield* eventually(
        Effect.sync(() => pids.every((pid) => statusOf(pid) === "")),
        (gone) => gone,
      )
      yield* Scope.close(running.scope, Exit.void)
      const { url } = running.server
      running = yield* open
      // The folder's port is tried first, and here it is free again.
      assert.strictEqual(Redacted.value(running.server.url), Redacted.value(url))
    }),
  }
})
