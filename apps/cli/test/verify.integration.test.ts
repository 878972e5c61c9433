/** `paylog verify` as a person runs it. */
import { assert, layer } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as catalog from "@paylog/auditing/catalog"
import { inProcess as paylog } from "./support/inProcess.ts"
import { findings, grow, logKey, run, sign, storeKey, tampering, world } from "./support/sealed.ts"

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
        assert.strictEqual(wrong.evidences.counts.get("Invalid"), 4)
        const unknown = yield* tampering(findings({ storeKeys: [{ id: "key_2", secret: other.secret }] }))
        assert.strictEqual(unknown.evidences.counts.get("KeyNotSupplied"), 4)
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
      yield* run("alter table paylog.events enable always trigger refuse_change")
      assert.deepStrictEqual(yield* catalog.read, catalog.expected(), "After a new migration: npx -y pnpm catalog")
      const attacks = [
        "drop trigger refuse_change on paylog.events",
        "alter table paylog.events enable trigger refuse_change",
        "create or replace function paylog.refuse_change() returns trigger language plpgsql as $$ begin return null; end $$",
        "grant update on paylog.events to public",
        "create rule silently as on insert to paylog.events do also nothing",
        "alter table paylog.events add column more text",
        "alter table paylog.events drop constraint events_stream_version",
      ]
      for (const attack of attacks) {
        const result = yield* tampering(
          Effect.gen(function* () {
            yield* run("alter table paylog.events enable always trigger refuse_change")
            yield* run(attack)
            return yield* catalogFindings
          }),
        )
        assert.isNotEmpty(result, attack)
      }
    }),
  )
})

const catalogFindings = Effect.gen(function* () {
  const found = new Set(yield* catalog.read)
  return catalog
    .expected()
    .filter((line) => !found.has(line))
    .concat([...found].filter((line) => !catalog.expected().includes(line)))
})
