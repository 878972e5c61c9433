/** The simulator's environment variables, each with a default. */
import { Config, Option, Redacted, Result, Schema } from "effect"
import { defaults, oneAtATime, patched } from "./Settings.ts"
import type { Options } from "./Simulator.ts"
import { signedPath } from "./Webhooks.ts"

/** 0 is any free port. */
const Port = Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 0, maximum: 65_535 }))

const HttpUrl = Schema.String.check(
  Schema.makeFilter((text: string) => /^https?:\/\//.test(text) && URL.canParse(text), {
    expected: "an http or https URL",
  }),
)

const WebhookUrl = Schema.String.check(
  Schema.makeFilter((text: string) =>
    Result.match(signedPath(text, false), { onSuccess: () => true, onFailure: (why) => `It ${why}` }),
  ),
)

/** One key, or several separated by commas: all authenticate, the first signs webhooks. */
const ApiKeys = Schema.String.check(
  Schema.isPattern(/^[\x21-\x2b\x2d-\x7e]+(,[\x21-\x2b\x2d-\x7e]+)*$/, {
    expected: "keys without spaces, separated by commas",
  }),
)

const Patch = Schema.fromJsonString(Schema.Json).check(
  Schema.makeFilter((patch: Schema.Json) =>
    Result.match(patched(defaults, patch), { onSuccess: () => true, onFailure: (why) => why }),
  ),
)

/** The options of a simulator with one store. Without `WALLETPAY_API_KEY` the store gets a random key. */
export const environment: Config.Config<Options> = Config.all({
  host: Config.String("HOST").pipe(Config.withDefault("127.0.0.1")),
  port: Config.schema(Port, "PORT").pipe(Config.withDefault(8090)),
  publicUrl: Config.schema(HttpUrl, "SIMULATOR_PUBLIC_URL").pipe(Config.option),
  seed: Config.String("SEED").pipe(Config.option),
  clock: Config.Literals(["real", "virtual"], "SIMULATOR_CLOCK").pipe(Config.option),
  webhookUrl: Config.schema(WebhookUrl, "WEBHOOK_URL").pipe(Config.option),
  patch: Config.schema(Patch, "SIMULATOR_SETTINGS").pipe(Config.withDefault({})),
  apiKeys: Config.schema(Schema.RedactedFromValue(ApiKeys), "WALLETPAY_API_KEY").pipe(Config.option),
}).pipe(
  Config.map(({ host, port, publicUrl, seed, clock, webhookUrl, patch, apiKeys }) => ({
    host,
    port,
    settings: Result.getOrThrow(patched(Option.contains(clock, "virtual") ? oneAtATime : defaults, patch)),
    ...Option.match(publicUrl, { onNone: () => ({}), onSome: (url) => ({ publicUrl: url.replace(/\/+$/, "") }) }),
    ...Option.match(seed, { onNone: () => ({}), onSome: (seed) => ({ seed }) }),
    ...Option.match(clock, { onNone: () => ({}), onSome: (clock) => ({ clock }) }),
    stores: [
      {
        webhookUrl: Option.getOrNull(webhookUrl),
        ...Option.match(apiKeys, { onNone: () => ({}), onSome: (keys) => ({ apiKeys: split(keys) }) }),
      },
    ],
  })),
)

const split = (keys: Redacted.Redacted): [Redacted.Redacted, ...Array<Redacted.Redacted>] => {
  const [first = "", ...others] = Redacted.value(keys).split(",")
  return [Redacted.make(first), ...others.map((key) => Redacted.make(key))]
}
