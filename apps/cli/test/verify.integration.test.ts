/** `paylog verify` as a person runs it. */
import { assert, layer } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as catalog from "@paylog/auditing/catalog"
import * as checkpoints from "@paylog/auditing/checkpoints"
import * as Tiles from "@paylog/sealer/Tiles"
import * as Checkpoint from "@paylog/transparency/Checkpoint"
import * as Note from "@paylog/transparency/Note"
import * as Tree from "@paylog/transparency/Tree"
import { inProcess as paylog } from "./support/inProcess.ts"
import {
  findings,
  grow,
  guarded,
  logKey,
  origin,
  paid,
  run,
  seal,
  sign,
  storeKey,
  tampering,
  world,
} from "./support/sealed.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "paylog-verify-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true })),
)

layer(world, { excludeTestServices: true })("paylog verify", (it) => {
  it.effect("says of an empty log that nothing is other than it was recorded", () =>
    Effect.gen(function* () {
      const { code, out } = yield* paylog(["verify"])
      assert.strictEqual(code, 0)
      assert.include(out, "Events          0 hashed")
      assert.include(out, "Nothing is other than it was recorded.")
    }),
  )

  it.effect("reports what is signed, what is not yet, and what each payment rests on; and goes on from there", () =>
    Effect.gen(function* () {
      const at = yield* folder
      const file = (name: string, text: string) => (writeFileSync(join(at, name), text), join(at, name))
      yield* grow(3)
      const key = yield* logKey
      const note = yield* sign(key.signer, 10)
      const keys = file("keys", `# of the store\n${storeKey.id} ${Redacted.value(storeKey.secret)}\n`)

      const whole = yield* paylog(["verify", "--key", key.verifierKey, "--keys", keys, "--save", join(at, "trusted")])
      assert.strictEqual(whole.code, 0, whole.err)
      assert.include(whole.out, "Events          12 hashed")
      assert.include(whole.out, "Signed          the first 10 events, by a key that you gave")
      assert.include(whole.out, "Unprotected     the last 2 events")
      assert.include(whole.out, "signature valid: 3")
      assert.notInclude(whole.out + whole.err, Redacted.value(storeKey.secret))

      const without = yield* paylog(["verify", "--json"])
      assert.strictEqual(without.code, 0)
      const told = JSON.parse(without.out)
      assert.strictEqual(told.payments.KeyNotSupplied, 3)
      assert.strictEqual(told.checkpoints[0].signature, "KeyNotSupplied")

      yield* grow(1)
      const next = yield* paylog(["verify", "--since", join(at, "trusted"), "--checkpoint", file("outside", note)])
      assert.strictEqual(next.code, 0, next.err)
      assert.include(next.out, "Events          4 hashed from their stored bytes, those after position 12")
      // The kept checkpoint is older than what is trusted: the one is shown to go on from the other.
      assert.include(next.out, "Checkpoints     1: 1 keys not supplied, 1 roots as the events make them")
      for (const size of [1, 10, 11]) {
        const other = yield* signed(key.signer, size, Buffer.alloc(32, 7))
        const given = ["--since", join(at, "trusted"), "--checkpoint", file("other", other), "--key", key.verifierKey]
        const { code, out } = yield* paylog(["verify", ...given])
        assert.strictEqual(code, 5, out)
        assert.include(
          out,
          `Checkpoint: The checkpoint of ${origin} over ${size} events, from ${join(at, "other")}, cannot be shown to be the beginning of what is trusted`,
        )
      }
      const forged = yield* tampering(
        Effect.gen(function* () {
          const since = { origin, size: 12, root: yield* Tiles.rootAt(12), extensions: [] }
          const outside = yield* checkpoints.open("a file", yield* signed(key.signer, 9, yield* Tiles.rootAt(10)), [])
          return (yield* findings({ since, outside: outside === undefined ? [] : [outside] })).findings.list
        }),
      )
      assert.deepStrictEqual(
        forged.map(({ kind }) => kind),
        ["Checkpoint"],
      )
    }).pipe(Effect.scoped),
  )

  it.effect("takes a key that is given twice for one, and trusts no note that none of the given keys has signed", () =>
    Effect.gen(function* () {
      const at = yield* folder
      const file = (name: string, text: string) => (writeFileSync(join(at, name), text), join(at, name))
      const [key, other] = [yield* logKey, yield* logKey]
      const note = file("note", yield* signed(key.signer, 12, yield* Tiles.rootAt(12)))
      const both = ["--key", key.verifierKey, "--key", key.verifierKey]
      const twice = yield* paylog(["verify", ...both, "--checkpoint", note])
      assert.strictEqual(twice.code, 0, twice.out + twice.err)
      assert.include(twice.out, "1 signatures valid")
      assert.strictEqual((yield* paylog(["verify", "--since", note, "--key", key.verifierKey])).code, 0)
      const strange = yield* paylog(["verify", "--since", note, "--key", other.verifierKey])
      assert.strictEqual(strange.code, 5, strange.out)
      assert.strictEqual(strange.err, `${note} is not signed by a key that you gave with --key\n`)
    }).pipe(Effect.scoped),
  )

  it.effect(
    "saves what is sealed, and nothing where it was given a wrong key; from an empty log on, it looks at all",
    () =>
      Effect.gen(function* () {
        const at = yield* folder
        const saved = join(at, "saved")
        const other = yield* logKey
        const wrong = yield* paylog(["verify", "--key", other.verifierKey, "--save", saved])
        assert.strictEqual(wrong.code, 5, wrong.out)
        assert.isFalse(existsSync(saved))
        const sealed = yield* Tiles.size
        yield* paid()
        const early = yield* paylog(["verify", "--save", saved])
        assert.strictEqual(early.code, 0, early.err)
        assert.strictEqual(Checkpoint.parse(readFileSync(saved, "utf8")).size, sealed)
        for (const now of [Effect.void, seal]) {
          yield* now
          const next = yield* paylog(["verify", "--since", saved])
          assert.strictEqual(next.code, 0, next.err)
          assert.include(next.out, `Events          4 hashed from their stored bytes, those after position ${sealed}`)
        }
        const empty = join(at, "empty")
        writeFileSync(empty, Checkpoint.format({ origin, size: 0, root: Tree.emptyRoot(), extensions: [] }))
        const all = yield* paylog(["verify", "--since", empty])
        assert.strictEqual(all.code, 0, all.err)
        assert.notInclude(all.out, "those that these events name")
        const unnamed = yield* tampering(
          Effect.gen(function* () {
            yield* run("insert into paylog.attachments select sha256('x'), 'x'")
            const since = { origin, size: 0, root: Tree.emptyRoot(), extensions: [] }
            return (yield* findings({ since })).findings.list
          }),
        )
        assert.deepStrictEqual(
          unnamed.map(({ kind }) => kind),
          ["Attachment"],
        )
      }).pipe(Effect.scoped),
  )

  it.effect("names what is wrong, and ends with code 5; with 2 when a file or a key is none", () =>
    Effect.gen(function* () {
      const at = yield* folder
      const broken = join(at, "broken")
      writeFileSync(broken, "not a checkpoint\n")
      yield* run("alter table paylog.events disable trigger refuse_change")
      yield* run("update paylog.events set data = (data::text || ' ')::json where position = 2")
      const { code, out, err } = yield* paylog(["verify"])
      assert.strictEqual(code, 5)
      assert.include(out, "Position 2, column data: is not what was sealed")
      assert.include(out, "Catalog: missing: trigger refuse_change on paylog.events")
      assert.include(err, "the log is not what was recorded")
      for (const args of [
        ["--since", broken],
        ["--checkpoint", broken],
        ["--checkpoint", join(at, "absent")],
        ["--key", "none"],
        ["--keys", join(at, "absent")],
      ]) {
        const refused = yield* paylog(["verify", ...args])
        assert.strictEqual(refused.code, 2, args.join(" "))
        assert.isNotEmpty(refused.err)
      }
    }).pipe(Effect.scoped),
  )

  it.effect(
    "tells a delivery under another key, a payment that its delivery does not tell of, and one that only a person says",
    () =>
      Effect.gen(function* () {
        const other = { id: storeKey.id, secret: Redacted.make("another-key-of-24-characters") }
        const wrong = yield* tampering(findings({ storeKeys: [other] }))
        assert.strictEqual(wrong.evidences.counts.get("Invalid"), 5)
        const unknown = yield* tampering(findings({ storeKeys: [{ id: "key_2", secret: other.secret }] }))
        assert.strictEqual(unknown.evidences.counts.get("KeyNotSupplied"), 5)
        const swapped = yield* tampering(
          Effect.gen(function* () {
            // One delivery's payment claims another's amount: its entry changes too, but so does what its delivery says of it.
            yield* run(
              `update paylog.events set data = replace(data::text, '12.500000', '12.500001')::json
             where position = (select max(position) from paylog.events where type = 'PaymentReceived')`,
            )
            return yield* findings()
          }),
        )
        assert.isTrue(swapped.findings.list.some(({ kind }) => kind === "Evidence"))
      }),
  )

  it.effect("compares what guards the log with what the migrations of this program make", () =>
    Effect.gen(function* () {
      yield* guarded
      assert.deepStrictEqual(yield* catalog.read, catalog.expected(), "After a new migration: npx -y pnpm catalog")
      const attacks = [
        "drop trigger refuse_change on paylog.events",
        "alter table paylog.events enable trigger refuse_change",
        "create or replace function paylog.refuse_change() returns trigger language plpgsql as $$ begin return null; end $$",
        "grant update on paylog.events to public",
        "create rule silently as on insert to paylog.events do also nothing",
        "alter table paylog.events add column more text",
        "alter table paylog.events drop constraint events_stream_version",
        "create or replace function payments.erase_evidence(erased_customer text) returns integer language sql security definer as 'select 1'",
        "create or replace function payments.accept_staff_invitation(code_digest bytea, telegram_user_id text) returns boolean language sql security definer as 'select true'",
        "create function payments.more() returns integer language sql security definer as 'select 1'",
        "grant execute on function payments.erase_evidence(text) to public",
        "alter table payments.approvals drop constraint approvals_two_people",
        "alter table payments.staff_links drop constraint staff_links_telegram_user_id",
        "alter table paylog.events owner to verify_thief",
        "alter function payments.erase_evidence(text) owner to verify_thief",
        "alter schema transparency owner to verify_thief",
        "grant pg_write_all_data to verify_thief",
      ]
      for (const attack of [undefined, ...attacks]) {
        const result = yield* tampering(
          Effect.gen(function* () {
            yield* guarded
            // Gone again with the transaction.
            yield* run("create role verify_thief login")
            if (attack !== undefined) yield* run(attack)
            return yield* catalogFindings
          }),
        )
        assert.strictEqual(result.length > 0, attack !== undefined, `${attack}: ${result.join(", ")}`)
      }
    }),
  )
})

/** A note of any root. */
const signed = (signer: Note.Signer, size: number, root: Uint8Array) =>
  Effect.promise(() => Note.sign(Checkpoint.format({ origin, size, root, extensions: [] }), [signer]))

const catalogFindings = Effect.gen(function* () {
  const found = new Set(yield* catalog.read)
  return catalog
    .expected()
    .filter((line) => !found.has(line))
    .concat([...found].filter((line) => !catalog.expected().includes(line)))
})
