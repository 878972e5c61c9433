/** Statements of tests, on a connection of their own. */
import { Effect, Redacted } from "effect"
import { Client, type DatabaseError } from "pg"
import { types } from "../../src/internal/types.ts"

export const connected = (url: Redacted.Redacted) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const client = new Client({ connectionString: Redacted.value(url), types })
      client.on("error", () => {})
      await client.connect()
      return client
    }),
    (client) => Effect.promise(() => client.end()),
  )

export const rows = <Row extends object>(client: Client, text: string, values: ReadonlyArray<unknown> = []) =>
  Effect.map(
    Effect.promise(() => client.query<Row>(text, [...values])),
    (result) => result.rows,
  )

/** The SQLSTATE with which a statement is refused; undefined when it is not. */
export const refusal = (client: Client, text: string) =>
  Effect.promise(() =>
    client.query(text).then(
      () => undefined,
      (error: DatabaseError) => error.code,
    ),
  )

/** The same server, another database, user or password. */
export const elsewhere = (url: Redacted.Redacted, change: (url: URL) => void): Redacted.Redacted => {
  const other = new URL(Redacted.value(url))
  change(other)
  return Redacted.make(other.href)
}
