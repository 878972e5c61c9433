import { Config, Effect, Option } from "effect"
import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as Path from "node:path"
import { StartFailed } from "../StartFailed.ts"

/** Who runs the server: `undefined` is ourselves. Postgres refuses to run as root, so root lends it another account. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

export const account: Effect.Effect<Account | undefined, StartFailed> = Effect.gen(function* () {
  if (process.getuid?.() !== 0) return undefined
  const lines = yield* Effect.promise(() => Fs.readFile("/etc/passwd", "utf8").catch(() => ""))
  for (const wanted of ["postgres", "nobody"]) {
    const [, , uid, gid] =
      lines
        .split("\n")
        .find((line) => line.startsWith(`${wanted}:`))
        ?.split(":") ?? []
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  return yield* new StartFailed({
    message: "Postgres does not run as root, and /etc/passwd has neither postgres nor nobody; set DATABASE_URL instead",
  })
})

/**
 * The folder for binaries and data, made and checked: a directory, ours, and writable to nobody else. Root's lies where the
 * server's account can reach it, which a private home folder is not; everybody else's is their cache folder or, for an
 * account without a home, the temporary folder.
 */
export const home: Effect.Effect<string, StartFailed> = Effect.gen(function* () {
  const cache = Option.getOrUndefined(yield* Config.option(Config.String("XDG_CACHE_HOME")).pipe(Effect.orDie))
  const uid = process.getuid?.()
  const mode = uid === 0 ? 0o711 : 0o700
  const candidates =
    uid === 0
      ? ["/var/cache/paylog-postgres", "/var/tmp/paylog-postgres-0"]
      : [
          ...(cache === undefined ? homeFolders() : [cache]).map((folder) => Path.join(folder, "paylog-postgres")),
          Path.join(Os.tmpdir(), `paylog-postgres-${uid}`),
        ]
  const refusals: Array<string> = []
  for (const folder of candidates) {
    const refusal = yield* Effect.promise(() => claim(folder, uid, mode))
    if (refusal === undefined) return folder
    refusals.push(refusal)
  }
  return yield* new StartFailed({ message: refusals.join("\n") })
})

const homeFolders = (): ReadonlyArray<string> => {
  try {
    return [Path.join(Os.homedir(), process.platform === "darwin" ? "Library/Caches" : ".cache")]
  } catch {
    // An account that is not in /etc/passwd has no home.
    return []
  }
}

/** Makes the folder ours; says what is wrong when it cannot. A link or a folder planted by another account is refused. */
const claim = async (folder: string, uid: number | undefined, mode: number): Promise<string | undefined> => {
  try {
    await Fs.mkdir(folder, { recursive: true, mode })
    const found = await Fs.lstat(folder)
    if (!found.isDirectory() || found.uid !== uid) return `${folder} is not a folder of ours`
    await Fs.chmod(folder, mode)
    return undefined
  } catch (error) {
    return String(error)
  }
}
