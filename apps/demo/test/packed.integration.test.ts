import { assert, layer } from "@effect/vitest"
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { Effect, Redacted } from "effect"
import { execFile } from "node:child_process"
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const workspace = fileURLToPath(new URL("../../..", import.meta.url))
const json = (path: string) => JSON.parse(readFileSync(path, "utf8"))

const published: ReadonlyArray<{ readonly folder: string; readonly name: string }> = globSync(
  "packages/*/package.json",
  {
    cwd: workspace,
  },
).flatMap((path) => {
  const { name, private: isPrivate } = json(join(workspace, path))
  return isPrivate === true ? [] : [{ name, folder: path.slice(0, -"/package.json".length) }]
})

/** A command's stdout; all that it said when it fails. Three minutes at most. */
const run = (folder: string, command: string, args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}) =>
  Effect.callback<string>((resume) => {
    const options = { cwd: folder, env: { ...process.env, ...env }, timeout: 180_000, maxBuffer: 2 ** 24 }
    const child = execFile(command, args, options, (error, stdout, stderr) =>
      resume(
        error === null
          ? Effect.succeed(stdout)
          : Effect.die(new Error(`${command} ${args.join(" ")}: ${error.message}\n${stdout}\n${stderr}`)),
      ),
    )
    return Effect.sync(() => child.kill())
  })

const tool = (name: string) => join(workspace, "node_modules", ".bin", name)

/** An empty folder outside of the workspace, with the packages as somebody gets who installs them. */
const installed = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "paylog-packed-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
  )
  yield* run(workspace, tool("tsc"), ["-b", ...published.map((one) => one.folder)])
  const these = published.flatMap(({ name }) => ["--filter", name])
  yield* run(workspace, "npx", ["-y", "pnpm", ...these, "pack", "--pack-destination", folder])
  const packs = globSync("*.tgz", { cwd: folder })
  assert.strictEqual(packs.length, published.length)
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
  const types = `@types/node@${json(join(workspace, "node_modules/@types/node/package.json")).version}`
  const quietly = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"]
  yield* run(folder, "npm", ["install", ...quietly, ...packs.map((pack) => `./${pack}`), types])
  return folder
})

/** What an installed package exports, by the name to import it by. A `main` is a program. */
const entries = (folder: string) =>
  published.flatMap(({ name }) =>
    globSync("**/*.js", {
      cwd: join(folder, "node_modules", name, "dist"),
      exclude: ["internal/**", "**/main.js"],
    }).map((path) => `${name}/${path.slice(0, -".js".length)}`),
  )

layer(DevPostgres.layer, { excludeTestServices: true })("the packages, packed and installed elsewhere", (it) => {
  it.effect(
    "type-check to the last declaration, load, and take an invoice from issued to paid",
    () =>
      Effect.gen(function* () {
        const folder = yield* installed
        const names = entries(folder)
        assert.isAbove(names.length, 100)
        writeFileSync(
          join(folder, "entries.ts"),
          names.map((name, index) => `export * as entry${index} from "${name}"\n`).join(""),
        )
        cpSync(new URL("packed/shop.ts", import.meta.url), join(folder, "shop.ts"))
        const compilerOptions = {
          target: "ES2023",
          module: "NodeNext",
          strict: true,
          skipLibCheck: false,
          types: ["node"],
          outDir: "out",
        }
        writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }))
        yield* run(folder, tool("tsc"), ["-p", "."])

        yield* run(folder, process.execPath, ["out/entries.js"])
        const { url } = yield* freshDatabase()
        const database = { DATABASE_URL: Redacted.value(url) }
        assert.strictEqual(yield* run(folder, process.execPath, ["out/shop.js"], database), "Paid\n")
        const help = yield* run(folder, join(folder, "node_modules/.bin/wallet-pay-simulator"), ["--help"])
        assert.include(help, "scenario")
      }),
    600_000,
  )
})
