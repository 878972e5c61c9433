/** Money in the log, for tests of what people do with it. */
import { CustomerId } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import type { Payment } from "@paylog/domain/PaymentProvider"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { projections } from "@paylog/payments/followers"
import * as Invoices from "@paylog/payments/Invoices"
import type { About } from "@paylog/payments/Metadata"
import { observe } from "@paylog/payments/Observe"
import { DateTime, Effect } from "effect"

export const about: About = { actor: { kind: "Provider", id: "wallet-pay" }, source: "Webhook", correlationId: "test" }

let orders = 10_030_467_668_508_673n

/** A payment of 12.50 USD in USDT, of an order that no other has. */
export const pay = Effect.fnUntraced(function* (externalId: string, changes: Partial<Payment> = {}, by: About = about) {
  const payment: Payment = {
    provider: "wallet-pay",
    orderId: (orders++).toString(),
    orderAmount: Money.of("USD", 1250n),
    gross: Money.of("USDT", 12_500_000n),
    fee: Money.of("USDT", 125_000n),
    net: Money.of("USDT", 12_375_000n),
    rate: "1",
    completedAt: yield* DateTime.now,
    ...changes,
  }
  const outcome = yield* observe(
    { _tag: "PaymentCompleted", externalId, payment },
    { provider: "wallet-pay", about: by },
  )
  return { orderId: payment.orderId, outcome }
})

/** An invoice of 12.50 USD to this customer, whose order was asked for. */
export const invoiceOf = Effect.fnUntraced(function* (customerId: CustomerId) {
  const now = yield* DateTime.now
  const invoiceId = yield* Invoices.issue(
    {
      customerId,
      lines: [{ title: "Green tea", quantity: 2, unitPrice: Money.of("USD", 625n) }],
      payBy: DateTime.add(now, { minutes: 30 }),
      policy: { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 60 },
    },
    about,
  )
  yield* Invoices.command(
    invoiceId,
    "request-order",
    {
      _tag: "RequestOrder",
      provider: "wallet-pay",
      externalId: invoiceId,
      description: "Green tea",
      timeoutSeconds: 1800,
      repeatUntil: DateTime.add(now, { seconds: 120 }),
      at: now,
    },
    about,
  )
  return invoiceId
})

/** A customer of whom nothing is known. */
export const stranger = CustomerId.make("cus_00000000000000000000")

/** The same, to that one. */
export const invoice = invoiceOf(stranger)

/** What an ingester does for the read models, until the scope ends. */
export const following = Effect.gen(function* () {
  const runner = yield* FollowerRunner
  yield* Effect.forEach(projections, (projection) => Effect.forkScoped(runner.run(projection)))
})

/** An ORDER_PAID of Wallet Pay for the invoice, of an order that no other has. */
export const orderPaid = (externalId: string): string => {
  const orderId = (orders++).toString()
  const at = "2026-03-01T12:00:00.000000Z"
  return `{"eventDateTime":"${at}","eventId":${orderId},"type":"ORDER_PAID","payload":{"id":${orderId},"number":"XYTNJP2O","externalId":"${externalId}","orderAmount":{"amount":"12.50","currencyCode":"USD"},"selectedPaymentOption":{"amount":{"amount":"12.5","currencyCode":"USDT"},"amountFee":{"amount":"0.125","currencyCode":"USDT"},"amountNet":{"amount":"12.375","currencyCode":"USDT"},"exchangeRate":"1"},"orderCompletedDateTime":"${at}"}}`
}
