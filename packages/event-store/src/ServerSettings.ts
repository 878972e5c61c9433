/** What a server must not have switched off for a commit to be durable. */
import { Effect, Schema } from "effect"
import type { StoreUnavailable } from "./EventStore.ts"
import type { ConnectionOptions } from "./ConnectionOptions.ts"
import { run, withClient } from "./internal/oneConnection.ts"

const Setting = Schema.Struct({
  name: Schema.String,
  value: Schema.String,
  /** Where the value comes from, in the words of `pg_settings`: "configuration file", "database", "user", "client" … */
  source: Schema.String,
})

/** A commit on this server, as this role in this database, could be lost: nothing is written to it. */
export class UnsafeServer extends Schema.TaggedError<UnsafeServer>()("UnsafeServer", {
  settings: Schema.NonEmptyArray(Setting),
}) {
  override readonly message =
    `This server may lose what it has committed: ${this.settings.map(({ name, value, source }) => `${name} is ${value} (${source})`).join(", ")}. ` +
    `Turn on what is off: ${this.settings.map(remedy).join(" ")}`
}

/** The statement that turns a setting on, where it was turned off. */
const remedy = ({ name, source }: typeof Setting.Type): string => {
  switch (source) {
    case "database":
      return `alter database … reset ${name};`
    case "user":
      return `alter role … reset ${name};`
    case "database user":
      return `alter role … in database … reset ${name};`
    case "client":
      return `take ${name} out of the connection's options;`
    case "command line":
      return `take ${name} out of the server's command line;`
    default:
      return `alter system set ${name} = on; select pg_reload_conf();`
  }
}

/**
 * Succeeds when `fsync`, `full_page_writes` and `synchronous_commit` are on for the sessions of this URL: a role and a
 * database can have values of their own. Of `synchronous_commit` everything but `off` is on. One connection, one statement.
 */
export const requireSafe = (options: ConnectionOptions): Effect.Effect<void, UnsafeServer | StoreUnavailable> =>
  withClient(options, (client) =>
    Effect.flatMap(run<typeof Setting.Type>(client, "Server settings", unsafe), ([first, ...rest]) =>
      first === undefined ? Effect.void : Effect.fail(new UnsafeServer({ settings: [first, ...rest] })),
    ),
  )

const unsafe = `
  select name, setting as value, source
  from pg_settings
  where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'
  order by name`
