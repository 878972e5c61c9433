/** `simulator listen`: what a running simulator sends, and how the merchant answers. */
import { Console, Effect, Option, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { Delivery, Remote } from "../Remote.ts"
import { apiKeys, remote, url } from "./connection.ts"
import { show } from "./show.ts"

const flags = {
  all: Flag.Boolean("all").pipe(
    Flag.withDescription("From the first delivery, not from the next"),
    Flag.withDefault(false),
  ),
  count: Flag.Int("count").pipe(Flag.withDescription("Ends after so many; without it, by Ctrl-C"), Flag.optional),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("One JSON object a line: body, headers and answer"),
    Flag.withDefault(false),
  ),
  url,
}

const Deliveries = Schema.Struct({ deliveries: Schema.Array(Delivery) })

export const listen = Command.make("listen", flags, (given) =>
  Effect.gen(function* () {
    const { call, url } = yield* Remote
    const keys = yield* apiKeys
    const after = (number: number, patience: number) =>
      Effect.map(call("GET", `/deliveries?after=${number}&patience=${patience}`, Deliveries), (all) => all.deliveries)
    let last = given.all ? 0 : ((yield* after(0, 0)).at(-1)?.number ?? 0)
    let left = Option.getOrElse(given.count, () => Infinity)
    if (!given.json) yield* Console.error(`Listening to ${url}`)
    while (left > 0) {
      for (const delivery of yield* after(last, 30)) {
        last = delivery.number
        yield* Console.log(given.json ? JSON.stringify(delivery) : show(delivery, keys))
        if (--left <= 0) break
      }
    }
  }).pipe(Effect.provide(remote(given.url))),
).pipe(
  Command.withDescription(
    "Prints each webhook as it is sent, how it was answered, and whether its signature holds under WALLETPAY_API_KEY",
  ),
)
