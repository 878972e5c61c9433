/** `paylog replay`: the log against the read models, and a changed row is named whichever column it is. */
import { assert, layer } from "@effect/vitest"
import { InvoiceId } from "@paylog/domain/Invoice"
import * as Invoice from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { Database, type Sql } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { projections } from "@paylog/payments/followers"
import * as HeldMoney from "@paylog/payments/HeldMoney"
import * as Ids from "@paylog/payments/Ids"
import * as Invoices from "@paylog/payments/Invoices"
import * as Proposals from "@paylog/payments/Proposals"
import { recordDelivery } from "@paylog/payments/RecordDelivery"
import * as Refunds from "@paylog/payments/Refunds"
import * as Staff from "@paylog/payments/Staff"
import { Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { replay } from "../src/replay/replay.ts"
import { inProcess } from "./support/inProcess.ts"
import { about, following, invoice, pay } from "./support/money.ts"
import { world } from "./support/paylog.ts"

const sql = (text: string, values: ReadonlyArray<unknown> = []) =>
  Database.use(({ query }) => query<Record<string, unknown>>({ name: "", text }, values))

const head = EventStore.use((store) => store.head)

/** Every follower has come to the log's end, and goes no further. */
const followed = Effect.scoped(
  Effect.gen(function* () {
    yield* following
    const runner = yield* FollowerRunner
    const position = yield* head
    for (const { name } of projections) yield* runner.awaitBookmark(name, position, "20 seconds")
  }),
)

/** Some of everything that has rows. */
const business = Effect.gen(function* () {
  const [ann, ben] = [
    yield* Staff.add({ name: "Ann", login: undefined }),
    yield* Staff.add({ name: "Ben", login: undefined }),
  ]
  const by = { by: ann.staffId, reason: "as agreed" }
  const paid = yield* invoice
  yield* pay(paid)
  const held = yield* invoice
  yield* pay(held, { orderAmount: Money.of("USD", 1249n) })
  const unread = yield* invoice
  yield* pay(unread, { gross: { currency: "GRAM", unread: "7" } })
  const gap = yield* invoice
  yield* pay(gap, { net: Money.of("USDT", 1n) })
  yield* HeldMoney.accept(gap, 1, by)
  const refunded = yield* invoice
  yield* pay(refunded, { orderAmount: Money.of("USD", 1249n) })
  const refundId = yield* Ids.refundId
  yield* Refunds.request(Invoice.stream(refunded), { refundId, payment: 1 }, by)
  yield* Proposals.proposeCorrection(paid, { _tag: "HoldPayment", payment: 1 }, by)
  const released = yield* invoice
  yield* pay(released)
  const { proposalId, digest } = yield* Proposals.proposeCorrection(
    released,
    { _tag: "ReleasePayment", payment: 1 },
    by,
  )
  yield* Proposals.approve(Invoice.stream(released), { proposalId, digest }, { by: ben.staffId, reason: "as agreed" })
  yield* pay("somebody-else")
  yield* Invoices.cancel(yield* invoice, about).pipe(Effect.ignore)
  const body = Buffer.from(`riddle ${paid}`)
  yield* recordDelivery(
    "wallet-pay",
    { method: "POST", headers: {}, body },
    { evidence: body, items: [{ _tag: "NotUnderstood", index: 0, reason: "an unknown type" }] },
  )
  yield* followed
})

interface Difference {
  readonly table: string
  readonly row: string
  readonly column: string
  readonly expected: string | null
  readonly found: string | null
}

const differences = Effect.gen(function* () {
  const { code, out, err } = yield* inProcess(["replay", "--json"])
  assert.include([0, 5], code, err)
  const { differing, differences } = JSON.parse(out)
  assert.strictEqual(code === 5, differing > 0)
  const found: ReadonlyArray<Difference> = differences
  return found
})

const compared = ["invoices", "open_items", "ledger_entries", "ledger_alarms", "approvals"]

/** Another value of that type, which the table's checks allow. */
const changed = (column: string, type: string): string => {
  if (column === "change") return "-change"
  if (type === "timestamp with time zone") return `coalesce(${column}, now()) + interval '1 second'`
  return type === "text" ? `coalesce(${column}, '') || 'x'` : `coalesce(${column}, 0) + 1000`
}

layer(Layer.merge(world, SecureRandom.layerWebCrypto), { excludeTestServices: true })("paylog replay", (it) => {
  it.effect("of an empty log finds nothing, and of a whole one no difference", () =>
    Effect.gen(function* () {
      const empty = yield* inProcess(["replay"])
      assert.strictEqual(empty.code, 0, empty.err)
      assert.match(empty.out, /^0 events of 0 streams, up to position 0\n/)
      yield* business
      const whole = yield* inProcess(["replay"])
      assert.strictEqual(whole.code, 0, whole.out + whole.err)
      assert.match(whole.out, new RegExp(`^${yield* head} events of \\d+ streams, up to position ${yield* head}\n`))
      assert.match(whole.out, /\n +1 +RefundPending +12\.50 +USD\n/)
      const { models, totals, balances } = JSON.parse((yield* inProcess(["replay", "--json"])).out)
      for (const { follower, rows } of models) assert.isAbove(rows, 1, follower)
      const [sum] = yield* sql("select count(*)::int as n, sum(amount)::text as amount from payments.invoices")
      const of = (name: string) =>
        totals.reduce((sum: number, total: Record<string, string>) => sum + Number(total[name]), 0)
      assert.deepStrictEqual([of("invoices"), of("amount").toFixed(2)], [sum?.["n"], sum?.["amount"]])
      // What the entries say, by SQL alone.
      const ledger = yield* sql(
        "select account, currency, sum(amount)::text as balance from payments.ledger_entries group by 1, 2 having sum(amount) <> 0 order by 2, 1",
      )
      assert.deepStrictEqual(
        balances,
        ledger.map((row) => ({ ...row })),
      )
    }),
  )

  it.effect("names every column of every row that somebody changed, and rows that are gone or were added", () =>
    Effect.gen(function* () {
      const columns = yield* sql(
        "select table_name as table, column_name as column, data_type as type from information_schema.columns where table_schema = 'payments' and table_name = any($1) order by 1, 2",
        [compared],
      )
      assert.isAbove(columns.length, 40)
      for (const { table: of, column: name, type } of columns) {
        const [table, column] = [String(of), String(name)]
        const saved = `test_${table}`
        yield* sql(`create table ${saved} as table payments.${table}`)
        // A row that the change may not make into another one.
        yield* sql(
          `update payments.${table} set ${column} = ${changed(column, String(type))} where ctid = (select max(ctid) from payments.${table})`,
        )
        const found = yield* differences
        const told = found.some((one) => one.table === table && (one.column === column || one.column === "*"))
        assert.isTrue(told, `${table}.${column}: ${JSON.stringify(found)}`)
        yield* sql(`delete from payments.${table}`)
        yield* sql(`insert into payments.${table} table ${saved}`)
        yield* sql(`drop table ${saved}`)
      }
      for (const table of compared) {
        yield* sql(`create table test_${table} as table payments.${table}`)
        yield* sql(`delete from payments.${table} where ctid = (select max(ctid) from payments.${table})`)
        assert.deepInclude((yield* differences)[0], { table, column: "*", expected: "a row", found: null })
        yield* sql(`delete from payments.${table}`)
        yield* sql(`insert into payments.${table} table test_${table}`)
      }
      assert.deepStrictEqual(yield* differences, [])
      const stray = InvoiceId.make("inv_strange0000000000000")
      yield* sql(
        `insert into payments.invoices select (jsonb_populate_record(invoices, '{"invoice_id":"${stray}"}')).* from payments.invoices limit 1`,
      )
      assert.deepInclude((yield* differences)[0], { row: stray, expected: null, found: "a row" })
      yield* sql(`delete from payments.invoices where invoice_id = '${stray}'`)
      yield* sql("update payments.invoices set status = 'Paid' where status = 'Held'")
      const told = yield* inProcess(["replay"])
      assert.strictEqual(told.code, 5)
      assert.match(told.out, /\ninvoices +inv_\w+ +status +Held +Paid\n/)
      assert.match(told.err, /differences? between the log and the read models/)
    }),
  )

  it.effect("tells what the log came to at an earlier point, and leaves out what a follower has set aside", () =>
    Effect.gen(function* () {
      const position = yield* head
      yield* pay(yield* invoice)
      const then = yield* inProcess(["replay", "--until", String(position), "--json"])
      assert.strictEqual(then.code, 0, then.err)
      const { events, models } = JSON.parse(then.out)
      assert.deepStrictEqual([String(events), models], [String(position), []])
      assert.match(
        (yield* inProcess(["replay", "--until", "2020-01-01"])).out,
        /^0 events of 0 streams, up to 2020-01-01T00/,
      )
      assert.strictEqual((yield* inProcess(["replay", "--until", "1000000"])).code, 4)
      assert.strictEqual((yield* inProcess(["replay", "--until", "soon"])).code, 2)
      assert.strictEqual((yield* inProcess(["replay"], { DATABASE_URL: "postgres://x@127.0.0.1:1/x" })).code, 1)
    }),
  )

  it.effect("holds no more events at a time than a page, or than one stream has; and finds the same", () =>
    Effect.gen(function* () {
      const database = yield* Database
      const longest = (yield* sql("select max(version)::int as n from paylog.events"))[0]?.["n"]
      for (const most of [
        { streams: 500, events: 10_000 },
        { streams: 3, events: 7 },
        { streams: 500, events: 1 },
      ]) {
        let held = 0
        const replayed = yield* database.transaction((inside) =>
          replay(
            {
              ...inside,
              query: (statement, values) =>
                Effect.tap(inside.query(statement, values), (rows) =>
                  Effect.sync(() => (held = Math.max(held, rows.length))),
                ),
            } satisfies Sql,
            undefined,
            () => {},
            most,
          ),
        )
        // The two rows that were changed above, whatever the pages.
        assert.deepStrictEqual(
          replayed.differences.map(({ column, found }) => [column, found]),
          [
            ["status", "Paid"],
            ["status", "Paid"],
          ],
        )
        assert.strictEqual(BigInt(replayed.events), yield* head)
        // Rows of any kind: an event makes two entries of the ledger at most here, and a strange row is one.
        if (most.events < 10_000) assert.isAtMost(held, 4 * Math.max(most.events, Number(longest)))
        else assert.isAbove(held, 40)
      }
    }),
  )
})
