import { assert, layer } from "@effect/vitest"
import { CustomerId, InvoiceId, type InvoiceEvent, stream } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import type { Payment } from "@paylog/domain/PaymentProvider"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { codec } from "@paylog/payments/Invoices"
import * as Metadata from "@paylog/payments/Metadata"
import { observe } from "@paylog/payments/Observe"
import { Control } from "@paylog/wallet-pay-simulator/Control"
import { DateTime, Effect } from "effect"
import { randomUUID } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inProcess } from "./support/inProcess.ts"
import { paylog, World } from "./support/paylog.ts"
import { type Report, sumsOf, truthOf, unlike } from "./support/reconciliation.ts"
import { about, closedShop, ordered, pay, Shop, shop, unheard, until } from "./support/shop.ts"

const usdt = (minor: bigint) => Money.of("USDT", minor)
const heard = { provider: "wallet-pay", about }

const reconcile = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const { env } = yield* Shop
  return yield* inProcess(["reconcile", ...args], env)
})

const jsonOf = (text: string): Report => JSON.parse(text)

/** A merchant call behind our back: an order that no event of ours asks for. */
const createBehindOurBack = Effect.fnUntraced(function* (externalId: string) {
  const { baseUrl } = yield* Control
  const body = JSON.stringify({ externalId, amount: { currencyCode: "EUR", amount: "3.00" } })
  const headers = { "content-type": "application/json" }
  const { ok } = yield* Effect.promise(() => fetch(`${baseUrl}/simulator/orders`, { method: "POST", headers, body }))
  assert.isTrue(ok)
})

/** An order that our log says is open, and that the provider has never heard of. */
const openInTheLogAlone = Effect.gen(function* () {
  const requestedAt = DateTime.subtract(yield* DateTime.now, { minutes: 5 })
  const invoiceId = InvoiceId.make(`inv_${randomUUID().replaceAll("-", "").slice(0, 20)}`)
  const amount = Money.of("USD", 777n)
  const expiresAt = DateTime.add(requestedAt, { minutes: 30 })
  const link = "https://t.me/wallet"
  const events: ReadonlyArray<InvoiceEvent> = [
    {
      _tag: "InvoiceIssued",
      invoiceId,
      customerId: CustomerId.make("cus_00000000000000000001"),
      lines: [{ title: "Tea", quantity: 1, unitPrice: amount }],
      amount,
      issuedAt: requestedAt,
      payBy: expiresAt,
      policy: { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 60 },
    },
    {
      _tag: "ProviderOrderRequested",
      provider: "wallet-pay",
      externalId: invoiceId,
      amount,
      description: "Green tea",
      timeoutSeconds: 1800,
      requestedAt,
      repeatUntil: requestedAt,
    },
    {
      _tag: "ProviderOrderOpened",
      provider: "wallet-pay",
      orderId: "4711",
      number: "ABCDEFGH",
      payLink: link,
      directPayLink: link,
      expiresAt,
    },
  ]
  const [first, ...others] = yield* codec.encode(events, Metadata.complete(about, undefined))
  yield* (yield* EventStore).append({
    key: invoiceId,
    streams: [{ stream: stream(invoiceId), expected: "none", events: [first!, ...others] }],
  })
  return invoiceId
})

/** What we were told of an order's payment, which may be another thing than what the provider lists. */
const told = (externalId: string, orderId: string, completedAt: DateTime.Utc, other: Partial<Payment>) =>
  observe(
    {
      _tag: "PaymentCompleted",
      externalId,
      payment: {
        provider: "wallet-pay",
        orderId,
        orderAmount: Money.of("USD", 1250n),
        gross: usdt(12_502_501n),
        fee: usdt(125_025n),
        net: usdt(12_377_476n),
        rate: "1",
        completedAt,
        ...other,
      },
    },
    heard,
  )

/** The outcome of each order that is no match, by external id; a second line of one fails. */
const outcomes = ({ lines }: Report): Record<string, string> => {
  const found: Record<string, string> = {}
  for (const { outcome, externalId, orderId, differing } of lines) {
    if (outcome === "Matched" || outcome === "Open") continue
    const id = externalId ?? orderId ?? "?"
    assert.notProperty(found, id, "one line an order")
    found[id] = [outcome, ...differing].join(" ")
  }
  return found
}

layer(shop, { excludeTestServices: true, timeout: "60 seconds" })("paylog reconcile", (it) => {
  it.effect(
    "finds that everything matches, then each difference once, with totals that are the sums of the lines",
    () =>
      Effect.gen(function* () {
        const control = yield* Control
        const head = EventStore.use((store) => store.head)
        const paid = [yield* ordered, yield* ordered]
        yield* pay(paid[0]!)
        yield* pay(paid[1]!, { currency: "TON" })
        const expired = yield* ordered
        yield* control.expire(expired)
        const cancelled = yield* ordered
        yield* control.cancel(cancelled)
        const open = yield* ordered
        yield* until(expired, "Expired")
        yield* until(cancelled, "Expired")

        const before = yield* head
        const { env } = yield* Shop
        const clean = yield* paylog(["reconcile", "--grace", "0", "--format", "json"], env)
        assert.strictEqual(clean.code, 0, clean.err)
        assert.match(clean.err, /4 orders match, 1 are open, none differs\n$/)
        assert.match(clean.err, /provider \[=+\] 100 % {2}5 of 5 orders/)
        assert.match(clean.err, /log \[=+\] 100 % {2}\d+ of \d+ events/)
        const report = jsonOf(clean.out)
        assert.deepStrictEqual(
          report.lines.filter(({ outcome }) => outcome === "Open").map(({ externalId }) => externalId),
          [open],
        )
        assert.deepStrictEqual(unlike(report, yield* truthOf), [])
        assert.strictEqual(yield* head, before, "it reads only")

        // Each kind of difference.
        const planted: Record<string, string> = {}
        yield* createBehindOurBack("behind-our-back")
        planted["behind-our-back"] = "MissingHere"
        yield* unheard(Effect.andThen(createBehindOurBack("=paid behind our back"), pay("=paid behind our back")))
        planted["=paid behind our back"] = "MissingHere"
        planted[yield* openInTheLogAlone] = "MissingThere"
        const now = yield* DateTime.now
        yield* told("nobody", "4712", DateTime.subtract(now, { hours: 1 }), {})
        planted["4712"] = "MissingThere"

        const dropped = yield* ordered
        yield* unheard(pay(dropped, { currency: "TON" }))
        planted[dropped] = "StatusDiffers status"
        const unheardOfEnd = yield* ordered
        yield* unheard(control.expire(unheardOfEnd))
        planted[unheardOfEnd] = "StatusDiffers status"
        const unheardOfCancel = yield* ordered
        yield* unheard(control.cancel(unheardOfCancel))
        planted[unheardOfCancel] = "StatusDiffers status"
        const onlyHere = yield* ordered
        yield* told(onlyHere, (yield* control.order(onlyHere)).id, now, {})
        planted[onlyHere] = "StatusDiffers status"

        const otherPrice = yield* ordered
        yield* pay(otherPrice, { orderAmount: { currencyCode: "USD", amount: "12.49" } })
        planted[otherPrice] = "AmountDiffers price"
        const otherCurrency = yield* ordered
        yield* pay(otherCurrency, { orderAmount: { currencyCode: "EUR", amount: "12.50" } })
        planted[otherCurrency] = "CurrencyDiffers price"
        const otherAmounts = yield* ordered
        yield* unheard(pay(otherAmounts))
        yield* told(otherAmounts, (yield* control.order(otherAmounts)).id, now, {
          net: usdt(1n),
          fee: usdt(12_502_500n),
        })
        planted[otherAmounts] = "AmountDiffers fee net"

        const { code, out, err } = yield* reconcile("--grace", "0", "--format", "json")
        assert.strictEqual(code, 5, err)
        assert.include(
          err,
          "11 of 16 orders differ: 2 missing here, 2 missing there, 4 status differs, 1 currency differs, 2 amount differs\n",
        )
        const found = jsonOf(out)
        assert.deepStrictEqual(outcomes(found), planted)
        const truth = yield* truthOf
        assert.deepStrictEqual(unlike(found, truth), [])
        // Controls: a report that ignores a side, or a line, is not the truth.
        assert.isNotEmpty(unlike(without(found, "here"), truth))
        assert.isNotEmpty(unlike(without(found, "there"), truth))
        assert.isNotEmpty(unlike({ ...found, lines: found.lines.slice(1) }, truth))

        // The same in the other formats.
        const folder = mkdtempSync(join(tmpdir(), "paylog-"))
        yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true })))
        const file = join(folder, "report.csv")
        const csv = yield* reconcile("--grace", "0", "--format", "csv", "--out", file)
        assert.deepStrictEqual([csv.code, csv.out], [5, ""])
        const sheet = readFileSync(file, "utf8")
        const { orders, totals } = sumsOf(sheet)
        assert.strictEqual(orders, found.lines.length)
        assert.deepStrictEqual(totals.ofLines, totals.stated)
        for (const { currency, gross, net } of found.totals) {
          assert.strictEqual(totals.stated[`${currency} gross_there`], gross.there)
          assert.strictEqual(totals.stated[`${currency} net_here`], net.here)
        }
        assert.include(sheet, "'=paid behind our back")
        assert.notMatch(sheet, /(^|,)"?=/m)

        const table = yield* reconcile("--grace", "0")
        assert.strictEqual(table.code, 5)
        assert.match(
          table.out,
          /^Orders from the first one until now\nThe provider's list of 14 orders, read at \S+Z; our log up to position \d+\n\n/,
        )
        for (const id of Object.keys(planted))
          assert.lengthOf(
            table.out.split("\n").filter((line) => line.includes(id)),
            1,
          )
        assert.notInclude(table.out, paid[0]!)
        assert.match(table.out, new RegExp(`${onlyHere} .* Paid +Active +12\\.50 USD, paid 12\\.502501 USDT\\n`))
        for (const { currency, gross } of found.totals) {
          if (gross.here === "0" && gross.there === "0") continue
          const [, ofCurrency = ""] = table.out.split(`\n${currency} `)
          assert.match(
            ofCurrency,
            new RegExp(`gross +${gross.here} +${gross.there} +${gross.difference} +${gross.open}`),
          )
        }
        assert.include((yield* reconcile("--grace", "0", "--all")).out, paid[0]!)

        // A range whose edge lies between our request and the provider's order cuts neither side of it off.
        const edge = found.lines.find(({ externalId }) => externalId === dropped)!.createdAt!
        const since = jsonOf((yield* reconcile("--grace", "0", "--from", edge, "--format", "json")).out)
        assert.deepInclude(since.lines[0], { externalId: dropped, outcome: "StatusDiffers" })
        const earlier = jsonOf((yield* reconcile("--grace", "0", "--until", edge, "--format", "json")).out)
        assert.notInclude(
          earlier.lines.map(({ externalId }) => externalId),
          dropped,
        )
        assert.strictEqual(
          since.lines.length + earlier.lines.length,
          found.lines.length,
          "two ranges side by side have every order once",
        )

        // What is of the last minutes may be under way: it is open, and no difference.
        const patient = jsonOf((yield* reconcile("--format", "json")).out)
        assert.deepStrictEqual(
          patient.lines.filter(({ outcome }) => outcome === "StatusDiffers").map(({ externalId }) => externalId),
          [],
        )
      }).pipe(Effect.scoped),
    120_000,
  )

  it.effect("needs no more than the reader's role, and says what is missing", () =>
    Effect.gen(function* () {
      const { env } = yield* Shop
      const url = new URL((yield* World).url)
      const name = `reader_${randomUUID().replaceAll("-", "")}`
      const sql = (text: string) => Database.use(({ query }) => query({ name: "", text }))
      yield* Effect.acquireRelease(sql(`create role ${name} login password '${name}' in role paylog_read`), () =>
        Effect.orDie(sql(`drop role ${name}`)),
      )
      url.username = name
      url.password = name
      const read = yield* inProcess(["reconcile", "--days", "1"], { ...env, DATABASE_URL: url.href })
      assert.strictEqual(read.code, 5, read.err)
      for (const variable of ["DATABASE_URL", "WALLETPAY_API_KEY"]) {
        const { [variable]: _, ...others } = env
        const missing = yield* paylog(["reconcile"], others)
        assert.strictEqual(missing.code, 2)
        assert.match(missing.err, new RegExp(`^${variable}: [^\\n]+\\n$`))
      }
      for (const args of [
        ["--days", "0"],
        ["--days", "1", "--from", "2026-01-01"],
        ["--from", "yesterday"],
        ["--from", "2026-01-02", "--until", "2026-01-01"],
        ["--format", "xml"],
        ["--grace", "-1"],
      ])
        assert.strictEqual((yield* reconcile(...args)).code, 2, args.join(" "))
      const wrongKey = yield* inProcess(["reconcile"], { ...env, WALLETPAY_API_KEY: "another-key" })
      assert.strictEqual(wrongKey.code, 3)
      assert.match(wrongKey.err, /HTTP 401\. Is WALLETPAY_API_KEY the store's key\?\n$/)
      const nowhere = yield* reconcile("--out", "/nonexistent/report.txt")
      assert.strictEqual(nowhere.code, 1)
      assert.match(nowhere.err, /\/nonexistent\/report\.txt cannot be written/)
    }).pipe(Effect.scoped),
  )
})

/** The report as one would make it who knows one side alone. */
const without = (report: Report, side: "here" | "there"): Report => ({
  ...report,
  lines: report.lines
    .filter((line) => line[side === "here" ? "there" : "here"] !== null)
    .map((line) => ({ ...line, [side]: null })),
})

layer(closedShop, { excludeTestServices: true, timeout: "60 seconds" })(
  "paylog reconcile, of a provider in trouble",
  (it) => {
    it.effect("waits for a provider that stumbles, and shows lines that nobody can read", () =>
      Effect.gen(function* () {
        const control = yield* Control
        yield* createBehindOurBack("one")
        yield* control.inject({ on: "list", when: "before", times: 4, kind: "answer", code: 503 })
        const stumbling = yield* reconcile("--format", "json")
        assert.strictEqual(stumbling.code, 5, stumbling.err)
        assert.deepStrictEqual(outcomes(jsonOf(stumbling.out)), { one: "MissingHere" })

        yield* control.inject({
          on: "list",
          when: "after",
          times: 1,
          kind: "overlay",
          json: { data: { items: { status: "REFUNDED" } } },
        })
        const strange = yield* reconcile("--format", "json")
        assert.strictEqual(strange.code, 5)
        assert.deepStrictEqual(outcomes(jsonOf(strange.out)), { one: "NotUnderstood" })

        // A list that is shorter than its count is no list.
        yield* control.inject({
          on: "count",
          when: "after",
          times: 1,
          kind: "overlay",
          json: { data: { totalAmount: 3 } },
        })
        const short = yield* reconcile()
        assert.strictEqual(short.code, 1)
        assert.match(short.err, /The provider counts 3 orders, and its list ends after 1\n$/)
      }),
    )

    it.effect("asks for an order that was paid in the range and created long before it", () =>
      Effect.gen(function* () {
        const control = yield* Control
        const now = yield* DateTime.now
        yield* createBehindOurBack("bought in January")
        yield* told("bought in January", (yield* control.order("bought in January")).id, now, {})
        yield* told("nobody", "4713", now, {})
        const { lines } = jsonOf((yield* reconcile("--days", "1", "--grace", "0", "--format", "json")).out)
        assert.deepStrictEqual(
          lines.map(({ outcome, orderId }) => [outcome, orderId]),
          [["MissingThere", "4713"]],
        )
      }),
    )
  },
)
