/** The tree as it is stored: its size, its tiles, its entries. All of it is as right as the database. */
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import * as Tiles from "@paylog/transparency/Tiles"
import * as Tree from "@paylog/transparency/Tree"
import { Effect, Schema } from "effect"
import { sha256 } from "./sha256.ts"

/** The stored tree does not have what a tree of its size has: tiles were lost or changed. */
export class TreeDamaged extends Schema.TaggedError<TreeDamaged>()("TreeDamaged", { reason: Schema.String }) {
  override readonly message = `The stored tree is damaged: ${this.reason}`
}

/** How many events are sealed: the positions 1 to this. One query. */
export const size = Effect.gen(function* () {
  const [row] = yield* (yield* Database).query<{ readonly size: bigint }>(sizeStatement)
  return Number(row?.size ?? 0n)
})

/** Those of these tiles that are there, as they are stored: wider than asked for, or narrower, maybe. One query. */
export const tiles = Effect.fnUntraced(function* (wanted: ReadonlyArray<Pick<Tiles.TileAt, "level" | "index">>) {
  if (wanted.length === 0) return []
  const rows = yield* (yield* Database).query<{
    readonly level: number
    readonly index: bigint
    readonly hashes: Uint8Array
  }>(tilesStatement, [wanted.map(({ level }) => level), wanted.map(({ index }) => index)])
  return rows.map(({ level, index, hashes }): Tiles.Tile => ({ level, index: Number(index), hashes }))
})

/** The entries of the bundles `first` to `last`, 32 bytes each, one after the other; bundle n is of the positions from 256 n + 1 on. */
export const bundles = Effect.fnUntraced(function* (first: number, last: number) {
  const rows = yield* (yield* Database).query<{ readonly bundle: bigint; readonly hashes: Uint8Array }>(
    bundlesStatement,
    [first, last],
  )
  return rows.map(({ bundle, hashes }) => ({ bundle: Number(bundle), hashes }))
})

/** A reader of these nodes, for the functions of `Tree`. `size` is that of the tree which the nodes are of. One query. */
export const reader = Effect.fnUntraced(function* (nodes: ReadonlyArray<Tree.Node>, size: number) {
  const wanted = Tiles.tilesOf(nodes, size)
  const found = yield* tiles(wanted)
  for (const { level, index, width } of wanted) {
    const tile = found.find((tile) => tile.level === level && tile.index === index)
    if ((tile?.hashes.length ?? 0) < width * 32)
      return yield* new TreeDamaged({ reason: `tile ${level}/${index} is missing or too short` })
  }
  return Tiles.reader(found, sha256)
})

/** The root of the tree over the first `size` events, from the stored tiles. One query, and at most 8 hashes a level. */
export const rootAt = Effect.fnUntraced(function* (size: number) {
  return Tree.rootOf(size, yield* reader(Tree.rootNodes(size), size), sha256)
})

/** That the event at `position` is in the tree of `size`. One query. */
export const inclusionProof = Effect.fnUntraced(function* (position: bigint, size: number) {
  const index = Number(position) - 1
  return Tree.proveInclusion(index, size, yield* reader(Tree.inclusionNodes(index, size), size), sha256)
})

/** That the tree of `old` is the beginning of that of `size`. One query. */
export const consistencyProof = Effect.fnUntraced(function* (old: number, size: number) {
  return Tree.proveConsistency(old, size, yield* reader(Tree.consistencyNodes(old, size), size), sha256)
})

const statement = (name: string) => Statement.fromFile(new URL(`../sql/read/${name}.sql`, import.meta.url))
const sizeStatement = statement("tree-size")
const tilesStatement = statement("tiles")
const bundlesStatement = statement("bundles")
