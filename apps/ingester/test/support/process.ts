/** The ingester as a real process, over a database of the test's own. */
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { layerPostgres } from "@paylog/event-store/layerPostgres"
import { migratedTemplate } from "@paylog/event-store/migratedTemplate"
import { migrations } from "@paylog/payments/migrations"
import { compileCache } from "@paylog/process/compileCache"
import { Context, Effect, Layer, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { key, path } from "./delivery.ts"

export class World extends Context.Service<World, { readonly url: string }>()("test/World") {}

/** A migrated database, and the services over it, to see what the process under test did. */
export const world = Layer.unwrap(
  Effect.map(freshDatabase({ template: migratedTemplate([EventStorePostgres.migrations, migrations]) }), ({ url }) =>
    Layer.merge(
      layerPostgres({ url, ownerUrl: undefined, directUrl: url }),
      Layer.succeed(World, { url: Redacted.value(url) }),
    ),
  ),
).pipe(Layer.provide(DevPostgres.layer), Layer.merge(SecureRandom.layerWebCrypto))

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url))

/** Starts `main.ts`, or another entry, on a free port and waits until it listens. Ended, and seen to end, when the scope closes. */
export const startIngester = Effect.fnUntraced(function* (env: Record<string, string> = {}, entry = main) {
  const { url } = yield* World
  return yield* Effect.acquireRelease(
    Effect.promise(async () => {
      const child = spawn(process.execPath, [entry], {
        env: {
          ...compileCache,
          DATABASE_URL: url,
          WALLETPAY_API_KEY: key,
          WALLETPAY_WEBHOOK_PATH: path,
          // Nobody is there: a test that needs a provider says where it is.
          WALLETPAY_BASE_URL: "http://127.0.0.1:9",
          PORT: "0",
          ...env,
        },
        stdio: ["ignore", "ignore", "pipe"],
      })
      let log = ""
      const exited = once(child, "exit").then(([code, signal]) => ({ code, signal }))
      const ports = await new Promise<ReadonlyArray<number>>((resolve, reject) => {
        child.stderr.setEncoding("utf8").on("data", (chunk) => {
          log += chunk
          const listening = [...log.matchAll(/Listening on http:\/\/127\.0\.0\.1:(\d+)/g)].map((match) =>
            Number(match[1]),
          )
          if (listening.length === (env["ADMIN_PORT"] === undefined ? 1 : 2)) resolve(listening)
        })
        void exited.then(({ code }) => reject(new Error(`The ingester ended with ${code}: ${log}`)))
      })
      return { port: ports[0]!, ports, exited, kill: (signal: NodeJS.Signals) => child.kill(signal), log: () => log }
    }),
    ({ kill, exited }) => Effect.promise(() => (kill("SIGKILL"), exited)),
  )
})

/** One ingester for all tests of a file. */
export class Ingester extends Context.Service<Ingester, Effect.Success<ReturnType<typeof startIngester>>>()(
  "test/Ingester",
) {
  static readonly layer = Layer.effect(Ingester, startIngester()).pipe(Layer.provideMerge(world))
}

/** Runs `main.ts` to its end, for starts that are refused. */
export const runIngester = (env: Record<string, string>) =>
  Effect.promise(async () => {
    const child = spawn(process.execPath, [main], {
      env: { ...compileCache, ...env },
      stdio: ["ignore", "ignore", "pipe"],
    })
    let log = ""
    child.stderr.setEncoding("utf8").on("data", (chunk) => (log += chunk))
    const [code] = await once(child, "close")
    return { code, log }
  })
