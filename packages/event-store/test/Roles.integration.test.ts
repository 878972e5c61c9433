/** Who may do what: every role against every statement, over all that the migrations made. */
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import type { Client } from "pg"
import { migrations } from "../src/EventStorePostgres.ts"
import { canMigrate, migrate } from "../src/Migrations.ts"
import { connected, elsewhere, refusal, rows } from "./support/sql.ts"

// The columns of the tables below, one sign a role. A login is a member of each: of paylog_owner, of the four groups, of none.
const roles = ["owner", "append", "project", "read", "audit", "nobody"] as const
type Role = (typeof roles)[number]

// + it may. - permission denied. ! the log itself refuses, whatever the permissions.
const verdictOf = (code: string | undefined) => (code === "42501" ? "-" : code === "2F002" ? "!" : "+")

// The owner may do what an owner may: forge an event, drop a trigger. Nothing in a database can hold its owner; that it was
// done shows in the Merkle root. So nobody logs in as owner but to migrate.
const tables: Record<
  string,
  readonly [select: string, insert: string, update: string, remove: string, truncate: string]
> = {
  events: ["+++++-", "+-----", "!-----", "!-----", "!-----"],
  head: ["+---+-", "!-----", "!-----", "!-----", "!-----"],
  attachments: ["++-++-", "+-----", "+-----", "!-----", "!-----"], // what is updated may be erased, and nothing else
  migrations: ["+++++-", "+-----", "+-----", "+-----", "+-----"],
  bookmarks: ["+-+++-", "+-+---", "+-+---", "+-----", "+-----"],
  parked: ["+-+++-", "+-+---", "+-+---", "+-+---", "+-----"],
  work: ["+-+++-", "+-+---", "+-+---", "+-+---", "+-----"],
  rebuilds: ["+-+++-", "+-----", "+-----", "+-----", "+-----"],
  rebuild_shards: ["+-+++-", "+-----", "+-----", "+-----", "+-----"],
  rebuild_parked: ["+-+++-", "+-----", "+-----", "+-----", "+-----"],
}

// usage, setval, select
const sequences: Record<string, readonly [next: string, set: string, select: string]> = {
  fencing_tokens: ["+-+---", "+-----", "+---+-"],
}

const functions: Record<string, string> = {
  append: "++----",
  erase_attachment: "+-----",
  refuse_change: "+-----",
  make_role: "+-----",
  grant_to: "+-----",
  why_not_rebuilt: "+-----",
  make_shadow: "+-----",
  put_in_place: "+-----",
}

const everyTable = (table: string): Record<string, string> => ({
  [`alter table ${table} add column mine int`]: "+-----",
  [`alter table ${table} disable trigger user`]: "+-----",
  [`alter table ${table} owner to current_user`]: "+-----",
  [`create trigger mine before insert on ${table} execute function paylog.refuse_change()`]: "+-----",
  [`create rule mine as on insert to ${table} do instead nothing`]: "+-----",
  [`create index on ${table} ((1))`]: "+-----",
  [`drop table ${table}`]: "+-----",
})

const elsewhereThanTables = (superuser: string, database: string): Record<string, string> => ({
  // A position and a time of one's own.
  "insert into paylog.events (position, recorded_at, version, schema_version, id, stream, type, data, metadata) values (99, '2020-01-01', 1, 1, gen_random_uuid(), 's', 't', '{}', '{}')":
    "+-----",
  "select from paylog.head for update": "+-----",
  "copy paylog.events from '/dev/null'": "------",
  "copy (select 1) to program 'true'": "------",
  "create table paylog.mine (n int)": "+-----",
  "create or replace function paylog.append() returns void language sql as 'select'": "+-----",
  "alter function paylog.append security invoker": "+-----",
  "drop function paylog.append": "+-----",
  "drop trigger refuse_change on paylog.events": "+-----",
  "alter schema paylog rename to mine": "+-----",
  "drop schema paylog cascade": "+-----",
  "create schema mine": "+-----",
  "create table public.mine (n int)": "------",
  "set role paylog_owner": "+-----",
  "set role paylog_append": "-+----",
  "set role paylog_project": "--+---",
  "set role paylog_read": "---++-", // an auditor reads what paylog_read may
  "set role paylog_audit": "----+-",
  [`set session authorization ${superuser}`]: "------",
  "set session_replication_role = replica": "------", // under which triggers that are not `enable always` sleep
  "create role mine": "------",
  "alter role paylog_append createrole": "------",
  [`alter database ${database} set synchronous_commit = off`]: "------",
  "select pg_read_file('PG_VERSION')": "------",
  "select rolpassword from pg_authid": "------",
  // An auditor's look at what holds the log: triggers, grants, functions, members. The catalog is everyone's to read.
  "select tgname, tgenabled from pg_trigger": "++++++",
  "select relname, relowner, relacl, has_table_privilege('paylog_append', oid, 'update') from pg_class": "++++++",
  "select pg_get_functiondef(oid), proacl, proconfig from pg_proc where pronamespace = to_regnamespace('paylog')":
    "++++++",
  "select roleid::regrole, member::regrole from pg_auth_members": "++++++",
  "select name, setting, source from pg_settings": "++++++",
  // What everyone may, and why it does no harm. Temporary objects: functions of the log look nowhere but in pg_catalog.
  "create temp table mine (n int)": "++++++",
  // Delays a migration, which gives up after ten minutes; appends take no advisory lock.
  "select pg_advisory_xact_lock(hashtextextended('paylog.migrations', 0))": "++++++",
  // A wake-up is a hint: what it says is not believed.
  "notify paylog": "++++++",
  "listen paylog": "++++++",
})

/** All the statements and who may make them, over what is in the catalog. What is not in the tables above has no verdict. */
const matrix = Effect.fnUntraced(function* (admin: Client, superuser: string) {
  const [{ database } = assert.fail()] = yield* rows<{ database: string }>(
    admin,
    "select current_database() as database",
  )
  const found = yield* rows<{ name: string; kind: string; first: string }>(
    admin,
    `select relname as name, relkind as kind, quote_ident(attname) as first
     from pg_class join pg_attribute on attrelid = pg_class.oid and attnum = 1
     where relnamespace = 'paylog'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f', 'S')`,
  )
  const called = yield* rows<{ name: string; call: string }>(
    admin,
    `select proname as name, format('paylog.%I(%s)', proname, (
       select string_agg('null::' || format_type(type, null), ', ' order by n)
       from unnest(proargtypes) with ordinality as argument (type, n)
     )) as call
     from pg_proc where pronamespace = 'paylog'::regnamespace`,
  )
  const unknown: Array<string> = []
  const statements = new Map(Object.entries(elsewhereThanTables(superuser, database)))
  const add = (what: string, texts: ReadonlyArray<string>, verdicts: ReadonlyArray<string> | undefined) => {
    if (verdicts === undefined) unknown.push(what)
    else texts.forEach((text, index) => statements.set(text, verdicts[index] ?? "?"))
  }
  for (const { name, kind, first } of found) {
    const qualified = `paylog.${name}`
    if (kind === "S") {
      const texts = [`select nextval('${qualified}')`, `select setval('${qualified}', 1)`, `select from ${qualified}`]
      add(`the sequence ${qualified}`, texts, sequences[name])
      continue
    }
    const texts = [
      `select from ${qualified}`,
      `insert into ${qualified} default values`,
      `update ${qualified} set ${first} = ${first}`,
      `delete from ${qualified}`,
      `truncate ${qualified}`,
      // To lock out others takes the right to change something.
      `lock table ${qualified} in access exclusive mode`,
    ]
    const verdicts = tables[name]
    const lock = verdicts && roles.map((_, n) => (verdicts.slice(2).some((of) => of[n] !== "-") ? "+" : "-")).join("")
    add(`the table ${qualified}`, texts, verdicts && [...verdicts, lock ?? "?"])
    add(qualified, Object.keys(everyTable(qualified)), Object.values(everyTable(qualified)))
  }
  for (const { name, call } of called) {
    const verdict = functions[name]
    add(`the function ${call}`, [`select ${call}`], verdict === undefined ? undefined : [verdict])
  }
  return { statements, unknown }
})

class World extends Context.Service<
  World,
  {
    readonly admin: Client
    readonly superuser: string
    readonly clients: Record<Role, Client>
  }
>()("test/World") {
  /** A database of paylog_owner, and a login for each role. */
  static readonly layer = Layer.effect(
    World,
    Effect.gen(function* () {
      const { url } = yield* freshDatabase()
      const admin = yield* connected(url)
      const [{ database, superuser } = assert.fail()] = yield* rows<{ database: string; superuser: string }>(
        admin,
        "select current_database() as database, current_user as superuser",
      )
      yield* rows(admin, readFileSync(new URL("../sql/roles.sql", import.meta.url), "utf8"))
      yield* rows(admin, `grant create on database ${database} to paylog_owner`)
      const login = Effect.fnUntraced(function* (options: string) {
        const name = `paylog_test_${randomBytes(6).toString("hex")}`
        yield* Effect.acquireRelease(rows(admin, `create role ${name} login password 'test' ${options}`), () =>
          rows(admin, `drop owned by ${name}; drop role ${name};`),
        )
        return elsewhere(url, (to) => {
          to.username = name
          to.password = "test"
        })
      })
      // It has the owner's rights only where it changes into that role, as migrations do.
      const deploy = yield* login("noinherit in role paylog_owner")
      assert.isTrue(yield* canMigrate(deploy))
      yield* migrate(deploy, [migrations])
      const as = (group: string) => Effect.flatMap(login(group), connected)
      const clients = {
        owner: yield* as("in role paylog_owner"),
        append: yield* as("in role paylog_append"),
        project: yield* as("in role paylog_project"),
        read: yield* as("in role paylog_read"),
        audit: yield* as("in role paylog_audit"),
        nobody: yield* as(""),
      }
      return { admin, superuser, clients }
    }),
  ).pipe(Layer.provide(DevPostgres.layer))
}

/** Tries every statement as every role, in transactions that are rolled back. What is not as it should be, in words. */
const deviations = Effect.fnUntraced(function* (
  statements: ReadonlyMap<string, string>,
  clients: Record<Role, Client>,
) {
  const found: Array<string> = []
  for (const [text, verdicts] of statements)
    for (const [index, role] of roles.entries()) {
      const client = clients[role]
      yield* rows(client, "begin")
      const verdict = verdictOf(yield* refusal(client, text))
      yield* rows(client, "rollback")
      if (verdict !== verdicts[index]) found.push(`${role}: ${verdict} instead of ${verdicts[index]}: ${text}`)
    }
  return found
})

layer(World.layer, { excludeTestServices: true })("the roles", (it) => {
  it.effect("may do what the table says, and nothing else", () =>
    Effect.gen(function* () {
      const { admin, superuser, clients } = yield* World
      const { statements, unknown } = yield* matrix(admin, superuser)
      assert.deepStrictEqual(unknown, [], "Say in the tables of this file who may do what with these")
      assert.isAtLeast(statements.size, 35)
      assert.deepStrictEqual(yield* deviations(statements, clients), [])
    }),
  )

  it.effect("are seen by this test to have one right more, and a table to be new", () =>
    Effect.gen(function* () {
      const { admin, superuser, clients } = yield* World
      const { statements } = yield* matrix(admin, superuser)
      yield* rows(admin, "grant update on paylog.events to paylog_append; grant delete on paylog.work to paylog_audit")
      const found = yield* deviations(statements, clients)
      yield* rows(
        admin,
        "revoke update on paylog.events from paylog_append; revoke delete on paylog.work from paylog_audit",
      )
      assert.sameMembers(found, [
        'append: ! instead of -: update paylog.events set "position" = "position"',
        "append: + instead of -: lock table paylog.events in access exclusive mode",
        "audit: + instead of -: delete from paylog.work",
        "audit: + instead of -: lock table paylog.work in access exclusive mode",
      ])
      yield* rows(
        admin,
        "create table paylog.added (n int); create function paylog.added() returns void language sql as 'select'",
      )
      const { unknown } = yield* matrix(admin, superuser)
      yield* rows(admin, "drop table paylog.added; drop function paylog.added")
      assert.sameMembers(unknown, ["the table paylog.added", "the function paylog.added()"])
    }),
  )

  it.effect("own nothing but as paylog_owner: no login does, not the one that migrated either", () =>
    Effect.gen(function* () {
      const { admin } = yield* World
      const owners = yield* rows(
        admin,
        `select distinct pg_get_userbyid(owner) as owner from (
           select relowner as owner from pg_class where relnamespace = 'paylog'::regnamespace
           union all select proowner from pg_proc where pronamespace = 'paylog'::regnamespace
           union all select nspowner from pg_namespace where nspname = 'paylog'
         ) as owned`,
      )
      assert.deepStrictEqual(owners, [{ owner: "paylog_owner" }])
    }),
  )

  it.effect("let an auditor see what a later migration adds", () =>
    Effect.gen(function* () {
      const { clients } = yield* World
      yield* rows(
        clients.owner,
        "set role paylog_owner; create table paylog.later (n int); create sequence paylog.laters; reset role",
      )
      const seen = [
        yield* refusal(clients.audit, "select from paylog.later"),
        yield* refusal(clients.audit, "select from paylog.laters"),
      ]
      const hidden = yield* refusal(clients.read, "select from paylog.later")
      yield* rows(clients.owner, "drop table paylog.later; drop sequence paylog.laters")
      assert.deepStrictEqual(seen, [undefined, undefined])
      assert.strictEqual(hidden, "42501")
    }),
  )
})
