import { assert, describe, it } from "@effect/vitest"
import * as Money from "@paylog/domain/Money"
import { Effect, Redacted } from "effect"
import { HttpClient } from "effect/http"
import * as TillEvidence from "../src/TillEvidence.ts"
import * as TillProvider from "../src/TillProvider.ts"
import * as Till from "./Till.ts"

const key = Redacted.make("till_key_7340184")

const request = {
  externalId: "inv_00000000000000000001",
  amount: Money.of("EUR", 1250n),
  description: "A pot of tea",
  timeoutSeconds: 3600,
  payer: "nobody",
}

describe("a delivery that was kept", () => {
  it.effect("is read again as what it was, and not when a byte of it is another", () =>
    Effect.gen(function* () {
      const { http, ...till } = Till.make(key)
      const config = { baseUrl: "http://till", key, keyId: "key_1", timeoutMs: 100 }
      const provider = yield* TillProvider.make(config).pipe(Effect.provideService(HttpClient.HttpClient, http))
      yield* provider.open(request)
      yield* till.pay(request.externalId)
      const [delivery = assert.fail("Nothing arrived")] = yield* till.arrived
      const { evidence, items } = yield* provider.verify(delivery)

      const { read } = TillEvidence.make({ key_1: key })
      assert.deepStrictEqual(yield* read(evidence), { body: delivery.body, items, signature: "Verified" })
      for (const at of evidence.keys()) {
        const changed = Uint8Array.from(evidence)
        changed[at] = (changed[at] ?? 0) ^ 1
        const outcome = yield* Effect.exit(Effect.filterOrFail(read(changed), (it) => it.signature === "Verified"))
        assert.strictEqual(outcome._tag, "Failure", `byte ${at}`)
      }
      assert.strictEqual((yield* TillEvidence.make({}).read(evidence)).signature, "KeyGone")
    }),
  )
})
