/** What leaves the house as a proof, and what becomes of it elsewhere. */
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { assert, layer } from "@effect/vitest"
import { CustomerId } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { layerPostgres } from "@paylog/event-store/layerPostgres"
import { migratedTemplate } from "@paylog/event-store/migratedTemplate"
import * as Invoices from "@paylog/payments/Invoices"
import { request } from "@paylog/payments/Samples"
import type { About } from "@paylog/payments/Metadata"
import { migrations } from "@paylog/payments/migrations"
import * as SealerTables from "@paylog/sealer/migrations"
import { run as seal } from "@paylog/sealer/Sealer"
import * as Tiles from "@paylog/sealer/Tiles"
import * as Checkpoint from "@paylog/transparency/Checkpoint"
import * as Note from "@paylog/transparency/Note"
import { verifyProof } from "@paylog/transparency/Verifier"
import { DateTime, Effect, Layer, Redacted, Schedule } from "effect"
import { SecureRandom } from "effect/crypto"
import { createHash } from "node:crypto"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inProcess } from "./support/inProcess.ts"
import { paylog, World } from "./support/paylog.ts"

const sets = [EventStorePostgres.migrations, SealerTables.migrations, migrations]

const world = Layer.unwrap(
  Effect.map(freshDatabase({ template: migratedTemplate(sets) }), ({ url }) =>
    Layer.merge(
      layerPostgres({ url, ownerUrl: undefined, directUrl: url }),
      Layer.succeed(World, { url: Redacted.value(url) }),
    ),
  ),
).pipe(Layer.provide(DevPostgres.layer), Layer.merge(SecureRandom.layerWebCrypto))

const origin = "shop.example/log"
const keys = await Note.generate(origin)
const otherKeys = await Note.generate(origin)

const about: About = { actor: { kind: "Worker", id: "test" }, source: "Worker", correlationId: "test" }

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "paylog-proofs-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true })),
)

const run = (text: string, values: ReadonlyArray<unknown> = []) =>
  Database.use(({ query }) =>
    query({ name: createHash("sha256").update(text).digest("hex").slice(0, 16), text }, values),
  )

const issued = Effect.gen(function* () {
  const now = yield* DateTime.now
  return yield* Invoices.issue(
    {
      customerId: CustomerId.make("cus_00000000000000000001"),
      lines: [{ title: "Tée ☕", quantity: 1, unitPrice: Money.of("USD", 1250n) }],
      payBy: DateTime.add(now, { minutes: 30 }),
      policy: { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 60 },
    },
    about,
  )
})

const requested = Effect.fnUntraced(function* (invoiceId: Effect.Success<typeof issued>) {
  const now = yield* DateTime.now
  yield* Invoices.command(invoiceId, "request-order", request(invoiceId, now), about)
})

/** Seals all there is, and signs it. */
const sealed = Effect.gen(function* () {
  const head = Number(yield* EventStore.use((store) => store.head))
  const done = Effect.repeat(Tiles.size, { until: (size) => size >= head, schedule: Schedule.spaced("20 millis") })
  yield* Effect.raceFirst(seal({ gather: "5 millis" }), Effect.timeout(done, "20 seconds"))
  const root = yield* Tiles.rootAt(head)
  const text = Checkpoint.format({ origin, size: head, root, extensions: [] })
  const note = yield* Effect.promise(async () => Note.sign(text, [await Note.signer(keys.signerKey)]))
  yield* run(
    "insert into transparency.checkpoints (origin, size, root, note, signed_at) values ($1, $2, $3, $4, now())",
    [origin, head, root, note],
  )
})

layer(world, { excludeTestServices: true })("paylog prove and check", (it) => {
  it.effect("say why there is no proof: no such invoice, nothing signed, an event that came after the checkpoint", () =>
    Effect.gen(function* () {
      const nobody = yield* inProcess(["prove", "--key", keys.verifierKey, "inv_00000000000000000000"])
      assert.deepStrictEqual([nobody.code, nobody.out], [3, ""])
      assert.match(nobody.err, /There is no invoice inv_0{20}/)
      const invoiceId = yield* issued
      const unsealed = yield* inProcess(["prove", "--key", keys.verifierKey, invoiceId])
      assert.deepStrictEqual([unsealed.code, unsealed.out], [4, ""])
      assert.match(unsealed.err, /position 1, and the newest checkpoint is of 0 events: once the next one is signed/)
      yield* sealed
      const proved = yield* inProcess(["prove", "--key", keys.verifierKey, invoiceId])
      assert.strictEqual(proved.code, 0)
      assert.deepStrictEqual(yield* inProcess(["prove", "--json", "--key", keys.verifierKey, invoiceId]), proved)
      yield* requested(invoiceId)
      const later = yield* inProcess(["prove", "--key", keys.verifierKey, invoiceId])
      assert.strictEqual(later.code, 4)
      assert.match(later.err, /position 2, and the newest checkpoint is of 1 events/)
    }),
  )

  it.effect("write a file with nothing of any other invoice, which holds where there is no database", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const invoices = yield* Effect.forEach(Array.from({ length: 300 }), () => issued, { concurrency: 32 })
      yield* Effect.forEach(invoices, requested, { concurrency: 32, discard: true })
      yield* sealed
      const [one = "", ...others] = invoices
      const file = join(path, "proof.json")
      const proven = yield* paylog(["prove", "--key", keys.verifierKey, one, "--out", file])
      assert.deepStrictEqual([proven.code, proven.out], [0, ""], proven.err)
      const text = yield* Effect.promise(() => readFile(file, "utf8"))
      assert.include(text, one)
      assert.isFalse(others.some((other) => text.includes(other)))
      const again = yield* inProcess(["prove", "--key", keys.verifierKey, one])
      assert.strictEqual(again.out, text)
      assert.strictEqual((yield* inProcess(["prove", "--key", keys.verifierKey, one, "--out", file])).code, 2)

      const checked = yield* paylog(["check", file, "--key", keys.verifierKey], {})
      assert.deepStrictEqual([checked.code, checked.err], [0, ""])
      assert.match(checked.out, new RegExp(`^The proof holds: invoice-${one}\n\n1. InvoiceIssued, .*\n.*Tée ☕`))
      assert.match(checked.out, /It holds the versions 1 to 2 of .*\nNot shown:\n- That these are all/)
      const { holds, events } = JSON.parse((yield* inProcess(["check", file, "--key", keys.verifierKey, "--json"])).out)
      assert.deepStrictEqual([holds, events.length], [true, 2])
    }),
  )

  it.effect("end with 5 for a proof that does not hold, and with 2 for what is none", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const invoiceId = yield* issued
      yield* sealed
      const file = join(path, "proof.json")
      yield* inProcess(["prove", "--key", keys.verifierKey, invoiceId, "--out", file])
      const text = yield* Effect.promise(() => readFile(file, "utf8"))
      const write = (name: string, text: string) =>
        Effect.as(
          Effect.promise(() => writeFile(join(path, name), text)),
          join(path, name),
        )
      const changed = yield* write("changed.json", text.replace("Tée", "Tea"))
      const broken = yield* write("broken.json", text.slice(0, -10))
      const key = ["--key", keys.verifierKey]
      const ends = [
        [0, /^$/, file, "--key", otherKeys.verifierKey, ...key],
        [5, /DOES NOT HOLD: The event at position \d+ \(version 1, InvoiceIssued\) is not in the log/, changed, ...key],
        [5, /DOES NOT HOLD: .* none of the keys/, file, "--key", otherKeys.verifierKey],
        [5, /DOES NOT HOLD: .* of the log shop.example\/log, not of x/, file, ...key, "--origin", "x"],
        [2, /Not checked: The file is no proof/, broken, ...key],
        [2, /Not checked: Not a key/, file, "--key", "x"],
        [2, /cannot be read/, join(path, "nowhere"), ...key],
        [2, /key/, file],
      ] as const
      for (const [code, words, ...args] of ends) {
        const ran = yield* inProcess(["check", ...args], {})
        assert.strictEqual(ran.code, code, `${args.join(" ")}: ${ran.out}${ran.err}`)
        assert.match(ran.err, words)
      }
      const json = yield* inProcess(["check", changed, ...key, "--json"], {})
      assert.deepStrictEqual([json.code, JSON.parse(json.out).fault], [5, "proof"])
    }),
  )

  it.effect("prove nothing by a checkpoint that the log's key has not signed, nor without a key", () =>
    Effect.gen(function* () {
      const invoiceId = yield* issued
      yield* sealed
      const size = yield* Tiles.size
      const plant = run("insert into transparency.checkpoints values ($1, $2, $3, $4, now() + '1 day'::interval)", [
        origin,
        size + 1,
        yield* Tiles.rootAt(size),
        "planted",
      ])
      yield* plant
      const proven = yield* inProcess(["prove", "--key", keys.verifierKey, invoiceId])
      assert.strictEqual(proven.code, 0, proven.err)
      assert.isTrue((yield* Effect.promise(() => verifyProof(proven.out, [keys.verifierKey]))).holds)
      yield* run("delete from transparency.checkpoints where note = 'planted'")
      const other = yield* inProcess(["prove", "--key", otherKeys.verifierKey, invoiceId])
      assert.deepStrictEqual([other.code, other.out], [4, ""])
      const none = yield* inProcess(["prove", invoiceId])
      assert.deepStrictEqual([none.code, none.out], [2, ""])
      assert.match(none.err, /give the log's public key with --key, or set LOG_VERIFIER_KEYS/)
    }),
  )

  it.effect("prove nothing of a log that is not what was signed", () =>
    Effect.gen(function* () {
      const invoiceId = yield* issued
      yield* sealed
      yield* run("alter table paylog.events disable trigger user")
      const later = "update paylog.events set recorded_at = recorded_at + interval '1 ms' where stream = $1"
      yield* run(later, [`invoice-${invoiceId}`])
      yield* run("alter table paylog.events enable always trigger refuse_change")
      const ran = yield* inProcess(["prove", "--key", keys.verifierKey, invoiceId])
      assert.deepStrictEqual([ran.code, ran.out], [3, ""])
      assert.match(
        ran.err,
        /not what was signed, and nothing is proven: The event at position \d+ \(version 1, InvoiceIssued\) is not in the log/,
      )
    }),
  )
})
