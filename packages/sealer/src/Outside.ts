/** The outside checkpoint and its tiles: reading, publishing, and where the stored tree differs from them. */
import type { Checkpoint } from "@paylog/transparency/Checkpoint"
import type * as TreeTiles from "@paylog/transparency/Tiles"
import { Effect, Option } from "effect"
import { openCheckpoint } from "./LogKeys.ts"
import { checkpointPath, OutsideStore } from "./OutsideStore.ts"
import { tilePath } from "./PublishedTiles.ts"
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
 * The first position at which the stored tree differs from the outside tiles of a tree of `size`, found from the top: at most
 * one tile a level, and one more at the edge. `undefined` when the tiles at hand do not say.
 */
export const firstDiffering = Effect.fnUntraced(function* (size: number) {
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
    const found = index * 256 + same
    if (level === 0) return found < size ? BigInt(found) + 1n : undefined
    index = found
  }
  return undefined
})

/** How many of the hashes, from the first on, are the same. */
const sameHashes = (a: Uint8Array, b: Uint8Array, most: number): number => {
  for (let n = 0; n < most; n++)
    if (Buffer.compare(a.subarray(n * 32, n * 32 + 32), b.subarray(n * 32, n * 32 + 32)) !== 0) return n
  return most
}
