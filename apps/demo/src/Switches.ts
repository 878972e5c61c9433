/** What can go wrong on demand, through the simulators' own control APIs. */
import * as ControlApi from "@paylog/telegram-emulator/ControlApi"
import { Context, Effect, Layer, Ref, Schema } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"

export const Switches = Schema.Struct({
  /** Wallet Pay's webhooks are lost: the ingester finds out by asking. */
  dropWebhooks: Schema.Boolean,
  /** Whoever pays on Wallet's page does so a second after the order's time, by what Wallet Pay says. */
  payLate: Schema.Boolean,
  /** Every call of the bot is answered with 502. */
  telegramDown: Schema.Boolean,
})
export type Switches = typeof Switches.Type

export const allOff: Switches = { dropWebhooks: false, payLate: false, telegramDown: false }

export class Faults extends Context.Service<
  Faults,
  {
    readonly now: Effect.Effect<Switches>
    /** Those given are set; answers with all. A simulator that does not answer is a defect: the demo is over then. */
    readonly set: (change: Partial<Switches>) => Effect.Effect<Switches>
  }
>()("demo/Faults") {
  static readonly layer = (at: { readonly simulator: string; readonly emulator: string }) =>
    Layer.effect(
      Faults,
      Effect.gen(function* () {
        const client = HttpClient.filterStatusOk(yield* HttpClient.HttpClient)
        const telegram = yield* ControlApi.client(at.emulator)
        const state = yield* Ref.make(allOff)

        const webhooks = (mode: "drop" | "deliver") =>
          HttpClientRequest.patch(`${at.simulator}/simulator/settings`).pipe(
            HttpClientRequest.bodyJsonUnsafe({ webhooks: { mode } }),
            client.execute,
            Effect.scoped,
          )

        const set = Effect.fnUntraced(function* (change: Partial<Switches>) {
          if (change.dropWebhooks !== undefined) yield* webhooks(change.dropWebhooks ? "drop" : "deliver")
          if (change.telegramDown !== undefined) yield* telegram.clearFaults()
          if (change.telegramDown === true) {
            yield* telegram.armFault({ payload: { kind: "ServerError", status: 502, times: "always" } })
          }
          return yield* Ref.updateAndGet(state, (before) => ({ ...before, ...change }))
        }, Effect.orDie)

        return { now: Ref.get(state), set }
      }),
    )
}
