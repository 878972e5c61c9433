/** The machine, the versions and the server's settings: what a figure is worth nothing without. */
import { Effect, Schema } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { cpus, release, totalmem, type } from "node:os"
import { fileURLToPath } from "node:url"
import { Ground } from "./Ground.ts"
import { connect, sql } from "./postgres.ts"
import { Surroundings } from "./Result.ts"

export const surroundings = Effect.scoped(
  Effect.gen(function* () {
    const { url } = yield* Ground
    const client = yield* connect(url)
    const { rows } = yield* Effect.promise(() => client.query(sql("server")))
    const [first] = cpus()
    return yield* decode({
      cpu: first?.model.trim() ?? "unknown",
      cores: cpus().length,
      memoryGib: Math.round(totalmem() / 2 ** 30),
      system: `${type()} ${release()}`,
      node: process.version,
      pg: versionOf("pg"),
      emmett: versionOf("@event-driven-io/emmett-postgresql"),
      server: rows[0],
    })
  }),
)

const decode = (found: unknown) => Effect.orDie(Schema.decodeUnknownEffect(Surroundings)(found))

/** Of the package as it is installed; its manifest is above the file that an import gets. */
const versionOf = (name: string): string => {
  for (let at = new URL(".", import.meta.resolve(name)); at.pathname !== "/"; at = new URL("..", at)) {
    const manifest = new URL("package.json", at)
    if (!existsSync(fileURLToPath(manifest))) continue
    const found = decodeManifest(readFileSync(manifest, "utf8"))
    if (found.name === name) return found.version
  }
  return "unknown"
}

const decodeManifest = Schema.decodeSync(
  Schema.fromJsonString(
    Schema.Struct({
      name: Schema.String.pipe(Schema.optionalKey),
      version: Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed("unknown"))),
    }),
  ),
)
