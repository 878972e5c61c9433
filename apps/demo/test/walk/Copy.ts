/** A copy of the workspace as it is on disk, installed, to try things on; gone with its scope. */
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { cpSync, existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { edit } from "./Page.ts"

const workspace = fileURLToPath(new URL("../../../..", import.meta.url))

interface Ended {
  readonly code: number
  readonly output: string
}

/** Runs a command to its end, as somebody at a desk would: the variables of this test and of CI change what tools do. */
const run = (folder: string, command: string) =>
  Effect.callback<Ended>((resume) => {
    const { VITEST: _, CI: __, ...env } = process.env
    const options = { cwd: folder, env: { ...env, NO_COLOR: "1" }, maxBuffer: 2 ** 26 }
    const child = execFile("sh", ["-c", `exec ${command}`], options, (error, stdout, stderr) =>
      resume(Effect.succeed({ code: error === null ? 0 : 1, output: `${stdout}${stderr}` })),
    )
    return Effect.sync(() => child.kill())
  })

export const make = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "paylog-walk-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
  )
  const { output } = yield* run(workspace, "git ls-files -z --cached --others --exclude-standard")
  // What was built is taken along: the compiler then checks only what changes.
  const built = globSync("{packages,apps}/*/dist", { cwd: workspace })
  for (const path of [...output.split("\0"), ...built])
    if (path !== "" && existsSync(join(workspace, path)))
      cpSync(join(workspace, path), join(folder, path), { recursive: true, preserveTimestamps: true })
  const installed = yield* run(folder, "npx -y pnpm install --prefer-offline")
  if (installed.code !== 0) return yield* Effect.die(new Error(installed.output))

  const read = (path: string) => readFileSync(join(folder, path), "utf8")

  /** `NNNN` in a migration's name is the next free number. */
  const numbered = (path: string) => {
    const numbers = readdirSync(join(folder, dirname(path))).map((name) => Number(/^\d{4}/.exec(name)?.[0] ?? 0))
    return path.replace("NNNN", String(Math.max(...numbers) + 1).padStart(4, "0"))
  }

  return {
    read,
    write: (path: string, text: string) =>
      writeFileSync(join(folder, path.includes("NNNN") ? numbered(path) : path), text, { flag: "wx" }),
    edit: (path: string, hunks: string) => writeFileSync(join(folder, path), edit(read(path), hunks)),
    run: (command: string) => run(folder, command),
  }
})

export type Copy = Effect.Success<typeof make>
