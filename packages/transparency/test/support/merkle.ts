/** A tree as RFC 6962 defines it, with nothing stored and nothing shared with the package but SHA-256's name. */
import { createHash } from "node:crypto"
import type { HashReader } from "../../src/Tree.ts"

export const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(data).digest())

export const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"))
export const hex = (data: Uint8Array): string => Buffer.from(data).toString("hex")

export const leaf = (entry: Uint8Array): Uint8Array => sha256(Buffer.concat([bytes("00"), entry]))

/** MTH of section 2.1, over leaf hashes. */
export const naiveRoot = (leaves: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [first, second] = leaves
  if (first === undefined) return sha256(new Uint8Array())
  if (second === undefined) return first
  let middle = 1
  while (middle * 2 < leaves.length) middle *= 2
  return sha256(Buffer.concat([bytes("01"), naiveRoot(leaves.slice(0, middle)), naiveRoot(leaves.slice(middle))]))
}

/** Every complete subtree of these leaves. */
export const naiveReader = (leaves: ReadonlyArray<Uint8Array>): HashReader => {
  const known = new Map<string, Uint8Array>()
  return (nodes) =>
    nodes.map(({ level, index }) => {
      const key = `${level}/${index}`
      const held = known.get(key)
      if (held !== undefined) return held
      const run = leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)
      if (run.length !== 2 ** level) throw new Error(`${key} is not complete`)
      const root = naiveRoot(run)
      known.set(key, root)
      return root
    })
}

/** Leaf hashes that differ. */
export const leavesOf = (count: number): ReadonlyArray<Uint8Array> =>
  Array.from({ length: count }, (_, index) => leaf(Buffer.from(`entry ${index}`)))

/** The proof with each hash changed, dropped, doubled or swapped, and with one more at either end. */
export function* mutations(proof: ReadonlyArray<Uint8Array>): Generator<ReadonlyArray<Uint8Array>> {
  const other = sha256(Buffer.from("another"))
  yield [other, ...proof]
  yield [...proof, other]
  for (const [at, hash] of proof.entries()) {
    for (const byte of [0, 13, 31]) {
      const changed = hash.slice()
      changed[byte] = (changed[byte] ?? 0) ^ 1
      yield proof.with(at, changed)
    }
    yield proof.with(at, hash.slice(1))
    yield proof.toSpliced(at, 1)
    yield proof.toSpliced(at, 0, hash)
    const next = proof[at + 1]
    if (next !== undefined) yield proof.with(at, next).with(at + 1, hash)
  }
}
