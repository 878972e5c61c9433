/**
 * The Merkle tree of RFC 6962, section 2.1, and its proofs (checked as RFC 9162, sections 2.1.3.2 and 2.1.4.2, says). Sizes
 * and indexes are whole numbers below 2^53. All that hashes takes a SHA-256 as its last argument.
 */
import { concat, equal } from "./Bytes.ts"
import { type Hash, sha256 } from "./Sha256.ts"

/** The complete subtree over the 2^level leaves from index × 2^level on. A leaf has level 0. */
export interface Node {
  readonly level: number
  readonly index: number
}

/** The hashes of these nodes, in their order. Makes of one request what it has to fetch. */
export type HashReader = (nodes: ReadonlyArray<Node>) => ReadonlyArray<Uint8Array>

/** What is hashed of a leaf of 32 bytes, and of a node. One buffer serves all, since a tree has very many. */
const single = new Uint8Array(33)
const pair = new Uint8Array(65).fill(1, 0, 1)

export const leafHash = (entry: Uint8Array, hash: Hash = sha256): Uint8Array => {
  if (entry.length !== 32) return hash(concat(single.subarray(0, 1), entry))
  single.set(entry, 1)
  return hash(single)
}

export const nodeHash = (left: Uint8Array, right: Uint8Array, hash: Hash = sha256): Uint8Array => {
  pair.set(left, 1)
  pair.set(right, 33)
  return hash(pair)
}

/** The root of the tree without leaves. */
export const emptyRoot = (hash: Hash = sha256): Uint8Array => hash(new Uint8Array())

/** Leaves from `lo` on and before `hi`: one subtree of the tree, complete or at its right edge. */
type Range = readonly [lo: number, hi: number]

/** The largest power of two smaller than `size`, where a tree splits. `size` is 2 or more. */
const split = (size: number): number => {
  let power = 1
  while (power * 2 < size) power *= 2
  return power
}

const siblings = (index: number, [lo, hi]: Range): ReadonlyArray<Range> => {
  if (hi - lo === 1) return []
  const middle = lo + split(hi - lo)
  return index < middle
    ? [...siblings(index, [lo, middle]), [middle, hi]]
    : [...siblings(index, [middle, hi]), [lo, middle]]
}

/** SUBPROOF of RFC 6962, section 2.1.2. `known`: the root of the old tree is this subtree's hash, which the checker has. */
const subproof = (old: number, [lo, hi]: Range, known: boolean): ReadonlyArray<Range> => {
  if (old === hi) return known ? [] : [[lo, hi]]
  const middle = lo + split(hi - lo)
  return old <= middle
    ? [...subproof(old, [lo, middle], known), [middle, hi]]
    : [...subproof(old, [middle, hi], false), [lo, middle]]
}

/** The complete subtrees that a subtree at the right edge is made of, from left to right. */
const nodesOf = ([lo, hi]: Range): ReadonlyArray<Node> => {
  const nodes: Array<Node> = []
  for (let at = lo; at < hi;) {
    let level = 0
    while (at + 2 ** (level + 1) <= hi) level++
    nodes.push({ level, index: at / 2 ** level })
    at += 2 ** level
  }
  return nodes
}

const hashesOf = (ranges: ReadonlyArray<Range>, read: HashReader, hash: Hash): ReadonlyArray<Uint8Array> => {
  const nodes = ranges.map(nodesOf)
  const hashes = read(nodes.flat())
  let at = 0
  return nodes.map(({ length }) => {
    const own = hashes.slice(at, at + length)
    at += length
    return own.reduceRight((right, left) => nodeHash(left, right, hash))
  })
}

const whole = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

const demand = (holds: boolean, what: string): void => {
  if (!holds) throw new RangeError(what)
}

const inclusionRanges = (index: number, size: number): ReadonlyArray<Range> => {
  demand(whole(index) && whole(size) && index < size, `no leaf ${index} in a tree of ${size}`)
  return siblings(index, [0, size])
}

const consistencyRanges = (old: number, size: number): ReadonlyArray<Range> => {
  demand(whole(old) && whole(size) && old <= size, `a tree of ${old} is no beginning of one of ${size}`)
  return old === 0 ? [] : subproof(old, [0, size], true)
}

/** What `rootOf` reads: at most 1 + log₂ size nodes. */
export const rootNodes = (size: number): ReadonlyArray<Node> => {
  demand(whole(size), `no tree has ${size} leaves`)
  return nodesOf([0, size])
}

/** What `proveInclusion` reads. */
export const inclusionNodes = (index: number, size: number): ReadonlyArray<Node> =>
  inclusionRanges(index, size).flatMap(nodesOf)

/** What `proveConsistency` reads. */
export const consistencyNodes = (old: number, size: number): ReadonlyArray<Node> =>
  consistencyRanges(old, size).flatMap(nodesOf)

/** The root of the tree of the first `size` leaves. One call of `read`. */
export const rootOf = (size: number, read: HashReader, hash: Hash = sha256): Uint8Array =>
  size === 0 ? emptyRoot(hash) : concat(...hashesOf([[0, size]], read, hash))

/** PATH of RFC 6962, section 2.1.1: that the tree of `size` leaves has this leaf at `index`. At most ⌈log₂ size⌉ hashes. */
export const proveInclusion = (
  index: number,
  size: number,
  read: HashReader,
  hash: Hash = sha256,
): ReadonlyArray<Uint8Array> => hashesOf(inclusionRanges(index, size), read, hash)

/**
 * PROOF of RFC 6962, section 2.1.2: that the tree of `old` leaves is the beginning of that of `size`. Empty when `old` is 0
 * or `size`; at most ⌈log₂ size⌉ + 1 hashes.
 */
export const proveConsistency = (
  old: number,
  size: number,
  read: HashReader,
  hash: Hash = sha256,
): ReadonlyArray<Uint8Array> => hashesOf(consistencyRanges(old, size), read, hash)

const half = (value: number): number => Math.floor(value / 2)
const odd = (value: number): boolean => value % 2 === 1

/**
 * Climbs from the node `from` of a level, whose last is `to`, by its siblings; `join` hears each, and whether it stands to the
 * left. Whether that ends at the root.
 */
const climb = (
  from: number,
  to: number,
  siblings: ReadonlyArray<Uint8Array>,
  join: (sibling: Uint8Array, isLeft: boolean) => void,
): boolean => {
  let [at, last] = [from, to]
  for (const sibling of siblings) {
    if (last === 0 || sibling.length !== 32) return false
    const isLeft = odd(at) || at === last
    join(sibling, isLeft)
    // A node at the right edge that has no sibling stands for its parent.
    if (isLeft) for (; !odd(at) && at !== 0; last = half(last)) at = half(at)
    at = half(at)
    last = half(last)
  }
  return last === 0
}

/** Whether `proof` shows that the tree of `size` leaves with this root has the leaf with the hash `leaf` at `index`. */
export const checkInclusion = (
  proof: ReadonlyArray<Uint8Array>,
  { index, leaf, size, root }: { index: number; leaf: Uint8Array; size: number; root: Uint8Array },
  hash: Hash = sha256,
): boolean => {
  if (!whole(index) || !whole(size) || index >= size) return false
  let result = leaf
  const ends = climb(index, size - 1, proof, (sibling, isLeft) => {
    result = isLeft ? nodeHash(sibling, result, hash) : nodeHash(result, sibling, hash)
  })
  return ends && equal(result, root)
}

/** Whether `proof` shows that the tree of `old` leaves with the root `oldRoot` is the beginning of that of `size` with `root`. */
export const checkConsistency = (
  proof: ReadonlyArray<Uint8Array>,
  { old, oldRoot, size, root }: { old: number; oldRoot: Uint8Array; size: number; root: Uint8Array },
  hash: Hash = sha256,
): boolean => {
  if (!whole(old) || !whole(size) || old > size) return false
  if (old === size) return proof.length === 0 && equal(oldRoot, root) && (old > 0 || equal(root, emptyRoot(hash)))
  if (old === 0) return proof.length === 0 && equal(oldRoot, emptyRoot(hash))
  let [at, last] = [old - 1, size - 1]
  for (; odd(at); last = half(last)) at = half(at)
  // The old tree is complete: its root is where both begin.
  const [first, ...rest] = at === 0 ? [oldRoot, ...proof] : proof
  if (first?.length !== 32) return false
  let [oldResult, result] = [first, first]
  const ends = climb(at, last, rest, (sibling, isLeft) => {
    if (isLeft) oldResult = nodeHash(sibling, oldResult, hash)
    result = isLeft ? nodeHash(sibling, result, hash) : nodeHash(result, sibling, hash)
  })
  return ends && equal(oldResult, oldRoot) && equal(result, root)
}
