/** Laws of the idempotency key. */
import { Effect, Result } from "effect"
import assert from "node:assert/strict"
import { createHash, randomUUID } from "node:crypto"
import type { Append } from "../EventStore.ts"
import { event, everything, law, several, to, together } from "./law.ts"

/** The same append as another caller would send it: other ids, metadata and attachments. */
const again = (append: Append): Append => {
  const bytes = Buffer.from(randomUUID())
  const [first, ...others] = append.streams
  const renew = (part: typeof first): typeof first => {
    const [head, ...tail] = part.events
    const anew = (one: typeof head) => ({ ...one, id: randomUUID(), metadata: JSON.stringify({ by: randomUUID() }) })
    return { ...part, events: [anew(head), ...tail.map(anew)] }
  }
  return {
    key: append.key,
    streams: [renew(first), ...others.map(renew)],
    attachments: [{ digest: createHash("sha256").update(bytes).digest(), bytes }],
  }
}

export const idempotency = [
  law(
    "answers a repeated append with the original result, also after the stream has moved on, and appends nothing",
    Effect.fnUntraced(function* (store) {
      yield* store.append(to("other", "none"))
      const append = to("a", "none", ...several(2))
      const { outcome, ...original } = yield* store.append(append)
      assert.equal(outcome, "Appended")
      for (const repeated of [append, again(append)]) {
        assert.deepEqual(yield* store.append(repeated), { outcome: "Duplicate", ...original })
        yield* store.append(to("a", "any"))
      }
      assert.deepEqual(yield* store.append(append), { outcome: "Duplicate", ...original })
      assert.equal((yield* everything(store)).length, 5)
    }),
  ),

  law(
    "looks the key up before the version: what is expected is not content",
    Effect.fnUntraced(function* (store) {
      const append = to("a", "none", event({ n: 1 }))
      yield* store.append(append)
      for (const expected of ["none", "any", 0, 1, 77] as const) {
        const [part] = append.streams
        const repeated = yield* store.append({ ...again(append), streams: [{ ...part, expected }] })
        assert.equal(repeated.outcome, "Duplicate", `expected ${expected}`)
      }
      const error = yield* Effect.flip(store.append({ ...to("a", 77, event({ n: 2 })), key: append.key }))
      assert.equal(error._tag, "IdempotencyMismatch")
    }),
  ),

  law(
    "refuses a key that has other content, and harms nothing",
    Effect.fnUntraced(function* (store) {
      const one = event({ n: 1 })
      const two = event({ n: 2 })
      const part = { stream: "a", expected: "any", events: [one, two] } as const
      yield* store.append({ key: "k", streams: [part] })
      const others: Record<string, Append["streams"]> = {
        "another stream": [{ ...part, stream: "b" }],
        "another type": [{ ...part, events: [{ ...one, type: "Other" }, two] }],
        "another schema version": [{ ...part, events: [{ ...one, schemaVersion: 2 }, two] }],
        "other data": [{ ...part, events: [{ ...one, data: `{"n":3}` }, two] }],
        "the same data in another text": [{ ...part, events: [{ ...one, data: `{"n": 1}` }, two] }],
        "another order": [{ ...part, events: [two, one] }],
        "an event less": [{ ...part, events: [one] }],
        "an event more": [{ ...part, events: [one, two, event()] }],
        "a stream more": [part, { ...part, stream: "b" }],
        "the same events over two streams": [
          { ...part, events: [one] },
          { ...part, stream: "b", events: [two] },
        ],
      }
      for (const [what, streams] of Object.entries(others)) {
        const error = yield* Effect.flip(store.append({ key: "k", streams }))
        assert.ok(error._tag === "IdempotencyMismatch", what)
        assert.equal(error.key, "k")
      }
      assert.equal((yield* everything(store)).length, 2)
      assert.equal((yield* store.append({ key: "k", streams: [part] })).outcome, "Duplicate")
    }),
  ),

  law(
    "lets no field run into the next one",
    Effect.fnUntraced(function* (store) {
      yield* store.append({ ...to("a", "any", { ...event(), type: "T1", data: "1" }), key: "k" })
      const runOn = { ...to("a", "any", { ...event(), type: "T", schemaVersion: 11, data: "1" }), key: "k" }
      assert.equal((yield* Effect.flip(store.append(runOn)))._tag, "IdempotencyMismatch")
    }),
  ),

  law(
    "appends once when the same append comes many times at once",
    Effect.fnUntraced(function* (store) {
      for (let round = 0; round < 10; round++) {
        const append = to(`s-${round}`, "none", ...several(2))
        const results = yield* Effect.forEach(
          Array.from({ length: 40 }, () => again(append)),
          store.append,
          together,
        )
        assert.equal(results.filter((result) => result.outcome === "Appended").length, 1)
        assert.equal(new Set(results.map((result) => result.firstPosition)).size, 1)
        assert.ok(results.every((result) => result.versions[0] === 2))
      }
      assert.equal((yield* everything(store)).length, 20)
    }),
  ),

  law(
    "appends once when a key comes many times at once with different content, and answers each by its own content",
    Effect.fnUntraced(function* (store) {
      const results = yield* Effect.forEach(
        Array.from({ length: 40 }, (_, index) => ({ ...to("a", "any", event({ n: index % 4 })), key: "k" })),
        (append) => Effect.map(Effect.result(store.append(append)), (result) => ({ append, result })),
        together,
      )
      const log = yield* everything(store)
      assert.equal(log.length, 1)
      let appended = 0
      for (const { append, result } of results) {
        if (append.streams[0].events[0].data === log[0]?.data) {
          assert.ok(Result.isSuccess(result))
          if (result.success.outcome === "Appended") appended += 1
        } else {
          assert.ok(Result.isFailure(result) && result.failure._tag === "IdempotencyMismatch")
        }
      }
      assert.equal(appended, 1)
    }),
  ),

  law(
    "lets another append have the key when the first one lost, even at the same moment",
    Effect.fnUntraced(function* (store) {
      const loses = { ...to("a", 5, event({ n: 1 })), key: "k" }
      const wins = { ...to("a", "none", event({ n: 2 })), key: "k" }
      const results = yield* Effect.forEach([loses, wins], (append) => Effect.result(store.append(append)), together)
      assert.deepEqual(
        results.map((result) => (Result.isSuccess(result) ? result.success.outcome : result.failure._tag)),
        ["VersionConflict", "Appended"],
      )
    }),
  ),
]
