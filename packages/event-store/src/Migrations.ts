/** The database's schema: numbered `.sql` files, each applied once, forwards only. A merged file is history and never changes. */
import { Effect, type Redacted, Schema } from "effect"
import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import type { Client } from "pg"
import type { StoreUnavailable } from "./EventStore.ts"
import type { ConnectionOptions } from "./ConnectionOptions.ts"
import { run, withClient } from "./internal/oneConnection.ts"

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
    Unknown: `${this.migration} was applied, and this program does not know it: the database is newer than the program. Start the version that applied it, or a later one`,
    OutOfOrder: `${this.migration} was not applied, but later ones were`,
  }[this.reason]
}

/** Where to migrate: a URL, or one with what else a connection needs to know. */
export type At = Redacted.Redacted | Pick<ConnectionOptions, "url" | "pooler">

/**
 * Applies what is missing, in one transaction: all or nothing. Any number of processes may call this at once, on an empty
 * database too; one applies and the others wait for it. Returns what this call applied.
 *
 * Everything is made by the role that owns the schema `paylog`, into which the login's role changes if it may; in a database
 * without that schema by `paylog_owner`, if there is such a role and it may create schemas here; else by the login itself.
 *
 * Files are run as they stand: no `commit` in them, and nothing that cannot run in a transaction. An error in a file is a
 * defect. What a file says by `raise notice` is logged.
 */
export const migrate = (
  at: At,
  sets: ReadonlyArray<MigrationSet>,
): Effect.Effect<ReadonlyArray<string>, SchemaDiffers | StoreUnavailable> =>
  withClient(
    { ...optionsOf(at), timeouts: patient },
    Effect.fnUntraced(function* (client) {
      // Held until the transaction ends, so also by a process that is killed. It comes before everything else: even
      // "create … if not exists" fails when two do it at once.
      yield* run(client, "Migrations", begin)
      const [role] = yield* run<Role>(client, "Migrations", roleToMigrateAs)
      if (role?.name != null) yield* run(client, "Migrations", `set local role ${role.name}`)
      yield* run(client, "Migrations", createTable)
      const missing = yield* compare(sets, yield* applied(client))
      for (const migration of missing) {
        yield* run(client, `Migration ${migration.name}`, migration.text)
        yield* run(client, "Migrations", record, [migration.set, migration.file, migration.sha256])
      }
      yield* run(client, "Migrations", "commit")
      return missing.map((migration) => migration.name)
    }),
  )

/** Succeeds when the database has exactly the migrations of this program. Needs only to read the table of migrations. */
export const requireCurrent = (
  at: At,
  sets: ReadonlyArray<MigrationSet>,
): Effect.Effect<void, SchemaBehind | SchemaDiffers | StoreUnavailable> =>
  withClient(
    optionsOf(at),
    Effect.fnUntraced(function* (client) {
      const [table] = yield* run<{ found: boolean }>(
        client,
        "Migrations",
        "select to_regclass('paylog.migrations') is not null as found",
      )
      const missing = yield* compare(sets, table?.found === true ? yield* applied(client) : [])
      if (missing.length > 0) return yield* new SchemaBehind({ missing: missing.map((migration) => migration.name) })
    }),
  )

/** Whether this URL's login may migrate: as the owner of the schema `paylog`, or by creating it where there is none. */
export const canMigrate = (at: At): Effect.Effect<boolean, StoreUnavailable> =>
  withClient(optionsOf(at), (client) =>
    Effect.map(run<Role>(client, "Migrations", roleToMigrateAs), ([role]) => role?.name != null),
  )

const optionsOf = (at: At): ConnectionOptions => ("url" in at ? at : { url: at })

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

/** Migrations may rewrite tables, and wait for each other. */
const patient = { lock: 600_000, statement: 600_000, idleInTransaction: 60_000, answer: 610_000 }

/** Behind a pooler the session has no time-outs of ours, so the transaction brings them. */
const begin = `
  begin;
  set local lock_timeout = ${patient.lock};
  set local statement_timeout = ${patient.statement};
  set local idle_in_transaction_session_timeout = ${patient.idleInTransaction};
  select pg_advisory_xact_lock(hashtextextended('paylog.migrations', 0))`

/** "create schema if not exists" would ask for the right to create one even where it is there. */
const createTable = `
  do 'begin if to_regnamespace(''paylog'') is null then create schema paylog; end if; end';
  create table if not exists paylog.migrations (
    set        text        not null,
    file       text        not null,
    sha256     text        not null,
    applied_at timestamptz not null default clock_timestamp(),
    constraint migrations_set_file primary key (set, file)
  )`

const record = `insert into paylog.migrations (set, file, sha256) values ($1, $2, $3)`

interface Role {
  /** Ready to stand in a statement; null when the login may not migrate. */
  readonly name: string | null
}

/** A membership gives the right to change into a role; since Postgres 16 it may also be one that does not. */
const roleToMigrateAs = `
  with candidates as (
    select nspowner as role, 1 as rank, true as may from pg_namespace where nspname = 'paylog'
    union all
    select oid, 2, has_database_privilege(oid, current_database(), 'create') from pg_roles where rolname = 'paylog_owner'
    union all
    select oid, 3, has_database_privilege(oid, current_database(), 'create') from pg_roles where rolname = current_user
  ), able as (
    select
      role,
      rank,
      may and case
        when current_setting('server_version_num')::integer < 160000 then pg_has_role(role, 'member')
        else pg_has_role(role, 'set')
      end as able
    from candidates
    where rank = 1 or not exists (select from candidates where rank = 1)
  )
  select quote_ident(pg_get_userbyid(role)) as name from able where able order by rank limit 1`

const applied = (client: Client) =>
  run<Applied>(client, "Migrations", "select set, file, sha256 from paylog.migrations order by set, file")

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
