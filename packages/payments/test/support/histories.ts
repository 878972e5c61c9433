/** Histories of invoices as the domain would let them happen, of whatever customers, providers and clocks do. */
import * as Invoice from "@paylog/domain/Invoice"
import { decide, type InvoiceCommand } from "@paylog/domain/InvoiceDecisions"
import * as Money from "@paylog/domain/Money"
import { DateTime, Effect, Random, Result } from "effect"
import { at, order, payment, terms } from "@paylog/payments/Samples"

/** The events of one invoice; at least its issue. */
export const history = Effect.fnUntraced(function* (number: number) {
  const invoiceId = Invoice.InvoiceId.make(`inv_${number.toString(36).padStart(20, "0")}`)
  const customerId = Invoice.CustomerId.make(`cus_${(number % 97).toString(36).padStart(20, "0")}`)
  const issuedAt = DateTime.add(at("2026-03-01T12:00:00Z"), { seconds: number })
  let state: Invoice.Invoice = Invoice.absent
  const events: Array<Invoice.InvoiceEvent> = []
  const give = (command: InvoiceCommand) => {
    for (const event of Result.getOrElse(decide(state, command), () => [])) {
      events.push(event)
      state = Invoice.evolve(state, event)
    }
  }
  give({ ...terms(customerId, issuedAt), _tag: "Issue", invoiceId, at: issuedAt })
  const commands = yield* Random.nextIntBetween(0, 8)
  for (let minute = 1; minute <= commands; minute++) {
    const now = DateTime.add(issuedAt, { minutes: minute * 7 })
    const choices: ReadonlyArray<InvoiceCommand> = [
      {
        _tag: "RequestOrder",
        provider: "wallet-pay",
        externalId: invoiceId,
        description: 'Green "tea" \\ 茶',
        timeoutSeconds: 1800,
        repeatUntil: DateTime.add(now, { minutes: 2 }),
        at: now,
      },
      { _tag: "RecordOutcomeUnknown", reason: "no answer within 10 s", at: now },
      { _tag: "RecordOrderOpened", provider: "wallet-pay", order: order(DateTime.add(now, { minutes: 30 })) },
      { _tag: "RecordOrderOpened", provider: "wallet-pay", order: order(DateTime.add(now, { minutes: 30 })) },
      { _tag: "RecordOrderRefused", reason: "ACCESS_DENIED", at: now },
      { _tag: "RecordPayment", payment: payment(now) },
      { _tag: "RecordPayment", payment: payment(now) },
      { _tag: "RecordPayment", payment: payment(now, { orderAmount: Money.of("USD", 999n) }) },
      { _tag: "RecordPayment", payment: payment(now, { gross: { currency: "GRAM", unread: "7.0000000001" } }) },
      { _tag: "RecordPayment", payment: payment(now, { orderId: "10030467668508674" }) },
      { _tag: "RecordOrderClosed", outcome: "Expired", closedAt: now },
      { _tag: "Cancel", at: now },
      { _tag: "ExpireByClock", at: now },
      { _tag: "RecordFulfilled", reference: "message-1", at: now },
      { _tag: "RecordFulfilmentFailed", reason: "OutOfStock", at: now },
      { _tag: "RecordFulfilmentFailed", reason: "OutOfStock", at: now },
    ]
    const likely = minute === 1 ? choices[0] : minute === 2 ? choices[2] : undefined
    const chosen = choices[yield* Random.nextIntBetween(0, choices.length)]
    const command = likely !== undefined && (yield* Random.nextBoolean) ? likely : chosen
    if (command !== undefined) give(command)
  }
  return { invoiceId, events }
})
