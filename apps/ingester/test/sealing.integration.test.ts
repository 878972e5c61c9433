/** The ingester's process with a key and a checkpoint store. */
import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import * as Checkpoint from "@paylog/transparency/Checkpoint"
import * as Note from "@paylog/transparency/Note"
import { Duration, Effect, Schedule } from "effect"
import { randomUUID } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Delivery, orderPaid, post, signed } from "./support/delivery.ts"
import { byTwo, twoPeople } from "./support/paylog.ts"
import { runIngester, startIngester, World, world } from "./support/process.ts"

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

/** Of an order that is no invoice's. */
const unmatched = (orderId: string) =>
  signed(`[${orderPaid({ eventId: orderId, orderId, externalId: `order-${orderId}` })}]`)

const send = (delivery: Delivery, port: number) => Effect.promise(() => post(delivery, port))

/** How many events and kept deliveries there are. */
const contents = Database.use(({ query }) =>
  query({
    name: "test-contents",
    text: "select (select count(*) from paylog.events) as events, (select count(*) from paylog.attachments) as deliveries",
  }),
)

layer(world, { excludeTestServices: true })("the ingester's process, sealed", (it) => {
  it.effect("signs an empty log before it is ready, then each growth of it", () =>
    Effect.gen(function* () {
      const { env, verifierKey } = yield* sealed
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

layer(world, { excludeTestServices: true })("an ingester whose log has lost its checkpoint", (it) => {
  it.effect(
    "answers 503 to a webhook and writes nothing while the checkpoint is missing, until two people adopt the log",
    () =>
      Effect.gen(function* () {
        const { url } = yield* World
        const { env, store, verifierKey } = yield* sealed
        const first = yield* startIngester(env)
        yield* until(ready(first.port), (status) => status === 200)
        const delivery = unmatched("4711")
        assert.deepInclude(yield* send(delivery, first.port), { status: 200 })
        first.kill("SIGTERM")
        yield* Effect.promise(() => first.exited)

        yield* Effect.promise(() => rm(join(store, "checkpoint")))
        const again = yield* startIngester(env)
        yield* until(
          Effect.sync(() => again.log()),
          (log) =>
            /Nothing is written: the log has \d+ events, and the checkpoint store has no checkpoint of them/.test(log),
        )
        assert.strictEqual(yield* ready(again.port), 503)
        const before = yield* contents
        const late = unmatched("4712")
        const refused = yield* send(late, again.port)
        assert.deepInclude(refused, { status: 503, body: `{"code":"log_unavailable"}` })
        assert.strictEqual(refused.headers["retry-after"], "2")
        // What does not verify is told nothing of it.
        assert.strictEqual((yield* send({ ...late, body: Buffer.from("[]") }, again.port)).status, 401)
        assert.deepStrictEqual(yield* contents, before)

        // The control: nothing but the gate is in the way.
        const open = yield* startIngester()
        assert.strictEqual((yield* send(unmatched("4713"), open.port)).status, 200)
        assert.notDeepEqual(yield* contents, before)
        open.kill("SIGKILL")

        const operator = {
          DATABASE_URL: url,
          LOG_ORIGIN: origin,
          LOG_VERIFIER_KEYS: verifierKey,
          CHECKPOINT_STORE: store,
        }
        yield* byTwo(["checkpoint", "adopt"], yield* twoPeople({ DATABASE_URL: url }), operator)
        yield* until(ready(again.port), (status) => status === 200)
        assert.deepInclude(yield* send(late, again.port), {
          status: 200,
          body: `{"code":"recorded","outcomes":["Unmatched"]}`,
        })
      }).pipe(Effect.scoped),
  )
})
