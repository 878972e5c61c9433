import { Effect, Redacted } from "effect"
import { Client } from "pg"

/** Runs statements on a connection of its own and gives the last one's column `value`. Fails when the server cannot be reached. */
export const sql = (url: Redacted.Redacted, ...statements: ReadonlyArray<string>) =>
  Effect.tryPromise(async () => {
    const client = new Client({ connectionString: Redacted.value(url) })
    // A server that goes while nothing is asked of it; the next question fails.
    client.on("error", () => {})
    let values: ReadonlyArray<string> = []
    try {
      await client.connect()
      for (const statement of statements) {
        const { rows } = await client.query<{ readonly value: string }>(statement)
        values = rows.map((row) => row.value)
      }
    } finally {
      await client.end()
    }
    return values
  })
