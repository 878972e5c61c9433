import { assert, layer } from "@effect/vitest"
import * as Money from "@paylog/domain/Money"
import type { Payment } from "@paylog/domain/PaymentProvider"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { requested } from "@paylog/payments/Samples"
import * as LedgerEntries from "@paylog/payments/LedgerEntries"
import type { About } from "@paylog/payments/Metadata"
import { observe } from "@paylog/payments/Observe"
import { DateTime, Effect, Fiber, Layer, Schedule } from "effect"
import { SecureRandom } from "effect/crypto"
import { randomUUID } from "node:crypto"
import { inProcess as paylog } from "./support/inProcess.ts"
import { World, world } from "./support/paylog.ts"
import { ordered, pay, Shop, shop } from "./support/shop.ts"

const about: About = { actor: { kind: "Worker", id: "test" }, source: "Worker", correlationId: "test" }
const usd = (minor: bigint) => Money.of("USD", minor)
const ton = (minor: bigint) => Money.of("TON", minor)

/** An invoice of 12.50 USD that is paid with 7 TON, or with what is said. */
const paid = Effect.fnUntraced(function* (orderId: string, other: Partial<Payment> = {}) {
  const now = yield* DateTime.now
  const invoiceId = yield* requested()
  const payment: Payment = {
    provider: "wallet-pay",
    orderId,
    orderAmount: usd(1250n),
    gross: ton(7_000_000_000n),
    fee: ton(70_000_000n),
    net: ton(6_930_000_000n),
    rate: "0.56",
    completedAt: now,
    ...other,
  }
  yield* observe({ _tag: "PaymentCompleted", externalId: invoiceId, payment }, { provider: "wallet-pay", about })
  return yield* EventStore.use((store) => store.head)
})

const followTo = Effect.fnUntraced(function* (position: bigint) {
  const runner = yield* FollowerRunner
  const following = yield* Effect.forkScoped(runner.run(LedgerEntries.follower))
  yield* runner.awaitBookmark("ledger", position, "20 seconds")
  yield* Fiber.interrupt(following)
})

const sql = (text: string) => Database.use(({ query }) => query({ name: "", text }))

layer(Layer.merge(world, SecureRandom.layerWebCrypto), { excludeTestServices: true })("paylog ledger", (it) => {
  it.effect("shows every account, and that each currency is zero, as of any position", () =>
    Effect.gen(function* () {
      const empty = yield* paylog(["ledger"])
      assert.deepStrictEqual([empty.code, empty.out], [0, "The ledger at position 0: no entries\n"])
      const first = yield* paid("1")
      yield* followTo(yield* paid("2"))
      const then = yield* paylog(["ledger", "--at", String(first)])
      assert.strictEqual(then.code, 0, then.err)
      assert.strictEqual(
        then.out,
        [
          `The ledger at position ${first}`,
          "",
          "TON              DEBIT       CREDIT",
          "Exchange                7.000000000",
          "Fees       0.070000000",
          "Provider   6.930000000",
          "Sum: zero  7.000000000  7.000000000",
          "",
          "USD        DEBIT  CREDIT",
          "Clearing           12.50",
          "Exchange   12.50",
          "Sum: zero  12.50   12.50",
          "",
        ].join("\n"),
      )
      const now = yield* paylog(["ledger", "--currency", "USD", "--json"])
      assert.strictEqual(now.code, 0, now.err)
      const { currencies, alarms, problems } = JSON.parse(now.out)
      assert.deepStrictEqual(currencies, [
        {
          currency: "USD",
          accounts: [
            { currency: "USD", account: "Clearing", debits: "0", credits: "25.00", balance: "-25.00" },
            { currency: "USD", account: "Exchange", debits: "25.00", credits: "0", balance: "25.00" },
          ],
          sum: "0.00",
          isZero: true,
        },
      ])
      assert.deepStrictEqual([alarms, problems], [[], []])
      const url = new URL((yield* World).url)
      url.username = url.password = `reader_${randomUUID().replaceAll("-", "")}`
      yield* Effect.acquireRelease(
        sql(`create role ${url.username} login password '${url.username}' in role paylog_read`),
        () => Effect.orDie(sql(`drop role ${url.username}`)),
      )
      const reader = yield* paylog(["ledger"], { DATABASE_URL: url.href })
      assert.strictEqual(reader.code, 0, reader.err)
      const head = yield* paid("5")
      const behind = yield* paylog(["ledger"])
      assert.strictEqual(behind.code, 0, behind.err)
      assert.match(
        behind.out,
        new RegExp(`^The ledger at position (\\d+)\nIt has come to position \\1 of the log's ${head}\n`),
      )
      const ahead = yield* paylog(["ledger", "--at", "1000000"])
      assert.strictEqual(ahead.code, 4)
      assert.match(ahead.err, /not yet at 1000000/)
      for (const at of ["-1", "x", "1.5"]) assert.strictEqual((yield* paylog(["ledger", `--at=${at}`])).code, 2, at)
    }).pipe(Effect.scoped),
  )

  it.effect("names what is not in order, with code 5", () =>
    Effect.gen(function* () {
      yield* followTo(yield* paid("3", { net: ton(6_930_000_001n) }))
      const gap = yield* paylog(["ledger"])
      assert.strictEqual(gap.code, 5)
      assert.match(
        gap.err,
        /^Unexplained is not zero: -0\.000000001 TON\nMoneyNotConserved: order 3 in invoice-inv_\w+, since position \d+\n$/,
      )
      const clean = yield* paylog(["ledger", "--at", "1"])
      assert.strictEqual(clean.code, 0, "before it")

      yield* followTo(yield* paid("4", { gross: { currency: "GRAM", unread: "7" } }))
      assert.match((yield* paylog(["ledger"])).err, /\nMoneyUnread: order 4 in /)

      yield* sql(
        "update payments.ledger_entries set amount = 12.51 where account = 'Exchange' and position = 4 and currency = 'USD'",
      )
      const changed = yield* paylog(["ledger", "--json"])
      assert.strictEqual(changed.code, 5)
      assert.match(changed.err, /^USD is not zero: it sums to 0\.01\n/)
      assert.match(changed.err, /\nThe event at position \d+ is not zero: 0\.01 USD\n/)
      assert.include(JSON.parse(changed.out).problems, "USD is not zero: it sums to 0.01")
    }).pipe(Effect.scoped),
  )
})

layer(shop, { excludeTestServices: true, timeout: "60 seconds" })("the ledger of a shop at work", (it) => {
  it.effect("follows what is paid, and raises what does not add up", () =>
    Effect.gen(function* () {
      const { env, metrics } = yield* Shop
      const until = (text: RegExp) =>
        metrics.pipe(
          Effect.repeat({ until: (all) => text.test(all), schedule: Schedule.spaced("100 millis") }),
          Effect.timeout("30 seconds"),
        )
      yield* until(/^paylog_ledger_alarms\{.*MoneyNotConserved.*\} 0$/m)
      yield* pay(yield* ordered)
      yield* pay(yield* ordered, { net: "1" })
      yield* until(/^paylog_ledger_alarms\{.*MoneyNotConserved.*\} 1$/m)
      const { code, out, err } = yield* paylog(["ledger"], env)
      assert.strictEqual(code, 5)
      assert.match(out, /\nClearing +12\.50\n/)
      assert.match(
        err,
        /^Unexplained is not zero: 11\.\d+ USDT\nMoneyNotConserved: order \d+ in invoice-inv_\w+, since/,
      )
    }),
  )
})
