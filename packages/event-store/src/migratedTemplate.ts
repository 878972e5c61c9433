/** For tests: what `freshDatabase` of dev-postgres needs to give each test a migrated database of its own. */
import type { Redacted } from "effect"
import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { migrate, type MigrationSet } from "./Migrations.ts"

/** Named by the text of every migration, so that a changed one makes a new template. */
export const migratedTemplate = (sets: ReadonlyArray<MigrationSet>) => {
  const digest = createHash("sha256")
  for (const { folder } of sets)
    for (const file of readdirSync(folder).toSorted()) digest.update(file).update(readFileSync(new URL(file, folder)))
  return {
    key: `${sets.map(({ name }) => name).join("+")} ${digest.digest("hex")}`,
    prepare: (url: Redacted.Redacted) => migrate(url, sets),
  }
}
