/** SQL is written in `.sql` files; a statement is one of them. */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"
import type { Statement } from "./Database.ts"

/**
 * Reads a statement, once, when the module that needs it is loaded: `fromFile(new URL("../sql/head.sql", import.meta.url))`.
 * Its name holds a hash of the text, so two texts never share a prepared statement. A missing file throws.
 */
export const fromFile = (url: URL): Statement => {
  const text = readFileSync(url, "utf8")
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 8)
  return { name: `${basename(fileURLToPath(url), ".sql")}-${hash}`, text }
}

/** The same, for a statement whose rows are events. */
export const ofEvents = (url: URL): Statement => ({ ...fromFile(url), rows: "events" })
