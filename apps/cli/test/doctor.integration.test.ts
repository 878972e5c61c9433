/** `paylog doctor`: each fault is planted, found and named with its fix; nothing secret is said. */
import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { EventStore } from "@paylog/event-store/EventStore"
import { projections } from "@paylog/payments/followers"
import type { About } from "@paylog/payments/Metadata"
import { Control } from "@paylog/wallet-pay-simulator/Control"
import { Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { randomUUID } from "node:crypto"
import { inProcess } from "./support/inProcess.ts"
import { following, invoice, pay } from "./support/money.ts"
import { World, world } from "./support/paylog.ts"
import { key, simulator } from "./support/shop.ts"

const sql = (text: string) => Database.use(({ query }) => query<Record<string, unknown>>({ name: "", text }))

interface Finding {
  readonly check: string
  readonly is: "well" | "warning" | "wrong" | "unseen"
  readonly what: string
  readonly fix: string
}

const examine = Effect.fnUntraced(function* (env: Record<string, string>) {
  const { code, out, err } = yield* inProcess(["doctor", "--json"], env)
  const findings: ReadonlyArray<Finding> = JSON.parse(out)
  const wrong = findings.filter(({ is }) => is === "wrong")
  assert.strictEqual(code, wrong.length > 0 ? 5 : 0, err)
  for (const { fix, what } of findings.filter(({ is }) => is === "warning" || is === "wrong"))
    assert.notStrictEqual(fix, "", what)
  for (const secret of [key, env["WALLETPAY_API_KEY"] ?? key]) assert.notInclude(out + err, secret)
  return { findings, wrong: wrong.map(({ check, what }) => `${check}: ${what}`) }
})

/** A login of the processes, with a password of its own. */
const login = Effect.gen(function* () {
  const url = new URL((yield* World).url)
  const name = `process_${randomUUID().replaceAll("-", "")}`
  const password = `${randomUUID()}${randomUUID()}`
  yield* Effect.acquireRelease(
    sql(`create role ${name} login password '${password}' in role paylog_append, paylog_project, paylog_read`),
    () => Effect.orDie(sql(`drop role ${name}`)),
  )
  url.username = name
  url.password = password
  return url.href
})

layer(Layer.mergeAll(world, simulator("real"), SecureRandom.layerWebCrypto), { excludeTestServices: true })(
  "paylog doctor",
  (it) => {
    it.effect("finds nothing wrong where all is well, and names each fault that is planted", () =>
      Effect.gen(function* () {
        const DATABASE_URL = yield* login
        const { baseUrl } = yield* Control
        const env = { DATABASE_URL, WALLETPAY_API_KEY: key, WALLETPAY_BASE_URL: baseUrl }
        const empty = yield* examine({ DATABASE_URL })
        assert.deepStrictEqual(empty.wrong, [])
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* following
            yield* pay(yield* invoice)
            const head = yield* EventStore.use((store) => store.head)
            for (const { name } of projections)
              yield* FollowerRunner.use((runner) => runner.awaitBookmark(name, head, "20 seconds"))
          }),
        )
        const whole = yield* examine(env)
        // The simulator's key is one of tests.
        assert.deepStrictEqual(whole.wrong, ["secrets: WALLETPAY_API_KEY is or begins with what everybody tries first"])
        const is = (check: string) => whole.findings.find((one) => one.check === check)?.is
        for (const check of ["settings", "schema", "rights", "login", "clock", "work", "key", "provider's clock"])
          assert.strictEqual(is(check), "well", check)

        /** With the fault, what is found more; without it, nothing any more. */
        const planted = Effect.fnUntraced(function* (fault: string, undo: string, found: RegExp, more = {}) {
          if (fault !== "") yield* sql(fault)
          const { wrong } = yield* examine({ ...env, ...more })
          assert.isTrue(
            wrong.some((one) => found.test(one)),
            `${String(found)} in ${wrong.join("\n")}`,
          )
          if (undo !== "") yield* sql(undo)
        })
        yield* planted(
          "alter table paylog.events disable trigger refuse_change",
          "alter table paylog.events enable always trigger refuse_change",
          /^rights: The trigger refuse_change of paylog\.events is not always on/,
        )
        yield* planted(
          "grant update on paylog.events to paylog_append",
          "revoke update on paylog.events from paylog_append",
          /^rights: paylog_append may update paylog\.events$/,
        )
        yield* planted(
          "grant select on payments.customers to public",
          "revoke select on payments.customers from public",
          /^rights: Everybody may select payments\.customers$/,
        )
        yield* planted(
          "insert into paylog.parked (follower, stream, position, version, reason) values ('ledger', 'x', 1, 1, 'test')",
          "delete from paylog.parked",
          /^followers: ledger has parked 1 streams$/,
        )
        yield* planted(
          "insert into paylog.work (queue, key, due_at) values ('open-order', 'x', now() - interval '1 hour')",
          "delete from paylog.work",
          /^work: 1 items of the queue open-order are overdue, the oldest for 60 min/,
        )
        yield* planted(
          "insert into payments.deliveries (delivery_id, customer_id, body, revision, due_at, parked_reason) values ('x', 'y', '{}', 1, now() - interval '1 hour', '400'), ('z', 'y', '{}', 1, now() - interval '1 hour', null)",
          "delete from payments.deliveries",
          /^messages: 1 wait for too long$/,
        )
        yield* planted(
          "insert into payments.sweeps (provider, revision, baseline, list_offset, passed, completed_began_at, completed_count, completed_difference) values ('wallet-pay', 1, 0, 0, 0, now() - interval '1 hour', 1, 0)",
          "",
          /^sweep: wallet-pay's list was last read 60 min ago/,
        )
        yield* planted(
          "update payments.sweeps set completed_began_at = now(), completed_difference = 3",
          "delete from payments.sweeps",
          /^sweep: wallet-pay's list has 3 orders that ours has not/,
        )
        yield* planted("", "", /^key: The provider refuses WALLETPAY_API_KEY$/, {
          WALLETPAY_API_KEY: `${randomUUID()}${randomUUID()}`,
        })
        yield* planted("", "", /^provider: /, { WALLETPAY_BASE_URL: "http://127.0.0.1:1" })
        yield* planted("", "", /^database: The log is out of reach: /, {
          DATABASE_URL: "postgres://nobody@127.0.0.1:1/x",
        })
        yield* planted(
          "delete from paylog.migrations where file = (select max(file) from paylog.migrations where set = 'payments')",
          "",
          /^schema: The database lacks payments\//,
        )
        assert.strictEqual((yield* inProcess(["doctor"], {})).code, 2)
        const text = yield* inProcess(["doctor"], env)
        assert.match(text.out, /^ok {6}settings +fsync, full_page_writes and synchronous_commit are on$/m)
        assert.match(text.out, /^WRONG {3}schema +The database lacks payments.*\n {26}→ Start the ingester once/m)
        assert.match(text.err, /^\d of \d+ findings are wrong\n$/)
      }).pipe(Effect.scoped),
    )

    it.effect("sees that payments only ever come by asking: the webhook's path is wrong", () =>
      Effect.gen(function* () {
        const env = { DATABASE_URL: yield* login }
        const swept: About = { actor: { kind: "Worker", id: "sweep" }, source: "Sweep", correlationId: "test" }
        const seen = Effect.map(examine(env), ({ findings }) => findings.find(({ check }) => check === "webhooks")?.is)
        assert.strictEqual(yield* seen, "well")
        // Enough of them that the last twenty have no other.
        yield* Effect.forEach(Array.from({ length: 20 }), () => Effect.flatMap(invoice, (id) => pay(id, {}, swept)))
        assert.strictEqual(yield* seen, "wrong")
        yield* pay(yield* invoice)
        assert.strictEqual(yield* seen, "well")
      }).pipe(Effect.scoped),
    )
  },
)
