/** A real PgBouncer on loopback, in transaction mode, as an account that is not root. */
import { Effect, Redacted } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { connected, elsewhere, rows } from "./sql.ts"
import { eventually } from "./World.ts"

/** Where it is installed; undefined where it is not, and then tests skip, unless `PAYLOG_REQUIRE_PGBOUNCER=1`. */
export const binary = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"]
  .map((folder) => join(folder, "pgbouncer"))
  .find((file) => existsSync(file))

/** PgBouncer refuses to run as root. */
const account = (): { readonly uid?: number; readonly gid?: number } => {
  if (process.getuid?.() !== 0) return {}
  const [, uid, gid] = /^(?:postgres|nobody):[^:]*:(\d+):(\d+):/m.exec(readFileSync("/etc/passwd", "utf8")) ?? []
  return { uid: Number(uid), gid: Number(gid) }
}

const freePort = Effect.promise(async () => {
  const probe = createServer().listen(0, "127.0.0.1")
  await once(probe, "listening")
  const address = probe.address()
  probe.close()
  return typeof address === "object" && address !== null ? address.port : 0
})

/**
 * The way to the server of `target` through a pool of three connections for each database. `settings` are lines of its
 * configuration. Stops when the scope closes.
 */
export const pgBouncerTo = Effect.fnUntraced(function* (target: Redacted.Redacted, settings = "") {
  if (binary === undefined) return yield* Effect.die(new Error("pgbouncer is required and not installed"))
  const { hostname, port, username, password } = new URL(Redacted.value(target))
  const own = yield* freePort
  const owner = account()
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "paylog-pgbouncer-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
  )
  const config = join(folder, "pgbouncer.ini")
  const users = join(folder, "users")
  const secret = decodeURIComponent(password)
  writeFileSync(users, `"${decodeURIComponent(username)}" "${secret}"\n`, { mode: 0o600 })
  writeFileSync(
    config,
    `[databases]
* = host=${hostname} port=${port || "5432"}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = ${secret === "" ? "trust" : "scram-sha-256"}
auth_file = ${users}
pool_mode = transaction
default_pool_size = 3
max_client_conn = 500
server_reset_query_always = 0
${settings}
`,
    { mode: 0o600 },
  )
  if (owner.uid !== undefined && owner.gid !== undefined) {
    for (const file of [folder, config, users]) chownSync(file, owner.uid, owner.gid)
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => spawn(binary, [config], { ...owner, stdio: "ignore", cwd: folder })),
    (child) =>
      Effect.promise(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        child.kill("SIGKILL")
        await once(child, "exit")
      }),
  )
  const url = elsewhere(target, (to) => {
    to.hostname = "127.0.0.1"
    to.port = String(own)
  })
  yield* eventually(
    Effect.exit(Effect.scoped(Effect.flatMap(connected(url), (client) => rows(client, "select 1")))),
    (exit) => exit._tag === "Success",
  )
  return url
})
