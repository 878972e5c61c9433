import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { request, running } from "./merchant.ts"

describe("version 1.0.0 of the document", () => {
  it.effect("has previews, lists, refusals and webhooks without what came later", () =>
    Effect.gen(function* () {
      const { api, control, received } = yield* running({ settings: { answers: { version: "1.0.0" } } })
      const asked = request("tea-1", { autoConversionCurrency: "TON" })
      const { json } = yield* api.create(asked)
      assert.notProperty(json.data, "directPayLink")
      assert.notProperty(json.data, "autoConversionCurrency")
      assert.property(json.data, "payLink")
      assert.strictEqual((yield* api.create({ ...asked, timeoutSeconds: 1 })).json.status, "BAD_REQUEST")
      assert.strictEqual((yield* api.create(asked)).json.status, "ALREADY")
      yield* control.pay("tea-1")
      yield* control.idle
      for (const text of [received[0]?.body ?? "", (yield* api.list(0, 1)).text]) {
        assert.include(text, "selectedPaymentOption")
        for (const later of ["amountFee", "amountNet", "autoConversionCurrency"]) assert.notInclude(text, later)
      }
      assert.isTrue(received[0]?.verifies("a-store-key"))
    }),
  )

  it.effect("is not what 1.2.0 has", () =>
    Effect.gen(function* () {
      const { api } = yield* running()
      const { json } = yield* api.create(request("tea-1", { autoConversionCurrency: "TON" }))
      assert.property(json.data, "directPayLink")
      assert.property(json.data, "autoConversionCurrency")
    }),
  )
})
