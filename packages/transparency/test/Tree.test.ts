import { assert, describe, it } from "vitest"
import {
  checkConsistency,
  checkInclusion,
  consistencyNodes,
  emptyRoot,
  inclusionNodes,
  leafHash,
  nodeHash,
  proveConsistency,
  proveInclusion,
  rootNodes,
  rootOf,
} from "../src/Tree.ts"
import { bytes, hex, leavesOf, mutations, naiveReader, naiveRoot, sha256 } from "./support/merkle.ts"

/** The leaves and roots of transparency-dev/merkle's `testonly/constants.go`, which are Certificate Transparency's own. */
const known = {
  entries: ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"],
  roots: [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ],
}

const most = 300
const leaves = leavesOf(most)
const read = naiveReader(leaves)
const roots = Array.from({ length: most + 1 }, (_, size) => naiveRoot(leaves.slice(0, size)))
const rootAt = (size: number) => roots[size] ?? new Uint8Array()
const leafAt = (index: number) => leaves[index] ?? new Uint8Array()
const sizes = Array.from({ length: most }, (_, at) => at + 1)
/** Around powers of two and at both ends every size, in between some. */
const sampled = sizes.filter(
  (size) => size <= 33 || size % 37 === 0 || [63, 64, 65, 127, 128, 129, 255, 256, 257, 299, 300].includes(size),
)

describe("the tree of RFC 6962", () => {
  it("has the known roots for 0 to 8 leaves", () => {
    const leaves = known.entries.map((entry) => leafHash(bytes(entry)))
    known.roots.forEach((root, size) => {
      assert.strictEqual(hex(rootOf(size, naiveReader(leaves))), root, `${size} leaves`)
      assert.strictEqual(hex(naiveRoot(leaves.slice(0, size))), root)
    })
    assert.strictEqual(hex(emptyRoot()), known.roots[0])
  })

  it("has the known proofs of RFC 6962, section 2.1.3", () => {
    const leaves = known.entries.slice(0, 7).map((entry) => leafHash(bytes(entry)))
    const read = naiveReader(leaves)
    const [a, b, c, d, e, f, j] = leaves
    assert.isDefined(a)
    assert.isDefined(b)
    assert.isDefined(c)
    assert.isDefined(d)
    assert.isDefined(e)
    assert.isDefined(f)
    assert.isDefined(j)
    const [g, h, i] = [nodeHash(a, b), nodeHash(c, d), nodeHash(e, f)]
    const [k, l] = [nodeHash(g, h), nodeHash(i, j)]
    assert.deepStrictEqual(proveInclusion(0, 7, read), [b, h, l])
    assert.deepStrictEqual(proveInclusion(3, 7, read), [c, g, l])
    assert.deepStrictEqual(proveInclusion(4, 7, read), [f, j, k])
    assert.deepStrictEqual(proveInclusion(6, 7, read), [i, k])
    assert.deepStrictEqual(proveConsistency(3, 7, read), [c, d, g, l])
    assert.deepStrictEqual(proveConsistency(4, 7, read), [l])
    assert.deepStrictEqual(proveConsistency(6, 7, read), [i, j, k])
  })

  it("has the root of the definition for every size up to 300, reading at most 1 + log2 nodes", () => {
    for (const size of sizes) {
      assert.deepStrictEqual(rootOf(size, read), rootAt(size), `${size} leaves`)
      assert.isAtMost(rootNodes(size).length, 1 + Math.floor(Math.log2(size)))
    }
  })

  it("proves every leaf of every size up to 300, with at most log2 hashes", () => {
    for (const size of sizes) {
      for (let index = 0; index < size; index++) {
        const proof = proveInclusion(index, size, read, sha256)
        assert.isAtMost(proof.length, Math.ceil(Math.log2(size)))
        if (!checkInclusion(proof, { index, leaf: leafAt(index), size, root: rootAt(size) }, sha256)) {
          assert.fail(`leaf ${index} of ${size}`)
        }
      }
    }
  })

  it("proves of every size up to 300 that each smaller tree is its beginning", () => {
    for (const size of sizes) {
      for (let old = 0; old <= size; old++) {
        const proof = proveConsistency(old, size, read, sha256)
        assert.isAtMost(proof.length, Math.ceil(Math.log2(size)) + 1)
        if (!checkConsistency(proof, { old, oldRoot: rootAt(old), size, root: rootAt(size) }, sha256)) {
          assert.fail(`${old} in ${size}`)
        }
      }
    }
  })

  it("takes a proof of inclusion for its own leaf, index, size and root only", () => {
    for (const size of sampled) {
      for (const index of [0, 1, size >> 1, size - 2, size - 1].filter((index) => index >= 0 && index < size)) {
        const proof = proveInclusion(index, size, read, sha256)
        const right = { index, leaf: leafAt(index), size, root: rootAt(size) }
        const holds = (proof: ReadonlyArray<Uint8Array>, changed: Partial<typeof right>) =>
          checkInclusion(proof, { ...right, ...changed }, sha256)
        for (const mutated of mutations(proof)) assert.isFalse(holds(mutated, {}), `${index} of ${size}`)
        assert.isFalse(holds(proof, { leaf: sha256(right.leaf) }))
        assert.isFalse(holds(proof, { root: sha256(right.root) }))
        assert.isFalse(holds(proof, { root: new Uint8Array() }))
        for (let other = 0; other < size; other++) if (other !== index) assert.isFalse(holds(proof, { index: other }))
        for (const other of [size, -1, 0.5, Number.NaN, 2 ** 53]) assert.isFalse(holds(proof, { index: other }))
        for (const other of [index, 0, -1, Number.NaN, 2 ** 53, Infinity]) assert.isFalse(holds(proof, { size: other }))
      }
    }
  })

  it("takes a proof of consistency for its own two trees only", () => {
    for (const size of sampled) {
      for (const old of sampled.filter((old) => old <= size)) {
        const proof = proveConsistency(old, size, read, sha256)
        const right = { old, oldRoot: rootAt(old), size, root: rootAt(size) }
        const holds = (proof: ReadonlyArray<Uint8Array>, changed: Partial<typeof right>) =>
          checkConsistency(proof, { ...right, ...changed }, sha256)
        if (old % 5 === 0) {
          for (const mutated of mutations(proof)) assert.isFalse(holds(mutated, {}), `${old} in ${size}`)
        }
        assert.isFalse(holds(proof, { oldRoot: sha256(right.oldRoot) }))
        assert.isFalse(holds(proof, { root: sha256(right.root) }))
        assert.isFalse(holds(proof, { old: size + 1 }))
        assert.isFalse(holds(proof, { old: -1 }))
        if (old < size) assert.isFalse(holds(proof, { oldRoot: rootAt(old - 1) }))
        assert.strictEqual(holds([], {}), old === size, `${old} in ${size} without a hash`)
      }
    }
  })

  it("takes the empty tree as a beginning by its one root", () => {
    const right = { old: 0, oldRoot: rootAt(0), size: 5, root: rootAt(5) }
    assert.isTrue(checkConsistency([], right))
    assert.isFalse(checkConsistency([], { ...right, oldRoot: rootAt(1) }))
    assert.isTrue(checkConsistency([], { ...right, size: 0, root: rootAt(0) }))
    assert.isFalse(checkConsistency([], { old: 0, size: 0, oldRoot: rootAt(1), root: rootAt(1) }))
  })

  it("has no proof of a leaf or a beginning that is not there", () => {
    assert.throws(() => inclusionNodes(5, 5), RangeError)
    assert.throws(() => inclusionNodes(-1, 5), RangeError)
    assert.throws(() => consistencyNodes(6, 5), RangeError)
    assert.throws(() => rootNodes(2 ** 53), RangeError)
    assert.deepStrictEqual(consistencyNodes(0, 5), [])
  })

  it("reads few nodes of a tree of 2^52 leaves and more", () => {
    const size = 2 ** 52 + 12_345
    assert.isAtMost(inclusionNodes(2 ** 52 + 1, size).length, 60)
    assert.isAtMost(consistencyNodes(2 ** 51 + 7, size).length, 120)
  })
})
