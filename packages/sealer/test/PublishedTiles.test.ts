import { Malformed } from "@paylog/transparency/Malformed"
import { assert, describe, it } from "vitest"
import { bundle, parseTilePath, tilePath, unbundle } from "../src/PublishedTiles.ts"

describe("a tile's path", () => {
  it("is that of the specification", () => {
    assert.strictEqual(tilePath({ level: 0, index: 1_234_067, width: 256 }), "tile/0/x001/x234/067")
    assert.strictEqual(tilePath({ level: 1, index: 0, width: 1 }), "tile/1/000.p/1")
    assert.strictEqual(tilePath({ level: "entries", index: 999, width: 255 }), "tile/entries/999.p/255")
    assert.strictEqual(tilePath({ level: 63, index: 1000, width: 256 }), "tile/63/x001/000")
  })

  it("is read back, and no other text is", () => {
    for (const index of [0, 7, 999, 1000, 999_999, 1_000_000, 1_234_067_890]) {
      for (const width of [1, 9, 10, 255, 256]) {
        for (const level of ["entries", 0, 9, 10, 63] as const) {
          const at = { level, index, width }
          assert.deepStrictEqual(parseTilePath(tilePath(at)), at)
        }
      }
    }
    for (const path of [
      "",
      "tile/0",
      "tile/0/",
      "tile/0/1",
      "tile/0/0001",
      "tile/00/001",
      "tile/64/001",
      "tile/-1/001",
      "tile/0/x000/001",
      "tile/0/001/x002",
      "tile/0/x001",
      "tile/0/001.p/0",
      "tile/0/001.p/256",
      "tile/0/001.p/01",
      "tile/0/001.p/1/",
      "tile/0/001.p",
      "/tile/0/001",
      "tile/data/001",
      "tile/entries",
      "tile/0/../0/001",
      `tile/0/${"x999/".repeat(6)}999`,
    ]) {
      assert.throws(() => parseTilePath(path), Malformed, undefined, path)
    }
  })
})

describe("an entry bundle", () => {
  it("has each entry after its length, and is read back", () => {
    const entries = [new Uint8Array(32).fill(7), new Uint8Array(), new Uint8Array(300).fill(1)]
    const bytes = bundle(entries)
    assert.deepStrictEqual([...bytes.subarray(0, 3)], [0, 32, 7])
    assert.deepStrictEqual([...bytes.subarray(34, 39)], [0, 0, 1, 44, 1])
    assert.deepStrictEqual(unbundle(bytes), entries)
    for (const cut of [1, 33, 35, 37, bytes.length - 1])
      assert.throws(() => unbundle(bytes.subarray(0, cut)), Malformed)
    assert.throws(() => bundle([new Uint8Array(65_536)]), RangeError)
  })
})
