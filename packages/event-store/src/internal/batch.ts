/** What goes to the function `paylog.append`, and what comes back; its own text says what both mean. */
import { Effect } from "effect"
import { type Appended, type AppendError, IdempotencyMismatch, VersionConflict } from "../EventStore.ts"
import * as Statement from "../Statement.ts"
import { byteStrings, integers, texts, uuids } from "./arrays.ts"
import { conflictAt, expectedNumber, type Item } from "./item.ts"

export const statement = Statement.fromFile(new URL("../../sql/log/append.sql", import.meta.url))

export interface Verdicts {
  /** An item each. */
  readonly verdicts: ReadonlyArray<"A" | "D" | "O" | "M" | "C">
  readonly positions: ReadonlyArray<bigint>
  /** A part each. */
  readonly versions: ReadonlyArray<number>
}

/** The arguments for a batch, in the function's order. */
export const valuesOf = (items: ReadonlyArray<Item>): ReadonlyArray<Buffer> => {
  const keys = numbering()
  const streams = numbering()
  const parts = items.flatMap((item) => item.append.streams)
  const events = parts.flatMap((part) => part.events)
  const attachments = items.flatMap((item, index) =>
    (item.append.attachments ?? []).map((attachment) => ({ item: index + 1, ...attachment })),
  )
  const itemKeys = items.map((item) => keys.of(item.append.key))
  const partStreams = parts.map((part) => streams.of(part.stream))
  return [
    texts(keys.names()),
    integers(itemKeys),
    byteStrings(items.map((item) => item.digest)),
    integers(items.map((item) => item.append.streams.length)),
    texts(streams.names()),
    integers(partStreams),
    // No stream gets to the largest version that the column holds, so that one stands for every larger one.
    integers(parts.map((part) => Math.min(expectedNumber(part.expected), 0x7fffffff))),
    integers(parts.map((part) => part.events.length)),
    uuids(events.map((event) => event.id)),
    texts(events.map((event) => event.type)),
    integers(events.map((event) => event.schemaVersion)),
    texts(
      events.map((event) => event.data),
      "json",
    ),
    texts(
      events.map((event) => event.metadata),
      "json",
    ),
    integers(attachments.map((attachment) => attachment.item)),
    byteStrings(attachments.map((attachment) => attachment.digest)),
    byteStrings(attachments.map((attachment) => attachment.bytes)),
  ]
}

/**
 * The answer to each item. `repeated`: the batch was sent before, and the answer was lost. What is then found as made by
 * that very item was appended by this call.
 */
export const answersOf = (
  items: ReadonlyArray<Item>,
  { verdicts, positions, versions }: Verdicts,
  repeated: boolean,
): ReadonlyArray<Effect.Effect<Appended, AppendError>> => {
  let part = 0
  return items.map(({ append, events }, index) => {
    const own = versions.slice(part, (part += append.streams.length))
    const verdict = verdicts[index]
    switch (verdict) {
      case "A":
      case "D":
      case "O": {
        const firstPosition = positions[index] ?? 0n
        return Effect.succeed({
          outcome: verdict === "A" || (verdict === "O" && repeated) ? "Appended" : "Duplicate",
          firstPosition,
          lastPosition: firstPosition + BigInt(events - 1),
          versions: own,
        })
      }
      case "M":
        return Effect.fail(new IdempotencyMismatch({ key: append.key }))
      case "C": {
        const conflict = conflictAt(append.streams, own)
        if (conflict !== undefined) return Effect.fail(new VersionConflict(conflict))
      }
    }
    return Effect.die(new Error(`paylog.append answered ${verdict} where it cannot`))
  })
}

/** Numbers names from 1, each once. */
const numbering = () => {
  const numbers = new Map<string, number>()
  return {
    of: (name: string): number => {
      const known = numbers.get(name)
      if (known !== undefined) return known
      numbers.set(name, numbers.size + 1)
      return numbers.size
    },
    names: (): ReadonlyArray<string> => [...numbers.keys()],
  }
}
