/**
 * Runs one Postgres server for as long as the process that started it lives.
 *
 *     node guard.ts --native DIR --folder DIR --keep --uid N --gid N
 *
 * Standard input is a pipe from that process. Its end, be it a clean stop or SIGKILL, is the order to shut the server
 * down, and to remove the folder unless `--keep` is given. The line `ready <port>` on standard output says that the
 * server takes connections; a failure is told on standard error, with exit code 1.
 *
 * Plain Node, since it has to start at once and to outlive whatever happens to its parent.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs/promises"
import * as Net from "node:net"
import * as Path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import { own } from "./lock.ts"

const { values } = parseArgs({
  options: {
    native: { type: "string", default: "" },
    folder: { type: "string", default: "" },
    keep: { type: "boolean", default: false },
    uid: { type: "string" },
    gid: { type: "string" },
  },
})
const { native, folder, keep } = values
const account = values.uid === undefined ? {} : { uid: Number(values.uid), gid: Number(values.gid) }

const data = Path.join(folder, "data")
const log = Path.join(folder, "log")

/** Enough for every test worker's pools. What makes commits durable stays at Postgres's defaults, which is on. */
const settings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "300",
  shared_buffers: "128MB",
  max_wal_size: "512MB",
  timezone: "UTC",
  log_timezone: "UTC",
}

const startDeadlineMs = 60_000
/** A fast shutdown writes a checkpoint; past this the server is killed, and would recover at its next start. */
const stopDeadlineMs = 20_000

/** The server gets nothing of our environment: no secrets, no locale, no PG* variables. */
const run = async (program: string, args: ReadonlyArray<string>): Promise<ChildProcess> => {
  const output = await Fs.open(log, "a", 0o600)
  const child = spawn(Path.join(native, "bin", program), args, {
    ...account,
    cwd: folder,
    env: { LC_ALL: "C", TZ: "UTC", PATH: "/usr/bin:/bin" },
    stdio: ["ignore", output.fd, output.fd],
  })
  try {
    await once(child, "spawn")
  } finally {
    await output.close()
  }
  return child
}

const ended = (child: ChildProcess): Promise<unknown> =>
  child.exitCode === null && child.signalCode === null ? once(child, "exit") : Promise.resolve()

/** Makes the cluster under another name first, so that a folder named `data` is always a whole cluster. */
const initialise = async () => {
  const unfinished = `${data}.new`
  await Fs.rm(unfinished, { recursive: true, force: true })
  await Fs.mkdir(unfinished, { mode: 0o700 })
  if (account.uid !== undefined) await Fs.chown(unfinished, account.uid, account.gid)
  const initdb = await run("initdb", [
    `--pgdata=${unfinished}`,
    "--username=postgres",
    `--pwfile=${Path.join(folder, "password")}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--data-checksums",
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ])
  await ended(initdb)
  if (initdb.exitCode !== 0) throw new Error("initdb failed")
  await Fs.rename(unfinished, data)
}

const freePort = async (): Promise<number> => {
  const probe = Net.createServer().listen(0, "127.0.0.1")
  await once(probe, "listening")
  const address = probe.address()
  probe.close()
  if (address === null || typeof address === "string") throw new Error("no address")
  return address.port
}

/** Resolves with true once the server says in its lock file that it takes connections, with false when it ended. */
const isReady = async (server: ChildProcess): Promise<boolean> => {
  for (const deadline = performance.now() + startDeadlineMs; performance.now() < deadline; await sleep(20)) {
    if (server.exitCode !== null || server.signalCode !== null) return false
    const [pid, , , , , , , status] = (
      await Fs.readFile(Path.join(data, "postmaster.pid"), "utf8").catch(() => "")
    ).split("\n")
    if (Number(pid) === server.pid && status?.trim() === "ready") return true
  }
  await stop(server)
  return false
}

/** Starts the server, on the folder's last port where it is free, so that a kept server keeps its address. */
const serve = async (): Promise<{ readonly server: ChildProcess; readonly port: number }> => {
  // Left by a server whose guard is dead. Should that server still live, its shared memory keeps ours from starting
  // and it ends by itself within a minute of missing this file; without it a reused process id cannot stand in our way.
  await Fs.rm(Path.join(data, "postmaster.pid"), { force: true })
  const portFile = Path.join(folder, "port")
  const lastPort = Number(await Fs.readFile(portFile, "utf8").catch(() => "0"))
  for (let attempt = 1; ; attempt++) {
    const port = attempt === 1 && lastPort > 0 ? lastPort : await freePort()
    const server = await run("postgres", ["-D", data, "-p", String(port)])
    if (await isReady(server)) {
      await Fs.writeFile(portFile, String(port))
      return { server, port }
    }
    // Another program may have taken the port since it was found free.
    if (attempt === 3) throw new Error("the server did not start")
  }
}

const stop = async (server: ChildProcess) => {
  server.kill("SIGINT")
  const late = setTimeout(() => server.kill("SIGKILL"), stopDeadlineMs)
  await ended(server)
  clearTimeout(late)
}

const ordered = new Promise<void>((resolve) => {
  process.stdin.once("close", resolve).once("error", resolve).resume()
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve())
})
// Whoever read these may be gone; that is no reason to leave a server behind.
process.stdout.on("error", () => {})
process.stderr.on("error", () => {})

try {
  await own(folder)
  try {
    await Fs.rm(log, { force: true })
    if (
      !(await Fs.access(data).then(
        () => true,
        () => false,
      ))
    )
      await initialise()
    const { server, port } = await serve()
    process.stdout.write(`ready ${port}\n`)
    const crashed = await Promise.race([ended(server).then(() => true), ordered.then(() => false)])
    if (crashed) throw new Error("the server ended by itself")
    await stop(server)
  } catch (error) {
    const lines = (await Fs.readFile(log, "utf8").catch(() => "")).trimEnd().split("\n")
    throw new Error([String(error), ...lines.slice(-15)].join("\n"), { cause: error })
  } finally {
    if (!keep) await Fs.rm(folder, { recursive: true, force: true })
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
process.exit()
