/** A merchant's store: its keys, its webhook's address, and its orders in the order of creation. In memory, synchronous. */
import { Data, type Redacted } from "effect"
import type { Instant } from "./Instant.ts"
import { second } from "./Instant.ts"
import * as OrderRequest from "./OrderRequest.ts"
import type { Order } from "./Orders.ts"
import * as Orders from "./Orders.ts"
import type { Settings } from "./Settings.ts"

export interface Profile {
  readonly name: string
  /** All authenticate calls; the first signs webhooks. More than one while keys are being rotated. */
  readonly apiKeys: readonly [Redacted.Redacted, ...ReadonlyArray<Redacted.Redacted>]
  /** Where webhooks go. The path is signed as it is written here. */
  readonly webhookUrl: string | undefined
  /** Otherwise a create is answered with ACCESS_DENIED. */
  readonly mayCreateOrders: boolean
}

export type Created = Data.TaggedEnum<{
  Success: { readonly order: Order }
  Already: { readonly order: Order }
  Conflict: {}
  AccessDenied: {}
  Invalid: { readonly problems: string }
}>
export const Created = Data.taggedEnum<Created>()

export class Store {
  profile: Profile
  readonly orders: Array<Order> = []
  readonly #byId = new Map<string, number>()
  readonly #byExternalId = new Map<string, number>()
  /** No active order expires before this. */
  #nextExpiry: Instant = Infinity
  #window = { ends: 0, calls: 0 }

  constructor(profile: Profile) {
    this.profile = profile
  }

  /** Creates an order, once per `externalId`: the same request again returns the same order. O(1). */
  create(
    request: OrderRequest.OrderRequest,
    rules: Settings["orders"],
    newIds: () => { readonly id: string; readonly number: string },
    now: Instant,
  ): Created {
    if (!this.profile.mayCreateOrders) return Created.AccessDenied()
    const existing = this.byExternalId(request.externalId)
    if (existing === undefined) {
      const order = Orders.open(newIds(), request, rules, now)
      this.#byId.set(order.id, this.orders.length)
      this.#byExternalId.set(request.externalId, this.orders.length)
      this.orders.push(order)
      this.#nextExpiry = Math.min(this.#nextExpiry, order.expiresAt)
      return Created.Success({ order })
    }
    if (!OrderRequest.same(rules, existing.request, request)) return Created.Conflict()
    if (existing.state.status === "ACTIVE" || existing.state.status === "PAID" || rules.repeatAfterClose === "ALREADY")
      return Created.Already({ order: existing })
    return rules.repeatAfterClose === "CONFLICT"
      ? Created.Conflict()
      : Created.Invalid({ problems: `externalId: its order is ${existing.state.status}` })
  }

  byId(id: string): Order | undefined {
    return this.#at(this.#byId.get(id))
  }

  byExternalId(externalId: string): Order | undefined {
    return this.#at(this.#byExternalId.get(externalId))
  }

  /** Puts an order's next state in place of the one before. */
  put(order: Order): void {
    const index = this.#byId.get(order.id)
    if (index !== undefined) this.orders[index] = order
  }

  /** Closes the orders whose time has run out, and returns them oldest first. O(1) until one has, then O(orders). */
  expire(now: Instant): ReadonlyArray<Order> {
    if (now < this.#nextExpiry) return []
    const expired: Array<Order> = []
    this.#nextExpiry = Infinity
    for (const order of this.orders) {
      if (order.state.status !== "ACTIVE") continue
      if (order.expiresAt > now) this.#nextExpiry = Math.min(this.#nextExpiry, order.expiresAt)
      else expired.push({ ...order, state: { status: "EXPIRED", at: order.expiresAt } })
    }
    for (const order of expired) this.put(order)
    return expired
  }

  /** A moment before which no order expires. */
  get nextExpiry(): Instant {
    return this.#nextExpiry
  }

  /** Counts a call to the API; false when the limit's current window is full. */
  admits(limit: { readonly requests: number; readonly seconds: number }, now: Instant): boolean {
    if (now >= this.#window.ends) this.#window = { ends: now + limit.seconds * second, calls: 0 }
    this.#window.calls++
    return this.#window.calls <= limit.requests
  }

  #at(index: number | undefined): Order | undefined {
    return index === undefined ? undefined : this.orders[index]
  }
}
