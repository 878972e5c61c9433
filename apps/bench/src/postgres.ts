/** Plain `pg`, as the peers and the checks use it. */
import { Effect, Redacted } from "effect"
import { readFileSync } from "node:fs"
import { Client, type ClientConfig, type CustomTypesConfig, Pool, types as defaults } from "pg"

/** Emmett changes `pg`'s parsers for the whole process, so every client here brings its own: int8 is `bigint`, json is text. */
const types: CustomTypesConfig = {
  getTypeParser: (oid) => {
    if (oid === defaults.builtins.INT8) return BigInt
    if (oid === defaults.builtins.JSON) return (text: string) => text
    return defaults.getTypeParser(oid)
  },
}

const config = (url: Redacted.Redacted): ClientConfig => ({ connectionString: Redacted.value(url), types })

/** A connection for as long as the scope lives. */
export const connect = (url: Redacted.Redacted) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const client = new Client(config(url))
      // Unheard, a lost connection ends the process; the next query says it.
      client.on("error", () => {})
      await client.connect()
      return client
    }),
    (client) => Effect.promise(() => client.end()),
  )

/** `connections` connections for as long as the scope lives, made when first needed. */
export const pool = (url: Redacted.Redacted, connections: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const pool = new Pool({ ...config(url), max: connections })
      pool.on("error", () => {})
      return pool
    }),
    (pool) => Effect.promise(() => pool.end()),
  )

/** The text of `sql/<name>.sql`. */
export const sql = (name: string): string => readFileSync(new URL(`../sql/${name}.sql`, import.meta.url), "utf8")

/** A named, hence prepared, statement. */
export const statement = (name: string) => ({ name: `bench-${name}`, text: sql(name) })

/** The number that a query answers with. */
export const count = (client: Client, text: string): Effect.Effect<number> =>
  Effect.promise(async () => {
    const result = await client.query<{ readonly count: bigint }>(text)
    return Number(result.rows[0]?.count)
  })

export const run = (client: Client, text: string): Effect.Effect<void> =>
  Effect.asVoid(Effect.promise(() => client.query(text)))
