/** Bodies made to be slow, and bodies broken at random. */
import * as Money from "@paylog/domain/Money"
import * as Json from "@paylog/wallet-pay/Json"
import * as Signature from "@paylog/wallet-pay/Signature"
import { deliveryItems } from "@paylog/wallet-pay/translate"
import { assert, describe, it, vi } from "@effect/vitest"
import { Effect, Random, Redacted, Result } from "effect"
import { bytes, vector } from "./fixtures.ts"

const encode = (text: string) => new TextEncoder().encode(text)

/** `size` bytes of each kind. */
const bombs = (size: number): Record<string, string> => ({
  "nothing but depth": "[".repeat(size),
  "objects in arrays": '[{"":'.repeat(size / 5),
  "shallow nests": `[${`${"[".repeat(30)}${"]".repeat(30)},`.repeat(size / 61 - 1)}0]`,
  zeros: `[${"0,".repeat(size / 2 - 1)}0]`,
  "empty objects": `[${"{},".repeat(size / 3 - 1)}{}]`,
  "long ids": `[${"10030467668508673,".repeat(size / 18 - 1)}1]`,
  "many keys": `{${Array.from({ length: size / 12 }, (_, index) => `"${100_000 + index}":0`).join()}}`,
  "one key often": `{${'"a":0,'.repeat(size / 6 - 1)}"a":0}`,
  "a number of digits only": "9".repeat(size),
  "an endless fraction": `0.${"9".repeat(size - 2)}`,
  "an endless exponent": `1e${"9".repeat(size - 2)}`,
  "a long string": `"${"x".repeat(size - 2)}"`,
  escapes: `"${"\\u0041".repeat(size / 6 - 1)}"`,
  backslashes: `"${"\\\\".repeat(size / 2 - 1)}"`,
  quotes: '"'.repeat(size),
  "half messages": `[${'{"type":"ORDER_PAID"},'.repeat(size / 22 - 1)}0]`,
})

/** How often the runtime's parser is asked, and how many values of it are looked at, while `run` runs. */
const parserWork = (run: () => unknown): { readonly calls: number; readonly values: number } => {
  const parse = JSON.parse
  const work = { calls: 0, values: 0 }
  const spy = vi.spyOn(JSON, "parse").mockImplementation((text, reviver) => {
    work.calls++
    return parse(text, function (this: unknown, key: string, value: unknown, context: { readonly source?: string }) {
      work.values++
      return reviver === undefined ? value : reviver.call(this, key, value, context)
    })
  })
  try {
    run()
  } finally {
    spy.mockRestore()
  }
  return work
}

/** Each mark is followed by at most one value, and the root is one more. */
const mostValues = Json.maxMarks + 1

describe("bombs", () => {
  // Work that grew with the square of the size would be 10^12 steps at 1 MiB: it would not end in time.
  it.each(Object.keys(bombs(64)))("%s: 1 MiB is parsed once at most, within bounds, or refused unread", (name) => {
    const body = encode(bombs(1024 * 1024)[name] ?? "")
    const { calls, values } = parserWork(() => Json.parse(body))
    assert.isAtMost(calls, 1)
    assert.isAtMost(values, mostValues)
  })

  it.each(Object.keys(bombs(64)))("%s: 64 KiB are no more than 256 elements, each short", (name) => {
    const body = encode(bombs(64 * 1024)[name] ?? "")
    let items = 0
    const { calls, values } = parserWork(() => (items = deliveryItems(body, Money.scales).length))
    assert.isAtMost(calls, 1)
    assert.isAtMost(values, mostValues)
    assert.isAtMost(items, 256)
  })

  it("control: the runtime's parser alone looks at every value of them", () => {
    const text = bombs(1024 * 1024)["zeros"] ?? ""
    assert.isAbove(parserWork(() => JSON.parse(text)).values, mostValues)
  })

  it("control: without the check of depth, the nests that it refuses take the stack", () => {
    const deep = "[".repeat(1_000_000) + "]".repeat(1_000_000)
    assert.isTrue(Result.isFailure(Json.parse(encode(deep))))
    assert.throws(() => JSON.stringify(JSON.parse(deep)), RangeError)
  })
})

/** Changes 1 to 4 places of `original` at random: a byte replaced, removed, doubled or moved. */
const broken = (original: Uint8Array): Effect.Effect<Uint8Array> =>
  Effect.gen(function* () {
    const body = [...original]
    const edits = yield* Random.nextIntBetween(1, 5)
    for (let edit = 0; edit < edits; edit++) {
      const at = yield* Random.nextIntBetween(0, body.length)
      const byte = yield* Random.nextIntBetween(0, 256)
      const kind = yield* Random.nextIntBetween(0, 4)
      if (kind === 0) body[at] = byte
      else if (kind === 1) body.splice(at, 1)
      else if (kind === 2) body.splice(at, 0, body[at] ?? byte)
      else body.splice(byte % body.length, 0, ...body.splice(at, 1))
    }
    return Uint8Array.from(body)
  })

describe("100,000 deliveries broken at random", () => {
  const V1 = vector("V1")
  const key = { id: "key_1", secret: Redacted.make(V1.key) }
  const originals = ["V1.body", "V1c.body", "paid.body", "failed.body"].map((file) => {
    const body = bytes(file)
    return { ...V1, body, signature: Signature.sign(key.secret, { ...V1, body }) }
  })

  it.effect(
    "none is accepted, none crashes the reader, and what is understood has the ids that are written in it",
    () =>
      Effect.gen(function* () {
        const verify = Signature.verifier([key])
        let understood = 0
        for (let round = 0; round < 25_000; round++) {
          for (const original of originals) {
            const body = yield* broken(original.body)
            if (Buffer.compare(body, original.body) === 0) continue
            assert.isTrue(Result.isFailure(verify({ ...original, body })))
            for (const item of deliveryItems(body, Money.scales)) {
              if (item._tag === "NotUnderstood") continue
              understood++
              assert.include(Buffer.from(body).toString("latin1"), item.eventId)
            }
          }
        }
        assert.isAbove(understood, 1_000)
      }).pipe(Random.withSeed("paylog")),
  )
})
