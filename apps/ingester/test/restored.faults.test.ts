/** An old copy of the database is put in the place of the one that was signed: nobody writes to it, and two people can go on from it. */
import { assert, it } from "@effect/vitest"
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { Database } from "@paylog/event-store/Database"
import * as DatabasePostgres from "@paylog/event-store/DatabasePostgres"
import * as Checkpoint from "@paylog/transparency/Checkpoint"
import * as Note from "@paylog/transparency/Note"
import { Effect, Redacted, Schedule } from "effect"
import { randomBytes } from "node:crypto"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { orderPaid, post, signed } from "./support/delivery.ts"
import { byTwo, paylog, twoPeople } from "./support/paylog.ts"
import { startIngester, World } from "./support/process.ts"

/** Asks the database behind this URL once, and leaves: whoever stays connected keeps it from being copied. */
const ask = <Row>(url: string, text: string) =>
  Database.use(({ query }) => query<Row>({ name: "", text })).pipe(
    Effect.provide(DatabasePostgres.layer({ url: Redacted.make(url), connections: 1 }), { local: true }),
    Effect.orDie,
  )

/** All that was recorded: how much, and a digest of it. */
const contents = (url: string) =>
  ask<{ events: bigint; digest: string; deliveries: bigint }>(
    url,
    `select count(*) as events, md5(string_agg(e::text, '' order by position)) as digest,
       (select count(*) from paylog.attachments) as deliveries
     from paylog.events as e`,
  )

const head = (url: string) =>
  Effect.map(ask<{ head: bigint }>(url, "select coalesce(max(position), 0) as head from paylog.events"), ([row]) =>
    Number(row?.head),
  )

/** A copy of the whole database as it is now. Nobody may be connected to it. */
const copyOf = Effect.fnUntraced(function* (url: string) {
  const server = Redacted.value((yield* DevPostgres).url)
  const name = `paylog_copy_${randomBytes(8).toString("hex")}`
  yield* Effect.acquireRelease(ask(server, `create database ${name} template ${new URL(url).pathname.slice(1)}`), () =>
    ask(server, `drop database if exists ${name} with (force)`),
  )
  const copy = new URL(url)
  copy.pathname = `/${name}`
  return copy.href
})

const until = <A>(ask: Effect.Effect<A>, right: (answer: A) => boolean) =>
  ask.pipe(
    Effect.repeat({ until: right, schedule: Schedule.spaced("50 millis") }),
    Effect.timeout("60 seconds"),
    Effect.orDie,
  )

const newKey = Effect.fnUntraced(function* (folder: string, origin: string) {
  const { signerKey, verifierKey } = yield* Effect.promise(() => Note.generate(origin))
  const file = join(folder, `key-${randomBytes(4).toString("hex")}`)
  yield* Effect.promise(() => writeFile(file, signerKey))
  return { origin, verifierKey, env: { LOG_ORIGIN: origin, LOG_SIGNING_KEY_FILE: file } }
})

let orders = 1000

/** A webhook of an order that is no invoice's: it is kept as unmatched money. */
const deliver = (port: number) =>
  Effect.promise(() => {
    const orderId = `${++orders}`
    return post(signed(`[${orderPaid({ eventId: orderId, orderId, externalId: `order-${orderId}` })}]`), port)
  })

it.live(
  "an old copy is not written to, nor one that others have written to since; two people can make it another log",
  () =>
    Effect.gen(function* () {
      const { url } = yield* freshDatabase()
      const original = Redacted.value(url)
      const folder = yield* Effect.acquireRelease(
        Effect.promise(() => mkdtemp(join(tmpdir(), "paylog-restored-"))),
        (path) => Effect.promise(() => rm(path, { recursive: true, force: true })),
      )
      const store = join(folder, "store")
      const old = yield* newKey(folder, "test.example/log")
      const signing = { ...old.env, CHECKPOINT_STORE: store, LOG_CHECKPOINT_EVERY: "1" }

      const start = (database: string, env: Record<string, string> = signing) =>
        startIngester({ DATABASE_URL: database, ...env }).pipe(
          Effect.provideService(World, { url: database }),
          Effect.map((started) => ({
            ...started,
            ready: until(
              Effect.promise(() => fetch(`http://127.0.0.1:${started.port}/health/ready`).then(({ status }) => status)),
              (status) => status === 200,
            ),
            stop: Effect.suspend(() => (started.kill("SIGTERM"), Effect.promise(() => started.exited))),
          })),
        )
      const outside = Effect.promise(async () => {
        const note = await readFile(join(store, "checkpoint"), "utf8")
        return Checkpoint.parse(note.slice(0, note.indexOf("\n\n") + 1))
      })
      const signedTo = (size: number) => until(outside, (checkpoint) => checkpoint.size === size)

      /** That this process writes nothing, and says why. */
      const refuses = Effect.fnUntraced(function* (database: string, why: RegExp) {
        const before = yield* contents(database)
        const { port, log, stop } = yield* start(database)
        yield* until(Effect.sync(log), (text) => /Nothing is written/.test(text))
        assert.match(log(), why)
        const refused = yield* deliver(port)
        assert.deepInclude(refused, { status: 503, body: `{"code":"log_unavailable"}` })
        assert.strictEqual(refused.headers["retry-after"], "2")
        assert.deepStrictEqual(yield* contents(database), before)
        yield* stop
        assert.deepStrictEqual(yield* contents(database), before)
      })

      // -- Time A: three payments, signed. The copy is made.
      const first = yield* start(original)
      yield* first.ready
      for (let n = 0; n < 3; n++) assert.strictEqual((yield* deliver(first.port)).status, 200)
      const people = yield* twoPeople({ DATABASE_URL: original })
      const atA = yield* head(original)
      yield* signedTo(atA)
      yield* first.stop
      const copy = yield* copyOf(original)

      // -- Three more, signed and published.
      const second = yield* start(original)
      yield* second.ready
      for (let n = 0; n < 3; n++) assert.strictEqual((yield* deliver(second.port)).status, 200)
      const atB = yield* head(original)
      yield* signedTo(atB)
      yield* second.stop

      // -- The copy is restored.
      yield* refuses(
        copy,
        new RegExp(
          `Nothing is written: the log ends at position ${atA}, and ${atB} events were sealed: it differs from position ${atA + 1} on`,
        ),
      )

      // -- A process whose gate is off writes to it, until it is longer than what was signed.
      const blind = yield* start(copy, {})
      for (let n = 0; n < 5; n++) assert.strictEqual((yield* deliver(blind.port)).status, 200)
      const diverged = yield* head(copy)
      assert.isAbove(diverged, atB)
      const sealed = ask<{ size: bigint }>(
        copy,
        "select sum(length(hashes)) / 32 as size from transparency.tiles where level = 0",
      )
      yield* until(sealed, ([row]) => Number(row?.size) === diverged)
      yield* blind.stop
      yield* refuses(
        copy,
        new RegExp(
          `Nothing is written: the log is not the one of which ${atB} events were sealed: it differs from position ${atA + 1} on`,
        ),
      )

      // -- The control: the database that was signed is written to.
      const right = yield* start(original)
      yield* right.ready
      assert.strictEqual((yield* deliver(right.port)).status, 200)
      yield* signedTo(yield* head(original))
      yield* right.stop

      // -- Two people make the copy another log, which says what is lost.
      const operator = {
        DATABASE_URL: copy,
        LOG_ORIGIN: old.origin,
        LOG_VERIFIER_KEYS: old.verifierKey,
        CHECKPOINT_STORE: store,
      }
      const shown = yield* paylog(["checkpoint"], operator)
      assert.strictEqual(shown.code, 5)
      const lost = (yield* outside).size
      const next = yield* newKey(folder, "test.example/log/2")
      const fork = yield* byTwo(["recover", "--fork", "--origin", next.origin], people, operator)
      assert.strictEqual(fork.kept, atA)
      const forked = { ...signing, ...next.env, LOG_VERIFIER_KEYS: old.verifierKey }
      const [one, other] = [yield* start(copy, forked), yield* start(copy, forked)]
      for (const { ready, port } of [one, other]) {
        yield* ready
        assert.strictEqual((yield* deliver(port)).status, 200)
      }
      yield* until(outside, ({ origin, size }) => origin === next.origin && size > diverged)
      yield* one.stop
      yield* other.stop
      const of = yield* ask<{ size: bigint; note: string }>(
        copy,
        `select size, note from transparency.checkpoints where origin = '${next.origin}' order by size`,
      )
      // Of both processes one signed the beginning.
      assert.strictEqual(of.filter(({ note }) => note.includes(`fork forks/${fork.proposalId}`)).length, 1)
      assert.include(of[0]?.note, `fork forks/${fork.proposalId}`)
      const statement = yield* Effect.promise(() => readFile(join(store, "forks", fork.proposalId), "utf8"))
      assert.include(statement, `Its events from ${atA + 1} to ${lost} are lost.`)

      // -- From now on the other one is the wrong one.
      yield* refuses(
        original,
        /Nothing is written: .*(not signed by a key of this log|is of the log test\.example\/log\/2)/,
      )
    }).pipe(Effect.scoped, Effect.provide(DevPostgres.layer)),
)
