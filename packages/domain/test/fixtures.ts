/** One invoice and all that can happen to it, on one day: `at(12)` is twelve minutes past noon. */
import { Arbitrary, DateTime, Result, Schema } from "effect"
import * as Invoice from "../src/Invoice.ts"
import * as Money from "../src/Money.ts"
import type { Order, Payment } from "../src/PaymentProvider.ts"

export const at = (minutes: number): DateTime.Utc =>
  DateTime.add(DateTime.makeUnsafe("2026-03-01T12:00:00Z"), { seconds: Math.round(minutes * 60) })

export const usd = (cents: bigint) => Money.of("USD", cents)
export const ton = (nano: bigint) => Money.of("TON", nano)

export type Command<Tag extends Invoice.InvoiceCommand["_tag"]> = Extract<Invoice.InvoiceCommand, { _tag: Tag }>

export const policy: Invoice.Policy = { tolerance: usd(0n), late: "Hold", graceSeconds: 600 }

export const issue: Command<"Issue"> = {
  _tag: "Issue",
  invoiceId: Invoice.InvoiceId.make("inv_00000000000000000001"),
  customerId: Invoice.CustomerId.make("cus_00000000000000000001"),
  lines: [{ title: "Ten stickers", quantity: 2, unitPrice: usd(500n) }],
  payBy: at(60),
  policy,
  at: at(0),
}

/** The order's life is half an hour from when it is made, which is at minute 1 or, the answer being lost, later. */
export const request: Command<"RequestOrder"> = {
  _tag: "RequestOrder",
  provider: "wallet-pay",
  externalId: "inv_00000000000000000001",
  description: "Ten stickers × 2",
  timeoutSeconds: 1800,
  repeatUntil: at(3),
  at: at(1),
}

/** Made on a repeated request: it lives longer than what is known before its answer, minute 31. */
export const order: Order = {
  orderId: "10030467668508673",
  number: "XYTNJP2O",
  payLink: "https://t.me/wallet?startattach=wpay_order_10030467668508673",
  directPayLink: "https://t.me/wallet/start?startapp=wpay_order-orderId__10030467668508673",
  expiresAt: at(32),
}

export const opened: Command<"RecordOrderOpened"> = { _tag: "RecordOrderOpened", provider: "wallet-pay", order }

export const unknown: Command<"RecordOutcomeUnknown"> = {
  _tag: "RecordOutcomeUnknown",
  reason: "no answer within 10 s",
  at: at(1.5),
}

export const refused: Command<"RecordOrderRefused"> = {
  _tag: "RecordOrderRefused",
  reason: "ACCESS_DENIED",
  at: at(1.5),
}

export const closed = (outcome: "Expired" | "Cancelled"): Command<"RecordOrderClosed"> => ({
  _tag: "RecordOrderClosed",
  outcome,
  closedAt: at(32),
})

export const cancel: Command<"Cancel"> = { _tag: "Cancel", at: at(20) }
export const clock: Command<"ExpireByClock"> = { _tag: "ExpireByClock", at: at(70) }

/** The right payment, completed in time, unless `other` says otherwise. */
export const payment = (other: Partial<Payment> = {}): Payment => ({
  provider: "wallet-pay",
  orderId: order.orderId,
  orderAmount: usd(1000n),
  gross: ton(7_000_000_000n),
  fee: ton(70_000_000n),
  net: ton(6_930_000_000n),
  rate: "0.7000000000000001",
  completedAt: at(10),
  ...other,
})

export const pay = (other: Partial<Payment> = {}): Command<"RecordPayment"> => ({
  _tag: "RecordPayment",
  payment: payment(other),
})

/** Any string at all, with U+0000 and halves of surrogate pairs more often than not. */
export const anyText = Arbitrary.map(
  Arbitrary.array(
    Arbitrary.schema(Schema.Literals([0x00, 0x0a, 0x1b, 0x35, 0x41, 0x7f, 0xd83d, 0xdc5b, 0xfffd, 0x448])),
    { maxLength: 600 },
  ),
  (units) => String.fromCharCode(...units),
)

export type Decide = typeof Invoice.decide

/** The events that the commands lead to, one after the other. A rejected command adds none. */
export const eventsOf = (
  commands: Iterable<Invoice.InvoiceCommand>,
  decide: Decide = Invoice.decide,
): ReadonlyArray<Invoice.InvoiceEvent> => {
  let state: Invoice.Invoice = Invoice.absent
  const events: Array<Invoice.InvoiceEvent> = []
  for (const command of commands) {
    for (const event of Result.getOrElse(decide(state, command), () => [])) {
      events.push(event)
      state = Invoice.evolve(state, event)
    }
  }
  return events
}

/** `given(what came before).when(command)`: the events that the command leads to, or the name of its rejection. */
export const given = (...before: ReadonlyArray<Invoice.InvoiceCommand>) => ({
  when: (command: Invoice.InvoiceCommand) =>
    Result.match(Invoice.decide(Invoice.fold(eventsOf(before)), command), {
      onFailure: ({ _tag }) => _tag,
      onSuccess: (events) => events,
    }),
})
