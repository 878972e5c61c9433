/** Wallet Pay's simulator within the simulation: its own routes and state, in the simulation's time. */
import { Control } from "@paylog/wallet-pay-simulator/Control"
import type { Order } from "@paylog/wallet-pay-simulator/Orders"
import type { Patch } from "@paylog/wallet-pay-simulator/Settings"
import * as StoreApi from "@paylog/wallet-pay-simulator/StoreApi"
import type { Message, World } from "@paylog/wallet-pay-simulator/World"
import { Context, Effect, Layer, type Redacted } from "effect"
import { HttpClient, HttpRouter } from "effect/http"
import type { Handler } from "./Network.ts"

export const baseUrl = "http://provider.test"

export interface Provider {
  readonly control: Control["Service"]
  readonly handler: Handler
  readonly orders: () => ReadonlyArray<Order>
  readonly message: (eventId: string) => Message | undefined
}

export const make = Effect.fnUntraced(function* (options: {
  readonly seed: string
  readonly settings: Patch
  readonly keys: readonly [Redacted.Redacted, ...Array<Redacted.Redacted>]
  readonly webhookUrl: string
  readonly http: HttpClient.HttpClient
}) {
  const { seed, settings, keys: apiKeys, webhookUrl, http } = options
  const layer = Control.layer({ baseUrl, seed, settings, stores: [{ apiKeys, webhookUrl }] }).pipe(
    Layer.provide(Layer.succeed(HttpClient.HttpClient, http)),
  )
  const services = yield* Layer.build(Layer.fresh(layer))
  const control = Context.get(services, Control)
  const handler = yield* HttpRouter.toHttpEffect(StoreApi.routes).pipe(Effect.provide(services))
  const world: World = yield* control.world
  return {
    control,
    handler: Effect.provide(handler, services),
    orders: () => [...world.stores.values()].flatMap((store) => store.orders),
    message: (eventId) => world.messages.get(eventId),
  } satisfies Provider
})
