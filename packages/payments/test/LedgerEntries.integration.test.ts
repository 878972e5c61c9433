import { assert, layer } from "@effect/vitest"
import * as Invoice from "@paylog/domain/Invoice"
import * as Ledger from "@paylog/domain/Ledger"
import * as Money from "@paylog/domain/Money"
import * as Unmatched from "@paylog/domain/Unmatched"
import { Database } from "@paylog/event-store/Database"
import { EventStore, type NewEvent } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import type { Projection } from "@paylog/event-store/Projection"
import * as Rebuild from "@paylog/event-store/Rebuild"
import { codec } from "@paylog/payments/Invoices"
import * as LedgerEntries from "@paylog/payments/LedgerEntries"
import * as Metadata from "@paylog/payments/Metadata"
import * as StoredEvents from "@paylog/payments/StoredEvents"
import * as TrialBalance from "@paylog/payments/TrialBalance"
import { type DateTime, Effect, Fiber, Logger, Metric, Random, Schedule } from "effect"
import { invoiceHistory, unmatchedHistory } from "./support/moneyHistories.ts"
import { about, at, order, payment, terms } from "@paylog/payments/Samples"
import { world } from "./support/world.ts"

const metadata = Metadata.complete(about, undefined)

const append = Effect.fnUntraced(function* (stream: string, version: number, event: NewEvent) {
  const { lastPosition } = yield* (yield* EventStore).append({
    key: `${stream}/${version}`,
    streams: [{ stream, expected: version - 1 === 0 ? "none" : version - 1, events: [event] }],
  })
  return lastPosition
})

/** Many histories, a step of each in turn, as they come about in truth. Answers with the state of each at its every position. */
const histories = Effect.gen(function* () {
  const at: Array<{
    readonly position: bigint
    readonly stream: string
    readonly balances: ReadonlyArray<Ledger.Posting>
  }> = []
  const invoices = yield* Effect.forEach(
    Array.from({ length: 250 }, (_, n) => n),
    invoiceHistory,
  )
  const unmatched = yield* Effect.forEach(
    Array.from({ length: 80 }, (_, n) => n),
    unmatchedHistory,
  )
  const told = (events: ReadonlyArray<Invoice.InvoiceEvent>, count: number) =>
    Ledger.balances(Invoice.fold(events.slice(0, count)))
  const toldUnmatched = (events: ReadonlyArray<Unmatched.UnmatchedEvent>, count: number) =>
    Ledger.balancesUnmatched(events.slice(0, count).reduce(Unmatched.evolve, Unmatched.absent))
  const all = [
    ...(yield* Effect.forEach(invoices, ({ stream, events }) =>
      Effect.map(codec.encode(events, metadata), (encoded) => ({
        stream,
        encoded,
        told: (n: number) => told(events, n),
      })),
    )),
    ...(yield* Effect.forEach(unmatched, ({ stream, events }) =>
      Effect.map(StoredEvents.unmatched.encode(events, metadata), (encoded) => ({
        stream,
        encoded,
        told: (n: number) => toldUnmatched(events, n),
      })),
    )),
  ]
  yield* Effect.forEach(
    all,
    Effect.fnUntraced(function* ({ stream, encoded, told }) {
      for (const [index, event] of encoded.entries())
        at.push({ position: yield* append(stream, index + 1, event), stream, balances: told(index + 1) })
    }),
    { concurrency: 64, discard: true },
  )
  const alarms = [
    ...invoices.flatMap(({ state }) => Ledger.alarms(state)),
    ...unmatched.flatMap(({ state }) => Ledger.alarmsUnmatched(state)),
  ]
  return { at: at.toSorted((a, b) => Number(a.position - b.position)), alarms }
}).pipe(Random.withSeed("money"))

const sql = <Row = Record<string, unknown>>(text: string) => Database.use(({ query }) => query<Row>({ name: "", text }))

const words = (
  balances: ReadonlyArray<{ readonly account: string; readonly currency: string; readonly balance: string }>,
) =>
  balances
    .filter(({ balance }) => !/^-?[0.]+$/.test(balance))
    .map(({ account, currency, balance }) => `${account} ${balance} ${currency}`)
    .toSorted()

/** What the domain says of all streams as they were at the position. */
const expected = (all: Effect.Success<typeof histories>["at"], position: bigint) => {
  const last = new Map<string, ReadonlyArray<Ledger.Posting>>()
  for (const one of all) if (one.position <= position) last.set(one.stream, one.balances)
  return words(
    Ledger.sum([...last.values()].flat()).map(({ account, amount }) => ({
      account,
      currency: amount.currency,
      balance: Money.format(amount),
    })),
  )
}

const tables = ["payments.ledger_entries", "payments.ledger_alarms"]
const rows = Effect.forEach(tables, (table) =>
  sql(`select rows::text as line from ${table} as rows order by position, line`),
)

const followTo = Effect.fnUntraced(function* (follower: Projection, position: bigint) {
  const runner = yield* FollowerRunner
  const following = yield* Effect.forkScoped(runner.run(follower))
  yield* runner.awaitBookmark(follower.name, position, "30 seconds")
  yield* Fiber.interrupt(following)
})

layer(world, { excludeTestServices: true })("the ledger", (it) => {
  it.effect("is zero in every currency at every position, and is what the domain says of every history", () =>
    Effect.gen(function* () {
      const { at, alarms } = yield* histories
      const head = at.at(-1)!.position
      yield* followTo(LedgerEntries.follower, head)

      // The running sum after each entry's event, in one query.
      const off = yield* sql(`
        select * from (
          select distinct position, currency, sum(amount) over (partition by currency order by position) as sum
          from payments.ledger_entries
        ) as sums where sum <> 0`)
      assert.deepStrictEqual(off, [])
      const accounts = yield* sql<{ account: string }>(
        "select distinct account from payments.ledger_entries order by 1",
      )
      assert.deepStrictEqual(
        accounts.map(({ account }) => account),
        ["Clearing", "Exchange", "Fees", "Held", "Provider", "Refunds", "Unexplained", "Unmatched"],
      )

      const positions = [1n, ...Array.from({ length: 60 }, (_, n) => (head * BigInt(n + 1)) / 60n)]
      for (const position of positions) {
        const trial = yield* TrialBalance.read(position)
        assert.strictEqual(trial.position, position)
        assert.deepStrictEqual(words(trial.balances), expected(at, position))
        assert.deepStrictEqual(trial.unbalanced, [])
      }
      const end = yield* TrialBalance.read()
      assert.strictEqual(end.position, head)
      const names = (all: ReadonlyArray<string>) => all.toSorted()
      assert.deepStrictEqual(
        names(end.alarms.map(({ alarm, orderId }) => `${alarm} ${orderId}`)),
        names(alarms.map(({ _tag, orderId }) => `${_tag} ${orderId}`)),
      )
      assert.isAbove(alarms.length, 20)
      const ahead = yield* Effect.flip(TrialBalance.read(head + 1n))
      assert.strictEqual(ahead._tag, "LedgerBehind")
    }).pipe(Effect.scoped),
  )

  it.effect("is the same when it is rebuilt, in whatever batches", () =>
    Effect.gen(function* () {
      const live = yield* rows
      assert.isAbove(live[0]!.length, 1000)
      for (const options of [{ shards: 1 }, { shards: 3, batch: 37 }]) {
        yield* Rebuild.run(LedgerEntries.follower, options)
        assert.deepStrictEqual(yield* rows, live)
      }
      yield* sql("delete from payments.ledger_entries")
      yield* sql("delete from payments.ledger_alarms")
      const events = yield* (yield* EventStore).readAll(0n, 100_000)
      const { transaction } = yield* Database
      for (let from = 0; from < events.length; from += 101)
        yield* transaction((sql) => LedgerEntries.follower.apply(events.slice(from, from + 101), sql))
      assert.deepStrictEqual(yield* rows, live)
    }),
  )

  it.effect("tells an alarm once, whoever watches, and has how many are open in a gauge", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const heard = Logger.layer([
        Logger.make(({ logLevel, message, fiber }) => {
          if (logLevel === "Error") told.push(`${String(message)} ${JSON.stringify(fiber.id)}`)
        }),
      ])
      const watching = Effect.scoped(
        Effect.gen(function* () {
          yield* Effect.forkScoped(TrialBalance.watch)
          yield* Effect.forkScoped(TrialBalance.watch)
          yield* Metric.snapshot.pipe(
            Effect.repeat({
              until: (all) => all.some(({ id }) => id === "paylog_ledger_alarms"),
              schedule: Schedule.spaced("20 millis"),
            }),
            Effect.timeout("10 seconds"),
          )
        }),
      ).pipe(Effect.provide(heard))
      yield* watching
      const { alarms } = yield* TrialBalance.read()
      const ever = yield* sql("select count(*) as n from payments.told_alarms")
      assert.strictEqual(told.length, alarms.length)
      assert.strictEqual(Number(ever[0]!["n"]), alarms.length)
      const gauges = (yield* Metric.snapshot).filter(({ id }) => id === "paylog_ledger_alarms")
      const open = gauges.reduce((sum, { state }) => sum + ("value" in state ? Number(state.value) : 0), 0)
      assert.strictEqual(open, alarms.length)
      yield* watching
      yield* Rebuild.run(LedgerEntries.follower)
      yield* watching
      assert.strictEqual(told.length, alarms.length)
    }),
  )

  it.effect("refuses an event that is not zero: its stream is parked, and the others flow", () =>
    Effect.gen(function* () {
      const dropping = (postings: ReadonlyArray<Ledger.Posting>) => postings.filter(({ account }) => account !== "Fees")
      const { invoices, unmatched } = LedgerEntries
      const oneSided = LedgerEntries.followerOf({
        invoices,
        unmatched: { ...unmatched, balances: (state) => dropping(unmatched.balances(state)) },
      })
      const before = yield* TrialBalance.read()
      const now = at("2026-03-02T12:00:00Z")
      const bad = Unmatched.stream({ provider: "wallet-pay", orderId: "1" })
      const [received] = yield* StoredEvents.unmatched.encode(
        [{ _tag: "PaymentReceived", ...payment(now, { orderId: "1" }) }],
        metadata,
      )
      yield* append(bad, 1, received!)
      const { stream, events } = yield* paid(now)
      let head = 0n
      for (const [index, event] of (yield* codec.encode(events, metadata)).entries())
        head = yield* append(stream, index + 1, event)
      yield* followTo(oneSided, head)
      const trial = yield* TrialBalance.read()
      assert.deepStrictEqual(trial.parked, [bad])
      assert.deepStrictEqual((yield* TrialBalance.read(before.position)).parked, [], "nothing lacks before it")
      assert.deepStrictEqual(trial.unbalanced, [])
      assert.deepStrictEqual(yield* sql(`select from payments.ledger_entries where stream = '${bad}'`), [])
      assert.lengthOf(
        yield* sql(`select from payments.ledger_entries where stream = '${stream}' and account = 'Clearing'`),
        1,
      )
      const { parked } = (yield* (yield* FollowerRunner).status).find(({ follower }) => follower === "ledger")!
      assert.match(
        parked[0]!.reason,
        /Unbalanced: The entries of the event at position \d+ sum to -0\.125000 USDT, not to zero/,
      )

      // With the code mended, the stream is taken up.
      yield* (yield* FollowerRunner).replay(LedgerEntries.follower, bad)
      const after = yield* TrialBalance.read()
      assert.deepStrictEqual(after.parked, [])
      assert.notDeepEqual(words(after.balances), words(before.balances))
    }).pipe(Effect.scoped),
  )

  it.effect("sees a row that somebody changed", () =>
    Effect.gen(function* () {
      yield* sql(
        "update payments.ledger_entries set amount = amount + 1 where account = 'Clearing' and position = (select max(position) from payments.ledger_entries where account = 'Clearing')",
      )
      const { unbalanced } = yield* TrialBalance.read()
      assert.lengthOf(unbalanced, 1)
      assert.deepInclude(unbalanced[0], { currency: "USD", sum: "1.00" })
      yield* Rebuild.run(LedgerEntries.follower)
      assert.deepStrictEqual((yield* TrialBalance.read()).unbalanced, [])
    }),
  )
})

/** An invoice from its issue to its payment. */
const paid = (now: DateTime.Utc) =>
  Effect.sync(() => {
    const invoiceId = Invoice.InvoiceId.make("inv_zzzzzzzzzzzzzzzzzzzz")
    const { lines, payBy, policy } = terms(Invoice.CustomerId.make("cus_00000000000000000001"), now)
    const about = { provider: "wallet-pay", orderId: "2" } as const
    const events: ReadonlyArray<Invoice.InvoiceEvent> = [
      {
        _tag: "InvoiceIssued",
        invoiceId,
        customerId: Invoice.CustomerId.make("cus_00000000000000000001"),
        lines,
        amount: Money.of("USD", 1250n),
        issuedAt: now,
        payBy,
        policy,
      },
      { _tag: "ProviderOrderOpened", provider: "wallet-pay", ...order(payBy), orderId: "2" },
      { _tag: "PaymentReceived", ...payment(now, { orderId: "2" }) },
      { _tag: "InvoicePaid", payment: 1, ...about, paidAt: now },
    ]
    return { stream: Invoice.stream(invoiceId), events }
  })
