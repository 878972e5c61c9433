/** A copy of the workspace as it is on disk, to try things on; gone with its scope. */
import { Effect } from "effect"
import { execFile } from "node:child_process"
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { edit } from "./Page.ts"

const workspace = fileURLToPath(new URL("../../../..", import.meta.url))

const json = (path: string) => JSON.parse(readFileSync(path, "utf8"))

export interface Ended {
  readonly code: number
  readonly output: string
}

/** Runs a command there, to its end. The outcome does not depend on the vitest that runs this. */
const run = (folder: string, command: string) =>
  Effect.callback<Ended>((resume) => {
    const { VITEST: _, ...inherited } = process.env
    const env = {
      ...inherited,
      PATH: `${join(folder, "node_modules/.bin")}:${process.env["PATH"]}`,
      CI: "1",
      NO_COLOR: "1",
    }
    const child = execFile("sh", ["-c", command], { cwd: folder, env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      resume(Effect.succeed({ code: error === null ? 0 : 1, output: `${stdout}${stderr}` })),
    )
    return Effect.sync(() => child.kill())
  })

const packages = (folder: string) => globSync("{packages,apps}/*", { cwd: folder })

/** What `pnpm install` does for a package that is new, or needs something more: nothing is fetched. */
const link = (folder: string) => {
  const manifests = packages(folder).map((path) => ({ path, manifest: json(join(folder, path, "package.json")) }))
  for (const { path, manifest } of manifests)
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
      const place = join(folder, path, "node_modules", name)
      if (existsSync(place)) continue
      const ours = manifests.find((other) => other.manifest.name === name)?.path
      const elsewhere = manifests.find((other) => existsSync(join(folder, other.path, "node_modules", name)))?.path
      if (ours === undefined && elsewhere === undefined) throw new Error(`Nobody has ${name}`)
      const target = ours ?? join(elsewhere ?? "", "node_modules", name)
      mkdirSync(dirname(place), { recursive: true })
      symlinkSync(relative(dirname(place), join(folder, target)), place)
    }
}

export const make = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "paylog-walk-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
  )
  const { output } = yield* run(workspace, "git ls-files -z --cached --others --exclude-standard")
  const files = output.split("\0").filter((file) => file !== "" && existsSync(join(workspace, file)))
  for (const file of files) cpSync(join(workspace, file), join(folder, file))
  // The root's modules are linked one by one: what tools cache there is the copy's own.
  mkdirSync(join(folder, "node_modules"))
  for (const name of readdirSync(join(workspace, "node_modules")))
    if (name !== ".cache") symlinkSync(join(workspace, "node_modules", name), join(folder, "node_modules", name))
  for (const path of packages(folder))
    for (const kept of ["node_modules", "dist"])
      if (existsSync(join(workspace, path, kept)))
        cpSync(join(workspace, path, kept), join(folder, path, kept), { recursive: true, verbatimSymlinks: true })

  const read = (path: string) => readFileSync(join(folder, path), "utf8")

  /** `NNNN` in a migration's name is the next free number. */
  const numbered = (path: string) => {
    const numbers = readdirSync(join(folder, dirname(path))).map((name) => Number(/^\d{4}/.exec(name)?.[0] ?? 0))
    return path.replace("NNNN", String(Math.max(...numbers) + 1).padStart(4, "0"))
  }

  return {
    write: (path: string, text: string) => {
      const place = path.includes("NNNN") ? numbered(path) : path
      if (existsSync(join(folder, place))) throw new Error(`${place} exists already`)
      writeFileSync(join(folder, place), text)
    },
    edit: (path: string, hunks: string) => writeFileSync(join(folder, path), edit(read(path), hunks)),
    read,
    /** A command of the page. */
    run: (command: string) =>
      command === "npx -y pnpm install"
        ? Effect.sync((): Ended => ({ code: (link(folder), 0), output: "" }))
        : run(folder, scriptOf(json(join(folder, "package.json")).scripts, command)),
  }
})

export type Copy = Effect.Success<typeof make>

/** A script of the workspace without pnpm before it, which would first see that all is installed. */
const scriptOf = (scripts: Readonly<Record<string, string>>, command: string): string => {
  const [, name = "", args = ""] = /^npx -y pnpm (\S+)(.*)$/.exec(command) ?? []
  return name === "" ? command : `${scripts[name]}${args}`
}
