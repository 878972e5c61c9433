import * as Signature from "@paylog/wallet-pay/Signature"
import { assert, describe, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { createHmac } from "node:crypto"
import { bytes, vector, vectors } from "./fixtures.ts"

const key = (id: string, secret: string): Signature.StoreKey => ({ id, secret: Redacted.make(secret) })
const verdict = (result: Result.Result<Signature.Verified, { readonly reason: string }>) =>
  Result.isSuccess(result) ? result.success.keyId : result.failure.reason

const V1 = vector("V1")
const verify = Signature.verifier([key("k1", V1.key)])

describe("vectors", () => {
  it.each(vectors)("$name verifies, and is what we sign", (vector) => {
    assert.strictEqual(verdict(Signature.verifier([key("k1", vector.key)])(vector)), "k1")
    assert.strictEqual(Signature.sign(Redacted.make(vector.key), vector), vector.signature)
  })

  it("refuses the unpadded signature of the document's header example", () => {
    assert.strictEqual(
      verdict(verify({ ...V1, signature: "B7gy92BjFxILVctGG32fWBDEy4WW5iGzWs1kziNFGys" })),
      "Malformed",
    )
  })

  it("answers what was signed", () => {
    const { key: _, name: __, ...signed } = V1
    assert.deepStrictEqual(Result.getOrThrow(verify(V1)), { ...signed, keyId: "k1" })
  })
})

/** Every way to change one place of a text or of bytes. */
function* mutations(original: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < original.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const flipped = Uint8Array.from(original)
      flipped[at] = (flipped[at] ?? 0) ^ (1 << bit)
      yield flipped
    }
    yield Uint8Array.from([...original.subarray(0, at), ...original.subarray(at + 1)])
    if (at > 0 && original[at] !== original[at - 1]) {
      const swapped = Uint8Array.from(original)
      swapped[at] = original[at - 1] ?? 0
      swapped[at - 1] = original[at] ?? 0
      yield swapped
    }
  }
  for (let at = 0; at <= original.length; at++) {
    for (const byte of [0x00, 0x09, 0x0a, 0x20, 0x2c, 0x2e, 0x2f, 0x30, 0x3d, 0x41, 0xff]) {
      yield Uint8Array.from([...original.subarray(0, at), byte, ...original.subarray(at)])
    }
  }
}

const textMutations = (text: string) =>
  [...mutations(Buffer.from(text, "latin1"))].map((m) => Buffer.from(m).toString("latin1"))

describe("what was not signed", () => {
  const deliveries = ["V1", "V1c"].map(vector).concat(
    ["paid.body", "failed.body"].map((file) => {
      const unsigned = { ...V1, body: bytes(file) }
      return { ...unsigned, signature: Signature.sign(Redacted.make(V1.key), unsigned) }
    }),
  )

  it("accepts none of the bodies that differ in one place, of which there are over 40,000", () => {
    let tried = 0
    for (const delivery of deliveries) {
      assert.strictEqual(verdict(verify(delivery)), "k1")
      for (const body of mutations(delivery.body)) {
        tried++
        if (verdict(verify({ ...delivery, body })) !== "Wrong") assert.fail(Buffer.from(body).toString())
      }
    }
    assert.isAbove(tried, 40_000)
  })

  it("accepts no method, path, timestamp or signature that differs in one place", () => {
    for (const part of ["method", "path", "timestamp", "signature"] as const) {
      const changed = textMutations(V1[part])
      for (const text of changed)
        assert.notStrictEqual(verdict(verify({ ...V1, [part]: text })), "k1", `${part} ${text}`)
      assert.isAbove(changed.length, 80)
    }
  })

  it("accepts no other writing of the same JSON", () => {
    const text = new TextDecoder().decode(V1.body)
    const encode = (changed: string) => new TextEncoder().encode(changed)
    for (const body of [
      encode(JSON.stringify(JSON.parse(text))),
      encode(`\uFEFF${text}`),
      encode(`${text}\n`),
      encode(text.replaceAll(":", ": ")),
      encode(text.replace('"JDF23NN"', '"\\u004aDF23NN"')),
      new Uint8Array(),
    ]) {
      assert.strictEqual(verdict(verify({ ...V1, body })), "Wrong")
    }
    const composed = { ...V1, body: encode('[{"externalId":"\u00e9"}]') }
    const signature = Signature.sign(Redacted.make(V1.key), composed)
    assert.strictEqual(verdict(verify({ ...composed, signature })), "k1")
    assert.strictEqual(verdict(verify({ ...composed, body: encode('[{"externalId":"e\u0301"}]'), signature })), "Wrong")
  })

  it("accepts neither another key, nor a part of the key, nor an extension of the signed bytes", () => {
    for (const secret of [V1.key.slice(1), `${V1.key} `, V1.key.toLowerCase(), `${V1.key}\0`.slice(0, -2), "x"]) {
      assert.strictEqual(verdict(Signature.verifier([key("k1", secret)])(V1)), "Wrong")
    }
    const shifted = { ...V1, path: "/webhook/.168824905680291", timestamp: "" }
    assert.notStrictEqual(verdict(verify(shifted)), "k1")
  })
})

describe("control: a verifier that decodes the body to text first", () => {
  const overText = (signed: Signature.Signed, signature: string) =>
    createHmac("sha256", V1.key)
      .update(`${signed.method}.${signed.path}.${signed.timestamp}.`)
      .update(Buffer.from(new TextDecoder().decode(signed.body)).toString("base64"))
      .digest("base64") === signature

  it("accepts a byte that is no UTF-8 in place of U+FFFD, and a mark of byte order, where ours does not", () => {
    const signed = { ...V1, body: new TextEncoder().encode('[{"number":"\uFFFD"}]') }
    const signature = Signature.sign(Redacted.make(V1.key), signed)
    const hex = Buffer.from(signed.body).toString("hex")
    for (const body of [Buffer.from(hex.replace("efbfbd", "ff"), "hex"), Buffer.from(`efbbbf${hex}`, "hex")]) {
      assert.isTrue(overText({ ...signed, body }, signature))
      assert.strictEqual(verdict(verify({ ...signed, body, signature })), "Wrong")
    }
    assert.strictEqual(verdict(verify({ ...signed, signature })), "k1")
  })
})

describe("grammar of the headers", () => {
  const { timestamp, signature } = V1

  it("calls a delivery without any header unsigned, and with one of the two malformed", () => {
    assert.strictEqual(verdict(verify({ ...V1, timestamp: undefined, signature: undefined })), "Missing")
    assert.strictEqual(verdict(verify({ ...V1, timestamp: undefined, signature })), "Malformed")
    assert.strictEqual(verdict(verify({ ...V1, timestamp, signature: undefined })), "Malformed")
  })

  it.each([
    "",
    " ",
    `${timestamp}, ${timestamp}`,
    `${timestamp},`,
    ` ${timestamp}`,
    `${timestamp} `,
    `${timestamp}\n`,
    `${timestamp}\r\n`,
    `${timestamp}\0`,
    `${timestamp}\u00a0`,
    "١٦٨٨",
    "1".repeat(33),
    "1".repeat(160_000),
  ])("finds timestamp %# malformed", (malformed) => {
    assert.strictEqual(verdict(verify({ ...V1, timestamp: malformed })), "Malformed")
  })

  it.each(["0", "123abc", "-1", "1e9", "2023-07-28T10:20:17Z", "~!#$%&'()*+-./:;<=>?@[]^_`{|}", "1".repeat(32)])(
    "takes timestamp %s as it is, whatever its age",
    (opaque) => {
      const signature = Signature.sign(Redacted.make(V1.key), { ...V1, timestamp: opaque })
      assert.strictEqual(verdict(verify({ ...V1, timestamp: opaque, signature })), "k1")
    },
  )

  /** The same bytes in other spellings that a lenient decoder reads. */
  const spellings = [
    "",
    "=",
    signature.slice(0, -1),
    signature.replace("=", "=="),
    `${signature}, ${signature}`,
    `${signature},`,
    ` ${signature}`,
    `${signature} `,
    `${signature}\n`,
    signature.replace("s=", "t="), // other spare bits
    signature.replaceAll("+", "-").replaceAll("/", "_"),
    Buffer.from(signature, "base64").toString("hex"),
    signature.replace("M", "\u041c"),
    "A".repeat(44),
    "A".repeat(160_000),
  ]
  it.each(spellings)("finds signature %# malformed", (malformed) => {
    assert.strictEqual(verdict(verify({ ...V1, signature: malformed })), "Malformed")
  })

  it("accepts every canonical spelling of 32 bytes, and only canonical ones", () => {
    const ends = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (const end of ends) {
      const spelled = `${signature.slice(0, 42)}${end}=`
      const canonical = Buffer.from(spelled, "base64").toString("base64") === spelled
      const expected = !canonical ? "Malformed" : spelled === signature ? "k1" : "Wrong"
      assert.strictEqual(verdict(verify({ ...V1, signature: spelled })), expected)
    }
  })
})

describe("several keys", () => {
  it("names the key that signed, before, during and after a rotation", () => {
    const [old, next] = [key("old", V1.key), key("next", "another_store_key")]
    const byNext = { ...V1, signature: Signature.sign(next.secret, V1) }
    const seen = [[old], [old, next], [next, old], [next]].map((keys) => {
      const verify = Signature.verifier(keys)
      return [verdict(verify(V1)), verdict(verify(byNext))]
    })
    assert.deepStrictEqual(seen, [
      ["old", "Wrong"],
      ["old", "next"],
      ["old", "next"],
      ["Wrong", "next"],
    ])
  })

  it("accepts nothing without a key", () => {
    assert.strictEqual(verdict(Signature.verifier([])(V1)), "Wrong")
  })
})
