/** What guards the log in the database itself, against what the migrations make: `catalog.txt`, a line for each thing. */
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import type { Findings } from "./Finding.ts"

/** As the database has it now. */
export const read = Effect.gen(function* () {
  const rows = yield* (yield* Database).query<{ readonly line: string }>(catalogStatement)
  return rows.map(({ line }) => line)
})

/** As this program's migrations make it. */
export const expected = (): ReadonlyArray<string> => readFileSync(file, "utf8").trimEnd().split("\n")

export const file = new URL("../catalog.txt", import.meta.url)

/** Adds a finding for each line that is missing or not expected. What is granted to a role that this server lacks is not missed. */
export const compare = Effect.fnUntraced(function* (findings: Findings) {
  const found = new Set(yield* read)
  const roles = new Set(
    (yield* (yield* Database).query<{ readonly name: string }>(rolesStatement)).map(({ name }) => name),
  )
  const wanted = expected()
  for (const line of wanted) {
    const [, role] = /^grant .* to (\S+)$/.exec(line) ?? []
    if (!found.has(line) && (role === undefined || role === "public" || roles.has(role)))
      findings.add({ kind: "Catalog", detail: `missing: ${line}` })
  }
  const known = new Set(wanted)
  for (const line of found) if (!known.has(line)) findings.add({ kind: "Catalog", detail: `not expected: ${line}` })
})

const statement = (name: string) => Statement.fromFile(new URL(`../sql/${name}.sql`, import.meta.url))
const catalogStatement = statement("catalog")
const rolesStatement = statement("roles")
