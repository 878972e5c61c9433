import * as Signature from "@paylog/wallet-pay/Signature"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Random, Redacted, Result } from "effect"
import { createHmac } from "node:crypto"
import { bytes, vector } from "./fixtures.ts"
import { mutated, mutations } from "@paylog/wallet-pay/conformance/mutate"

/** `PAYLOG_SEED=…` replays a run; `PAYLOG_FULL=1` makes it ten times as long. */
const seed = process.env["PAYLOG_SEED"] ?? String(process.hrtime.bigint())
const count = process.env["PAYLOG_FULL"] === "1" ? 1_000_000 : 100_000

const V1 = vector("V1")
const secret = Redacted.make(V1.key)

const signedBy = (path: string, timestamp: string, body: Uint8Array): Signature.Claimed & Signature.Signed => {
  const signed = { method: "POST", path, timestamp, body }
  return { ...signed, signature: Signature.sign(secret, signed) }
}

const utf8 = (text: string) => new TextEncoder().encode(text)

/** Deliveries that verify: real ones, and texts that decoders, normalisers and printers of JSON change. */
const deliveries = [
  V1,
  vector("V1c"),
  signedBy("/webhook", "168824905680292", bytes("paid.body")),
  signedBy("/webhooks/walletpay", "168824905680293", bytes("failed.body")),
  signedBy(
    "/hook/",
    "168824905680294",
    utf8('[{"number":"\uFFFD","externalId":"caf\u00E9","eventId":9007199254740993}]'),
  ),
  signedBy("/hook", "1", utf8('[ {"externalId":"cafe\u0301" , "amount":"1.50","amounts":1.0} ]\n')),
  signedBy("/a/b", "x".repeat(32), new Uint8Array()),
]

const chanceOf = (text: string) =>
  Effect.runSync(Random.Random.useSync((random) => () => random.nextDoubleUnsafe()).pipe(Random.withSeed(text)))

function* mutants(seed: string, count: number) {
  const chance = chanceOf(seed)
  const any = () => deliveries[Math.floor(chance() * deliveries.length)] ?? V1
  for (let i = 0; i < count; i++) {
    const signed = any()
    yield { signed, ...mutated(signed, any(), chance) }
  }
}

const isAccepted = (claimed: Signature.Claimed, verify = ours) => Result.isSuccess(verify(claimed))
const ours = Signature.verifier([
  { id: "new", secret: Redacted.make("another_key_of_a_store_being_rotated") },
  { id: "old", secret },
])

describe("deliveries that were changed after they were signed", () => {
  it(`none of ${count} is accepted (PAYLOG_SEED=${seed})`, () => {
    for (const delivery of deliveries) assert.isTrue(isAccepted(delivery))
    const tried = new Map<string, number>()
    for (const { claimed, names, signed } of mutants(seed, count)) {
      // What another delivery's parts add up to can be that delivery.
      if (isAccepted(claimed) && !deliveries.some((each) => isEqual(each, claimed)))
        assert.fail(
          `PAYLOG_SEED=${seed}: accepted after ${names.join(", ")} of ${signed.path}: ${JSON.stringify(claimed)}`,
        )
      for (const name of names) tried.set(name, (tried.get(name) ?? 0) + 1)
    }
    // Every kind of change had its share.
    for (const name of Object.keys(mutations)) assert.isAbove(tried.get(name) ?? 0, count / 1000, name)
  })

  it("the same seed makes the same changes, another seed others", () => {
    const of = (seed: string) => JSON.stringify([...mutants(seed, 50)])
    assert.strictEqual(of("a"), of("a"))
    assert.notStrictEqual(of("a"), of("b"))
  })
})

const isEqual = (a: Signature.Claimed, b: Signature.Claimed) =>
  JSON.stringify([a.method, a.path, a.timestamp, a.signature, [...a.body]]) ===
  JSON.stringify([b.method, b.path, b.timestamp, b.signature, [...b.body]])

/** Verifiers with one mistake each, as real ones have them: the mistake is what `reads` makes of a delivery. */
const mistakes: Readonly<Record<string, (claimed: Signature.Claimed) => Signature.Claimed | undefined>> = {
  "decodes the body to text": (claimed) => ({ ...claimed, body: utf8(new TextDecoder().decode(claimed.body)) }),
  "reads the body as Latin-1 digits": (claimed) => ({ ...claimed, body: claimed.body.map((byte) => byte & 0x7f) }),
  "prints the JSON again": (claimed) => {
    try {
      return { ...claimed, body: utf8(JSON.stringify(JSON.parse(new TextDecoder().decode(claimed.body)))) }
    } catch {
      return undefined
    }
  },
  "normalises Unicode": (claimed) => ({
    ...claimed,
    body: utf8(new TextDecoder("utf-8", { ignoreBOM: true }).decode(claimed.body).normalize("NFC")),
  }),
  "trims the body": (claimed) => ({
    ...claimed,
    body: utf8(new TextDecoder("utf-8", { ignoreBOM: true }).decode(claimed.body).trim()),
  }),
  "drops a trailing slash": (claimed) => ({ ...claimed, path: claimed.path.replace(/\/$/, "") }),
  "drops the query": (claimed) => ({ ...claimed, path: claimed.path.replace(/[?#;].*$/, "") }),
  "ignores the case of the path": (claimed) => ({ ...claimed, path: claimed.path.toLowerCase() }),
  "reads escapes in the path": (claimed) => {
    try {
      return { ...claimed, path: decodeURI(claimed.path) }
    } catch {
      return undefined
    }
  },
  "ignores the case of the method": (claimed) => ({ ...claimed, method: claimed.method.toUpperCase() }),
  "reads the timestamp as a number": (claimed) => ({ ...claimed, timestamp: String(Number(claimed.timestamp)) }),
  "takes the first of a doubled header": (claimed) => ({
    ...claimed,
    timestamp: claimed.timestamp?.split(",")[0],
    signature: claimed.signature?.split(",")[0],
  }),
  "takes the last of a doubled header": (claimed) => ({ ...claimed, signature: claimed.signature?.split(", ").at(-1) }),
  "reads the signature leniently": (claimed) => ({
    ...claimed,
    signature: Buffer.from(claimed.signature ?? "", "base64").toString("base64"),
  }),
  "ignores the case of the signature": (claimed) => claimed,
  "ignores the method": (claimed) => ({ ...claimed, method: "POST" }),
}

describe("control: a verifier with one mistake accepts some of them, which ours does not", () => {
  const sample = [...mutants("controls", 8_000)].map(({ claimed }) => claimed)

  /** Signs what it read of the delivery, and compares with what it read of the signature. */
  const expected = ({ method, path, timestamp, body }: Signature.Claimed) =>
    createHmac("sha256", V1.key)
      .update(`${method}.${path}.${timestamp}.`)
      .update(Buffer.from(body).toString("base64"))
      .digest("base64")

  it.each(Object.keys(mistakes))("%s", (name) => {
    const read = mistakes[name] ?? (() => undefined)
    const fold = (text = "") => (name === "ignores the case of the signature" ? text.toLowerCase() : text)
    const keyOf = (claimed: Signature.Claimed) => {
      const seen = read(claimed)
      return seen === undefined ? undefined : `${expected(seen)} ${fold(seen.signature)}`
    }
    // What is accepted by mistake is what reads the same as a delivery that verifies.
    const known = new Set(deliveries.map(keyOf))
    known.delete(undefined)
    const accepts = (claimed: Signature.Claimed) => known.has(keyOf(claimed))
    const accepted = sample.filter((claimed) => accepts(claimed) && !deliveries.some((each) => isEqual(each, claimed)))
    assert.isAbove(accepted.length, 0)
    for (const claimed of accepted) assert.isFalse(isAccepted(claimed))
  })
})
