/** The database's schema: numbered `.sql` files, each applied once, forwards only. A merged file is history and never changes. */
import { Effect, type Redacted, Schema } from "effect"
import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { Client } from "pg"
import type { StoreUnavailable } from "./EventStore.ts"
import { attempt, clientConfig, type ConnectionOptions, notConnected } from "./internal/connection.ts"

/** The files of one package. Sets are applied in the order given, a set's files in the order of their names (`0001_words.sql`). */
export interface MigrationSet {
  readonly name: string
  readonly folder: URL
}

/** The database lacks migrations of this program. */
export class SchemaBehind extends Schema.TaggedError<SchemaBehind>()("SchemaBehind", {
  missing: Schema.Array(Schema.String),
}) {
  override readonly message = `The database lacks ${this.missing.join(", ")}. Start once with DATABASE_OWNER_URL set to a role that owns the schema, to apply them`
}

/** The database was migrated by other files than this program's. */
export class SchemaDiffers extends Schema.TaggedError<SchemaDiffers>()("SchemaDiffers", {
  migration: Schema.String,
  reason: Schema.Literals(["Changed", "Unknown", "OutOfOrder"]),
}) {
  override readonly message = {
    Changed: `${this.migration} was applied with another text than this program's`,
    Unknown: `${this.migration} was applied, and this program does not know it: the database is newer than the program`,
    OutOfOrder: `${this.migration} was not applied, but later ones were`,
  }[this.reason]
}

/**
 * Applies what is missing, in one transaction: all or nothing. Any number of processes may call this at once, on an empty
 * database too; one applies and the others wait for it. Returns what this call applied.
 *
 * Files are run as they stand: no `commit` in them, and nothing that cannot run in a transaction. An error in a file is a
 * defect. What a file says by `raise notice` is logged.
 */
export const migrate = (
  ownerUrl: Redacted.Redacted,
  sets: ReadonlyArray<MigrationSet>,
): Effect.Effect<ReadonlyArray<string>, SchemaDiffers | StoreUnavailable> =>
  withClient(
    { url: ownerUrl, timeouts: patient },
    Effect.fnUntraced(function* (client) {
      // Held until the transaction ends, so also by a process that is killed. It comes before everything else: even
      // "create … if not exists" fails when two do it at once.
      yield* run(client, "begin; select pg_advisory_xact_lock(hashtextextended('paylog.migrations', 0))")
      yield* run(client, createTable)
      const missing = yield* compare(sets, yield* applied(client))
      for (const migration of missing) {
        yield* run(client, migration.text, `Migration ${migration.name}`)
        yield* run(client, record, "Migrations", [migration.set, migration.file, migration.sha256])
      }
      yield* run(client, "commit")
      return missing.map((migration) => migration.name)
    }),
  )

/** Succeeds when the database has exactly the migrations of this program. Needs only to read the table of migrations. */
export const requireCurrent = (
  url: Redacted.Redacted,
  sets: ReadonlyArray<MigrationSet>,
): Effect.Effect<void, SchemaBehind | SchemaDiffers | StoreUnavailable> =>
  withClient(
    { url },
    Effect.fnUntraced(function* (client) {
      const [table] = yield* run<{ found: boolean }>(
        client,
        "select to_regclass('paylog.migrations') is not null as found",
      )
      const missing = yield* compare(sets, table?.found === true ? yield* applied(client) : [])
      if (missing.length > 0) return yield* new SchemaBehind({ missing: missing.map((migration) => migration.name) })
    }),
  )

/** Whether the role of this URL may migrate: it owns the schema `paylog`, or may create it where there is none. */
export const canMigrate = (url: Redacted.Redacted): Effect.Effect<boolean, StoreUnavailable> =>
  withClient({ url }, (client) =>
    Effect.map(run<{ allowed: boolean }>(client, mayMigrate), ([row]) => row?.allowed === true),
  )

interface Migration {
  readonly set: string
  readonly file: string
  readonly text: string
  readonly sha256: string
  /** For people: `event-store/0001_log.sql`. */
  readonly name: string
}

interface Applied {
  readonly set: string
  readonly file: string
  readonly sha256: string
}

const createTable = `
  create schema if not exists paylog;
  create table if not exists paylog.migrations (
    set        text        not null,
    file       text        not null,
    sha256     text        not null,
    applied_at timestamptz not null default clock_timestamp(),
    constraint migrations_set_file primary key (set, file)
  )`

const record = `insert into paylog.migrations (set, file, sha256) values ($1, $2, $3)`

const mayMigrate = `
  select coalesce(
    (select pg_has_role(nspowner, 'usage') from pg_namespace where nspname = 'paylog'),
    has_database_privilege(current_database(), 'create')
  ) as allowed`

const applied = (client: Client) =>
  run<Applied>(client, `select set, file, sha256 from paylog.migrations order by set, file`)

/** The files of a set, read anew: a program migrates once. A folder that is not there is a defect. */
const filesOf = (set: MigrationSet): ReadonlyArray<Migration> =>
  readdirSync(set.folder)
    .filter((file) => /^\d{4}_\w+\.sql$/.test(file))
    .toSorted()
    .map((file) => {
      const text = readFileSync(new URL(file, folderOf(set)), "utf8")
      const sha256 = createHash("sha256").update(text).digest("hex")
      return { set: set.name, file, text, sha256, name: `${set.name}/${file}` }
    })

const folderOf = ({ folder }: MigrationSet): URL => (folder.href.endsWith("/") ? folder : new URL(`${folder.href}/`))

/** What is missing, in order; fails when what is there is not a beginning of what should be there. */
const compare = (
  sets: ReadonlyArray<MigrationSet>,
  applied: ReadonlyArray<Applied>,
): Effect.Effect<ReadonlyArray<Migration>, SchemaDiffers> =>
  Effect.gen(function* () {
    const missing: Array<Migration> = []
    for (const set of sets) {
      const files = filesOf(set)
      const done = applied.filter((row) => row.set === set.name)
      for (const row of done) {
        const file = files.find((file) => file.file === row.file)
        const migration = `${row.set}/${row.file}`
        if (file === undefined) return yield* new SchemaDiffers({ migration, reason: "Unknown" })
        if (file.sha256 !== row.sha256) return yield* new SchemaDiffers({ migration, reason: "Changed" })
      }
      // All applied ones are known here: the first `done.length` files are they, unless one of those is missing.
      const late = files.slice(0, done.length).find((file) => !done.some((row) => row.file === file.file))
      if (late !== undefined) return yield* new SchemaDiffers({ migration: late.name, reason: "OutOfOrder" })
      missing.push(...files.slice(done.length))
    }
    return missing
  })

/** One connection, of its own. Closing it ends its transaction, whatever happened. */
const withClient = <A, E>(
  options: ConnectionOptions,
  use: (client: Client) => Effect.Effect<A, E>,
): Effect.Effect<A, E | StoreUnavailable> =>
  Effect.acquireUseRelease(
    Effect.flatMap(Effect.context(), (context) =>
      Effect.tryPromise({
        try: async () => {
          const client = new Client(clientConfig(options))
          // Whoever waits for a statement hears of it there; without a listener the process would end.
          client.on("error", () => {})
          // "00000" is what `raise notice` gives: a file's own words, not "already exists, skipping".
          client.on("notice", ({ code, message }) => {
            if (code === "00000") Effect.runForkWith(context)(Effect.logWarning(`Postgres: ${message}`))
          })
          await client.connect()
          return client
        },
        catch: notConnected,
      }),
    ),
    use,
    (client) => Effect.promise(() => client.end()),
  )

/** Migrations may rewrite tables, and wait for each other. */
const patient = { lock: 600_000, statement: 600_000, idleInTransaction: 60_000, answer: 610_000 }

const run = <Row>(
  client: Client,
  text: string,
  what = "Migrations",
  values?: Array<string>,
): Effect.Effect<ReadonlyArray<Row>, StoreUnavailable> =>
  Effect.map(
    attempt(what, () => client.query<Row & object>({ text, ...(values === undefined ? {} : { values }) })),
    (result) => result.rows,
  )
