/** What goes to the function `paylog.append`, and what comes back; its own text says what both mean. */
import { Effect } from "effect"
import { type Appended, type AppendError, IdempotencyMismatch, VersionConflict } from "../EventStore.ts"
import * as Statement from "../Statement.ts"
import { byteas, integers, jsons, texts, uuids } from "./arrays.ts"
import { conflictAt, expectedNumber, type Item } from "./item.ts"
import type { Messages } from "./Messages.ts"

export const statement = Statement.fromFile(new URL("../../sql/log/append.sql", import.meta.url))

export interface Verdicts {
  /** An item each. */
  readonly verdicts: ReadonlyArray<"A" | "D" | "O" | "M" | "C">
  readonly positions: ReadonlyArray<bigint>
  /** A part each. */
  readonly versions: ReadonlyArray<number>
}

/** How many arguments the function has. */
export const argumentCount = 16

/** Writes the arguments for a batch, in the function's order. */
export const writeArguments = (to: Messages, items: ReadonlyArray<Item>): void => {
  const keys = numbering()
  const streams = numbering()
  const parts = items.flatMap((item) => item.append.streams)
  const events = parts.flatMap((part) => part.events)
  const attachments = items.flatMap((item, index) =>
    (item.append.attachments ?? []).map((attachment) => ({ item: index + 1, ...attachment })),
  )
  const itemKeys = items.map((item) => keys.of(item.append.key))
  const partStreams = parts.map((part) => streams.of(part.stream))
  // Each item an event, a stream and a key of its own: the numbers that would say so are left out.
  const plain = [keys.names(), streams.names(), parts, events].every(({ length }) => length === items.length)
  texts(to, keys.names(), itself)
  integers(to, plain ? [] : itemKeys, itself)
  byteas(to, items, (item) => item.digest)
  integers(to, plain ? [] : items, (item) => item.append.streams.length)
  texts(to, streams.names(), itself)
  integers(to, plain ? [] : partStreams, itself)
  // No stream gets to the largest version that the column holds, so that one stands for every larger one.
  integers(to, parts, (part) => Math.min(expectedNumber(part.expected), 0x7fffffff))
  integers(to, plain ? [] : parts, (part) => part.events.length)
  uuids(to, events, (event) => event.id)
  texts(to, events, (event) => event.type)
  integers(to, events, (event) => event.schemaVersion)
  jsons(to, events, (event) => event.data)
  jsons(to, events, (event) => event.metadata)
  integers(to, attachments, (attachment) => attachment.item)
  byteas(to, attachments, (attachment) => attachment.digest)
  byteas(to, attachments, (attachment) => attachment.bytes)
}

/** The verdicts where every item of a plain batch won, the first at this position. */
export const allAppended = (items: ReadonlyArray<Item>, first: bigint): Verdicts => ({
  verdicts: items.map(() => "A"),
  positions: items.map((_, index) => first + BigInt(index)),
  // Each stream was at the version that its item expected.
  versions: items.flatMap(({ append }) => append.streams.map(({ expected }) => expectedNumber(expected) + 1)),
})

const itself = <A>(value: A): A => value

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
