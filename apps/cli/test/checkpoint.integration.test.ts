/** How people see and mend the standing of a log to its outside checkpoint. */
import { assert, layer } from "@effect/vitest"
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { migratedTemplate } from "@paylog/event-store/migratedTemplate"
import * as Payments from "@paylog/payments/migrations"
import { Effect, Redacted } from "effect"
import { randomUUID } from "node:crypto"
import { copyFile, mkdtemp, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inProcess } from "./support/inProcess.ts"
import { World } from "./support/paylog.ts"
import { publish } from "./support/publishing.ts"
import { seal, world } from "./support/sealed.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "paylog-checkpoints-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true })),
)

const statement = (text: string) => Database.use(({ query }) => query({ name: `test-${randomUUID()}`, text }))

const grow = Effect.forEach(Array.from({ length: 9 }), () =>
  Effect.gen(function* () {
    const event = { id: randomUUID(), type: "Grown", schemaVersion: 1, data: "{}", metadata: "{}" }
    yield* (yield* EventStore).append({
      key: event.id,
      streams: [{ stream: "grown", expected: "any", events: [event] }],
    })
  }),
)

layer(world, { excludeTestServices: true })("paylog checkpoint", (it) => {
  it.effect("shows the standing; two people adopt a missing checkpoint, and fork a log that lost its tail", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const path = yield* folder
      const key = join(path, "log.key")
      const generate = ["keys", "generate", "--origin", "test.example/log", "--out", key]
      const made = yield* inProcess(generate)
      assert.strictEqual(made.code, 0)
      assert.match(made.out, /^test\.example\/log\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+\n$/)
      assert.strictEqual((yield* Effect.promise(() => stat(key))).mode & 0o777, 0o600)
      const twice = yield* inProcess(generate)
      assert.deepInclude(twice, { code: 3, out: "" })

      const store = join(path, "store")
      const env = {
        DATABASE_URL: url,
        LOG_ORIGIN: "test.example/log",
        LOG_VERIFIER_KEYS: made.out.trim(),
        CHECKPOINT_STORE: store,
      }
      const signing = { ...env, LOG_SIGNING_KEY_FILE: key }
      const empty = yield* inProcess(["checkpoint"], env)
      assert.strictEqual(empty.code, 5)
      assert.match(empty.err, /the log is empty, and its first checkpoint is not yet/)
      yield* publish(signing)
      yield* grow
      yield* publish(signing)
      yield* grow
      const shown = yield* inProcess(["checkpoint", "--json"], env)
      assert.strictEqual(shown.code, 0)
      assert.deepInclude(JSON.parse(shown.out), { agrees: true, head: "18", sealed: 9, unprotected: "9" })
      const text = yield* inProcess(["checkpoint"], env)
      assert.match(
        text.out,
        /The last 9 events are in no outside checkpoint: the window between two checkpoints is unprotected/,
      )

      // -- Two people.
      const staff = (name: string) =>
        Effect.map(inProcess(["staff", "add", name, "--role", "owner"]), ({ out }) => out.trim())
      const [ada, bob] = [yield* staff("Ada"), yield* staff("Bob")]
      const early = yield* inProcess(["checkpoint", "adopt", "--by", ada, "--reason", "just so"], env)
      assert.strictEqual(early.code, 3)

      yield* publish(signing)
      yield* Effect.promise(() => rm(join(store, "checkpoint")))
      assert.strictEqual((yield* inProcess(["checkpoint"], env)).code, 5)
      const adopt = yield* inProcess(["checkpoint", "adopt", "--by", ada, "--reason", "the disk died", "--json"], env)
      assert.strictEqual(adopt.code, 0)
      const proposal: { proposalId: string; digest: string } = JSON.parse(adopt.out)
      const approve = (by: string, { proposalId, digest }: typeof proposal) =>
        inProcess(["checkpoint", "approve", proposalId, "--digest", digest, "--by", by, "--reason", "I saw it"], env)
      // Said again: the same proposal, and nobody else's.
      const again = [
        "checkpoint",
        "adopt",
        "--by",
        ada,
        "--reason",
        "the disk died",
        "--id",
        proposal.proposalId,
        "--json",
      ]
      assert.deepStrictEqual(JSON.parse((yield* inProcess(again, env)).out), JSON.parse(adopt.out))
      const others = yield* inProcess(again.with(3, bob), env)
      assert.deepInclude(others, { code: 3, out: "" })
      assert.match(others.err, /is another proposal, of stf_/)
      const listed = yield* inProcess(["checkpoint", "proposals"], env)
      assert.include(listed.out, `digest: ${proposal.digest}\n`)
      assert.notInclude(listed.out, "approved")

      const alone = yield* approve(ada, proposal)
      assert.strictEqual(alone.code, 3)
      assert.match(alone.err, /another person has to approve it/)
      assert.strictEqual((yield* approve(bob, proposal)).code, 0)
      assert.strictEqual((yield* approve(bob, proposal)).code, 0)
      assert.include((yield* inProcess(["checkpoint", "proposals"], env)).out, `approved by: ${bob}\n`)
      yield* publish(signing)
      assert.strictEqual((yield* inProcess(["checkpoint"], env)).code, 0)

      // -- A failover that lost a tail.
      const before = join(path, "before")
      yield* Effect.promise(() => copyFile(join(store, "checkpoint"), before))
      const { head } = yield* EventStore
      const last = yield* head
      for (const table of ["tiles", "entries", "column_sums"]) yield* statement(`delete from transparency.${table}`)
      yield* statement("delete from paylog.bookmarks where follower = 'sealer'")
      yield* statement("alter table paylog.events disable trigger refuse_change")
      yield* statement(`delete from paylog.events where position > ${last - 5n}`)
      yield* statement("alter table paylog.events enable always trigger refuse_change")
      yield* seal
      const recover = ["recover", "--origin", "test.example/log-2", "--by", ada, "--reason", "failover", "--json"]
      assert.strictEqual((yield* inProcess(recover, env)).code, 2)
      const fork = yield* inProcess([...recover, "--fork"], env)
      assert.strictEqual(fork.code, 0, fork.err)
      assert.deepInclude(JSON.parse(fork.out), { kept: Number(last - 5n), origin: "test.example/log-2" })
      assert.strictEqual((yield* approve(bob, JSON.parse(fork.out))).code, 0)
      const next = yield* inProcess(["keys", "generate", "--origin", "test.example/log-2", "--out", `${key}-2`])
      const keys = `${made.out.trim()},${next.out.trim()}`
      const forked = { ...env, LOG_ORIGIN: "test.example/log-2", LOG_VERIFIER_KEYS: keys }
      yield* publish({ ...forked, LOG_SIGNING_KEY_FILE: `${key}-2` })
      assert.strictEqual((yield* inProcess(["checkpoint"], forked)).code, 0)
      assert.strictEqual((yield* inProcess(["checkpoint"], env)).code, 5)
      // Whoever kept a checkpoint from before is told why it does not hold any more.
      const verified = yield* inProcess(["verify", "--checkpoint", before], env)
      assert.strictEqual(verified.code, 5)
      assert.match(
        verified.out,
        /The checkpoint of test\.example\/log over 18 events, from \S+, [^;\n]*; the log went on as test\.example\/log-2 \(pro_\w+, proposed by stf_\w+, approved by stf_\w+\), and events from \d+ on were declared lost/,
      )
    }).pipe(Effect.scoped),
  )

  it.effect("refuses a database that lacks the tree's tables, and names what is missing", () =>
    Effect.gen(function* () {
      const template = migratedTemplate([EventStorePostgres.migrations, Payments.migrations])
      const { url } = yield* freshDatabase({ template }).pipe(Effect.provide(DevPostgres.layer))
      const env = { DATABASE_URL: Redacted.value(url) }
      for (const command of [["checkpoint"], ["followers"], ["verify"]]) {
        const { code, err } = yield* inProcess(command, env)
        assert.strictEqual(code, 3, command.join())
        assert.match(err, /sealer\/0001_sealer\.sql.*sealer\/0004_seal\.sql/)
      }
    }).pipe(Effect.scoped),
  )

  it.effect("reads as an auditor, whatever the login may, and so do its proposals", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const reads = (command: ReadonlyArray<string>) => inProcess(command, { DATABASE_URL: url })
      for (const command of [["checkpoint"], ["checkpoint", "proposals"]]) {
        assert.strictEqual((yield* reads(command)).code, 0)
        yield* statement("revoke select on paylog.events from paylog_audit, paylog_read")
        const { code, err } = yield* reads(command)
        yield* statement("grant select on paylog.events to paylog_audit, paylog_read")
        assert.strictEqual(code, 3, command.join(" "))
        assert.match(err, /may not read that: it needs paylog_read or paylog_audit/)
      }
    }),
  )

  it.effect("says which variable is missing", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const adopt = ["checkpoint", "adopt", "--by", "stf_00000000000000000000", "--reason", "x"]
      assert.deepInclude(yield* inProcess(adopt), { code: 2 })
      assert.strictEqual((yield* inProcess(adopt, { DATABASE_URL: url, LOG_ORIGIN: "a" })).code, 2)
      const none = yield* inProcess(["checkpoint"])
      assert.strictEqual(none.code, 0)
      assert.match(
        none.out,
        /\noutside +not asked\n\nThe checkpoint store was not asked: LOG_ORIGIN and CHECKPOINT_STORE are not set\n$/,
      )
    }),
  )
})
