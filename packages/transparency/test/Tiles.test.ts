import { assert, describe, it } from "vitest"
import { edgeOf, extend, reader, type Tile, tilesOf } from "../src/Tiles.ts"
import { inclusionNodes, nodeHash, proveConsistency, proveInclusion, rootNodes, rootOf } from "../src/Tree.ts"
import { leavesOf, naiveReader, naiveRoot, sha256 } from "./support/merkle.ts"

/** What a table of tiles comes to hold when leaves are added in these batches. */
const store = (leaves: ReadonlyArray<Uint8Array>, batches: ReadonlyArray<number>) => {
  const tiles = new Map<string, Tile>()
  let size = 0
  for (const batch of batches) {
    const edge = edgeOf(size).flatMap(({ level, index }) => tiles.get(`${level}/${index}`) ?? [])
    const grown = extend(size, edge, leaves.slice(size, size + batch), sha256)
    size = grown.size
    for (const tile of grown.changed) tiles.set(`${tile.level}/${tile.index}`, tile)
    assert.deepStrictEqual(rootOf(size, reader(grown.edge, sha256), sha256), naiveRoot(leaves.slice(0, size)))
    assert.deepStrictEqual(
      grown.edge.map(({ level, index, hashes }) => ({ level, index, width: hashes.length / 32 })),
      edgeOf(size),
    )
  }
  return { size, tiles: [...tiles.values()] }
}

const many = leavesOf(70_000)

describe("tiles", () => {
  it("of 70,000 leaves are those of the specification's example", () => {
    const { tiles } = store(many, [70_000])
    const of = (wanted: number, full: boolean) =>
      tiles.filter(({ level, hashes }) => level === wanted && (hashes.length === 8192) === full)
    assert.strictEqual(of(0, true).length, 273)
    assert.deepStrictEqual(
      of(0, false).map(({ index, hashes }) => [index, hashes.length / 32]),
      [[273, 112]],
    )
    assert.strictEqual(of(1, true).length, 1)
    assert.deepStrictEqual(
      of(1, false).map(({ index, hashes }) => [index, hashes.length / 32]),
      [[1, 17]],
    )
    assert.deepStrictEqual(
      of(2, false).map(({ index, hashes }) => [index, hashes.length / 32]),
      [[0, 1]],
    )
    assert.strictEqual(tiles.length, 277)
  })

  it("of 256 leaves are a full one and a partial one of width 1 above", () => {
    const { tiles } = store(many, [256])
    assert.deepStrictEqual(
      tiles.map(({ level, index, hashes }) => [level, index, hashes.length / 32]),
      [
        [0, 0, 256],
        [1, 0, 1],
      ],
    )
  })

  it("are the same whatever the batches were", () => {
    const total = 1300
    const once = store(many, [total]).tiles
    const sorted = (tiles: ReadonlyArray<Tile>) => tiles.toSorted((a, b) => a.level - b.level || a.index - b.index)
    for (const batches of [Array.from({ length: total }, () => 1), [255, 1, 1, 255, 0, 256, 512, 19, 1], [700, 600]]) {
      assert.deepStrictEqual(sorted(store(many, batches).tiles), sorted(once))
    }
  })

  it("give the proofs of the tree, from the few tiles that are named, also for a smaller tree than they hold", () => {
    const { tiles } = store(many, [66_000])
    const naive = naiveReader(many.slice(0, 66_000))
    for (const size of [1, 2, 255, 256, 257, 65_535, 65_536, 65_537, 66_000]) {
      for (const index of [0, size >> 1, size - 1]) {
        const named = tilesOf(inclusionNodes(index, size), size)
        const read = reader(
          tiles.flatMap((tile) => {
            const at = named.find(({ level, index }) => level === tile.level && index === tile.index)
            return at === undefined ? [] : [{ ...tile, hashes: tile.hashes.slice(0, at.width * 32) }]
          }),
        )
        assert.isAtMost(named.length, 6)
        assert.deepStrictEqual(proveInclusion(index, size, read), proveInclusion(index, size, naive))
      }
      assert.deepStrictEqual(rootOf(size, reader(tiles)), rootOf(size, naive))
      assert.deepStrictEqual(proveConsistency(size, 66_000, reader(tiles)), proveConsistency(size, 66_000, naive))
    }
  })

  it("prove a leaf among a million with at most 20 hashes, read from at most 6 tiles", () => {
    const size = 1_000_000
    for (const index of [0, 1, 524_287, 524_288, 777_777, 999_999]) {
      const nodes = inclusionNodes(index, size)
      assert.isAtMost(tilesOf(nodes, size).length, 6)
      const proof = proveInclusion(index, size, (nodes) => nodes.map(() => new Uint8Array(32)))
      assert.isAtMost(proof.length, 20)
    }
    assert.isAtMost(tilesOf(rootNodes(size), size).length, 3)
  })

  it("grow by a quarter of a million leaves at once", () => {
    const leaf = sha256(Buffer.from("leaf"))
    const { edge } = extend(
      0,
      [],
      Array.from({ length: 262_144 }, () => leaf),
      sha256,
    )
    let root = leaf
    for (let level = 0; level < 18; level++) root = nodeHash(root, root)
    assert.deepStrictEqual(rootOf(262_144, reader(edge)), root)
  })

  it("that have grown since are an edge as good as those that have not", () => {
    const grown = store(many, [400]).tiles
    const edge = edgeOf(300).flatMap(
      (at) => grown.find(({ level, index }) => level === at.level && index === at.index) ?? [],
    )
    const again = extend(300, edge, many.slice(300, 350))
    assert.deepStrictEqual(rootOf(350, reader(again.edge)), naiveRoot(many.slice(0, 350)))
  })

  it("that are missing or too short are found", () => {
    const { tiles } = store(many, [300])
    assert.throws(() => rootOf(300, reader(tiles.slice(0, -1))), RangeError)
    assert.throws(() => rootOf(301, reader(tiles)), RangeError)
    assert.throws(() => extend(300, [], many.slice(300, 301)), RangeError)
    assert.throws(() => extend(0, [], [new Uint8Array(31)]), RangeError)
  })

  it("make no hash but those of the nodes that are completed", () => {
    let hashes = 0
    const counting = (data: Uint8Array) => {
      hashes++
      return sha256(data)
    }
    const { edge } = extend(0, [], many.slice(0, 255), counting)
    assert.strictEqual(hashes, 0)
    extend(255, edge, many.slice(255, 257), counting)
    assert.strictEqual(hashes, 255)
  })
})
