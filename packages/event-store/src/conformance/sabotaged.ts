/** A fault planted in the SQL, for controls: tests that show that another test would find it. */
import { Effect, Layer } from "effect"
import { createHash } from "node:crypto"
import { Database, type Statement } from "../Database.ts"

/** The database, in whose statements `to` stands wherever `from` did; a control that never ran such a statement is none, and `wasRun` says so. */
export const sabotaged = (from: string, to: string) => {
  let runs = 0
  const change = (statement: Statement): Statement => {
    if (!statement.text.includes(from)) return statement
    runs++
    const text = statement.text.replaceAll(from, to)
    return { ...statement, name: createHash("sha256").update(text).digest("hex").slice(0, 32), text }
  }
  const layer = Layer.effect(
    Database,
    Effect.map(Database, ({ query, transaction }) =>
      Database.of({
        query: (statement, values) => query(change(statement), values),
        transaction: (use) =>
          transaction((sql) => use({ query: (statement, values) => sql.query(change(statement), values) })),
      }),
    ),
  )
  return { layer, wasRun: () => runs > 0 }
}
