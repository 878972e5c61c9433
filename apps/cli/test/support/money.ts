/** Money in the log, for tests of what people do with it. */
import type { Payment } from "@paylog/domain/PaymentProvider"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { projections } from "@paylog/payments/followers"
import type { About } from "@paylog/payments/Metadata"
import { observe } from "@paylog/payments/Observe"
import { payment as samplePayment, requested } from "@paylog/payments/Samples"
import { DateTime, Effect } from "effect"

export const about: About = { actor: { kind: "Provider", id: "wallet-pay" }, source: "Webhook", correlationId: "test" }

let orders = 10_030_467_668_508_673n

/** A payment of 12.50 USD in USDT, of an order that no other has. */
export const pay = Effect.fnUntraced(function* (externalId: string, changes: Partial<Payment> = {}, by: About = about) {
  const payment = samplePayment(yield* DateTime.now, { orderId: (orders++).toString(), ...changes })
  const outcome = yield* observe(
    { _tag: "PaymentCompleted", externalId, payment },
    { provider: "wallet-pay", about: by },
  )
  return { orderId: payment.orderId, outcome }
})

/** An invoice of 12.50 USD whose order was asked for, of a customer of whom nothing is known. */
export const invoice = requested()

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
