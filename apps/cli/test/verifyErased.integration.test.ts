/** `paylog verify` after an erasure by two people, and where bytes are gone that nobody erased. */
import { assert, layer } from "@effect/vitest"
import type { CustomerId } from "@paylog/domain/Invoice"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as Customers from "@paylog/payments/Customers"
import * as InvoiceRows from "@paylog/payments/InvoiceRows"
import * as Staff from "@paylog/payments/Staff"
import { Effect, Redacted } from "effect"
import { createHash } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inProcess } from "./support/inProcess.ts"
import { following } from "./support/money.ts"
import { delivered, findings, logKey, paid, run, seal, sign, storeKey, tampering, world } from "./support/sealed.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "paylog-verify-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true })),
)

const customer = (telegramUserId: string) =>
  Effect.map(
    Customers.identify({ telegramUserId, chatId: telegramUserId, language: "en" }),
    ({ customerId }) => customerId,
  )

/** A delivery that was not understood, and rests in a stream of its own. */
const riddle = delivered("a riddle", { items: [{ _tag: "NotUnderstood", index: 0, reason: "an unknown type" }] })

/** By two people, as they type it. */
const erase = Effect.fnUntraced(function* (customerId: CustomerId) {
  const [ann, ben] = [
    yield* Staff.add({ name: "Ann", login: undefined }),
    yield* Staff.add({ name: "Ben", login: undefined }),
  ]
  const proposed = yield* inProcess([
    "erase",
    "propose",
    customerId,
    "--by",
    ann.staffId,
    "--reason",
    "asked",
    "--json",
  ])
  assert.strictEqual(proposed.code, 0, proposed.err)
  const { proposalId, digest } = JSON.parse(proposed.out)
  const words = ["--proposal", proposalId, "--digest", digest, "--by", ben.staffId, "--reason", "seen", "--json"]
  const approved = yield* inProcess(["erase", "approve", customerId, ...words])
  assert.strictEqual(approved.code, 0, approved.err)
  return JSON.parse(approved.out)
})

/** The deliveries about a customer's invoices. */
const deliveriesOf = Effect.fnUntraced(function* (customerId: CustomerId) {
  const rows = yield* run<{ readonly digest: string }>(
    `select distinct metadata ->> 'attachment' as digest from paylog.events
     where metadata ->> 'attachment' is not null
       and stream in (select stream from paylog.events where version = 1 and data ->> 'customerId' = $1)`,
    [customerId],
  )
  return rows.map(({ digest }) => digest)
})

/** What `verify` says of attachments once these statements were run by somebody who may do all. */
const after = (...statements: ReadonlyArray<string>) =>
  tampering(
    Effect.gen(function* () {
      yield* run(
        "alter table paylog.attachments drop constraint attachments_sha256, drop constraint attachments_erased",
      )
      for (const statement of statements) yield* run(statement)
      const { findings: found } = yield* findings()
      return found.list.filter(({ kind }) => kind === "Attachment").map(({ detail }) => detail)
    }),
  )

const tombstone = (digest: string) =>
  `update paylog.attachments set bytes = null, erased_at = now() where digest = decode('${digest}', 'hex')`

layer(world, { excludeTestServices: true })("paylog verify and what was erased", (it) => {
  it.effect("is whole after an erasure by two people, and tells what was erased; not so where nobody decided it", () =>
    Effect.gen(function* () {
      const at = yield* folder
      const keys = join(at, "keys")
      writeFileSync(keys, `${storeKey.id} ${Redacted.value(storeKey.secret)}\n`)
      const [ann, ben] = [yield* customer("7123456781"), yield* customer("7123456782")]
      yield* Effect.forEach([ann, ann, ben], (one) => paid(storeKey, one), { discard: true })
      const riddles = yield* riddle
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* following
          const head = yield* EventStore.use((store) => store.head)
          yield* FollowerRunner.use((runner) => runner.awaitBookmark(InvoiceRows.follower.name, head, "20 seconds"))
        }),
      )
      yield* seal
      const [bens = ""] = yield* deliveriesOf(ben)

      // Nobody has approved anything yet: a tombstone is then a finding, whoever's it is.
      const unasked = "is erased, and the log has no erasure by two people that it belongs to"
      for (const digest of [bens, riddles])
        assert.deepStrictEqual(yield* after(tombstone(digest)), [`its delivery ${digest} ${unasked}`])

      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* following
          assert.deepInclude(yield* erase(ann), { identities: 1, attachments: 2 })
        }),
      )
      yield* seal
      const key = yield* logKey
      yield* sign(key.signer, Number(yield* EventStore.use((store) => store.head)))
      const whole = yield* inProcess(["verify", "--key", key.verifierKey, "--keys", keys])
      assert.strictEqual(whole.code, 0, whole.out + whole.err)
      assert.include(whole.out, "\nErased          the bytes of 2 deliveries\n")
      assert.include(whole.out, "\n  signature valid: 1\n")
      assert.include(whole.out, "\n  erased: 2\n")
      assert.include(whole.out, "\nNothing is other than it was recorded.\n")
      const json = JSON.parse((yield* inProcess(["verify", "--json"])).out)
      assert.deepInclude(json.payments, { KeyNotSupplied: 1, Erased: 2 })
      assert.deepStrictEqual(json.erased, { tombstones: "2", recorded: "2" })
      for (const digest of yield* deliveriesOf(ann)) {
        const rows = yield* run(
          "select from paylog.attachments where digest = decode($1, 'hex') and bytes is null and erased_at is not null",
          [digest],
        )
        assert.lengthOf(rows, 1)
      }

      // The erasure of one customer is none of another, and a blank without a tombstone is none of anybody.
      assert.deepStrictEqual(yield* after(tombstone(bens)), [`its delivery ${bens} ${unasked}`])
      const blank = yield* after(`update paylog.attachments set bytes = null where digest = decode('${bens}', 'hex')`)
      assert.include(blank, `the attachment ${bens} is not what its digest names`)
      const unstamped = yield* after("update paylog.attachments set erased_at = null where bytes is null")
      assert.lengthOf(unstamped, 2)
      // Of a riddle nobody can tell whose it was: it may have been erased with somebody, and is counted.
      const counted = yield* tampering(
        Effect.andThen(
          run(tombstone(riddles)),
          Effect.map(findings(), ({ erased }) => erased),
        ),
      )
      assert.deepStrictEqual(counted, { tombstones: 3n, recorded: 2n })
      const earlier = tombstone(riddles).replace("now()", "now() - interval '1 day'")
      assert.deepStrictEqual(yield* after(earlier), [`its delivery ${riddles} ${unasked}`])
      // So it is with one of an invoice that is said to have been erased before two people approved it.
      assert.sameMembers(
        yield* after("update paylog.attachments set erased_at = erased_at - interval '1 day' where bytes is null"),
        (yield* deliveriesOf(ann)).map((digest) => `its delivery ${digest} ${unasked}`),
      )
      // One person is not two.
      const alone = `update paylog.events set data = (jsonb_set(data::jsonb, '{by}', (
          select data::jsonb -> 'by' from paylog.events where type = 'ErasureProposed'
        )))::json where type = 'ErasureApproved'`
      assert.lengthOf(yield* after(alone), 2)
      // Nor is an approval of another text, or one that came when the proposal had lapsed.
      const approved = (change: string) =>
        `update paylog.events set data = (data::jsonb || '${change}')::json where type = 'ErasureApproved'`
      assert.lengthOf(yield* after(approved(`{"digest":"${"0".repeat(64)}"}`)), 2)
      assert.lengthOf(yield* after(approved('{"approvedAt":"2999-01-01T00:00:00.000Z"}')), 2)
    }).pipe(Effect.scoped),
  )

  it.effect("names an attachment that no event names: with code 5, whole or not", () =>
    Effect.gen(function* () {
      const digest = createHash("sha256").update("forged").digest("hex")
      assert.deepStrictEqual(yield* after(), [])
      const [found] = yield* after("insert into paylog.attachments (digest, bytes) values (sha256('forged'), 'forged')")
      assert.strictEqual(found, `no event names the attachment ${digest}: it was not written with the log`)
      yield* run("insert into paylog.attachments (digest, bytes) values (sha256('forged'), 'forged')")
      const { code, out } = yield* inProcess(["verify"])
      assert.strictEqual(code, 5)
      assert.include(out, `1 thing is not as recorded:\n  Attachment: no event names the attachment ${digest}: `)
    }),
  )
})
