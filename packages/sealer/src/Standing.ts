/** How the log stands to its outside checkpoint. */
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import * as Bytes from "@paylog/transparency/Bytes"
import * as Entry from "@paylog/transparency/Entry"
import { Effect } from "effect"
import { LogKeys } from "./LogKeys.ts"
import * as Outside from "./Outside.ts"
import { sha256 } from "./sha256.ts"
import * as StoredColumns from "./StoredColumns.ts"
import * as Tiles from "./Tiles.ts"

export type Standing =
  /** The log begins with what the checkpoint says. */
  | { readonly _tag: "Agrees"; readonly outside: Outside.Outside; readonly head: bigint; readonly sealed: number }
  | { readonly _tag: "Missing"; readonly head: bigint; readonly sealed: number }
  /** The log is long enough, its tree is not yet: the sealer has to come there before anything can be said. */
  | { readonly _tag: "Unsealed"; readonly outside: Outside.Outside; readonly sealed: number }
  /** Events that were sealed are gone; those from `from` on are other ones or gone, where the outside tiles show that. */
  | { readonly _tag: "Shorter"; readonly size: number; readonly head: bigint; readonly from: bigint | undefined }
  /** Other events than those that were sealed, from `from` on, where that can be said. */
  | { readonly _tag: "Differs"; readonly size: number; readonly from: bigint | undefined }
  | { readonly _tag: "Damaged"; readonly reason: string }
  | { readonly _tag: "OtherOrigin"; readonly outside: Outside.Outside; readonly origin: string }

/**
 * Compares the log with a checkpoint: its length, its stored tree, and the newest bundle of events with what was sealed of
 * them. Older events are `paylog verify`'s to recompute. About 6 queries; tiles are fetched only when something is wrong.
 */
export const compare = Effect.fn("Standing.compare")(function* (outside: Outside.Outside | undefined) {
  const { origin } = yield* LogKeys
  const sealed = yield* Tiles.size
  const head = yield* headOf
  return yield* Effect.gen(function* () {
    if (outside !== undefined && outside.origin !== origin) return { _tag: "OtherOrigin", outside, origin } as const
    const size = outside?.size ?? 0
    if (outside !== undefined && head < BigInt(size)) {
      const found = yield* Outside.firstDiffering(outside)
      const from = found !== undefined && found > head ? head + 1n : found
      return { _tag: "Shorter", size, head, from } as const
    }
    if (head < BigInt(sealed)) return { _tag: "Shorter", size: sealed, head, from: head + 1n } as const
    const changed = yield* changedInLastBundle
    if (changed !== undefined) return { _tag: "Differs", size: sealed, from: changed } as const
    if (outside === undefined) return { _tag: "Missing", head, sealed } as const
    if (sealed < size) return { _tag: "Unsealed", outside, sealed } as const
    return Bytes.equal(yield* Tiles.rootAt(size), outside.root)
      ? ({ _tag: "Agrees", outside, head, sealed } as const)
      : ({ _tag: "Differs", size, from: yield* Outside.firstDiffering(outside) } as const)
  }).pipe(
    Effect.catchTag("TreeDamaged", ({ reason }) => Effect.succeed({ _tag: "Damaged", reason } as const)),
    Effect.map((standing): Standing => standing),
  )
})

const headOf = Effect.gen(function* () {
  const [row] = yield* (yield* Database).query<{ readonly head: bigint }>(headStatement)
  return row?.head ?? 0n
})

/** The first position of the newest bundle whose event is not, or no longer, what was sealed. */
const changedInLastBundle = Effect.gen(function* () {
  const [last] = yield* (yield* Database).query<{ readonly bundle: bigint; readonly hashes: Uint8Array }>(bundle)
  if (last === undefined) return undefined
  const first = last.bundle * 256n
  const count = last.hashes.length / 32
  const stored = yield* StoredColumns.page(first, count)
  for (let n = 0; n < count; n++) {
    const position = first + BigInt(n) + 1n
    const event = stored[n]
    const sealed = last.hashes.subarray(n * 32, n * 32 + 32)
    if (event?.position !== position || !Bytes.equal(Entry.entryOf(event, sha256), sealed)) return position
  }
  return undefined
})

const headStatement = Statement.fromFile(new URL("../sql/read/head.sql", import.meta.url))
const bundle = Statement.fromFile(new URL("../sql/read/last-bundle.sql", import.meta.url))

/** Of a new log, for a moment: the one refusal for which nobody has to act. */
export const notYetSigned = "the log is empty, and its first checkpoint is not yet in the checkpoint store"

/** In words, for whoever has to act. */
export const describe = (standing: Standing): string => {
  switch (standing._tag) {
    case "Agrees":
      return `the log agrees with its outside checkpoint of ${standing.outside.size} events`
    case "Missing":
      return standing.head === 0n
        ? notYetSigned
        : `the log has ${standing.head} events, and the checkpoint store has no checkpoint of them: if that is right, two people say so with "paylog checkpoint adopt"`
    case "Unsealed":
      return `only ${standing.sealed} events are sealed, and the outside checkpoint is of ${standing.outside.size}: the sealer has to come there first`
    case "Shorter":
      return `the log ends at position ${standing.head}, and ${standing.size} events were sealed: it differs ${fromWhere(standing.from)}`
    case "Differs":
      return `the log is not the one of which ${standing.size} events were sealed: it differs ${fromWhere(standing.from)}`
    case "Damaged":
      return `the stored tree is damaged: ${standing.reason}`
    case "OtherOrigin":
      return `the outside checkpoint is of the log ${standing.outside.origin}, and this one is ${standing.origin}`
  }
}

const fromWhere = (from: bigint | undefined) =>
  from === undefined ? "at a position that the outside tiles do not tell" : `from position ${from} on`
