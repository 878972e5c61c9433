/** Many orders, in little memory. */
import { assert, layer } from "@effect/vitest"
import { CustomerId, InvoiceId, type InvoiceEvent, stream } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import type { PaymentReceived } from "@paylog/domain/Payment"
import { EventStore } from "@paylog/event-store/EventStore"
import { codec } from "@paylog/payments/Invoices"
import * as Metadata from "@paylog/payments/Metadata"
import { Control } from "@paylog/wallet-pay-simulator/Control"
import type { Order } from "@paylog/wallet-pay-simulator/Orders"
import { Clock, Console, DateTime, Effect } from "effect"
import { paylog } from "./support/paylog.ts"
import { type Report, truthOf, unlike } from "./support/reconciliation.ts"
import { about, closedShop, Shop } from "./support/shop.ts"

const orders = Number(process.env["ORDERS"] ?? 10_000)
const metadata = Metadata.complete(about, undefined)

/** An order at the provider, two of three paid, and all that the log has of it; every thousandth is not in the log. */
const both = Effect.fnUntraced(function* (n: number) {
  const control = yield* Control
  const store = (yield* control.world).stores.get("default")!
  const externalId = InvoiceId.make(`inv_${n.toString(36).padStart(20, "0")}`)
  yield* control.create(store, {
    externalId,
    amount: { currencyCode: "USD", amount: "12.5" },
    description: "Green tea",
    timeoutSeconds: 3600,
    customerTelegramUserId: "1",
  })
  const order = yield* n % 3 === 0 ? control.order(externalId) : control.pay(externalId, { currency: "TON" })
  if (n % 1000 === 7) return
  const [first, ...others] = yield* codec.encode(eventsOf(externalId, order), metadata)
  yield* (yield* EventStore).append({
    key: externalId,
    streams: [{ stream: stream(externalId), expected: "none", events: [first!, ...others] }],
  })
})

const eventsOf = (invoiceId: InvoiceId, { id: orderId, number, state }: Order): ReadonlyArray<InvoiceEvent> => {
  const at = DateTime.makeUnsafe("2026-03-01T12:00:00Z")
  const usd = Money.of("USD", 1250n)
  const ton = (text: string) => {
    const [whole = "", fraction = ""] = text.split(".")
    return Money.of("TON", BigInt(whole + fraction.padEnd(9, "0")))
  }
  const provider = "wallet-pay"
  const received = (): ReadonlyArray<InvoiceEvent> => {
    if (state.status !== "PAID") return []
    const { amount, amountFee, amountNet, exchangeRate: rate } = state.payment.option
    const money = { gross: ton(amount.amount), fee: ton(amountFee.amount), net: ton(amountNet.amount) }
    const payment: PaymentReceived = {
      _tag: "PaymentReceived",
      provider,
      orderId,
      orderAmount: usd,
      ...money,
      rate,
      completedAt: at,
    }
    return [payment, { _tag: "InvoicePaid", payment: 1, provider, orderId, paidAt: at }]
  }
  return [
    {
      _tag: "InvoiceIssued",
      invoiceId,
      customerId: CustomerId.make("cus_00000000000000000001"),
      lines: [{ title: "Green tea", quantity: 1, unitPrice: usd }],
      amount: usd,
      issuedAt: at,
      payBy: at,
      policy: { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 60 },
    },
    {
      _tag: "ProviderOrderRequested",
      provider,
      externalId: invoiceId,
      amount: usd,
      description: "Green tea",
      timeoutSeconds: 3600,
      requestedAt: at,
      repeatUntil: at,
    },
    {
      _tag: "ProviderOrderOpened",
      provider,
      orderId,
      number,
      payLink: "https://t.me/wallet",
      directPayLink: "https://t.me/wallet",
      expiresAt: DateTime.add(at, { hours: 1 }),
    },
    ...received(),
  ]
}

layer(closedShop, { excludeTestServices: true, timeout: "120 seconds" })("paylog reconcile", (it) => {
  it.effect(
    `compares ${orders} orders in a heap of 128 MB`,
    () =>
      Effect.gen(function* () {
        yield* Effect.forEach(
          Array.from({ length: orders }, (_, n) => n),
          both,
          { concurrency: 64, discard: true },
        )
        const { env } = yield* Shop
        const started = yield* Clock.currentTimeMillis
        const { code, out, err } = yield* paylog(["reconcile", "--format", "json"], {
          ...env,
          NODE_OPTIONS: `--max-old-space-size=${process.env["HEAP_MB"] ?? 128}`,
        })
        yield* Console.log(`${orders} orders in ${(yield* Clock.currentTimeMillis) - started} ms\n${err}`)
        assert.strictEqual(code, 5, err)
        const report: Report = JSON.parse(out)
        const different = report.lines.filter(({ outcome }) => outcome !== "Matched" && outcome !== "Open")
        assert.strictEqual(different.length, Math.ceil((orders - 7) / 1000))
        assert.isTrue(different.every(({ outcome }) => outcome === "MissingHere"))
        assert.deepStrictEqual(unlike(report, yield* truthOf), [])
      }),
    600_000,
  )
})
