/** `check-proof.mjs` and `verify.html`, made of `src/Verifier.ts` and what stands in `verifier/`; the former of `src/ProofReport.ts` too. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { fileURLToPath } from "node:url"

const root = new URL("../../", import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), "utf8")

/** As plain JavaScript of one script: without types, what is said of them, imports and exports. */
const script = (path: string) =>
  stripTypeScriptTypes(read(path))
    .replaceAll(/^import .*\n/gm, "")
    .replaceAll(/^export /gm, "")
    .replaceAll(/[ \t]+$/gm, "")
    .replaceAll(/\n{3,}/g, "\n\n")
    .replaceAll(/(?<=\n)\/(?:\/ |\*\*)(?:(?!\*\/|\n\n).|\n(?!\n))*(?:\*\/)?\n\n/g, (comment) =>
      comment.startsWith("// --") ? comment : "",
    )

const formatted = (path: string, text: string) =>
  execFileSync(fileURLToPath(new URL("../../node_modules/.bin/oxfmt", root)), ["--stdin-filepath", path], {
    cwd: fileURLToPath(root),
    input: text,
    encoding: "utf8",
  })

const made = "Made by `npx -y pnpm --filter @paylog/transparency verifiers`: change its sources instead."

/** The text of each, by its path in the package. */
export const verifiers = () => {
  const verifier = script("src/Verifier.ts")
  const node = read("verifier/node.js")
  const imports = node.match(/^import .*\n/gm)?.join("") ?? ""
  const checker = [
    `// ${made}\n${imports}`,
    verifier,
    script("src/ProofReport.ts"),
    node.replaceAll(/^import .*\n/gm, ""),
  ].join("\n")
  const page = read("verifier/page.html")
    .replace("<!doctype html>\n", `<!doctype html>\n<!-- ${made} -->\n`)
    .replace("SCRIPT", () => `${verifier}\n${read("verifier/page.js")}`)
  return {
    "verifier/check-proof.mjs": formatted("verifier/check-proof.mjs", checker),
    "verifier/verify.html": formatted("verifier/verify.html", page),
  }
}
