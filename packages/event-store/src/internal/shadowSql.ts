/** A projection's statements, made to write to shadow tables. */
import { Data, Effect } from "effect"
import type { Sql, Statement } from "../Database.ts"

/** A statement writes to what is not the projection's own: to a table that it does not list, or does not name with its schema. */
export class WritesElsewhere extends Data.TaggedError("WritesElsewhere")<{
  readonly statement: string
  readonly table: string
}> {
  override readonly message = `The statement ${this.statement} writes to ${this.table}, which is none of the projection's tables. They are to be named with their schema, as in its definition`
}

/**
 * `sql` with each table's name replaced by its shadow's, wherever a statement has it. A statement is prepared under a name
 * of its own, and refused when it writes to anything else.
 */
export const shadowSql = (shadows: ReadonlyMap<string, string>, version: number): ((sql: Sql) => Sql) => {
  const names = new RegExp(
    `(?<![\\w$.])(${[...shadows.keys()].map((name) => RegExp.escape(name)).join("|")})(?![\\w$.])`,
    "g",
  )
  const known = new WeakMap<Statement, Statement>()

  const shadowed = (statement: Statement): Effect.Effect<Statement> => {
    const before = known.get(statement)
    if (before !== undefined) return Effect.succeed(before)
    const table = writtenBy(statement.text).find((table) => !shadows.has(table))
    if (table !== undefined) return Effect.die(new WritesElsewhere({ statement: statement.name, table }))
    const text = statement.text.replace(names, (name) => shadows.get(name) ?? name)
    const made =
      text === statement.text ? statement : { ...statement, name: `${statement.name}-rebuild-${version}`, text }
    known.set(statement, made)
    return Effect.succeed(made)
  }

  return (sql) => ({
    query: (statement, values) => Effect.flatMap(shadowed(statement), (made) => sql.query(made, values)),
  })
}

/** The tables that a statement writes to, by the names that it gives them, once each place. */
export const writtenBy = (text: string): ReadonlyArray<string> =>
  [...text.replaceAll(/--.*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'/g, " ").matchAll(writes)].map(([, table = ""]) => table)

/** "for update", "do update" and "key update" write to no table that they name. */
const writes =
  /(?<!\b(?:for|do|key)\s+)\b(?:insert\s+into|update|delete\s+from|merge\s+into|truncate(?:\s+table)?|copy)\s+(?:only\s+)?([\w$."]+)/gi
