/** What the commands that talk to a running simulator share. */
import { NodeHttpClient } from "@effect/platform-node"
import { Config, Effect, Layer, Option } from "effect"
import { Flag } from "effect/cli"
import { Remote } from "../Remote.ts"

export const url = Flag.String("url").pipe(
  Flag.withDescription("Where the simulator listens; SIMULATOR_URL, or http://127.0.0.1:8090"),
  Flag.optional,
)

/** The simulator at this address, or at `SIMULATOR_URL`, or on this machine. */
export const remote = (url: Option.Option<string>) =>
  Layer.unwrap(
    Effect.map(Config.String("SIMULATOR_URL").pipe(Config.withDefault("http://127.0.0.1:8090")), (byDefault) =>
      Remote.layer(Option.getOrElse(url, () => byDefault)),
    ),
  ).pipe(Layer.provide(NodeHttpClient.layerUndici))

/** The store's keys, as `WALLETPAY_API_KEY` lists them: what verifies a delivery. None without it. */
export const apiKeys = Config.String("WALLETPAY_API_KEY").pipe(
  Config.withDefault(""),
  Config.map((keys) => keys.split(",").filter((key) => key !== "")),
)
