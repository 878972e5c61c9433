/** The secrets of the environment, judged; they go nowhere else. */
import { Config, Effect, Option, Redacted } from "effect"
import { check, names } from "./secrets.ts"

export const secrets = Effect.gen(function* () {
  const environment: Record<string, string> = {}
  for (const name of names) {
    const value = yield* Config.option(Config.Redacted(name))
    if (Option.isSome(value)) environment[name] = Redacted.value(value.value)
  }
  return check(environment)
})
