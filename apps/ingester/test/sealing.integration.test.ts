/** The ingester's process with a key and a checkpoint store. */
import { assert, layer } from "@effect/vitest"
import { EventStore } from "@paylog/event-store/EventStore"
import * as Checkpoint from "@paylog/transparency/Checkpoint"
import * as Note from "@paylog/transparency/Note"
import { Duration, Effect, Schedule } from "effect"
import { randomUUID } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runIngester, startIngester, world } from "./support/process.ts"

const origin = "test.example/log"

const sealed = Effect.gen(function* () {
  const path = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "paylog-ingester-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true, force: true })),
  )
  const { signerKey, verifierKey } = yield* Effect.promise(() => Note.generate(origin))
  yield* Effect.promise(() => writeFile(join(path, "key"), `${signerKey}\n`))
  const env = {
    LOG_ORIGIN: origin,
    LOG_SIGNING_KEY_FILE: join(path, "key"),
    CHECKPOINT_STORE: join(path, "store"),
    LOG_CHECKPOINT_EVERY: "1",
  }
  return { env, verifierKey, store: env.CHECKPOINT_STORE }
})

const get = (port: number, path: string) => Effect.promise(() => fetch(`http://127.0.0.1:${port}/${path}`))

const until = <A>(ask: Effect.Effect<A>, right: (answer: A) => boolean) =>
  ask.pipe(
    Effect.repeat({ until: right, schedule: Schedule.spaced(Duration.millis(50)) }),
    Effect.timeout("20 seconds"),
  )

const ready = (port: number) => Effect.map(get(port, "health/ready"), ({ status }) => status)

const grow = Effect.gen(function* () {
  const event = { id: randomUUID(), type: "Grown", schemaVersion: 1, data: "{}", metadata: "{}" }
  yield* (yield* EventStore).append({ key: event.id, streams: [{ stream: "grown", expected: "any", events: [event] }] })
})

layer(world, { excludeTestServices: true })("the ingester's process, sealed", (it) => {
  it.effect(
    "signs an empty log before it is ready, then each growth of it, and is not ready without its checkpoint",
    () =>
      Effect.gen(function* () {
        const { env, verifierKey, store } = yield* sealed
        const { port, kill, exited } = yield* startIngester(env)
        yield* until(ready(port), (status) => status === 200)
        yield* grow
        const sizeOf = Effect.gen(function* () {
          const note = yield* Effect.flatMap(get(port, "checkpoint"), (answer) => Effect.promise(() => answer.text()))
          const verifier = yield* Effect.promise(() => Note.verifier(verifierKey))
          return Checkpoint.parse((yield* Effect.promise(() => Note.open(note, [verifier]))).text).size
        })
        yield* until(sizeOf, (size) => size === 1)
        assert.strictEqual((yield* get(port, "tile/0/000.p/1")).status, 200)
        assert.strictEqual((yield* get(port, "tile/0/001")).status, 404)
        const metrics = yield* Effect.flatMap(get(port, "metrics"), (answer) => Effect.promise(() => answer.text()))
        assert.match(metrics, /^paylog_log_gate_closed(\{\})? 0$/m)
        kill("SIGTERM")
        yield* Effect.promise(() => exited)

        yield* Effect.promise(() => rm(join(store, "checkpoint")))
        const again = yield* startIngester(env)
        yield* until(
          Effect.sync(() => again.log()),
          (log) => /Nothing is written: the log has 1 events, and the checkpoint store has no checkpoint/.test(log),
        )
        assert.strictEqual(yield* ready(again.port), 503)
      }).pipe(Effect.scoped),
  )

  it.effect("names the variable that is missing or wrong in one line, and ends with code 2", () =>
    Effect.gen(function* () {
      const { env } = yield* sealed
      const base = {
        DATABASE_URL: "postgres://nobody@127.0.0.1:1/none",
        WALLETPAY_API_KEY: "a-key-of-a-store-0123456789",
      }
      const cases = [
        [{ LOG_ORIGIN: origin }, /^(CHECKPOINT_STORE|LOG_SIGNING_KEY_FILE): [^\n]+\n$/],
        [{ CHECKPOINT_STORE: "/tmp" }, /^LOG_ORIGIN: [^\n]+ CHECKPOINT_STORE is set[^\n]*\n$/],
        [{ ...env, LOG_ORIGIN: "another" }, /^LOG_SIGNING_KEY_FILE: Expected the key of another[^\n]*\n$/],
        [{ ...env, LOG_SIGNING_KEY_FILE: "/nowhere" }, /^LOG_SIGNING_KEY_FILE: [^\n]+\n$/],
        [{ ...env, LOG_CHECKPOINT_EVERY: "0" }, /^LOG_CHECKPOINT_EVERY: [^\n]+\n$/],
      ] as const
      yield* Effect.forEach(
        cases,
        Effect.fnUntraced(function* ([wrong, line]) {
          const { code, log } = yield* runIngester({ ...base, ...wrong })
          assert.match(log, line)
          assert.strictEqual(code, 2)
        }),
        { concurrency: 2 },
      )
    }).pipe(Effect.scoped),
  )
})
