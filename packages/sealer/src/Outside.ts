/** The outside checkpoint and its tiles: reading, publishing, and where the stored tree differs from them. */
import * as Bytes from "@paylog/transparency/Bytes"
import type { Checkpoint } from "@paylog/transparency/Checkpoint"
import * as TreeTiles from "@paylog/transparency/Tiles"
import * as Tree from "@paylog/transparency/Tree"
import { Effect, Option } from "effect"
import { openCheckpoint } from "./LogKeys.ts"
import { checkpointPath, OutsideStore } from "./OutsideStore.ts"
import { tilePath } from "./PublishedTiles.ts"
import { sha256 } from "./sha256.ts"
import * as Tiles from "./Tiles.ts"

/** A checkpoint and the note that it came in. */
export interface Outside extends Checkpoint {
  readonly note: string
}

/** The checkpoint in the store, of whatever origin; `undefined` when there is none. */
export const read = Effect.gen(function* () {
  const bytes = yield* (yield* OutsideStore).read(checkpointPath)
  if (Option.isNone(bytes)) return undefined
  const checkpoint = yield* openCheckpoint(bytes.value)
  const outside: Outside = { ...checkpoint, note: new TextDecoder().decode(bytes.value) }
  return outside
})

/** How many hashes a tree has at this level of tiles. */
const count = (size: number, level: number) => Math.floor(size / 256 ** level)

/** The tiles in which a tree of `size` differs from its beginning of `old`, as wide as they are in it. */
const tilesBetween = (old: number, size: number): ReadonlyArray<TreeTiles.TileAt> => {
  const tiles: Array<TreeTiles.TileAt> = []
  for (let level = 0; count(size, level) > 0; level++) {
    const hashes = count(size, level)
    for (let index = Math.floor(count(old, level) / 256); index * 256 < hashes; index++)
      tiles.push({ level, index, width: Math.min(256, hashes - index * 256) })
  }
  return tiles
}

/** So many tiles are read and written at a time. */
const atOnce = 64

/** A publication that was begun, and how many of its tiles are there. Whoever is interrupted goes on from it. */
export interface Begun {
  readonly size: number
  readonly old: number
  tiles: number
}

/**
 * Puts the tiles that a tree of `size` has beyond those of `old`, and only then its note, unless a larger one of this log has come
 * there meanwhile. What is half done may be done again.
 */
export const publish = Effect.fnUntraced(function* (
  { origin, size, note }: { readonly origin: string; readonly size: number; readonly note: string },
  old: number,
  begun: Begun = { size, old, tiles: 0 },
) {
  const store = yield* OutsideStore
  const all = tilesBetween(Math.min(old, size), size)
  for (let from = begun.tiles; from < all.length; from = begun.tiles += atOnce) {
    const some = all.slice(from, from + atOnce)
    const stored = yield* Tiles.tiles(some)
    yield* Effect.forEach(
      some,
      Effect.fnUntraced(function* (at) {
        const tile = stored.find(({ level, index }) => level === at.level && index === at.index)
        if ((tile?.hashes.length ?? 0) < at.width * 32)
          return yield* new Tiles.TreeDamaged({ reason: `tile ${at.level}/${at.index} is missing or too short` })
        yield* store.write(tilePath(at), tile?.hashes.subarray(0, at.width * 32) ?? new Uint8Array())
        // Those that were narrower.
        if (at.width === 256 && count(old, at.level) > at.index * 256) yield* store.forget(`${tilePath(at)}.p`)
      }),
      { concurrency: 8, discard: true },
    )
  }
  const outside = yield* read
  if (outside !== undefined && outside.origin === origin && outside.size > size) return
  yield* store.write(checkpointPath, new TextEncoder().encode(note))
})

/**
 * The root over the first `kept` leaves of the tree that this checkpoint is of, shown by the outside tiles with an RFC 6962 proof
 * of consistency. `undefined` when tiles are missing or cut, or do not make the checkpoint's root.
 */
export const rootOver = Effect.fnUntraced(function* ({ size, root }: Checkpoint, kept: number) {
  if (kept < 0 || kept > size) return undefined
  const store = yield* OutsideStore
  const tiles: Array<TreeTiles.Tile> = []
  for (const at of TreeTiles.tilesOf([...Tree.rootNodes(kept), ...Tree.consistencyNodes(kept, size)], size)) {
    const hashes = yield* store.read(tilePath(at))
    if (Option.isNone(hashes) || hashes.value.length !== at.width * 32) return undefined
    tiles.push({ level: at.level, index: at.index, hashes: hashes.value })
  }
  const read = TreeTiles.reader(tiles, sha256)
  const oldRoot = Tree.rootOf(kept, read, sha256)
  const proof = Tree.proveConsistency(kept, size, read, sha256)
  return Tree.checkConsistency(proof, { old: kept, oldRoot, size, root }, sha256) ? oldRoot : undefined
})

/** Whether the outside tiles show that the stored tree has the same first `kept` leaves as the checkpoint's. */
export const shows = Effect.fnUntraced(function* (outside: Checkpoint, kept: number) {
  const root = yield* rootOver(outside, kept)
  return root !== undefined && kept <= (yield* Tiles.size) && Bytes.equal(root, yield* Tiles.rootAt(kept))
})

/**
 * The first position at which the stored tree differs from that of the checkpoint, or ends; one more than the checkpoint's size when
 * it does neither. `undefined` when the outside tiles do not show it. It is found from the top, at most one tile a level, and
 * then proven.
 */
export const firstDiffering = Effect.fnUntraced(function* (outside: Checkpoint) {
  const kept = yield* sameLeaves(outside.size)
  if (kept === undefined || !(yield* shows(outside, kept))) return undefined
  const more = Math.min(kept + 1, outside.size, yield* Tiles.size)
  if (more > kept && (yield* rootOver(outside, more)) === undefined) return undefined
  return more > kept && (yield* shows(outside, more)) ? undefined : BigInt(kept) + 1n
})

/** How many leaves, from the first on, the tiles say to be the same. Nothing of it is proven. */
const sameLeaves = Effect.fnUntraced(function* (size: number) {
  const store = yield* OutsideStore
  let top = 0
  while (count(size, top + 1) > 0) top++
  let index = 0
  for (let level = top; level >= 0; level--) {
    const width = Math.min(256, count(size, level) - index * 256)
    let same = width
    if (width > 0) {
      const outside = yield* store.read(tilePath({ level, index, width }))
      if (Option.isNone(outside) || outside.value.length !== width * 32) return undefined
      const [stored] = yield* Tiles.tiles([{ level, index }])
      same = sameHashes(outside.value, stored?.hashes ?? new Uint8Array(), width)
    }
    index = index * 256 + same
  }
  return index
})

/** How many of the hashes, from the first on, are the same. */
const sameHashes = (a: Uint8Array, b: Uint8Array, most: number): number => {
  for (let n = 0; n < most; n++)
    if (Buffer.compare(a.subarray(n * 32, n * 32 + 32), b.subarray(n * 32, n * 32 + 32)) !== 0) return n
  return most
}
