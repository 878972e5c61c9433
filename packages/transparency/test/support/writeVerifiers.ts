/** `npx -y pnpm --filter @paylog/transparency verifiers`: makes `check-proof.mjs` and `verify.html` anew. */
import { writeFileSync } from "node:fs"
import { verifiers } from "./verifiers.ts"

for (const [path, text] of Object.entries(await verifiers())) {
  writeFileSync(new URL(`../../${path}`, import.meta.url), text)
  process.stdout.write(`Wrote ${path}\n`)
}
