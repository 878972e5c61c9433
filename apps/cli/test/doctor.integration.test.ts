/** `paylog doctor`: each finding is provoked once on a real server, with real settings and files, and named with its fix and its exit code. */
import { assert, layer } from "@effect/vitest"
import { DevPostgres, start } from "@paylog/dev-postgres/DevPostgres"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { layerPostgres } from "@paylog/event-store/layerPostgres"
import { migrate } from "@paylog/event-store/Migrations"
import { followers } from "@paylog/payments/followers"
import type { About } from "@paylog/payments/Metadata"
import { migrations } from "@paylog/payments/migrations"
import * as SealerTables from "@paylog/sealer/migrations"
import { Control } from "@paylog/wallet-pay-simulator/Control"
import * as Simulator from "@paylog/wallet-pay-simulator/Simulator"
import { Clock, Effect, Layer, Redacted, References } from "effect"
import { randomBytes, randomUUID } from "node:crypto"
import { chmodSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { once } from "node:events"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inProcess } from "./support/inProcess.ts"
import { invoice, pay } from "./support/money.ts"
import { World } from "./support/paylog.ts"
import { publish } from "./support/publishing.ts"
import { world } from "./support/sealed.ts"

const strong = () => randomBytes(24).toString("hex")
const key = strong()

const simulator = Simulator.layer({ seed: "a shop", clock: "real", stores: [{ apiKeys: [Redacted.make(key)] }] }).pipe(
  Layer.provide(Layer.succeed(References.MinimumLogLevel, "Warn")),
)

const sql = (text: string) => Database.use(({ query }) => query<Record<string, unknown>>({ name: "", text }))

const botMigrations = { name: "bot", folder: new URL("../../bot/sql/migrations/", import.meta.url) }

/** A login with these memberships and a password of its own, gone with the scope. */
const login = Effect.fnUntraced(function* (roles: string) {
  const url = new URL((yield* World).url)
  const name = `process_${randomUUID().replaceAll("-", "")}`
  url.username = name
  url.password = strong()
  yield* Effect.acquireRelease(sql(`create role ${name} login password '${url.password}' ${roles}`), () =>
    Effect.orDie(sql(`drop role ${name}`)),
  )
  return url.href
})

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "paylog-doctor-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true })),
)

type Env = Record<string, string>

/** A shop in which all is well: followed, swept, heard by webhook, sealed and signed an hour ago, with secrets that are strong. */
const shop = Effect.gen(function* () {
  const path = yield* folder
  const { baseUrl } = yield* Control
  const { url } = yield* World
  yield* migrate(Redacted.make(url), [
    EventStorePostgres.migrations,
    SealerTables.migrations,
    migrations,
    botMigrations,
  ])
  const keyFile = join(path, "log.key")
  const made = yield* inProcess(["keys", "generate", "--origin", "test.example/log", "--out", keyFile])
  const env: Env = {
    DATABASE_URL: yield* login("in role paylog_append, paylog_project, paylog_read"),
    WALLETPAY_API_KEY: key,
    WALLETPAY_BASE_URL: baseUrl,
    WALLETPAY_WEBHOOK_PATH: "/hooks/wallet/",
    TELEGRAM_BOT_TOKEN: `123456:${strong()}`,
    TELEGRAM_LINK_SECRET: strong(),
    LOG_ORIGIN: "test.example/log",
    LOG_SIGNING_KEY_FILE: keyFile,
    CHECKPOINT_STORE: join(path, "store"),
  }
  yield* publish(env)
  for (let n = 0; n < 3; n++) yield* pay(yield* invoice)
  // Long ago, so that whoever has not yet seen it is late.
  yield* unguarded("update paylog.events set recorded_at = recorded_at - interval '1 hour'")
  yield* Effect.scoped(
    Effect.gen(function* () {
      const runner = yield* FollowerRunner
      for (const follower of followers) yield* Effect.forkScoped(runner.run(follower))
      const head = yield* EventStore.use((store) => store.head)
      for (const { name } of followers) yield* runner.awaitBookmark(name, head, "20 seconds")
    }),
  )
  yield* publish(env)
  yield* sql("delete from paylog.work")
  yield* sql(
    "insert into payments.sweeps (provider, revision, baseline, list_offset, passed, completed_began_at, completed_count, completed_difference) values ('wallet-pay', 1, 0, 0, 0, now(), 1, 0)",
  )
  return { env, path, verifierKey: made.out.trim() }
})

const unguarded = (text: string) =>
  Effect.gen(function* () {
    yield* sql("alter table paylog.events disable trigger refuse_change")
    yield* sql(text)
    yield* sql("alter table paylog.events enable always trigger refuse_change")
  })

const marks = { warning: "warning", wrong: "WRONG  ", unseen: "unseen " }

/** What is provoked, and what is then said: the finding, and after the arrow how to mend it. */
interface Row {
  /** Of the finding. */
  readonly check: string
  readonly is: keyof typeof marks
  readonly what: RegExp
  readonly fix: RegExp
  /** Statements that provoke it, and that take it back. */
  readonly plant?: ReadonlyArray<string>
  readonly undo?: ReadonlyArray<string>
  /** Or what is done to the environment, or to files; taken back with the scope. */
  readonly env?: Env
  /** Variables that are not set. */
  readonly without?: ReadonlyArray<string>
  /** What it leads to besides. */
  readonly also?: ReadonlyArray<string>
}

/** As a person runs it; the findings that are not well, as lines. */
const examine = Effect.fnUntraced(function* (env: Env) {
  const { code, out, err } = yield* inProcess(["doctor"], env)
  for (const secret of Object.entries(env).flatMap(([name, value]) =>
    /SECRET|API_KEY|TOKEN/.test(name) ? value.split(",") : [URL.parse(value)?.password ?? ""],
  ))
    if (secret.length > 8) assert.notInclude(out + err, secret)
  const lines = out.split("\n")
  const told = lines.flatMap((line, at) => {
    const [, mark = "", check = "", what = ""] =
      /^(ok {5}|warning|WRONG {2}|unseen ) (.{16}) {2}(.*)$/.exec(
        line.replace(/^WRONG {3}/, "WRONG   ").replace(/^ok {6}/, "ok      "),
      ) ?? []
    if (mark === "" || mark.startsWith("ok")) return []
    const fix = /^ {26}→ (.*)$/.exec(lines[at + 1] ?? "")?.[1] ?? ""
    return [{ is: mark.trim().toLowerCase(), check: check.trim(), what, fix }]
  })
  return { code, out, err, told }
})

const provoked = Effect.fnUntraced(function* (row: Row, base: Env) {
  const { check, is, what, fix, plant = [], undo = [], env = {}, without = [], also = [] } = row
  for (const text of plant) yield* sql(text)
  const given = Object.fromEntries(Object.entries({ ...base, ...env }).filter(([name]) => !without.includes(name)))
  const { code, out, err, told } = yield* examine(given)
  const name = `${is} ${check}: ${String(what)} in\n${out}${err}`
  const found = told.filter((one) => one.check === check && one.is === is && what.test(one.what))
  assert.lengthOf(found, 1, name)
  assert.match(found[0]?.fix ?? "", fix, name)
  // Nothing else is found than what was provoked, and the code says whether anything is wrong.
  assert.deepStrictEqual(
    [...new Set(told.map((one) => one.check))].filter((one) => one !== check && !also.includes(one)),
    [],
    name,
  )
  const wrongs = told.filter((one) => one.is === "wrong").length
  assert.strictEqual(code, wrongs > 0 ? 5 : 0, name)
  if (wrongs > 0) assert.match(err, new RegExp(`^${wrongs} of the \\d+ findings (is|are) wrong\n$`), name)
  else assert.match(out, /\n\nNothing is wrong: /, name)
  for (const text of undo) yield* sql(text)
})

/** By SQL, and by variables. */
const rows = (env: Env, verifierKey: string): ReadonlyArray<Row> => [
  // -- Database.
  {
    check: "database",
    is: "wrong",
    what: /^The log is out of reach: /,
    fix: /^Is it running, and are DATABASE_URL's host, port and password right\?/,
    env: { DATABASE_URL: "postgres://nobody@127.0.0.1:1/x" },
  },
  {
    check: "schema",
    is: "wrong",
    what: /^The database lacks sealer\/\d+_\w+\.sql\./,
    fix: /^Start the ingester once with DATABASE_OWNER_URL/,
    plant: [
      "create table kept as select * from paylog.migrations",
      "delete from paylog.migrations where file = (select max(file) from paylog.migrations where set = 'sealer') and set = 'sealer'",
    ],
    undo: ["insert into paylog.migrations select * from kept on conflict do nothing", "drop table kept"],
  },
  {
    check: "schema",
    is: "wrong",
    what: /^sealer\/9999_later\.sql was applied, and this program does not know it: the database is newer/,
    fix: /the program that fits$/,
    plant: ["insert into paylog.migrations (set, file, sha256) values ('sealer', '9999_later.sql', '')"],
    undo: ["delete from paylog.migrations where file = '9999_later.sql'"],
  },
  {
    check: "checkpoints",
    is: "unseen",
    what: /^There is no table of them yet$/,
    fix: /DATABASE_OWNER_URL/,
    plant: ["alter schema transparency rename to elsewhere"],
    undo: ["alter schema elsewhere rename to transparency"],
  },
  // -- Rights.
  {
    check: "rights",
    is: "wrong",
    what: /^The trigger refuse_change of paylog\.events is not always on/,
    fix: /^Find out who switched it off; then: alter table paylog\.events enable always trigger refuse_change; and paylog verify$/,
    plant: ["alter table paylog.events enable trigger refuse_change"],
    undo: ["alter table paylog.events enable always trigger refuse_change"],
  },
  {
    check: "rights",
    is: "wrong",
    what: /^paylog_append may update paylog\.events$/,
    fix: /^revoke update on paylog\.events from paylog_append$/,
    plant: ["grant update on paylog.events to paylog_append"],
    undo: ["revoke update on paylog.events from paylog_append"],
  },
  {
    check: "rights",
    is: "wrong",
    what: /^Everybody may select payments\.customers$/,
    fix: /^revoke all on payments\.customers from public$/,
    plant: ["grant select on payments.customers to public"],
    undo: ["revoke select on payments.customers from public"],
  },
  // -- Who works with it.
  {
    check: "followers",
    is: "wrong",
    what: /^sealer is 1 event behind, for (59|6\d) min$/,
    fix: /^Is an ingester running/,
    plant: ["update paylog.bookmarks set position = position - 1 where follower = 'sealer'"],
    undo: ["update paylog.bookmarks set position = position + 1 where follower = 'sealer'"],
  },
  {
    check: "followers",
    is: "wrong",
    what: /^ledger has parked 1 stream$/,
    fix: /paylog unpark ledger STREAM$/,
    plant: [
      "insert into paylog.parked (follower, stream, position, version, reason) values ('ledger', 'x', 1, 1, 'test')",
    ],
    undo: ["delete from paylog.parked"],
  },
  {
    check: "followers",
    is: "warning",
    what: /^Never ran here: sealer$/,
    fix: /^Start an ingester$/,
    plant: [
      "create table kept as select * from paylog.bookmarks where follower = 'sealer'",
      "delete from paylog.bookmarks where follower = 'sealer'",
    ],
    undo: ["insert into paylog.bookmarks select * from kept", "drop table kept"],
  },
  {
    check: "work",
    is: "wrong",
    what: /^1 item of the queue open-order is overdue, the oldest for 60 min, after up to 0 tries$/,
    fix: /select key, last_reason from paylog\.work$/,
    plant: ["insert into paylog.work (queue, key, due_at) values ('open-order', 'x', now() - interval '1 hour')"],
    undo: ["delete from paylog.work"],
  },
  ...(["parked_reason", "null"] as const).map((parked): Row => ({
    check: "messages",
    is: "wrong",
    what: parked === "null" ? /^1 waits for too long$/ : /^1 is set aside$/,
    fix:
      parked === "null"
        ? /^Is a bot running, and Telegram within its reach/
        : /parked_reason is not null: mend why; then paylog unpark messages all$/,
    plant: [
      `insert into payments.deliveries (delivery_id, customer_id, body, revision, due_at, parked_reason) values ('x', 'y', '{}', 1, now() - interval '1 hour', ${parked === "null" ? "null" : "'400'"})`,
    ],
    undo: ["delete from payments.deliveries"],
  })),
  {
    check: "owners' chat",
    is: "wrong",
    what: /^Telegram does not let the bot write there: each owner is told instead$/,
    fix: /^Add the bot to the chat, and let it write, or set OWNERS_CHAT_ID/,
    plant: [
      "insert into payments.customers (customer_id, telegram_user_id, chat_id, language) values ('cus_chat', '-1001', '-1001', 'en')",
      "insert into payments.recipients (customer_id, blocked_at) values ('cus_chat', now())",
    ],
    undo: [
      "delete from payments.recipients where customer_id = 'cus_chat'",
      "delete from payments.customers where customer_id = 'cus_chat'",
    ],
  },
  ...(["parked_at", "null"] as const).map((parked): Row => ({
    check: "updates",
    is: "wrong",
    what: parked === "null" ? /^1 waits for too long$/ : /^1 is set aside$/,
    fix:
      parked === "null" ? /^Is a bot running, and what does its log say/ : /mend why; then paylog unpark updates all$/,
    plant: [
      `insert into bot.updates (bot_id, update_id, chat_id, body, invoice_id, received_at, parked_at) values (1, 1, 1, '{}', 'x', now() - interval '1 hour', ${parked === "null" ? "null" : "now()"})`,
    ],
    undo: ["delete from bot.updates"],
  })),
  ...(
    [
      ["warning", "false", /^The provider's list was never read here$/, /^Start an ingester/],
      [
        "wrong",
        "set completed_began_at = null, completed_count = null, completed_difference = null",
        /last read never to its end: a payment without a webhook would not be heard of$/,
        /^Is an ingester running/,
      ],
      [
        "wrong",
        "set completed_began_at = now() - interval '1 hour'",
        /last read 60 min ago/,
        /^Is an ingester running/,
      ],
      [
        "wrong",
        "set completed_difference = 3",
        /^wallet-pay's list has 3 orders more than the log$/,
        /^paylog reconcile names them$/,
      ],
      [
        "wrong",
        "set completed_difference = -1",
        /^wallet-pay's list has 1 order fewer than the log$/,
        /^paylog reconcile names them$/,
      ],
    ] as const
  ).map(([is, change, what, fix]): Row => ({
    check: "sweep",
    is,
    what,
    fix,
    plant: [
      "create table kept as select * from payments.sweeps",
      change === "false" ? "delete from payments.sweeps" : `update payments.sweeps ${change}`,
    ],
    undo: ["delete from payments.sweeps", "insert into payments.sweeps select * from kept", "drop table kept"],
  })),
  // -- Sealing.
  {
    check: "sealing",
    is: "warning",
    what: /^LOG_ORIGIN is not set: a process with this environment signs no checkpoint/,
    fix: /^paylog keys generate --origin NAME --out FILE; then set LOG_ORIGIN, LOG_SIGNING_KEY_FILE and CHECKPOINT_STORE/,
    without: ["LOG_ORIGIN", "LOG_SIGNING_KEY_FILE", "CHECKPOINT_STORE"],
  },
  {
    check: "sealing",
    is: "wrong",
    what: /^LOG_ORIGIN: Expected the log's name, since CHECKPOINT_STORE is set/,
    fix: /^docs\/operations\.md, Sealing$/,
    without: ["LOG_ORIGIN"],
  },
  {
    check: "sealing",
    is: "wrong",
    what: /^LOG_SIGNING_KEY_FILE: Expected a file that can be read/,
    fix: /^docs\/operations\.md, Sealing$/,
    env: { LOG_SIGNING_KEY_FILE: "/nowhere/log.key" },
  },
  {
    check: "signing key",
    is: "warning",
    what: /^There is none of test\.example\/log here: a process with this environment checks the log, and signs nothing$/,
    fix: /^Right for a bot\. For an ingester set LOG_SIGNING_KEY_FILE; a new key: paylog keys generate$/,
    env: { LOG_VERIFIER_KEYS: verifierKey },
    without: ["LOG_SIGNING_KEY_FILE"],
  },
  {
    check: "checkpoint store",
    is: "wrong",
    what: /^The checkpoint store is out of reach: /,
    fix: /^Is CHECKPOINT_STORE right, and may this login read it\?/,
    env: { CHECKPOINT_STORE: "http://127.0.0.1:1/checkpoints" },
  },
  {
    check: "checkpoint store",
    is: "wrong",
    what: /^the log has \d+ events, and the checkpoint store has no checkpoint of them/,
    fix: /^Is CHECKPOINT_STORE the right place\?/,
    env: { CHECKPOINT_STORE: "/nowhere/checkpoints" },
  },
  {
    check: "checkpoint store",
    is: "wrong",
    what: /^the stored tree is damaged|^only \d+ events are sealed, and the outside checkpoint is of \d+/,
    fix: /nothing is written|^Nothing is written/,
    plant: [
      "alter table transparency.tiles rename to kept",
      "create table transparency.tiles (like kept including all)",
      "grant select on transparency.tiles to paylog_read",
    ].map((text) => text.replace("like kept", "like transparency.kept")),
    undo: ["drop table transparency.tiles", "alter table transparency.kept rename to tiles"],
  },
  {
    check: "checkpoints",
    is: "warning",
    what: /^No checkpoint was ever signed/,
    fix: /^Start an ingester with LOG_ORIGIN, LOG_SIGNING_KEY_FILE and CHECKPOINT_STORE$/,
    plant: ["create table kept as select * from transparency.checkpoints", "delete from transparency.checkpoints"],
    undo: ["insert into transparency.checkpoints select * from kept", "drop table kept"],
  },
  {
    check: "checkpoints",
    is: "wrong",
    what: /^No checkpoint holds the last \d+ events, the oldest for (59|6\d) min$/,
    fix: /^Is an ingester with LOG_SIGNING_KEY_FILE running/,
    plant: [
      "create table kept as select * from transparency.checkpoints",
      "delete from transparency.checkpoints where size > 0",
    ],
    undo: ["insert into transparency.checkpoints select * from kept on conflict do nothing", "drop table kept"],
  },
  {
    check: "checkpoints",
    is: "wrong",
    what: /^1 row of transparency.checkpoints is no checkpoint of this log: not a note$/,
    fix: /^They are passed over. Find out which login wrote them/,
    plant: [
      "insert into transparency.checkpoints select origin, size + 1000, root, 'planted', now() from transparency.checkpoints limit 1",
    ],
    undo: ["delete from transparency.checkpoints where note = 'planted'"],
  },
  // -- The provider.
  {
    check: "provider",
    is: "unseen",
    what: /^WALLETPAY_API_KEY is not set: the provider was not asked$/,
    fix: /^Run it with the ingester's environment$/,
    without: ["WALLETPAY_API_KEY"],
  },
  {
    check: "provider",
    is: "wrong",
    what: /^WALLETPAY_WEBHOOK_PATH: Expected /,
    fix: /^Set it as the provider's settings say/,
    env: { WALLETPAY_WEBHOOK_PATH: "hooks" },
  },
  {
    check: "provider",
    is: "wrong",
    what: /reach|answer/,
    fix: /^Is WALLETPAY_BASE_URL right, and within reach of this machine\?$/,
    env: { WALLETPAY_BASE_URL: "http://127.0.0.1:1" },
    also: ["provider's clock"],
  },
  {
    check: "key",
    is: "wrong",
    what: /^The provider refuses WALLETPAY_API_KEY$/,
    fix: /^Is the first one the store's key, and not revoked\?/,
    env: { WALLETPAY_API_KEY: strong() },
  },
  // -- Secrets.
  {
    check: "secrets",
    is: "warning",
    what: /^TELEGRAM_LINK_SECRET is not set: the bot's links are signed with a secret made from its token/,
    fix: /^Set it: openssl rand -hex 32$/,
    without: ["TELEGRAM_LINK_SECRET"],
  },
  {
    check: "secrets",
    is: "wrong",
    what: /^TELEGRAM_LINK_SECRET is not 24 to 256 characters .*: the bot does not start$/,
    fix: /^Make another: openssl rand -hex 32$/,
    env: { TELEGRAM_LINK_SECRET: `${strong()}+` },
  },
  {
    check: "secrets",
    is: "wrong",
    what: /^TELEGRAM_WEBHOOK_URL is set, and TELEGRAM_WEBHOOK_SECRET is not: the bot does not start/,
    fix: /^Set it: openssl rand -hex 32$/,
    env: { TELEGRAM_WEBHOOK_URL: "https://shop.example/telegram" },
  },
  {
    check: "secrets",
    is: "wrong",
    what: /^TELEGRAM_LINK_SECRET is or begins with what everybody tries first$/,
    fix: /^Make another: /,
    env: { TELEGRAM_LINK_SECRET: "changeme-0123456789abcdefghij" },
  },
  {
    check: "secrets",
    is: "wrong",
    what: /^TELEGRAM_WEBHOOK_SECRET and TELEGRAM_LINK_SECRET have the same secret: who learns one has both$/,
    fix: /^Make another: /,
    env: { TELEGRAM_WEBHOOK_SECRET: env["TELEGRAM_LINK_SECRET"] ?? "" },
  },
  {
    check: "secrets",
    is: "warning",
    what: /^WALLETPAY_API_KEY has one secret twice$/,
    fix: /^Take one of them out$/,
    env: { WALLETPAY_API_KEY: `${key},${key}` },
    also: ["provider"],
  },
  {
    check: "database logins",
    is: "warning",
    what: /^DATABASE_URL and DATABASE_OWNER_URL have the same secret: who learns one has both$/,
    fix: /^Give the processes a login of their own: docs\/operations\.md, Roles$/,
    env: { DATABASE_OWNER_URL: env["DATABASE_URL"] ?? "" },
  },
]

/** A server that passes on what the provider says, with a date of its own or none. */
const inFrontOf = (provider: string, date: string | undefined) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const server = createServer((request, response) => {
        response.sendDate = false
        if (date !== undefined) response.setHeader("date", date)
        const headers = { "wpay-store-api-key": String(request.headers["wpay-store-api-key"] ?? "") }
        const passOn = async () => {
          const answer = await fetch(`${provider}${request.url ?? ""}`, { headers })
          response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" })
          response.end(await answer.text())
        }
        void passOn()
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      const address = server.address()
      return { server, url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}` }
    }),
    ({ server }) => Effect.sync(() => (server.closeAllConnections(), server.close())),
  ).pipe(Effect.map(({ url }) => url))

/** By other means than a statement or a variable. */
const others: ReadonlyArray<Pick<Row, "check" | "is">> = [
  { check: "settings", is: "wrong" },
  { check: "rights", is: "wrong" },
  { check: "login", is: "warning" },
  { check: "clock", is: "wrong" },
  { check: "webhooks", is: "wrong" },
  { check: "signing key", is: "wrong" },
  { check: "provider's clock", is: "warning" },
  { check: "provider's clock", is: "unseen" },
  { check: "schema", is: "unseen" },
  { check: "secrets", is: "unseen" },
]

layer(Layer.mergeAll(world, simulator, DevPostgres.layer), { excludeTestServices: true })("paylog doctor", (it) => {
  it.effect(
    "finds nothing where all is well, and names each fault that is provoked, with its fix and its exit code",
    () =>
      Effect.gen(function* () {
        const { env, path, verifierKey } = yield* shop
        const well = yield* examine(env)
        assert.deepStrictEqual([well.code, well.err, well.told], [0, "", []], well.out)
        assert.match(well.out, /\n\nNothing is wrong\.\n$/)
        for (const line of [
          "ok      settings          fsync, full_page_writes and synchronous_commit are on",
          "ok      webhook path      /hooks/wallet/, with a slash at the end: so must the URL in the store's settings be",
          "ok      webhooks          3 of the last 3 payments came by webhook",
          "ok      signing key       It is that of test.example/log, and nobody else may read its file",
          "ok      checkpoints       The newest one holds every event",
          "ok      secrets           4 secrets, none of them weak, no two the same",
        ])
          assert.include(well.out, `${line}\n`)
        const table = rows(env, verifierKey)
        for (const row of table) yield* provoked(row, env)

        // A setting of the database's own; a login that may too much, and one that may nothing.
        const database = new URL(env["DATABASE_URL"] ?? "").pathname.slice(1)
        yield* provoked(
          {
            check: "settings",
            is: "wrong",
            what: /^This server may lose what it has committed: synchronous_commit is off \(database\)\.$/,
            fix: /^Turn on what is off: alter database … reset synchronous_commit;$/,
            plant: [`alter database "${database}" set synchronous_commit = off`],
            undo: [`alter database "${database}" reset synchronous_commit`],
          },
          env,
        )
        const fix = /^In production give the processes a login of paylog_append and paylog_project/
        const owner = yield* login(
          `in role ${String((yield* sql("select nspowner::regrole::text as name from pg_namespace where nspname = 'paylog'"))[0]?.["name"])}`,
        )
        for (const [DATABASE_URL, what] of [
          [yield* login("superuser"), /^DATABASE_URL's login is a superuser: /],
          [owner, /^DATABASE_URL's login owns the tables: /],
        ] as const)
          yield* provoked({ check: "login", is: "warning", what, fix, env: { DATABASE_URL } }, env)
        const nobody = yield* examine({ ...env, DATABASE_URL: yield* login("") })
        assert.strictEqual(nobody.code, 0, nobody.out + nobody.err)
        const blind = nobody.told.map(({ check, is, what, fix }) => [check, is, what, fix !== ""])
        for (const check of [
          "schema",
          "clock",
          "followers",
          "work",
          "messages",
          "owners' chat",
          "updates",
          "sweep",
          "webhooks",
          "checkpoint store",
          "checkpoints",
        ])
          assert.deepInclude(blind, [check, "unseen", "This login may not look at it", true], nobody.out)

        // Clocks: this machine's, the log's, the provider's.
        const real = yield* Clock.Clock
        const ahead: Clock.Clock = Object.assign(Object.create(real), {
          currentTimeMillis: Effect.map(real.currentTimeMillis, (ms) => ms + 3_600_000),
        })
        yield* provoked(
          {
            check: "clock",
            is: "wrong",
            what: /^The database's clock is 60 min from this machine's$/,
            fix: /^Let both follow NTP: chronyc tracking$/,
            also: ["provider's clock"],
          },
          env,
        ).pipe(Effect.provideService(Clock.Clock, ahead))
        const { baseUrl } = yield* Control
        yield* provoked(
          {
            check: "provider's clock",
            is: "warning",
            what: /^It is 60 min from this machine's$/,
            fix: /^Let this machine follow NTP/,
            env: {
              WALLETPAY_BASE_URL: yield* inFrontOf(
                baseUrl,
                new Date((yield* Clock.currentTimeMillis) + 3_600_000).toUTCString(),
              ),
            },
          },
          env,
        )
        yield* provoked(
          {
            check: "provider's clock",
            is: "unseen",
            what: /^Its answer has no Date$/,
            fix: /^$/,
            env: { WALLETPAY_BASE_URL: yield* inFrontOf(baseUrl, undefined) },
          },
          env,
        )

        // Files.
        const keyFile = env["LOG_SIGNING_KEY_FILE"] ?? ""
        chmodSync(keyFile, 0o640)
        yield* provoked(
          {
            check: "signing key",
            is: "wrong",
            what: /^Others on this machine may read or change LOG_SIGNING_KEY_FILE$/,
            fix: /^chmod 600 \S+log\.key; if somebody may have read it, a new key: docs\/operations\.md, Sealing$/,
          },
          env,
        )
        chmodSync(keyFile, 0o600)
        const checkpoint = join(path, "store", "checkpoint")
        renameSync(checkpoint, join(path, "kept"))
        writeFileSync(checkpoint, "no note\n")
        yield* provoked(
          {
            check: "checkpoint store",
            is: "wrong",
            what: /^The outside checkpoint is not signed by a key of this log/,
            fix: /^Is it the store of another log\?/,
          },
          env,
        )
        renameSync(join(path, "kept"), checkpoint)

        // Payments that only ever come by asking.
        const swept: About = { actor: { kind: "Worker", id: "sweep" }, source: "Sweep", correlationId: "test" }
        for (let n = 0; n < 20; n++) yield* pay(yield* invoice, {}, swept)
        yield* publish(env)
        yield* provoked(
          {
            check: "webhooks",
            is: "wrong",
            what: /^None of the last 20 payments came by webhook: all were heard of by asking$/,
            fix: /^WALLETPAY_WEBHOOK_PATH must be the URL's path as typed in the store's settings, with its slash at the end or without/,
          },
          env,
        )
        yield* pay(yield* invoice)
        yield* publish(env)
        assert.deepStrictEqual((yield* examine(env)).told, [])

        // The log itself, last: what is changed of it is found by its seal too, and cannot be taken back.
        yield* unguarded(
          "update paylog.events set recorded_at = now() + interval '1 hour' where position = (select max(position) from paylog.events)",
        )
        yield* provoked(
          {
            check: "clock",
            is: "wrong",
            what: /^The last event was recorded (59|60) min ahead of the database's clock, which was set back$/,
            fix: /^Let it follow NTP\. Until it has caught up, events are recorded at that same time$/,
            also: ["checkpoint store"],
          },
          env,
        )
        yield* provoked(
          {
            check: "checkpoint store",
            is: "wrong",
            what: /^the log is not the one of which \d+ events were sealed: it differs from position \d+ on$/,
            fix: /^Nothing is written\. Keep the database and the store as they are, and run paylog verify/,
            also: ["clock"],
          },
          env,
        )

        assert.strictEqual((yield* inProcess(["doctor"], {})).code, 2)
        const [finding] = JSON.parse((yield* inProcess(["doctor", "--json"], env)).out)
        assert.deepStrictEqual(Object.keys(finding), ["check", "is", "what", "fix"])

        // Whatever the doctor may say was provoked here.
        const folderOf = new URL("../src/doctor/", import.meta.url)
        const source = readdirSync(folderOf).map((file) => readFileSync(new URL(file, folderOf), "utf8"))
        const may = source.flatMap((text) =>
          Array.from(
            text.matchAll(/\b(wrong|warning|unseen)\(\s*"([^"]+)"/g),
            ([, is = "", check = ""]) => `${is} ${check}`,
          ),
        )
        const done = new Set([...table, ...others].map(({ is, check }) => `${is} ${check}`))
        assert.deepStrictEqual(
          [...new Set(may)].filter((one) => !done.has(one)),
          [],
        )
      }).pipe(Effect.scoped),
  )

  it.effect("finds a role that is missing, and settings of the whole server", () =>
    Effect.gen(function* () {
      const { url } = yield* start()
      yield* migrate(url, [EventStorePostgres.migrations, SealerTables.migrations, migrations])
      const outside = layerPostgres({ url, ownerUrl: undefined, directUrl: url })
      yield* Effect.gen(function* () {
        yield* sql("alter role paylog_audit rename to somebody")
        yield* sql("alter system set full_page_writes = off")
        yield* sql("alter system set fsync = off")
        yield* sql("select pg_reload_conf()")
      }).pipe(Effect.provide(outside, { local: true }))
      const { code, told, out } = yield* examine({ DATABASE_URL: Redacted.value(url) })
      assert.strictEqual(code, 5)
      const about = (check: string) => told.filter((one) => one.check === check).map(({ what, fix }) => [what, fix])
      assert.deepStrictEqual(about("settings"), [
        [
          "This server may lose what it has committed: fsync is off (configuration file), full_page_writes is off (configuration file).",
          "Turn on what is off: alter system set fsync = on; select pg_reload_conf(); alter system set full_page_writes = on; select pg_reload_conf();",
        ],
      ])
      assert.deepInclude(
        about("rights"),
        [
          "The role paylog_audit is missing",
          "create role paylog_audit nologin; then run packages/event-store/sql/roles.sql as the owner",
        ],
        out,
      )
      assert.lengthOf(about("secrets").concat(about("provider")), 1, out)
    }).pipe(Effect.scoped),
  )
})
