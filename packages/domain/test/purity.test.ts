import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const root = fileURLToPath(new URL("..", import.meta.url))

/** The files of `sources` in which the compiler, set as for `src`, finds an error. */
const refused = (sources: Record<string, string>): ReadonlyArray<string> => {
  mkdirSync(join(root, "dist"), { recursive: true })
  const folder = mkdtempSync(join(root, "dist", "purity-"))
  try {
    for (const [name, source] of Object.entries(sources)) writeFileSync(join(folder, `${name}.ts`), source)
    const compilerOptions = { rootDir: root, noEmit: true, composite: false, incremental: false }
    const files = Object.keys(sources).map((name) => `${name}.ts`)
    const config = { extends: join(root, "tsconfig.json"), compilerOptions, files, references: [] }
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config))
    const errors = compile(folder)
    return Object.keys(sources).filter((name) => errors.includes(`${name}.ts(`))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const compile = (folder: string): string => {
  const compiler = join(dirname(fileURLToPath(import.meta.resolve("typescript/package.json"))), "bin", "tsc")
  try {
    return execFileSync(process.execPath, [compiler, "-p", folder, "--pretty", "false"], { encoding: "utf8" })
  } catch (error) {
    // The compiler prints its errors to stdout and exits with 1 or 2.
    if (error instanceof Error && "stdout" in error && typeof error.stdout === "string") return error.stdout
    throw error
  }
}

/** The file imports what the domain does, so that no type comes in by that way either. */
const withImports = (source: string) =>
  `import { DateTime } from "effect"\nimport { decide } from "../../src/ManualDecisions.ts"\n` +
  `export const used = [DateTime.Order, decide]\n${source}\n`

describe("the domain", () => {
  const impure = {
    crypto: `export { randomUUID } from "node:crypto"`,
    fs: `import "node:fs"`,
    fetch: `export const answer = fetch("https://pay.wallet.tg")`,
    process: `export const key = process.env["WALLETPAY_API_KEY"]`,
    console: `console.log("paid")`,
    setTimeout: `setTimeout(() => {}, 1)`,
    buffer: `export const bytes = Buffer.from("")`,
    webCrypto: `export const id = crypto.randomUUID()`,
  }

  it("cannot name what does input or output", { timeout: 60_000 }, () => {
    const pure = { pure: `export const sum = 1n + 1n` }
    const sources = Object.entries({ ...impure, ...pure }).map(([name, source]) => [name, withImports(source)] as const)
    assert.deepStrictEqual(refused(Object.fromEntries(sources)), Object.keys(impure))
  })

  it("reads no clock and draws no lots", () => {
    const impurity = /Date\.now|new Date\b|Math\.random|DateTime\.now|Clock\.|Random\./
    const source = (file: string) => readFileSync(join(root, "src", file), "utf8")
    assert.deepStrictEqual(
      readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .filter((file) => impurity.test(source(file))),
      [],
    )
    assert.match("const now = Date.now()", impurity)
  })
})
