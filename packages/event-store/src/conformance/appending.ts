/** Laws of appending: expected versions, order, all or nothing. */
import { Effect } from "effect"
import assert from "node:assert/strict"
import { createHash, randomUUID } from "node:crypto"
import { type Append, EventStore, missedEvents } from "../EventStore.ts"
import { assertConflict, assertDense, event, everything, law, several, to, versionsOf } from "./law.ts"

export const appending = [
  law(
    "answers where the events are",
    Effect.fnUntraced(function* (store) {
      assert.deepEqual(yield* store.append(to("a", "none", ...several(2))), {
        outcome: "Appended",
        firstPosition: 1n,
        lastPosition: 2n,
        versions: [2],
      })
      assert.deepEqual(yield* store.append(to("b", "none", ...several(3))), {
        outcome: "Appended",
        firstPosition: 3n,
        lastPosition: 5n,
        versions: [3],
      })
      assert.deepEqual(yield* store.append(to("a", 2)), {
        outcome: "Appended",
        firstPosition: 6n,
        lastPosition: 6n,
        versions: [3],
      })
    }),
  ),

  law(
    "gives back what it was given, byte for byte",
    Effect.fnUntraced(function* (store) {
      const given = {
        id: randomUUID(),
        type: "Ünïcode 🙂 'quoted' \"twice\" {a,b} \\",
        schemaVersion: 7,
        data: `{ "b":1e400,  "a" : [0.10, -0,\n 12345678901234567890 ],"a":"twice \\u0041\\\\u0000 \\ud83d\\ude42 🙂 {\\"x\\"}" }`,
        metadata: ` "text" `,
      }
      yield* store.append(to("s, {t} \\ \"u\" 'v' 🙂", "none", given))
      const [recorded] = yield* everything(store)
      assert.ok(recorded !== undefined)
      const { position, recordedAtMs, ...rest } = recorded
      assert.equal(position, 1n)
      assert.ok(Number.isInteger(recordedAtMs))
      assert.deepEqual(rest, { stream: "s, {t} \\ \"u\" 'v' 🙂", version: 1, ...given })
    }),
  ),

  law(
    "takes none and 0 for a stream that does not exist, and for no other",
    Effect.fnUntraced(function* (store) {
      yield* store.append(to("a", "none"))
      yield* store.append(to("b", 0))
      for (const expected of ["none", 0] as const) {
        const error = yield* Effect.flip(store.append(to("a", expected)))
        assertConflict(error, { stream: "a", expected, actual: 1 })
      }
      assert.equal((yield* everything(store)).length, 2)
    }),
  ),

  law(
    "tells a writer that is behind how many events it missed, and gives them in one read",
    Effect.fnUntraced(function* (store) {
      yield* store.append(to("a", "none", ...several(2)))
      yield* store.append(to("a", 2, event("three"), event("four")))
      const missed = (expected: "none" | number) =>
        Effect.gen(function* () {
          const conflict = yield* Effect.flip(store.append(to("a", expected)))
          assert.ok(conflict._tag === "VersionConflict")
          const events = yield* Effect.provideService(missedEvents(conflict), EventStore, store)
          assert.equal(conflict.missed, events.length)
          return versionsOf(events)
        })
      assert.deepEqual(yield* missed(2), [3, 4])
      assert.deepEqual(yield* missed("none"), [1, 2, 3, 4])
      for (const known of [7, 2_147_483_647, Number.MAX_SAFE_INTEGER]) assert.deepEqual(yield* missed(known), [])
    }),
  ),

  law(
    "takes an exact version, and refuses one that is behind or past the end",
    Effect.fnUntraced(function* (store) {
      yield* store.append(to("a", "none", ...several(3)))
      for (const expected of [1, 2, 4, 5, 2_147_483_647, 2_147_483_648, Number.MAX_SAFE_INTEGER]) {
        const error = yield* Effect.flip(store.append(to("a", expected)))
        assertConflict(error, { stream: "a", expected, actual: 3 })
      }
      const error = yield* Effect.flip(store.append(to("b", 1)))
      assertConflict(error, { stream: "b", expected: 1, actual: 0 })
      yield* store.append(to("a", 3))
      assert.deepEqual(versionsOf(yield* store.readStream("a")), [1, 2, 3, 4])
      assert.deepEqual(yield* store.readStream("b"), [])
    }),
  ),

  law(
    "takes any for every stream",
    Effect.fnUntraced(function* (store) {
      assert.deepEqual((yield* store.append(to("a", "any"))).versions, [1])
      assert.deepEqual((yield* store.append(to("a", "any", ...several(2)))).versions, [3])
    }),
  ),

  law(
    "appends to several streams together, in the order given",
    Effect.fnUntraced(function* (store) {
      yield* store.append(to("b", "none"))
      const append: Append = {
        key: "k",
        streams: [
          { stream: "c", expected: "none", events: [event({ n: 1 }), event({ n: 2 })] },
          { stream: "a", expected: "any", events: [event({ n: 3 })] },
          { stream: "b", expected: 1, events: [event({ n: 4 }), event({ n: 5 })] },
        ],
      }
      const appended = { firstPosition: 2n, lastPosition: 6n, versions: [2, 1, 3] }
      assert.deepEqual(yield* store.append(append), { outcome: "Appended", ...appended })
      const log = yield* everything(store)
      assertDense(log)
      assert.deepEqual(
        log.slice(1).map(({ stream, version, data }) => [stream, version, data]),
        [
          ["c", 1, `{"n":1}`],
          ["c", 2, `{"n":2}`],
          ["a", 1, `{"n":3}`],
          ["b", 2, `{"n":4}`],
          ["b", 3, `{"n":5}`],
        ],
      )
      yield* store.append(to("a", 1))
      assert.deepEqual(yield* store.append(append), { outcome: "Duplicate", ...appended })
    }),
  ),

  law(
    "appends to none of several streams when one is not where it should be, and names that one",
    Effect.fnUntraced(function* (store) {
      const names = ["a", "b", "c"] as const
      for (const moved of names) {
        const [a, b, c] = names.map((stream) => ({
          stream: `${moved}-${stream}`,
          expected: stream === moved ? 2 : ("none" as const),
          events: [event()] as const,
        }))
        assert.ok(a !== undefined && b !== undefined && c !== undefined)
        yield* store.append(to(`${moved}-${moved}`, "none"))
        const error = yield* Effect.flip(store.append({ key: moved, streams: [a, b, c] }))
        assertConflict(error, { stream: `${moved}-${moved}`, expected: 2, actual: 1 })
      }
      assert.equal((yield* everything(store)).length, 3)
    }),
  ),

  law(
    "leaves nothing of a refused append: no event, no position, no attachment, and its key is free",
    Effect.fnUntraced(function* (store) {
      const bytes = Buffer.from("delivery")
      const digest = createHash("sha256").update(bytes).digest()
      const refused = { ...to("a", 1), key: "k", attachments: [{ digest, bytes }] }
      assert.equal((yield* Effect.flip(store.append(refused)))._tag, "VersionConflict")
      assert.equal(yield* store.head, 0n)
      assert.equal(yield* store.readAttachment(digest), undefined)
      const appended = yield* store.append({ ...to("b", "none", event({ other: true })), key: "k" })
      assert.deepEqual(appended, { outcome: "Appended", firstPosition: 1n, lastPosition: 1n, versions: [1] })
    }),
  ),

  law(
    "records times in whole milliseconds that never decrease",
    Effect.fnUntraced(function* (store) {
      for (let round = 0; round < 50; round++) yield* store.append(to("a", "any", ...several(2)))
      const times = (yield* everything(store)).map((event) => event.recordedAtMs)
      assert.ok(times.every(Number.isSafeInteger))
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      )
    }),
  ),

  law(
    "keeps attachments beside the events, once for the same bytes",
    Effect.fnUntraced(function* (store) {
      const attachment = (text: string) => {
        const bytes = Buffer.from(text, "latin1")
        return { digest: createHash("sha256").update(bytes).digest(), bytes }
      }
      const [one, two, none] = [attachment("\u0000one\u00ff"), attachment(""), attachment("none")] as const
      yield* store.append({ ...to("a", "any"), attachments: [one, two, one] })
      yield* store.append({ ...to("b", "any"), attachments: [one] })
      assert.deepEqual(yield* store.readAttachment(one.digest), Uint8Array.from(one.bytes))
      assert.deepEqual(yield* store.readAttachment(two.digest), new Uint8Array(0))
      assert.equal(yield* store.readAttachment(none.digest), undefined)
    }),
  ),
]
