/** The law of malformed input. */
import { Effect } from "effect"
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import type { Append, NewEvent } from "../EventStore.ts"
import { event, law, to } from "./law.ts"

const ofEvent = (fields: Partial<NewEvent>): Append => to("a", "any", { ...event(), ...fields })
const ofStream = (stream: string): Append => to(stream, "any")
const attached = (digest: Uint8Array, bytes: Uint8Array): Append => ({
  ...ofStream("a"),
  attachments: [{ digest, bytes }],
})
const sha256 = (text: string) => createHash("sha256").update(text).digest()
const part = { stream: "a", expected: "any", events: [event()] } as const

const malformed: Record<string, Append> = {
  "U+0000 in data": ofEvent({ data: `"a\u0000"` }),
  "an escaped U+0000 in data": ofEvent({ data: `"a\\u0000"` }),
  "an escaped U+0000 after an escaped backslash": ofEvent({ data: `"\\\\\\u0000"` }),
  "an escaped U+0000 in a name": ofEvent({ data: `{"\\u0000":1}` }),
  "a lone high surrogate": ofEvent({ data: `"\ud83d"` }),
  "a lone low surrogate": ofEvent({ data: `"\ude42"` }),
  "an escaped lone high surrogate": ofEvent({ data: `"\\ud83d"` }),
  "an escaped lone high surrogate before something else": ofEvent({ data: `"\\ud83d \\ude42"` }),
  "two escaped high surrogates": ofEvent({ data: `"\\ud83d\\ud83d\\ude42"` }),
  "an escaped lone low surrogate": ofEvent({ data: `"\\uDE42"` }),
  "an escaped high surrogate before a low one that is not escaped": ofEvent({ data: `"\\ud83d\ude42"` }),
  "U+0000 in metadata": ofEvent({ metadata: `"\\u0000"` }),
  "data that is not JSON": ofEvent({ data: "{" }),
  "metadata that is not JSON": ofEvent({ metadata: "" }),
  "an id that is no UUID": ofEvent({ id: "1" }),
  "an empty type": ofEvent({ type: "" }),
  "a control character in a type": ofEvent({ type: "a\n" }),
  "a control character of those beyond ASCII in a key": { ...ofStream("a"), key: "k\u009b1m" },
  "data nested deeper than a server's stack": ofEvent({ data: `${"[".repeat(100_000)}${"]".repeat(100_000)}` }),
  "metadata nested a little too deep": ofEvent({ metadata: `${`{"[":`.repeat(1001)}1${"}".repeat(1001)}` }),
  "a schema version of 0": ofEvent({ schemaVersion: 0 }),
  "a fraction as schema version": ofEvent({ schemaVersion: 1.5 }),
  "an empty stream name": ofStream(""),
  "U+0000 in a stream name": ofStream("a\u0000"),
  "a lone surrogate in a stream name": ofStream("a\ud83d"),
  "a stream name of 513 bytes": ofStream("ü".repeat(256) + "u"),
  "an empty key": { ...ofStream("a"), key: "" },
  "U+0000 in a key": { ...ofStream("a"), key: "k\u0000" },
  "a lone surrogate in a key": { ...ofStream("a"), key: "k\udc00" },
  "a negative expected version": to("a", -1),
  "a fraction as expected version": to("a", 0.5),
  "NaN as expected version": to("a", Number.NaN),
  "a stream named twice": { key: "k", streams: [part, part] },
  "a digest of other bytes": attached(sha256("a"), Buffer.from("b")),
  "a digest that is too short": attached(sha256("a").subarray(1), Buffer.from("a")),
  "more events than fit into one statement": to("a", "any", ...Array.from({ length: 1001 }, () => event())),
  "more bytes than fit into one statement": ofEvent({ data: JSON.stringify("x".repeat(5_000_000)) }),
}

/** The message names the limit. */
const limits: Record<string, RegExp> = {
  "a stream name of 513 bytes": /513 bytes; the limit is 512/,
  "data nested deeper than a server's stack": /100000 deep; the limit is 1000/,
  "metadata nested a little too deep": /1001 deep; the limit is 1000/,
  "more events than fit into one statement": /1001 events .*1000 events/,
  "more bytes than fit into one statement": /5000\d+ bytes .*4194304 bytes/,
}

export const refusing = [
  law(
    "refuses what cannot be stored, and what is too large, with an error of its own; appends nothing of it, and works on",
    Effect.fnUntraced(function* (window, store) {
      for (const [what, append] of Object.entries(malformed)) {
        const error = yield* Effect.flip(store.append(append))
        assert.equal(error._tag, "InvalidAppend", what)
        if (limits[what] !== undefined) assert.match(error.message, limits[what], what)
      }
      assert.equal(yield* window.head, 0n)
      yield* store.append(ofStream("ü".repeat(256)))
      yield* store.append(ofEvent({ data: `"\\ud83d\\ude42 \\\\u0000 🙂"` }))
      yield* store.append(ofEvent({ data: `${`{"[":`.repeat(1000)}1${"}".repeat(1000)}` }))
      assert.equal(yield* window.head, 3n)
    }),
  ),
]
