/** Invoices and money in the log, for tests of what people do with them. */
import { CustomerId, type InvoiceId } from "@paylog/domain/Invoice"
import type { StaffId } from "@paylog/domain/Manual"
import type { Payment } from "@paylog/domain/PaymentProvider"
import * as Ids from "@paylog/payments/Ids"
import * as Invoices from "@paylog/payments/Invoices"
import { observe } from "@paylog/payments/Observe"
import * as Staff from "@paylog/payments/Staff"
import { DateTime, Effect } from "effect"
import { about, order, payment, terms } from "./samples.ts"

const customerId = CustomerId.make("cus_00000000000000000000")
export const heard = { provider: "wallet-pay", about }

/** An order id that no other test has. */
export const freshOrder = Effect.map(Ids.actId, (id) => id.slice(4))

/** An invoice of 12.50 USD that waits for its payment until half an hour after `now`, and the id of its order. */
export const awaitingOf = Effect.fnUntraced(function* (customerId: CustomerId) {
  const now = yield* DateTime.now
  const orderId = yield* freshOrder
  const invoiceId = yield* Invoices.issue(terms(customerId, now), about)
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
  const opened = { ...order(DateTime.add(now, { minutes: 30 })), orderId }
  yield* observe({ _tag: "OrderOpened", externalId: invoiceId, order: opened }, heard)
  return { invoiceId, orderId }
})

export const awaiting = awaitingOf(customerId)

/** What a provider says of a payment of 12.50 USD in USDT, as a webhook would bring it. */
export const pay = Effect.fnUntraced(function* (externalId: string, changes: Partial<Payment> & { orderId: string }) {
  const observation = {
    _tag: "PaymentCompleted",
    externalId,
    payment: payment(yield* DateTime.now, changes),
  } as const
  return { observation, outcome: yield* observe(observation, heard) }
})

/** A person of the staff. */
export const person = (name: string, login?: string) => Effect.map(Staff.add({ name, login }), ({ staffId }) => staffId)

export const because = (by: StaffId, reason = "the customer asked for it") => ({ by, reason })

/** What became of an invoice's payments. */
export const dispositions = (invoiceId: InvoiceId) =>
  Effect.map(Invoices.get(invoiceId), (state) =>
    state._tag === "Absent" ? [] : state.payments.map(({ disposition }) => disposition),
  )
