/** What the till says, in the domain's words. */
import type { DeliveryItem, ListLine, Order, Payment } from "@paylog/domain/PaymentProvider"
import { Option, Schema } from "effect"
import * as Wire from "./Wire.ts"

/** Stable: part of stream names and events. */
export const name = "till"

const decodeLine = Schema.decodeUnknownOption(Wire.Order)
const decodeMessage = Schema.decodeUnknownOption(Schema.fromJsonString(Wire.Message))

export const toOrder = ({ id, link, expiresAt }: Wire.Order): Order => ({
  orderId: id,
  number: id,
  payLink: link,
  directPayLink: link,
  expiresAt,
})

const toPayment = ({ id, price, paid }: Wire.Order): Payment | undefined =>
  paid && {
    provider: name,
    orderId: id,
    orderAmount: price,
    gross: paid.gross,
    fee: paid.fee,
    net: paid.net,
    rate: "1",
    completedAt: paid.at,
  }

export const toLine = (line: unknown, index: number): ListLine =>
  Option.match(decodeLine(line), {
    onNone: () => ({ _tag: "NotUnderstood", index, externalId: undefined, reason: "it is no order" }),
    onSome: (order) => {
      const { id: orderId, key: externalId, state: status, price: orderAmount, createdAt, expiresAt } = order
      const payment = toPayment(order)
      return {
        _tag: "Understood",
        index,
        order: { externalId, orderId, status, orderAmount, createdAt, expiresAt, payment },
      }
    },
  })

export const toItem = (body: Uint8Array): DeliveryItem => {
  const message = Option.getOrUndefined(decodeMessage(Buffer.from(body).toString("utf8")))
  if (message === undefined) return { _tag: "NotUnderstood", index: 0, reason: "the body is no message" }
  const { id: eventId, order } = message
  const externalId = order.key
  const payment = toPayment(order)
  if (payment !== undefined)
    return { _tag: "Understood", eventId, observation: { _tag: "PaymentCompleted", externalId, payment } }
  const closed = { externalId, orderId: order.id, outcome: "Expired", closedAt: order.expiresAt } as const
  return order.state === "Expired"
    ? { _tag: "Understood", eventId, observation: { _tag: "OrderClosed", ...closed } }
    : { _tag: "Understood", eventId, observation: { _tag: "OrderOpened", externalId, order: toOrder(order) } }
}
