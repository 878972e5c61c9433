/** The port to a payment provider. The domain owns it; an adapter per provider implements it. */
import type { DateTime, Effect } from "effect"
import { Context, Schema } from "effect"
import type { Money, Stated } from "./Money.ts"

/** All that a provider needs to open an order. `externalId` is the idempotency key: same id and fields, same order. */
export interface OrderRequest {
  readonly externalId: string
  readonly amount: Money
  /** 5 to 100 characters, shown to the payer. */
  readonly description: string
  /** How long the order can be paid, in seconds. */
  readonly timeoutSeconds: number
  /** The payer's id at the provider (Wallet Pay: the Telegram user id, decimal digits). Personal data: never stored in the log. */
  readonly payer: string
  /** The currency code the merchant wants to receive. */
  readonly autoConversion?: string
  readonly returnUrl?: string
  readonly failReturnUrl?: string
  readonly customData?: string
}

/** An order as the provider opened it. */
export interface Order {
  /** The provider's id. A string always: it can exceed 2^53. */
  readonly orderId: string
  /** The short id a person can read out. */
  readonly number: string
  readonly payLink: string
  readonly directPayLink: string
  readonly expiresAt: DateTime.Utc
}

/** A completed payment of one order. `gross = fee + net` is checked by the invoice, not here. */
export interface Payment {
  readonly provider: string
  readonly orderId: string
  /** The order's price, in the currency it was priced in. */
  readonly orderAmount: Stated
  /** What the payer paid. */
  readonly gross: Stated
  /** What the provider kept. */
  readonly fee: Stated
  /** What the merchant got. */
  readonly net: Stated
  /** Order currency to payment currency, the provider's digits. Kept as evidence; never computed with. */
  readonly rate: string
  readonly completedAt: DateTime.Utc
}

/** What a provider says about one of our orders, by whatever way we heard it. */
export type Observation =
  | { readonly _tag: "OrderOpened"; readonly externalId: string; readonly order: Order }
  | { readonly _tag: "PaymentCompleted"; readonly externalId: string; readonly payment: Payment }
  | {
      readonly _tag: "OrderClosed"
      readonly externalId: string
      readonly orderId: string
      readonly outcome: "Expired" | "Cancelled"
      readonly closedAt: DateTime.Utc
    }

/**
 * How a try to open an order ended. Only `Unknown` and `NotTried` may be tried again, with the identical request.
 * `retryAfterMs` is there when the provider says that it is asked too much: wait that long at least, 0 when it named no time.
 */
export type OpenOutcome =
  | { readonly _tag: "Opened"; readonly order: Order }
  /** The provider will not open it; trying again will not help. */
  | { readonly _tag: "Refused"; readonly reason: string }
  /** The id was used before with other fields: our fault, an alarm, never a refusal and never retried. */
  | { readonly _tag: "Conflict" }
  /** Time-out, reset, 429, 5xx, or an answer we cannot read: the order may or may not exist. */
  | { readonly _tag: "Unknown"; readonly reason: string; readonly retryAfterMs?: number }
  /** Nothing was sent, since the provider does not answer at present: nothing happened, and nothing is to be recorded. */
  | { readonly _tag: "NotTried"; readonly retryAfterMs: number }

/** An order's state as the provider's single look-up shows it. It carries no payment details. */
export interface OrderView {
  readonly order: Order
  readonly status: "Active" | "Paid" | "Expired" | "Cancelled"
}

/** An order as the provider's list shows it. */
export interface ListedOrder {
  readonly externalId: string
  readonly orderId: string
  readonly status: OrderView["status"]
  readonly orderAmount: Stated
  readonly createdAt: DateTime.Utc
  readonly expiresAt: DateTime.Utc
  /** Present once paid. */
  readonly payment: Payment | undefined
}

/**
 * One line of the provider's list. `index` is its place there, from 0. One that cannot be understood hides no other, but
 * it is an order: as long as there is one, no order may be called absent, unless its `externalId` could be read.
 */
export type ListLine =
  | { readonly _tag: "Understood"; readonly index: number; readonly order: ListedOrder }
  | {
      readonly _tag: "NotUnderstood"
      readonly index: number
      readonly externalId: string | undefined
      readonly reason: string
    }

/** An HTTP delivery as it arrived. Header names are lower case; a repeated header is joined with ", " (and then refused). */
export interface Delivery {
  readonly method: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

/** One element of a verified delivery. One that cannot be understood never blocks its neighbours. */
export type DeliveryItem =
  | { readonly _tag: "Understood"; readonly eventId: string; readonly observation: Observation }
  | { readonly _tag: "NotUnderstood"; readonly index: number; readonly reason: string }

/** A delivery whose signature held. The only way to have one is to have verified it. */
export interface VerifiedDelivery {
  /** What arrived, as bytes to keep: enough for a holder of the key to verify it again. */
  readonly evidence: Uint8Array
  readonly items: ReadonlyArray<DeliveryItem>
}

/** What an adapter can do, as data: a user interface shows only what can be done. */
export interface Capabilities {
  readonly cancelOrder: boolean
  readonly refund: boolean
  readonly listOrders: boolean
  readonly payerMustBeKnown: boolean
  /** The bounds of an order's lifetime. */
  readonly shortestTimeoutSeconds: number
  readonly longestTimeoutSeconds: number
}

/** Nothing of the delivery may be believed. `Missing`: it has no part of a signature at all. */
export class SignatureInvalid extends Schema.TaggedError<SignatureInvalid>()("SignatureInvalid", {
  reason: Schema.Literals(["Missing", "Malformed", "Wrong"]),
}) {
  override readonly message = `The delivery's signature is ${this.reason.toLowerCase()}`
}

/** The provider did not answer a read. Safe to try again. `retryAfterMs` as for `OpenOutcome`. */
export class ProviderUnavailable extends Schema.TaggedError<ProviderUnavailable>()("ProviderUnavailable", {
  provider: Schema.String,
  reason: Schema.String,
  retryAfterMs: Schema.optionalKey(Schema.Finite),
}) {
  override readonly message = `${this.provider} is out of reach: ${this.reason}`
}

/**
 * The provider refuses this read, and will again: a wrong key, an order it does not know. `noSuchOrder` only when the answer
 * is about the one order that was asked for: nothing else says that an order is not there.
 */
export class ProviderRefused extends Schema.TaggedError<ProviderRefused>()("ProviderRefused", {
  provider: Schema.String,
  reason: Schema.String,
  noSuchOrder: Schema.optionalKey(Schema.Literal(true)),
}) {
  override readonly message = `${this.provider} refused: ${this.reason}`
}

type ReadError = ProviderUnavailable | ProviderRefused

/** While it is true, a call is a look whether the provider answers again: an adapter sends one request for it, not several. */
export const Probing = Context.Reference<boolean>("domain/PaymentProvider/Probing", { defaultValue: () => false })

export class PaymentProvider extends Context.Service<
  PaymentProvider,
  {
    /** Stable, lower case with hyphens ("wallet-pay"): part of stream names and events. */
    readonly name: string
    readonly capabilities: Capabilities
    /** Opens an order. One HTTP call, no retry inside: the worker decides when to repeat, from stored facts. */
    readonly open: (request: OrderRequest) => Effect.Effect<OpenOutcome>
    readonly get: (orderId: string) => Effect.Effect<OrderView, ReadError>
    /** Lines `offset` … `offset + count − 1` of the provider's list, oldest first, without gaps; fewer where the list ends. */
    readonly list: (offset: number, count: number) => Effect.Effect<ReadonlyArray<ListLine>, ReadError>
    /** How many orders were ever created, paid or not. */
    readonly count: Effect.Effect<number, ReadError>
    /** Checks the signature over the raw bytes, then reads the body. Pure computation; constant-time comparison. */
    readonly verify: (delivery: Delivery) => Effect.Effect<VerifiedDelivery, SignatureInvalid>
  }
>()("domain/PaymentProvider") {}
