/** Signed checkpoints against the tree that the events make. */
import * as Stored from "@paylog/sealer/Checkpoints"
import { sha256 } from "@paylog/sealer/sha256"
import * as Tiles from "@paylog/sealer/Tiles"
import * as Checkpoint from "@paylog/transparency/Checkpoint"
import * as Malformed from "@paylog/transparency/Malformed"
import * as Note from "@paylog/transparency/Note"
import * as Tree from "@paylog/transparency/Tree"
import { Effect } from "effect"
import { type Findings, listed } from "./Finding.ts"
import { explain, type Fork } from "./internal/forks.ts"

export type Signature =
  | "Valid"
  | "Invalid"
  /** None of the keys at hand is one that it is signed with. */
  | "KeyNotSupplied"

export interface Checked {
  readonly origin: string
  readonly size: number
  /** Where it was found: "the database", or a file. */
  readonly from: string
  readonly signature: Signature
  /** Whether the events make its root, or the trusted tree goes on from it; `undefined` when it is of more events than there are. */
  readonly holds: boolean | undefined
}

/** A note and what it says. `undefined`: it is none. */
export interface Given {
  readonly from: string
  readonly checkpoint: Checkpoint.Checkpoint
  readonly signature: Signature
}

/** What a note says, and whether one of the keys has signed it under the name of its origin. */
export const open = (from: string, note: string, keys: ReadonlyArray<Note.Verifier>) =>
  Effect.promise(async (): Promise<Given | undefined> => {
    try {
      const checkpoint = Checkpoint.parse(note.slice(0, note.lastIndexOf("\n\n") + 1))
      const ours = keys.filter(({ name }) => name === checkpoint.origin)
      return { from, checkpoint, signature: await signatureOf(note, ours) }
    } catch (error) {
      if (error instanceof Malformed.Malformed) return undefined
      throw error
    }
  })

const signatureOf = async (note: string, keys: ReadonlyArray<Note.Verifier>): Promise<Signature> => {
  try {
    await Note.open(note, keys)
    return "Valid"
  } catch (error) {
    if (error instanceof Note.NoteRefused) return error.reason === "unverified" ? "KeyNotSupplied" : "Invalid"
    throw error
  }
}

/** Every checkpoint that the database has, smallest first within an origin. One whose columns are not what its note says is a finding. */
export const ofDatabase = Effect.fnUntraced(function* (
  findings: Findings,
  keys: ReadonlyArray<Note.Verifier>,
  after: number,
) {
  const all: Array<Given> = []
  for (const origin of yield* Stored.origins) {
    let last = after - 1
    for (;;) {
      const page = yield* Stored.list(origin, last, 1000)
      for (const row of page) {
        const given = yield* open("the database", row.note, keys)
        const says = given?.checkpoint
        if (given === undefined) findings.add({ kind: "Checkpoint", detail: `${named(row)} is no signed note` })
        else if (
          says?.origin !== row.origin ||
          says.size !== row.size ||
          Buffer.compare(says.root, Buffer.from(row.root)) !== 0
        )
          findings.add({ kind: "Checkpoint", detail: `${named(row)} has other columns than its note says` })
        else all.push(given)
      }
      const end = page.at(-1)
      if (page.length < 1000 || end === undefined) break
      last = end.size
    }
  }
  return all
})

/**
 * Of those that are smaller than the checkpoint which is trusted, whether its tree goes on from theirs: a consistency proof from
 * the stored tree, which proves itself or fails. A query and at most 1 + log₂ n hashes each.
 */
export const earlier = Effect.fnUntraced(function* (trusted: Checkpoint.Checkpoint, given: ReadonlyArray<Given>) {
  const hold = new Map<Given, boolean>()
  for (const one of given) {
    const { size: old, root: oldRoot } = one.checkpoint
    if (old >= trusted.size) continue
    const proof = yield* Tiles.consistencyProof(old, trusted.size).pipe(
      Effect.catchTag("TreeDamaged", () => Effect.undefined),
    )
    hold.set(
      one,
      proof !== undefined &&
        Tree.checkConsistency(proof, { old, oldRoot, size: trusted.size, root: trusted.root }, sha256),
    )
  }
  return hold
})

/** Holds each against the roots that the events make, of the `size` that there are; those before, by what `earlier` says. */
export const compare = (
  findings: Findings,
  given: ReadonlyArray<Given>,
  tree: {
    readonly roots: ReadonlyMap<number, Uint8Array>
    readonly size: number
    readonly earlier: ReadonlyMap<Given, boolean>
    readonly forks: ReadonlyArray<Fork>
  },
): ReadonlyArray<Checked> => {
  const holding = given
    .filter(({ checkpoint }) => holdsIn(tree.roots, checkpoint) === true)
    .map(({ checkpoint }) => checkpoint.size)
    .toSorted((a, b) => a - b)
  return given.map((one) => {
    const { from, checkpoint, signature } = one
    const { origin, size } = checkpoint
    const name = `${named(checkpoint)}, from ${from},`
    const forked = explain(tree.forks, checkpoint)
    const before = tree.earlier.get(one)
    const holds = before ?? holdsIn(tree.roots, checkpoint)
    if (signature === "Invalid")
      findings.add({ kind: "Checkpoint", detail: `${name} has a signature that does not hold` })
    if (size > tree.size)
      findings.add({
        kind: "Missing",
        position: BigInt(tree.size + 1),
        to: BigInt(size),
        detail: `${name} is of more events than there are${forked}`,
      })
    if (before === false)
      findings.add({
        kind: "Checkpoint",
        detail: `${name} cannot be shown to be the beginning of what is trusted: one of the two is of another history, or the stored tree was changed${forked}`,
      })
    else if (holds === false) {
      // Past what is listed, nobody reads where it begins.
      const last = findings.count < listed ? holding.findLast((held) => held < size) : undefined
      findings.add({
        kind: "Checkpoint",
        position: BigInt((last ?? 0) + 1),
        to: BigInt(size),
        detail: `${name} has another root than these events make: one of them was rewritten${forked}`,
      })
    }
    return { origin, size, from, signature, holds }
  })
}

const holdsIn = (roots: ReadonlyMap<number, Uint8Array>, { size, root }: Checkpoint.Checkpoint) => {
  const computed = roots.get(size)
  return computed === undefined ? undefined : Buffer.compare(computed, root) === 0
}

const named = ({ origin, size }: { readonly origin: string; readonly size: number }) =>
  `The checkpoint of ${origin} over ${size} events`
