/** Amounts and payments, for people and programs. */
import * as Money from "@paylog/domain/Money"
import type { PaymentReceived } from "@paylog/domain/Payment"
import type { Refundable } from "@paylog/domain/Refund"
import { DateTime } from "effect"
import * as print from "./print.ts"

/** "12.50 USDT". */
export const words = (stated: Money.Stated): string => print.plain(Money.words(stated))

/** `{ "currency": "USDT", "amount": "12.50", "isExact": true }`. */
export const json = (stated: Money.Stated) => ({
  currency: stated.currency,
  amount: Money.isMoney(stated) ? Money.format(stated) : stated.unread,
  isExact: Money.isMoney(stated),
})

interface Payment extends Refundable {
  readonly received: PaymentReceived
  readonly disposition: string
}

export const paymentJson = ({ received, disposition, refunds }: Payment, place: number) => ({
  payment: place + 1,
  provider: received.provider,
  orderId: received.orderId,
  orderAmount: json(received.orderAmount),
  gross: json(received.gross),
  fee: json(received.fee),
  net: json(received.net),
  completedAt: received.completedAt,
  disposition,
  refunds: refunds.map(({ refundId, amount, progress, requestedBy }) => ({
    refundId,
    amount: json(amount),
    progress,
    requestedBy,
  })),
})

export const tableText = (payments: ReadonlyArray<Payment>): string =>
  print.tableText(
    ["PAYMENT", "ORDER", "PRICE", "GROSS", "FEE", "NET", "COMPLETED", "IS", "GOES BACK"],
    payments.map(({ received, disposition, refunds }, place) => [
      String(place + 1),
      received.orderId,
      words(received.orderAmount),
      words(received.gross),
      words(received.fee),
      words(received.net),
      DateTime.formatIso(received.completedAt),
      disposition,
      refunds.map(({ refundId, amount, progress }) => `${words(amount)} ${progress} ${refundId}`).join(", "),
    ]),
  )

/** The same on stdout. */
export const table = (payments: ReadonlyArray<Payment>) => print.line(tableText(payments))
