/** The command line as a real process, over a database of the test's own. */
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { layerPostgres } from "@paylog/event-store/layerPostgres"
import { migratedTemplate } from "@paylog/event-store/migratedTemplate"
import * as Payments from "@paylog/payments/migrations"
import * as Sealer from "@paylog/sealer/migrations"
import { compileCache } from "@paylog/process/compileCache"
import { Context, Effect, Layer, Redacted } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

export class World extends Context.Service<World, { readonly url: string }>()("test/World") {}

const sets = [EventStorePostgres.migrations, Sealer.migrations, Payments.migrations]

/** A migrated database, and the services over it, to see what the process under test did. */
export const world = Layer.unwrap(
  Effect.map(freshDatabase({ template: migratedTemplate(sets) }), ({ url }) =>
    Layer.merge(
      layerPostgres({ url, ownerUrl: undefined, directUrl: url }),
      Layer.succeed(World, { url: Redacted.value(url) }),
    ),
  ),
).pipe(Layer.provide(DevPostgres.layer))

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url))

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Starts it; `ended` waits for the end. */
export const start = (args: ReadonlyArray<string>, env: Record<string, string>) => {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...compileCache, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  let [out, err] = ["", ""]
  child.stdout.setEncoding("utf8").on("data", (chunk) => (out += chunk))
  child.stderr.setEncoding("utf8").on("data", (chunk) => (err += chunk))
  const ended = once(child, "close").then(([code]): Ran => ({ code, out, err }))
  return { kill: (signal: NodeJS.Signals) => child.kill(signal), ended: Effect.promise(() => ended) }
}

/** Runs it to its end, with `DATABASE_URL` set to the test's database unless `env` says otherwise. */
export const paylog = Effect.fnUntraced(function* (args: ReadonlyArray<string>, env?: Record<string, string>) {
  const { url } = yield* World
  return yield* start(args, env ?? { DATABASE_URL: url }).ended
})
