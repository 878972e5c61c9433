/** What the till's API speaks: JSON over HTTP. Money is decimal text, times are ISO 8601. */
import * as Money from "@paylog/domain/Money"
import { Time } from "@paylog/domain/Time"
import { Word } from "@paylog/domain/Text"
import { Schema } from "effect"

/** `POST /orders`. The same key and fields are the same order (200); other fields under a known key are a 409. */
export const NewOrder = Schema.Struct({
  key: Word,
  price: Money.Money,
  description: Schema.String,
  seconds: Schema.Natural,
})

/** `GET /orders/<id>`, and each line of `GET /orders?offset=0&count=50`. `GET /orders/count` is a number. */
export const Order = Schema.Struct({
  id: Word,
  key: Word,
  price: Money.Money,
  state: Schema.Literals(["Active", "Paid", "Expired"]),
  link: Schema.String,
  createdAt: Time,
  expiresAt: Time,
  paid: Schema.optionalKey(Schema.Struct({ gross: Money.Money, fee: Money.Money, net: Money.Money, at: Time })),
})
export type Order = typeof Order.Type

/** The body of a delivery: something became of an order. */
export const Message = Schema.Struct({ id: Word, order: Order })

/** The delivery's signature: HMAC-SHA256 over the body, in hex. */
export const signatureHeader = "till-signature"
