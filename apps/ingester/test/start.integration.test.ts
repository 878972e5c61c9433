/** Starts that are refused, as the real process shows them. */
import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import { Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"
import { key } from "./support/delivery.ts"
import { runIngester, world, World } from "./support/process.ts"

const ingester = Effect.fnUntraced(function* (change: string, role?: string) {
  const { url } = yield* World
  const database = yield* Database
  const run = (text: string) => database.query({ name: `test-${randomUUID()}`, text })
  const at = new URL(url)
  if (role !== undefined) {
    at.username = `${role}_${at.pathname.slice(1)}`
    at.password = "weak"
    yield* Effect.acquireRelease(
      Effect.andThen(
        run(`create role ${at.username} login password 'weak'`),
        run(`grant paylog_append, paylog_project to ${at.username}`),
      ),
      () => Effect.orDie(Effect.andThen(run(`drop owned by ${at.username}`), run(`drop role ${at.username}`))),
    )
  }
  yield* run(change.replace("$role", at.username).replace("$database", at.pathname.slice(1)))
  const { code, log } = yield* runIngester({ DATABASE_URL: at.href, WALLETPAY_API_KEY: key, PORT: "0" })
  assert.notInclude(log, "weak@")
  assert.notInclude(log, "Listening")
  return { code, lines: log.trimEnd().split("\n") }
})

const newer = "insert into paylog.migrations (set, file, sha256) values ('payments', '0999_later.sql', 'x')"
const newerLine = /payments\/0999_later\.sql was applied, and this program does not know it: the database is newer/

for (const [what, change, role, line] of [
  ["a schema that is newer than itself, as its owner", newer, undefined, newerLine],
  ["a schema that is newer than itself, as a role that may not migrate", newer, "weak", newerLine],
  [
    "a server that may lose what this role commits",
    "alter role $role set synchronous_commit = off",
    "weak",
    /UnsafeServer: This server may lose what it has committed: synchronous_commit is off \(user\)\. Turn on what is off: alter role … reset synchronous_commit;/,
  ],
  [
    "a server that may lose what is committed in this database",
    "alter database $database set synchronous_commit = off",
    undefined,
    /synchronous_commit is off \(database\)/,
  ],
] as const)
  layer(Layer.fresh(world), { excludeTestServices: true })("the ingester's process", (it) => {
    it.effect(`does not start on ${what}: it says so in one line, and ends with code 1`, () =>
      Effect.gen(function* () {
        const { code, lines } = yield* ingester(change, role)
        assert.strictEqual(code, 1)
        assert.strictEqual(lines.length, 1)
        assert.match(lines[0] ?? "", line)
      }),
    )
  })
