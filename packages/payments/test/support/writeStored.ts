/**
 * `npx -y pnpm stored-schemas`: writes what is new. Golden files for the meanings in `golden.ts` that have none, their digests,
 * and `stored-schemas.json`. What is there already stays; a change that would shut out what is stored is refused.
 */
import type { Codec } from "@paylog/payments/Codec"
import * as StoredEvents from "@paylog/payments/StoredEvents"
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import { createHash } from "node:crypto"
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs"
import { bytesOf, folder, type Meanings, meanings } from "./golden.ts"
import { committed, current, file, refusals, updated } from "./storedSchemas.ts"

const metadata = { actor: { kind: "Staff", id: "-" }, source: "Manual", correlationId: "-", codeVersion: "-" } as const

const writeGolden = Effect.fnUntraced(function* <E>(aggregate: string, codec: Codec<E>, meanings: Meanings<E>) {
  for (const [name, events] of Object.entries(meanings)) {
    const path = `${aggregate}/${name}.jsonl`
    if (existsSync(new URL(path, folder))) continue
    const lines = (yield* codec.encode(events, metadata)).map(({ data }) => `${data}\n`)
    mkdirSync(new URL(`${aggregate}/`, folder), { recursive: true })
    writeFileSync(new URL(path, folder), lines.join(""))
    const digest = createHash("sha256").update(bytesOf(path)).digest("hex")
    appendFileSync(new URL("SHA256SUMS", folder), `${digest}  ${path}\n`)
    process.stdout.write(`Wrote test/golden/${path}\n`)
  }
})

const refused = refusals(committed(), current())
if (refused.length > 0) {
  process.stderr.write(`${refused.join("\n")}\n`)
  process.exitCode = 1
} else {
  writeFileSync(file, `${JSON.stringify(updated(committed(), current()))}\n`)
  await Effect.runPromise(
    Effect.gen(function* () {
      yield* writeGolden("invoice", StoredEvents.invoice, meanings.invoice)
      yield* writeGolden("unmatched", StoredEvents.unmatched, meanings.unmatched)
      yield* writeGolden("quarantine", StoredEvents.quarantine, meanings.quarantine)
      yield* writeGolden("erasure", StoredEvents.erasure, meanings.erasure)
    }).pipe(Effect.provide(SecureRandom.layerWebCrypto)),
  )
}
