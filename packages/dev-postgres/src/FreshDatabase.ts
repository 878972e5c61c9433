/** A database of one's own for each test file, cloned from a template that is prepared once per server. */
import { Effect, Redacted } from "effect"
import { createHash, randomBytes } from "node:crypto"
import { Client } from "pg"
import { DevPostgres } from "./DevPostgres.ts"

export interface Template<E, R> {
  /**
   * Names the template. One server may outlive many versions of `prepare` (`DATABASE_URL`), so put into the key what
   * `prepare` depends on, such as a digest of the migrations.
   */
  readonly key: string
  /** Fills an empty database: runs migrations, say. Called once per server and key, and again if it failed or was killed. */
  readonly prepare: (url: Redacted.Redacted) => Effect.Effect<void, E, R>
}

/**
 * Makes a database, empty or cloned from the template, and drops it when the scope closes, whoever is still connected.
 * Any number of processes may call this at once for the same template: one prepares, the others wait. A clone takes
 * about 50 ms. Fails only as `prepare` does; a server that is out of reach, or refuses `create database`, is a defect.
 */
export const freshDatabase = Effect.fn("freshDatabase")(function* <E = never, R = never>(options?: {
  readonly template?: Template<E, R>
}) {
  const { url } = yield* DevPostgres
  const template = options?.template === undefined ? "template0" : yield* prepared(url, options.template)
  const name = `paylog_${randomBytes(8).toString("hex")}`
  yield* Effect.acquireRelease(
    withClient(url, (client) => query(client, `create database ${name} template ${template}`)),
    () => withClient(url, (client) => query(client, `drop database if exists ${name} with (force)`)),
  )
  return { url: inDatabase(url, name) }
})

/** Makes the template unless it is there. A database is a template once it is marked as one, which is the last step. */
const prepared = <E, R>(url: Redacted.Redacted, template: Template<E, R>) => {
  const name = `paylog_template_${createHash("sha256").update(template.key).digest("hex").slice(0, 16)}`
  return withClient(url, (client) =>
    Effect.gen(function* () {
      // Held until the connection closes, so also when this process is killed.
      yield* query(client, "select pg_advisory_lock(hashtextextended($1, 0))", [name])
      const found = yield* query(client, "select from pg_database where datname = $1 and datistemplate", [name])
      if (found === 1) return name
      yield* query(client, `drop database if exists ${name} with (force)`)
      yield* query(client, `create database ${name} template template0`)
      yield* template.prepare(inDatabase(url, name))
      // A database that somebody is connected to cannot be cloned.
      yield* query(client, `alter database ${name} with is_template true allow_connections false`)
      yield* query(client, "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1", [name])
      return name
    }),
  )
}

const withClient = <A, E, R>(url: Redacted.Redacted, use: (client: Client) => Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.promise(async () => {
      const client = new Client({ connectionString: Redacted.value(url) })
      // Without a listener, a server that goes while nothing is asked of it would end the process; the next query fails.
      client.on("error", () => {})
      await client.connect()
      return client
    }),
    use,
    (client) => Effect.promise(() => client.end()),
  )

/** The number of rows. */
const query = (client: Client, text: string, values: ReadonlyArray<string> = []) =>
  Effect.promise(() => client.query(text, [...values])).pipe(Effect.map((result) => result.rowCount ?? 0))

const inDatabase = (url: Redacted.Redacted, name: string) => {
  const other = new URL(Redacted.value(url))
  other.pathname = `/${name}`
  return Redacted.make(other.href)
}
