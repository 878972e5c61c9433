/** Roles on a server that has none yet: made once, by whoever is first, or left to somebody with the right to. */
import { start } from "@paylog/dev-postgres/DevPostgres"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Redacted, References } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { migrations } from "../src/EventStorePostgres.ts"
import { migrate, requireCurrent } from "../src/Migrations.ts"
import { connected, elsewhere, refusal, rows } from "./support/sql.ts"

const rolesSql = readFileSync(new URL("../sql/roles.sql", import.meta.url), "utf8")

const groups = ["paylog_append", "paylog_audit", "paylog_project", "paylog_read"]

/** A process that is up and waits for the word to migrate. */
const migrator = (url: Redacted.Redacted) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const entry = fileURLToPath(new URL("support/migrate-process.ts", import.meta.url))
      const child = spawn(process.execPath, [entry], { stdio: ["pipe", "pipe", "pipe"] })
      const exited = once(child, "exit")
      let complaint = ""
      child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text))
      const said = createInterface(child.stdout)[Symbol.asyncIterator]()
      child.stdin.write(`${Redacted.value(url)}\n`)
      assert.strictEqual((await said.next()).value, "ready", complaint)
      const go = async () => {
        child.stdin.write("go\n")
        const { value } = await said.next()
        await exited
        return { said: String(value), complaint }
      }
      return { go, end: () => (child.kill("SIGKILL"), exited) }
    }),
    ({ end }) => Effect.promise(end),
  )

describe("on a server without roles", () => {
  it.live("8 processes that migrate 8 databases at once make each role once, and none fails", () =>
    Effect.gen(function* () {
      const { url } = yield* start()
      const client = yield* connected(url)
      const databases = Array.from({ length: 8 }, (_, n) => `paylog_${n}`)
      for (const name of databases) yield* rows(client, `create database ${name}`)
      const urls = databases.map((name) => elsewhere(url, (to) => (to.pathname = `/${name}`)))
      const processes = yield* Effect.forEach(urls, migrator)
      const answers = yield* Effect.promise(() => Promise.all(processes.map(({ go }) => go())))
      const [first] = answers
      assert.match(first?.said ?? "", /^applied \d+$/)
      for (const answer of answers) assert.deepStrictEqual(answer, first)
      assert.strictEqual(first?.complaint, "", "nothing was left to do")
      for (const at of urls) yield* requireCurrent(at, [migrations])
      const made = yield* rows<{ name: string }>(
        client,
        "select rolname as name from pg_roles where rolname like 'paylog%' order by 1",
      )
      assert.deepStrictEqual(
        made.map(({ name }) => name),
        groups,
      )
      yield* rows(client, "create role auditor login password 'test' in role paylog_audit")
      for (const at of urls) {
        const auditor = elsewhere(at, (to) => ((to.username = "auditor"), (to.password = "test")))
        yield* Effect.scoped(
          Effect.flatMap(connected(auditor), (client) =>
            rows(client, "select from paylog.head, paylog.events, paylog.migrations"),
          ),
        )
      }
    }),
  )

  it.live("a login that may not make roles migrates, says what is left to do, and that is all that is left to do", () =>
    Effect.gen(function* () {
      const { url } = yield* start()
      const admin = yield* connected(url)
      yield* rows(admin, "create role deploy login password 'test'; create role auditor login password 'test'")
      yield* rows(admin, "create database paylog owner deploy")
      const at = (user: string) =>
        elsewhere(url, (to) => {
          to.pathname = "/paylog"
          to.username = user
          to.password = "test"
        })
      const notices: Array<string> = []
      const heard = Logger.layer([Logger.make(({ message }) => void notices.push(String(message)))])
      yield* migrate(at("deploy"), [migrations]).pipe(
        Effect.provide(heard),
        Effect.provideService(References.MinimumLogLevel, "Info"),
      )
      yield* requireCurrent(at("deploy"), [migrations])
      for (const name of groups) assert.include(notices.join("\n"), `create role ${name} nologin;`)
      // What was said, done: the roles by somebody who may make them, the grants by the owner.
      const said = notices.map((notice) => /: ((?:create|grant|alter) .*;)$/.exec(notice)?.[1] ?? assert.fail(notice))
      const asOwner = yield* connected(at("deploy"))
      for (const text of said) {
        const isAdmins = /^create role|^grant paylog_/.test(text)
        assert.isUndefined(yield* refusal(isAdmins ? admin : asOwner, text), text)
      }
      yield* rows(admin, "grant paylog_audit to auditor")
      const auditor = yield* connected(at("auditor"))
      yield* rows(auditor, "select from paylog.head, paylog.events, paylog.work, paylog.fencing_tokens")
      assert.strictEqual(yield* refusal(auditor, "insert into paylog.head default values"), "42501")
    }),
  )

  it.live("roles.sql makes them all, also twice, also at once in several databases", () =>
    Effect.gen(function* () {
      const { url } = yield* start()
      const admin = yield* connected(url)
      const databases = ["one", "two", "three", "four"]
      for (const name of databases) yield* rows(admin, `create database ${name}`)
      const clients = yield* Effect.forEach([...databases, ...databases], (name) =>
        connected(elsewhere(url, (to) => (to.pathname = `/${name}`))),
      )
      yield* Effect.forEach(clients, (client) => rows(client, rolesSql), { concurrency: "unbounded" })
      const made = yield* rows<{ name: string }>(
        admin,
        "select rolname as name from pg_roles where rolname like 'paylog%' and not rolcanlogin order by 1",
      )
      assert.deepStrictEqual(
        made.map(({ name }) => name),
        [...groups, "paylog_owner"].toSorted(),
      )
      assert.deepStrictEqual(
        yield* rows(
          admin,
          "select member::regrole::text, roleid::regrole::text as role from pg_auth_members where member = 'paylog_audit'::regrole",
        ),
        [{ member: "paylog_audit", role: "paylog_read" }],
      )
    }),
  )
})
