/** The tree as C2SP tlog-tiles keeps it: runs of up to 256 hashes of one level, every eighth level. */
import { joined } from "./Bytes.ts"
import { type Hash, sha256 } from "./Sha256.ts"
import { type HashReader, type Node, nodeHash } from "./Tree.ts"

/** Level 0 is leaves; above, each hash is the root of a full tile below. Of `hashes`, 32 bytes each, there are 1 to 256. */
export interface Tile {
  readonly level: number
  readonly index: number
  readonly hashes: Uint8Array
}

/** Which tile, and how many hashes of it the tree in question has (a stored tile may have grown since). */
export interface TileAt {
  readonly level: number
  readonly index: number
  readonly width: number
}

const hashLength = 32
const full = 256

/** How many hashes a tree of `size` leaves has at the lowest level of tiles of this level. */
const count = (size: number, level: number): number => Math.floor(size / full ** level)

const firstHash = ({ level, index }: Node) => {
  const tileLevel = Math.floor(level / 8)
  const width = 2 ** (level - 8 * tileLevel)
  const first = index * width
  return { level: tileLevel, index: Math.floor(first / full), offset: first % full, width }
}

/** The partial tiles of a tree of `size` leaves: at most one a level, lowest first. They are what `extend` and a root need. */
export const edgeOf = (size: number): ReadonlyArray<TileAt> => {
  const edge: Array<TileAt> = []
  for (let level = 0; count(size, level) > 0; level++) {
    const hashes = count(size, level)
    if (hashes % full > 0) edge.push({ level, index: Math.floor(hashes / full), width: hashes % full })
  }
  return edge
}

/** The tiles that hold what these nodes are computed from, each once. `size` is that of the tree. */
export const tilesOf = (nodes: ReadonlyArray<Node>, size: number): ReadonlyArray<TileAt> => {
  const tiles = new Map<string, TileAt>()
  for (const node of nodes) {
    const { level, index } = firstHash(node)
    tiles.set(`${level}/${index}`, { level, index, width: Math.min(full, count(size, level) - index * full) })
  }
  return [...tiles.values()]
}

/** The root of a complete subtree whose lowest hashes these are. Their number is a power of two. */
const rootOfRun = (hashes: Uint8Array, hash: Hash): Uint8Array => {
  let level = hashes
  while (level.length > hashLength) {
    const above = new Uint8Array(level.length / 2)
    for (let at = 0; at < above.length; at += hashLength) {
      const middle = 2 * at + hashLength
      above.set(nodeHash(level.subarray(2 * at, middle), level.subarray(middle, middle + hashLength), hash), at)
    }
    level = above
  }
  return level
}

/**
 * Reads nodes from tiles that are at hand. A missing or too short tile is the caller's slip: a `RangeError`. What it reads is
 * as right as the tiles are: compare a root computed with it, or check a proof made with it.
 */
export const reader = (tiles: ReadonlyArray<Tile>, hash: Hash = sha256): HashReader => {
  const known = new Map(tiles.map((tile) => [`${tile.level}/${tile.index}`, tile.hashes]))
  return (nodes) =>
    nodes.map((node) => {
      const { level, index, offset, width } = firstHash(node)
      const run = known.get(`${level}/${index}`)?.subarray(offset * hashLength, (offset + width) * hashLength)
      if (run?.length !== width * hashLength) throw new RangeError(`tile ${level}/${index} is missing or too short`)
      return rootOfRun(run, hash)
    })
}

/**
 * Adds leaves to a tree of `size` leaves, given its partial tiles (`edgeOf`; hashes beyond their width are ignored). Answers
 * with the tiles that are new or have grown, whole, and the new tree's partial tiles. One hash for each node that is completed.
 */
export const extend = (
  size: number,
  edge: ReadonlyArray<Tile>,
  leaves: ReadonlyArray<Uint8Array>,
  hash: Hash = sha256,
): { readonly size: number; readonly changed: ReadonlyArray<Tile>; readonly edge: ReadonlyArray<Tile> } => {
  const changed: Array<Tile> = []
  const kept: Array<Tile> = []
  const old = new Map(edgeOf(size).map((tile) => [tile.level, tile]))
  let added: ReadonlyArray<Uint8Array> = leaves
  for (let level = 0; added.length > 0 || count(size, level) > 0; level++) {
    const partial = old.get(level)
    const held = edge.find((tile) => tile.level === level && tile.index === partial?.index)?.hashes
    const before = held?.subarray(0, (partial?.width ?? 0) * hashLength) ?? new Uint8Array()
    if (before.length !== (partial?.width ?? 0) * hashLength) throw new RangeError(`the edge lacks level ${level}`)
    if (added.some(({ length }) => length !== hashLength)) throw new RangeError("a hash has 32 bytes")
    const run = joined([before, ...added])
    const first = Math.floor(count(size, level) / full)
    const roots: Array<Uint8Array> = []
    for (let at = 0; at < run.length; at += full * hashLength) {
      const hashes = run.slice(at, at + full * hashLength)
      const tile = { level, index: first + at / (full * hashLength), hashes }
      if (added.length > 0) changed.push(tile)
      if (hashes.length === full * hashLength) roots.push(rootOfRun(hashes, hash))
      else kept.push(tile)
    }
    added = roots
  }
  return { size: size + leaves.length, changed, edge: kept }
}
