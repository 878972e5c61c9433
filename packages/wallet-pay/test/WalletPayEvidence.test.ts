/** Kept deliveries, read again. */
import { assert, describe, it } from "@effect/vitest"
import { EvidenceReader } from "@paylog/domain/EvidenceReader"
import * as Money from "@paylog/domain/Money"
import { ConfigProvider, Effect, Layer, Redacted, Result } from "effect"
import * as Evidence from "@paylog/wallet-pay/Evidence"
import * as Signature from "@paylog/wallet-pay/Signature"
import { deliveryItems } from "@paylog/wallet-pay/translate"
import * as WalletPayEvidence from "@paylog/wallet-pay/WalletPayEvidence"
import { bytes } from "./fixtures.ts"

const key = (id: string) => ({ id, secret: Redacted.make(`the-secret-of-${id}`) })
const [present, retired, other] = [key("key_present"), key("key_retired"), key("key_other")]

const kept = (signer: Signature.StoreKey, body = bytes("paid.body")) => {
  const signed = { method: "POST", path: "/webhooks/walletpay", timestamp: "1", body }
  return Evidence.encode({ ...signed, signature: Signature.sign(signer.secret, signed), keyId: signer.id })
}

const read = (keys: ReadonlyArray<Signature.StoreKey>, evidence: Uint8Array) =>
  Effect.result(WalletPayEvidence.make(keys, Money.scales).read(evidence))

describe("a kept delivery", () => {
  it.effect("verifies again under the present key, and under a retired one that is at hand", () =>
    Effect.gen(function* () {
      for (const signer of [present, retired]) {
        const again = Result.getOrThrow(yield* read([present, retired], kept(signer)))
        assert.strictEqual(again.signature, "Verified")
        assert.deepStrictEqual(again.body, bytes("paid.body"))
        assert.deepStrictEqual(again.items, deliveryItems(bytes("paid.body"), Money.scales))
      }
    }),
  )

  it.effect("whose key is gone is read, and says so", () =>
    Effect.gen(function* () {
      for (const keys of [[], [present]]) {
        const again = Result.getOrThrow(yield* read(keys, kept(retired)))
        assert.strictEqual(again.signature, "KeyGone")
        assert.deepStrictEqual(again.items, deliveryItems(bytes("paid.body"), Money.scales))
      }
    }),
  )

  it.effect("is refused when its signature does not hold under its key, or when it is no evidence", () =>
    Effect.gen(function* () {
      const forged = kept({ ...present, secret: other.secret })
      const cut = kept(present).slice(0, -1)
      const empty = new Uint8Array()
      for (const evidence of [forged, cut, empty, bytes("paid.body")]) {
        const result = yield* read([present, retired], evidence)
        assert.isTrue(Result.isFailure(result) && result.failure._tag === "EvidenceRefused")
      }
    }),
  )

  it.effect("is read with the keys of the environment, of which there may be none", () =>
    Effect.gen(function* () {
      const names = new Map([[Redacted.value(present.secret), present.id]])
      const using = (environment: Record<string, string>) =>
        EvidenceReader.use((reader) => reader.read(kept(present))).pipe(
          Effect.provide(
            WalletPayEvidence.layerConfig((secret) =>
              Effect.succeed(names.get(Redacted.value(secret)) ?? "key_new"),
            ).pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(environment)))),
          ),
        )
      assert.strictEqual((yield* using({})).signature, "KeyGone")
      assert.strictEqual((yield* using({ WALLETPAY_API_KEY: "another" })).signature, "KeyGone")
      const both = { WALLETPAY_API_KEY: `another,${Redacted.value(present.secret)}` }
      assert.strictEqual((yield* using(both)).signature, "Verified")
    }),
  )
})
