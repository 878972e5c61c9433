/**
 * Every event's stored bytes, hashed anew, against what was sealed: entries, tiles, roots. One pass, in the order of the log.
 */
import type { Database } from "@paylog/event-store/Database"
import type { StoreUnavailable } from "@paylog/event-store/EventStore"
import * as ColumnSums from "@paylog/sealer/ColumnSums"
import { sha256 } from "@paylog/sealer/sha256"
import * as StoredColumns from "@paylog/sealer/StoredColumns"
import * as Stored from "@paylog/sealer/Tiles"
import type * as Entry from "@paylog/transparency/Entry"
import * as Tiles from "@paylog/transparency/Tiles"
import * as Tree from "@paylog/transparency/Tree"
import { Effect, Fiber } from "effect"
import { type Findings, listed } from "../Finding.ts"

/** A tree that is trusted: its size, and its partial tiles. */
export interface Start {
  readonly size: number
  readonly edge: ReadonlyArray<Tiles.Tile>
}

export const beginning: Start = { size: 0, edge: [] }

export interface Options {
  readonly start: Start
  /** The last position to look at. */
  readonly head: number
  /** How many events the stored tree holds. */
  readonly sealed: number
  /** Sizes at which the root is wanted, in rising order. */
  readonly sizes: ReadonlyArray<number>
  /** Called with each page. */
  readonly each: (events: ReadonlyArray<Entry.StoredColumns>) => Effect.Effect<void, StoreUnavailable, Database>
  /** Which events `each` is to see, by their type and the bytes of their metadata. */
  readonly wants: (type: string, metadata: Buffer) => boolean
  readonly tell: (done: number) => void
}

/** The roots that were wanted, by size, and the last one. */
export interface Recomputed {
  /** Events that were read. */
  readonly looked: number
  readonly roots: ReadonlyMap<number, Uint8Array>
  readonly size: number
  readonly root: Uint8Array
}

const pageSize = 4096

/**
 * Reads each event once. Where an event is missing or is not what was sealed, that is a finding, and the tree goes on with
 * the stored entry: so one change is one finding, and a tree that was made anew over changed events shows in its roots.
 */
export const verifyEvents = Effect.fnUntraced(function* (
  findings: Findings,
  { start, head, sealed, sizes, each, wants, tell }: Options,
) {
  const roots = new Map<number, Uint8Array>()
  const wanted = sizes.filter((size) => size >= start.size && size <= head)
  let nextWanted = 0
  let { size, edge } = start
  const rootNow = () => Tree.rootOf(size, Tiles.reader(edge, sha256), sha256)
  const note = () => {
    if (wanted[nextWanted] !== size) return
    roots.set(size, rootNow())
    while (wanted[nextWanted] === size) nextWanted++
  }
  note()

  // One page ahead: the server reads on while this one is looked at.
  const read = (after: number) => Effect.forkChild(pageAfter(after, Math.min(head, after + pageSize), wants))
  let next = yield* read(size)
  let before = yield* lastBefore(size)
  let looked = 0
  let comparing: Fiber.Fiber<void, StoreUnavailable> = yield* Effect.forkChild(Effect.void)
  while (size < head) {
    const { to, events, sealedEntry } = yield* Fiber.join(next)
    if (to < head) next = yield* read(to)

    const leaves: Array<Uint8Array> = []
    let expected = size + 1
    const pass = (until: number) => {
      if (expected >= until) return
      findings.add({
        kind: "Missing",
        position: BigInt(expected),
        ...(until - 1 > expected ? { to: BigInt(until - 1) } : {}),
        detail: "no event has this position",
      })
      for (; expected < until; expected++) leaves.push(Tree.leafHash(sealedEntry(expected) ?? lost, sha256))
    }
    for (const event of events) {
      const { position, entry, recordedAt } = event
      looked++
      if (position < expected) {
        findings.add({ kind: "Outside", position: BigInt(position), detail: "another event has this position too" })
        continue
      }
      pass(position)
      const stored = sealedEntry(position)
      if (position <= sealed && stored === undefined)
        findings.add({ kind: "Tree", position: BigInt(position), detail: "its sealed entry is missing" })
      const same = stored === undefined || Buffer.compare(entry, stored) === 0
      if (!same) yield* changed(findings, BigInt(position))
      else if (!isTime(recordedAt))
        findings.add({
          kind: "Disorder",
          position: BigInt(position),
          column: "recorded_at",
          detail:
            "is no whole millisecond from 1970 to 2285: the log makes no such time, and it may stand for another one",
        })
      if (before !== undefined && recordedAt < before)
        findings.add({
          kind: "Disorder",
          position: BigInt(position),
          detail: "it is recorded earlier than the event before it",
        })
      before = recordedAt
      leaves.push(Tree.leafHash(same ? entry : stored, sha256))
      expected = position + 1
    }
    pass(to + 1)

    const changedTiles = new Map<string, Tiles.Tile>()
    for (let at = 0; at < leaves.length;) {
      const step = Math.min(leaves.length - at, (wanted[nextWanted] ?? Infinity) - size)
      const grown = Tiles.extend(size, edge, leaves.slice(at, at + step), sha256)
      size = grown.size
      edge = grown.edge
      at += step
      for (const tile of grown.changed) changedTiles.set(`${tile.level}/${tile.index}`, tile)
      note()
    }
    yield* Fiber.join(comparing)
    comparing = yield* Effect.forkChild(
      Effect.andThen(
        compareTiles(findings, [...changedTiles.values()], sealed),
        each(events.flatMap(({ event }) => event ?? [])),
      ),
    )
    tell(size - start.size)
  }
  yield* Fiber.join(comparing)
  const recomputed: Recomputed = { looked, roots, size, root: rootNow() }
  return recomputed
})

/** The events after `after` up to `to`, and what was sealed of each. */
const pageAfter = Effect.fnUntraced(function* (after: number, to: number, wants: Options["wants"]) {
  const events = yield* StoredColumns.entries(BigInt(after), to - after, wants)
  return { to, events, sealedEntry: yield* storedEntries(after, to) }
})

/** When the last event was recorded that is trusted; `undefined` when none is, or it is gone. */
const lastBefore = Effect.fnUntraced(function* (size: number) {
  const [event] = size === 0 ? [] : yield* StoredColumns.entries(BigInt(size - 1), 1, () => false)
  return event?.recordedAt
})

/**
 * Whether paylog.append makes such times: whole milliseconds, no earlier than 1970. An entry has milliseconds since 1970, and is
 * certain of these alone. In microseconds since 2000, exact until 2285.
 */
const isTime = (recordedAt: number): boolean =>
  recordedAt % 1000 === 0 && recordedAt >= -946_684_800_000_000 && recordedAt <= Number.MAX_SAFE_INTEGER

/** Stands for an event that is gone and was never sealed. */
const lost = new Uint8Array(32)

/** Looks up the sealed entry of a position from `after` + 1 to `to`. */
const storedEntries = Effect.fnUntraced(function* (after: number, to: number) {
  const bundles = new Map(
    (yield* Stored.bundles(Math.floor(after / 256), Math.floor((to - 1) / 256))).map(
      ({ bundle, hashes }) => [bundle, hashes] as const,
    ),
  )
  return (position: number): Uint8Array | undefined => {
    const [bundle, at] = [Math.floor((position - 1) / 256), (position - 1) % 256]
    const entry = bundles.get(bundle)?.subarray(32 * at, 32 * at + 32)
    return entry?.length === 32 ? entry : undefined
  }
})

const changed = Effect.fnUntraced(function* (findings: Findings, position: bigint) {
  // Past what is listed, nobody reads which column it was.
  const isListed = findings.count < listed
  const [event] = isListed ? yield* StoredColumns.page(position - 1n, 1) : []
  const columns = event === undefined ? [] : ColumnSums.differing(event, yield* ColumnSums.at(position))
  const detail = "is not what was sealed"
  if (columns.length === 0)
    findings.add({
      kind: "Changed",
      position,
      detail: "its entry is not what was sealed; its column sums do not say which column is another",
    })
  for (const column of columns) findings.add({ kind: "Changed", position, column, detail })
})

/** Of a tile, the stored tree has as many hashes as its size says; they are to be ours. */
const compareTiles = Effect.fnUntraced(function* (
  findings: Findings,
  computed: ReadonlyArray<Tiles.Tile>,
  sealed: number,
) {
  const stored = new Map(
    (yield* Stored.tiles(computed)).map(({ level, index, hashes }) => [`${level}/${index}`, hashes] as const),
  )
  for (const { level, index, hashes } of computed) {
    const has = Math.max(0, Math.min(256, Math.floor(sealed / 256 ** level) - 256 * index))
    const width = Math.min(has, hashes.length / 32)
    const tile = stored.get(`${level}/${index}`) ?? new Uint8Array()
    if (Buffer.compare(tile.subarray(0, 32 * width), hashes.subarray(0, 32 * width)) === 0 && tile.length >= 32 * has)
      continue
    const leaves = 256 ** level
    const first = 256 * index * leaves
    findings.add({
      kind: "Tree",
      position: BigInt(first + 1),
      to: BigInt(Math.min(sealed, first + 256 * leaves)),
      detail: `the stored tile ${level}/${index} is not what the sealed entries make`,
    })
  }
})
