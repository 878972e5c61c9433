import { assert, describe, it } from "@effect/vitest"
import { start } from "@paylog/dev-postgres/DevPostgres"
import { Effect, Redacted, Schedule } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { createInterface } from "node:readline"
import { sql } from "./sql.ts"

describe("a server whose starter is killed", () => {
  it.live("ends, and leaves no data", () =>
    Effect.gen(function* () {
      const { starter, url, folder } = yield* startElsewhere
      starter.kill("SIGKILL")
      yield* eventually("20 seconds", Effect.flip(sql(url, "select 1")))
      yield* eventually("20 seconds", gone(folder))
    }),
  )

  it.live("ends within two minutes of the next start when its guard was killed as well", ({ skip }) =>
    Effect.gen(function* () {
      if (process.platform !== "linux") return skip("finds the guard in /proc")
      const { starter, url, folder } = yield* startElsewhere
      const [server = ""] = yield* sql(url, "select split_part(pg_read_file('postmaster.pid'), E'\\n', 1) as value")
      const status = yield* Effect.promise(() => Fs.readFile(`/proc/${server}/status`, "utf8"))
      process.kill(Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]), "SIGKILL")
      starter.kill("SIGKILL")
      assert.deepStrictEqual(yield* sql(url, "select 'still there' as value"), ["still there"])

      // A folder of this age without an owner is abandoned.
      yield* Effect.promise(() => Fs.utimes(folder, 0, 0))
      yield* Effect.scoped(start())
      yield* gone(folder)
      yield* eventually("2 minutes", Effect.flip(sql(url, "select 1")))
    }),
  )
})

/** A server that another process has started. */
const startElsewhere = Effect.gen(function* () {
  const starter = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [Path.join(import.meta.dirname, "holder.ts")], { stdio: ["ignore", "pipe", "inherit"] }),
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL")),
  )
  const lines = createInterface(starter.stdout)
  const [line] = yield* Effect.promise(() => once(lines, "line"))
  const url = Redacted.make(String(line))
  const [data = ""] = yield* sql(url, "select current_setting('data_directory') as value")
  return { starter, url, folder: Path.dirname(data) }
})

const gone = (path: string) => Effect.flip(Effect.tryPromise(() => Fs.access(path)))

const eventually = <A, E>(deadline: `${number} ${"seconds" | "minutes"}`, check: Effect.Effect<A, E>) =>
  check.pipe(Effect.retry(Schedule.spaced("50 millis")), Effect.timeout(deadline))
