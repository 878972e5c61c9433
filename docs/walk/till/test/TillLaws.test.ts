import { laws, type Rig } from "@paylog/domain/conformance/ProviderLaws"
import * as Money from "@paylog/domain/Money"
import { describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { HttpClient } from "effect/http"
import * as TillProvider from "../src/TillProvider.ts"
import * as Till from "./Till.ts"

const secret = "till_key_7340184"

const rig = Effect.gen(function* () {
  const key = Redacted.make(secret)
  const { http, ...till } = Till.make(key)
  const config = { baseUrl: "http://till", key, keyId: "key_1", timeoutMs: 100 }
  const provider = yield* TillProvider.make(config).pipe(Effect.provideService(HttpClient.HttpClient, http))
  const made: Rig = {
    ...till,
    provider,
    request: (n) => ({
      externalId: `law-${n}`,
      amount: Money.of("EUR", 1250n),
      description: "A pot of tea",
      timeoutSeconds: 3600,
      payer: `${7_340_184_500 + n}`,
    }),
    payTogether: undefined,
    signedHeaders: ["till-signature"],
    secrets: [secret],
  }
  return made
})

describe("the till's adapter", () => {
  for (const { title, check } of laws) it.live(title, () => Effect.flatMap(rig, check))
})
