import { assert, describe, it } from "@effect/vitest"
import * as Money from "@paylog/domain/Money"
import type { ListedOrder, ListLine } from "@paylog/domain/PaymentProvider"
import type { PaymentReceived } from "@paylog/domain/Payment"
import type { Range } from "@paylog/payments/ListedOrders"
import type { LoggedOrder, Status } from "@paylog/payments/LoggedOrders"
import { compare, type Outcome, type Reconciliation, strangers } from "@paylog/payments/Reconciliation"
import { DateTime, Effect, Random } from "effect"
import { at } from "@paylog/payments/Samples"

const startedAt = at("2026-03-02T12:00:00Z")
const ago = (minutes: number) => DateTime.subtract(startedAt, { minutes })
const all: Range = { from: undefined, until: undefined }
const usd = (minor: bigint) => Money.of("USD", minor)

const paid = (orderId: string, other: Partial<PaymentReceived> = {}): PaymentReceived => ({
  _tag: "PaymentReceived",
  provider: "wallet-pay",
  orderId,
  orderAmount: usd(1250n),
  gross: Money.of("TON", 7_000_000_000n),
  fee: Money.of("TON", 70_000_000n),
  net: Money.of("TON", 6_930_000_000n),
  rate: "0.56",
  completedAt: ago(300),
  ...other,
})

/** An old order, paid when its status says so. */
const listed = (n: number, other: Partial<ListedOrder> = {}): ListedOrder => ({
  externalId: `inv-${n}`,
  orderId: `${n}`,
  status: "Paid",
  orderAmount: usd(1250n),
  createdAt: ago(400),
  expiresAt: ago(100),
  payment: (other.status ?? "Paid") === "Paid" ? paid(`${n}`) : undefined,
  ...other,
})

const logged = (n: number, other: Partial<LoggedOrder> = {}): LoggedOrder => ({
  stream: `invoice-inv-${n}`,
  externalId: `inv-${n}`,
  orderId: `${n}`,
  price: usd(1250n),
  status: "Paid",
  payment: (other.status ?? "Paid") === "Paid" ? paid(`${n}`) : undefined,
  since: ago(400),
  settledAt: ago(300),
  ...other,
})

const strange = (index: number, externalId?: string): ListLine => ({
  _tag: "NotUnderstood",
  index,
  externalId,
  reason: "status is none that is known",
})

const reconcile = (
  there: ReadonlyArray<ListedOrder | ListLine>,
  orders: ReadonlyArray<LoggedOrder>,
  { range = all, minutes = 10 }: { readonly range?: Range; readonly minutes?: number } = {},
): Reconciliation =>
  compare(
    {
      startedAt,
      count: there.length,
      lines: there.map((line, index) => ("_tag" in line ? line : { _tag: "Understood", index, order: line })),
    },
    { position: 1n, orders },
    { range, graceMs: minutes * 60_000 },
  )

const outcomes = ({ lines }: Reconciliation) => lines.map(({ outcome }) => outcome)

describe("a line of a reconciliation", () => {
  /** By the provider's status, in the order of `here`: M matched, O open, S status differs. */
  const here: ReadonlyArray<Status> = [
    ...(["Requested", "Active", "Paid", "Expired", "Cancelled", "Lapsed", "Withdrawn", "Refused", "Absent"] as const),
  ]
  const table = {
    Active: "OOSSSSOSS",
    Paid: "SSMSSSSSS",
    Expired: "SSSMSMMSS",
    Cancelled: "SSSSMMMSS",
  } as const
  const letters: Record<string, Outcome> = { M: "Matched", O: "Open", S: "StatusDiffers" }

  for (const there of ["Active", "Paid", "Expired", "Cancelled"] as const)
    it(`says what it means that the provider has an order as ${there}`, () => {
      for (const [place, status] of here.entries()) {
        const expected = letters[table[there][place]!]!
        const long = reconcile([listed(1, { status: there })], [logged(1, { status })])
        assert.deepStrictEqual(outcomes(long), [expected], status)
        assert.deepStrictEqual(long.lines[0]!.differing, expected === "StatusDiffers" ? ["status"] : [])
        // What is of the last minutes, on either side, may not have come to the other.
        const recent = {
          createdAt: ago(9),
          expiresAt: ago(1),
          ...(there === "Paid" ? { payment: paid("1", { completedAt: ago(1) }) } : {}),
        }
        const fresh = reconcile([listed(1, { status: there, ...recent })], [logged(1, { status, settledAt: ago(1) })])
        assert.deepStrictEqual(outcomes(fresh), [expected === "StatusDiffers" ? "Open" : expected], `${status}, fresh`)
      }
    })

  it("is missing on the side that lacks the order", () => {
    assert.deepStrictEqual(outcomes(reconcile([listed(1), listed(2)], [logged(2), logged(3)])), [
      "MissingHere",
      "Matched",
      "MissingThere",
    ])
  })

  it("is open, or not there at all, for an order that the provider need not have", () => {
    const status = (status: Status, other: Partial<LoggedOrder> = {}) =>
      outcomes(reconcile([], [logged(1, { status, ...other })]))
    assert.deepStrictEqual(status("Requested", { orderId: undefined }), ["Open"])
    assert.deepStrictEqual(status("Active"), ["MissingThere"])
    assert.deepStrictEqual(status("Active", { since: ago(5) }), ["Open"])
    for (const closed of ["Refused", "Absent"] as const) assert.deepStrictEqual(status(closed), [])
    for (const closed of ["Lapsed", "Withdrawn"] as const) {
      assert.deepStrictEqual(status(closed), ["MissingThere"])
      assert.deepStrictEqual(status(closed, { orderId: undefined }), [])
    }
  })

  it("compares money by value, to the last digit, and tells a currency from an amount", () => {
    const with_ = (other: Partial<PaymentReceived>) => {
      const { lines } = reconcile([listed(1, { payment: paid("1", other) })], [logged(1)])
      return [lines[0]!.outcome, ...lines[0]!.differing].join(" ")
    }
    assert.strictEqual(with_({ gross: { ...Money.of("TON", 0n), scale: 2, minor: 700n } }), "Matched")
    assert.strictEqual(with_({ gross: { currency: "TON", unread: "7.000000000000" } }), "Matched")
    assert.strictEqual(with_({ gross: { currency: "TON", unread: "7.0000000001" } }), "AmountDiffers gross")
    assert.strictEqual(with_({ net: Money.of("TON", 6_929_999_999n) }), "AmountDiffers net")
    assert.strictEqual(with_({ fee: Money.of("USDT", 70_000n) }), "CurrencyDiffers fee")
    const price = reconcile([listed(1, { orderAmount: usd(1251n) })], [logged(1)])
    assert.deepStrictEqual(outcomes(price), ["AmountDiffers"])
  })

  it("is one for each line of the provider's, also when it lists an order twice", () => {
    assert.deepStrictEqual(outcomes(reconcile([listed(1), listed(1)], [logged(1)])), ["Matched", "MissingHere"])
  })

  it("finds an order by either id, and says when the other is another", () => {
    const { lines } = reconcile(
      [listed(1, { externalId: "not-ours" }), listed(2)],
      [logged(1), logged(2, { orderId: undefined, status: "Requested" })],
    )
    assert.deepStrictEqual(
      lines.map(({ outcome, note }) => [outcome, note]),
      [
        ["Matched", "here it is inv-1"],
        ["StatusDiffers", undefined],
      ],
    )
    // A second order under our external id does not take the first one's place.
    const second = reconcile([listed(3, { externalId: "inv-1" }), listed(1)], [logged(1)])
    assert.deepStrictEqual(outcomes(second), ["MissingHere", "Matched"])
  })

  it("hides nothing behind a line that cannot be read", () => {
    const known = reconcile([strange(0, "inv-1"), listed(2)], [logged(1), logged(2)])
    assert.deepStrictEqual(outcomes(known), ["NotUnderstood", "Matched"])
    const blind = reconcile([strange(0), listed(2)], [logged(1), logged(2)])
    assert.deepStrictEqual(outcomes(blind), ["NotUnderstood", "Matched", "MissingThere"])
    assert.match(blind.lines[2]!.note ?? "", /not understood/)
    const unreadable = (n: number) => {
      const { payment: _, price: __, ...others } = logged(n)
      return {
        ...others,
        price: undefined,
        payment: undefined,
        status: "Unreadable",
        reason: "an event of it",
      } as const
    }
    const here = reconcile([listed(1), listed(2)], [unreadable(1), logged(2), unreadable(3)])
    assert.deepStrictEqual(outcomes(here), ["NotUnderstood", "Matched", "NotUnderstood"])
    assert.deepStrictEqual(here.lines[2]!.note, "an event of it")
  })
})

describe("the range of a reconciliation", () => {
  const range = { from: ago(500), until: ago(200) }

  it("is the provider's time of creation, from its begin to before its end", () => {
    const orders = [501, 500, 201, 200].map((minutes, n) => listed(n, { createdAt: ago(minutes) }))
    const { lines } = reconcile(
      orders,
      orders.map((_, n) => logged(n)),
      { range },
    )
    assert.deepStrictEqual(
      lines.map(({ index }) => index),
      [1, 2],
    )
  })

  it("makes no difference of an order at its edge, asked for on one side of it and created on the other", () => {
    const orders = [listed(1, { createdAt: ago(499.9) }), listed(2, { createdAt: ago(199.9) })]
    const ours = [logged(1, { since: ago(500.1) }), logged(2, { since: ago(200.1) })]
    const { lines } = reconcile(orders, ours, { range })
    assert.deepStrictEqual(
      lines.map(({ outcome, externalId }) => [outcome, externalId]),
      [["Matched", "inv-1"]],
    )
    // Control: cut before they are paired, both edges would show.
    const cut = reconcile(orders.slice(0, 1), ours.slice(1), { range })
    assert.deepStrictEqual(outcomes(cut), ["MissingHere", "MissingThere"])
  })
})

describe("a payment that nobody asked for", () => {
  it("is to be asked for when it is of the range and was not read, since its order may be older", () => {
    const range = { from: ago(500), until: ago(200) }
    const stranger = (n: number, since: DateTime.Utc) => logged(n, { externalId: undefined, since })
    const ours = [logged(1), stranger(2, ago(300)), stranger(3, ago(300)), stranger(4, ago(501)), stranger(5, ago(200))]
    const theirs = { startedAt, count: 1, lines: [{ _tag: "Understood", index: 0, order: listed(2) }] } as const
    const found = strangers(theirs, { position: 1n, orders: ours }, range)
    assert.deepStrictEqual(
      found.map(({ orderId }) => orderId),
      ["3"],
    )
  })
})

/** Two sides that have most orders in common. */
const twoSides = Effect.gen(function* () {
  const pick = <A>(values: ReadonlyArray<A>) =>
    Effect.map(Random.nextIntBetween(0, values.length - 1), (place) => values[place]!)
  const there: Array<ListedOrder | ListLine> = []
  const here: Array<LoggedOrder> = []
  for (let n = 0; n < 30; n++) {
    const status = yield* pick(["Active", "Paid", "Paid", "Expired", "Cancelled"] as const)
    const ours = yield* pick([status, status, status, "Lapsed", "Requested", "Withdrawn"] as const)
    const minor = BigInt(yield* Random.nextIntBetween(1, 1_000_000_000))
    const currency = yield* pick(["TON", "USDT", "BTC"])
    const unread = { currency: "GRAM", unread: `${minor}.123456789012345678901` }
    const money = { gross: Money.of(currency, minor), fee: Money.of(currency, 1n), net: Money.of(currency, minor - 1n) }
    const payment = paid(`${n}`, yield* pick([money, money, { ...money, gross: unread }]))
    const price = yield* pick([usd(minor), Money.of("EUR", 7n)])
    if ((yield* Random.next) < 0.9)
      there.push(
        (yield* Random.next) < 0.1
          ? strange(there.length, (yield* Random.next) < 0.5 ? `inv-${n}` : undefined)
          : listed(n, { status, orderAmount: price, payment: status === "Paid" ? payment : undefined }),
      )
    if ((yield* Random.next) < 0.9)
      here.push(
        logged(n, {
          status: ours,
          price: yield* pick([price, price, usd(1n)]),
          payment: ours === "Paid" ? { ...payment, net: yield* pick([payment.net, Money.of("TON", 3n)]) } : undefined,
        }),
      )
  }
  return { there, here }
})

/** What is wrong with a report on these two sides; empty when nothing is. */
const faults = ({ there, here }: Effect.Success<typeof twoSides>, { lines, totals, outcomes }: Reconciliation) => {
  const found: Array<string> = []
  const indexes = lines.flatMap(({ index }) => (index === undefined ? [] : [index]))
  if (indexes.join() !== there.map((_, index) => index).join()) found.push("not every line of the provider's, once")
  const streams = lines.flatMap(({ stream }) => (stream === undefined ? [] : [stream]))
  if (
    streams.toSorted().join() !==
    here
      .map(({ stream }) => stream)
      .toSorted()
      .join()
  )
    found.push("not each of ours, once")
  if (Object.values(outcomes).reduce((sum, count) => sum + count, 0) !== lines.length) found.push("the counts")
  const add = (sums: Map<string, bigint>, key: string, stated: Money.Stated | undefined) => {
    if (stated === undefined) return
    const [whole = "", fraction = ""] = (Money.isMoney(stated) ? Money.format(stated) : stated.unread).split(".")
    const minor = BigInt(whole + fraction.padEnd(24, "0"))
    sums.set(`${stated.currency} ${key}`, (sums.get(`${stated.currency} ${key}`) ?? 0n) + minor)
  }
  const truth = new Map<string, bigint>()
  for (const line of there)
    if (!("_tag" in line))
      for (const [measure, stated] of Object.entries({
        price: line.orderAmount,
        gross: line.payment?.gross,
        fee: line.payment?.fee,
        net: line.payment?.net,
      }))
        add(truth, `${measure} there`, stated)
  for (const { price, payment } of here)
    for (const [measure, stated] of Object.entries({
      price,
      gross: payment?.gross,
      fee: payment?.fee,
      net: payment?.net,
    }))
      add(truth, `${measure} here`, stated)
  const stated = new Map<string, bigint>()
  for (const total of totals)
    for (const measure of ["price", "gross", "fee", "net"] as const) {
      add(stated, `${measure} there`, total[measure].there)
      add(stated, `${measure} here`, total[measure].here)
      const { here, there, difference } = total[measure]
      if (!Money.equals(Money.add(here, difference) ?? here, there)) found.push(`${measure} difference`)
    }
  for (const key of new Set([...truth.keys(), ...stated.keys()]))
    if ((truth.get(key) ?? 0n) !== (stated.get(key) ?? 0n)) found.push(`the total of ${key}`)
  return found
}

describe("a reconciliation of any two sides", () => {
  it.effect("has every order of both in one line, and totals that are theirs to the last digit", () =>
    Effect.gen(function* () {
      for (let run = 0; run < 100; run++) {
        const both = yield* twoSides
        assert.deepStrictEqual(faults(both, reconcile(both.there, both.here)), [])
        // Controls: one that reads one side alone.
        assert.isNotEmpty(faults(both, reconcile(both.there, [])))
        assert.isNotEmpty(faults(both, reconcile([], both.here)))
      }
    }).pipe(Random.withSeed("two sides")),
  )
})
