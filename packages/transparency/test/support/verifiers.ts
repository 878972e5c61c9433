/** `check-proof.mjs` and `verify.html`: `src/Verifier.ts` and `src/ProofReport.ts` with all that they import, and what stands in `verifier/`. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"

const root = new URL("../../", import.meta.url)
const pathOf = (name: string) => fileURLToPath(new URL(name, root))
const read = (name: string) => readFileSync(new URL(name, root), "utf8")

/** A script of `verifier/` with what it imports of `src/`, as one: nothing else is left to import but what Node has. */
const script = async (name: string): Promise<string> => {
  const bundle = await rolldown({ input: pathOf(name), cwd: pathOf("."), external: /^node:/, treeshake: true })
  const { output } = await bundle.generate({ format: "esm", minify: false })
  const [{ code }] = output
  return code
}

const formatted = (name: string, text: string) =>
  execFileSync(fileURLToPath(new URL("../../node_modules/.bin/oxfmt", root)), ["--stdin-filepath", name], {
    cwd: pathOf("."),
    input: text,
    encoding: "utf8",
  })

const made = "Made by `npx -y pnpm --filter @paylog/transparency verifiers`: change its sources instead."

/** The text of each, by its path in the package. */
export const verifiers = async () => {
  const pageScript = await script("verifier/page.js")
  const page = read("verifier/page.html")
    .replace("<!doctype html>\n", `<!doctype html>\n<!-- ${made} -->\n`)
    .replace("SCRIPT", () => pageScript)
  return {
    "verifier/check-proof.mjs": formatted("check-proof.mjs", `// ${made}\n${await script("verifier/node.js")}`),
    "verifier/verify.html": formatted("verify.html", page),
  }
}
