import * as Evidence from "@paylog/wallet-pay/Evidence"
import * as Signature from "@paylog/wallet-pay/Signature"
import { assert, describe, it } from "@effect/vitest"
import { Redacted, Result, Schema } from "effect"
import { createHash } from "node:crypto"
import { vector } from "./fixtures.ts"

const V1 = vector("V1")
const key = { id: "key_1", secret: Redacted.make(V1.key) }
const kept = Evidence.encode(Result.getOrThrow(Signature.verifier([key])(V1)))

const Verified = Schema.Struct({
  method: Schema.String,
  path: Schema.String,
  timestamp: Schema.String,
  signature: Schema.String,
  keyId: Schema.String,
  body: Schema.Uint8Array,
})

describe("encoding", () => {
  it.prop("is undone by decoding", { evidence: Verified }, ({ evidence }) => {
    const wellFormed = Object.values(evidence).every((field) => typeof field !== "string" || field.isWellFormed())
    if (wellFormed) assert.deepStrictEqual(Evidence.decode(Evidence.encode(evidence)), Result.succeed(evidence))
  })

  it("is fixed to the byte: paylog-delivery/1", () => {
    const fields = [
      "paylog-delivery/1",
      "wallet-pay/hmac-sha256",
      "POST",
      "/webhook/",
      "168824905680291",
      "MGfJzeEprADZbihhRcGcCY5pYTI/IEJ91ejyA+XOWAs=",
      "key_1",
    ]
    const length = (n: number) => Buffer.from(n.toString(16).padStart(8, "0"), "hex")
    const expected = fields.flatMap((text) => [length(text.length), Buffer.from(text)])
    assert.deepStrictEqual(Buffer.from(kept), Buffer.concat([...expected, length(554), V1.body]))
    const digest = createHash("sha256").update(kept).digest("hex")
    assert.strictEqual(digest, "89b70d7540050e4c11152f42dc062e6319e006dff37ec027851660534d8149c0")
  })

  it("has no other spelling: whatever decodes is what it encodes to", () => {
    const changed = [
      kept.subarray(1),
      Buffer.concat([kept, Buffer.alloc(1)]),
      Buffer.concat([kept, Buffer.alloc(4)]),
      new Uint8Array(),
    ]
    for (let end = 0; end < kept.length; end++) changed.push(kept.subarray(0, end))
    for (const bytes of changed) assert.isTrue(Result.isFailure(Evidence.decode(bytes)))
    for (let at = 0; at < kept.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const bytes = Uint8Array.from(kept)
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
        const decoded = Evidence.decode(bytes)
        if (Result.isSuccess(decoded)) assert.deepStrictEqual(Evidence.encode(decoded.success), Buffer.from(bytes))
      }
    }
  })
})

describe("verifying again", () => {
  const reason = (bytes: Uint8Array, keys: ReadonlyArray<Signature.StoreKey>) => {
    const result = Evidence.verify(bytes, keys)
    return Result.isSuccess(result)
      ? "holds"
      : result.failure._tag === "NotEvidence"
        ? result.failure._tag
        : result.failure.reason
  }

  it("holds under the key that it names", () => {
    assert.strictEqual(reason(kept, [{ id: "key_0", secret: Redacted.make("other") }, key]), "holds")
    assert.deepStrictEqual(Result.getOrThrow(Evidence.verify(kept, [key])).body, Buffer.from(V1.body))
  })

  it("does not hold without that key, under another secret, or for bytes that are no evidence", () => {
    assert.strictEqual(reason(kept, []), "UnknownKey")
    assert.strictEqual(reason(kept, [{ ...key, id: "key_2" }]), "UnknownKey")
    assert.strictEqual(reason(kept, [{ ...key, secret: Redacted.make("other") }]), "WrongSignature")
    assert.strictEqual(reason(V1.body, [key]), "NotEvidence")
  })

  it("holds after no change of any bit", () => {
    for (let at = 0; at < kept.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const bytes = Uint8Array.from(kept)
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
        assert.notStrictEqual(reason(bytes, [key]), "holds")
      }
    }
  })
})
