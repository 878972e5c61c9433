/** The whole check of a log, over what `Database` shows: a moment of it. */
import { sha256 } from "@paylog/sealer/sha256"
import * as Stored from "@paylog/sealer/Tiles"
import type * as Checkpoint from "@paylog/transparency/Checkpoint"
import type * as Note from "@paylog/transparency/Note"
import * as Tiles from "@paylog/transparency/Tiles"
import * as Tree from "@paylog/transparency/Tree"
import { Effect, Schema } from "effect"
import * as attachments from "./attachments.ts"
import * as catalog from "./catalog.ts"
import * as checkpoints from "./checkpoints.ts"
import * as evidence from "./evidence.ts"
import { Findings } from "./Finding.ts"
import * as disorder from "./internal/disorder.ts"
import * as events from "./internal/events.ts"
import * as extent from "./internal/extent.ts"
import * as forks from "./internal/forks.ts"

/** What an auditor brings along. */
export interface Given {
  /** Public keys of the log. */
  readonly keys: ReadonlyArray<Note.Verifier>
  readonly storeKeys: ReadonlyArray<evidence.Key>
  /** Checkpoints that were kept outside. */
  readonly outside: ReadonlyArray<checkpoints.Given>
  /** Only what came after this one is looked at. */
  readonly since: Checkpoint.Checkpoint | undefined
}

export interface Result {
  readonly findings: Findings
  readonly evidences: evidence.Evidences
  /** `undefined` when only what is new was looked at. */
  readonly erased: attachments.Erased | undefined
  /** How many events the tree holds, and how many there are. */
  readonly sealed: number
  /** Up to a gap that nothing fills. */
  readonly head: number
  /** How many were read. */
  readonly looked: number
  /** Events up to this one were trusted, not looked at. */
  readonly start: number
  /** Of the tree over all `head` events. */
  readonly root: Uint8Array
  /** Of the tree over the `sealed` events; `undefined` when fewer are there. */
  readonly sealedRoot: Uint8Array | undefined
  readonly checkpoints: ReadonlyArray<checkpoints.Checked>
}

/** The stored tree is not the one that is trusted: at this size it has another root. What differs, a check from the beginning says. */
export class OtherTree extends Schema.TaggedError<OtherTree>()("OtherTree", { size: Schema.Int }) {
  override readonly message = `At ${this.size} events the stored tree has another root than the trusted checkpoint`
}

/** Reads each event, each delivery that one names, and the tree, once; `tell` hears how far it has come. */
export const check = Effect.fnUntraced(function* (
  { keys, storeKeys, outside: kept, since: from }: Given,
  tell: (progress: { readonly done: number; readonly total: number }) => void,
) {
  const findings = new Findings()
  const evidences = new evidence.Evidences(storeKeys, findings)
  const sealed = yield* Stored.size
  const start = from === undefined ? events.beginning : yield* trusted(from)
  // Whoever trusts the empty log trusts nothing yet.
  const since = start.size === 0 ? undefined : from
  const head = yield* extent.endOf(start.size, sealed)
  if (start.size > head)
    findings.add({
      kind: "Missing",
      position: BigInt(head + 1),
      to: BigInt(start.size),
      detail: "the checkpoint that is trusted is of more events than there are",
    })
  if (sealed > head)
    findings.add({
      kind: "Missing",
      position: BigInt(head + 1),
      to: BigInt(sealed),
      detail: "these were sealed, and no event has these positions",
    })
  const all = [...(yield* checkpoints.ofDatabase(findings, keys, start.size)), ...kept]
  const tree = yield* events.verifyEvents(findings, {
    start,
    head,
    sealed,
    sizes: [...all.map(({ checkpoint }) => checkpoint.size), sealed].toSorted((a, b) => a - b),
    each: evidences.page,
    wants: evidence.wants,
    tell: (done) => tell({ done, total: Math.max(0, head - start.size) }),
  })
  evidences.end()
  const outside = yield* extent.findOutside(findings, Math.max(start.size, head))
  if (since === undefined) yield* extent.compareRows(findings, tree.looked + outside)
  yield* disorder.find(findings, start.size)
  // All attachments are too many for what is to cost only what is new.
  const erased = since === undefined ? yield* attachments.find(findings) : undefined
  yield* catalog.compare(findings)
  const signed = checkpoints.compare(findings, all, {
    ...tree,
    size: head,
    earlier: since === undefined ? new Map() : yield* checkpoints.earlier(since, kept),
    forks: yield* forks.read,
  })
  const result: Result = {
    findings,
    evidences,
    erased,
    sealed,
    head,
    looked: tree.looked,
    start: start.size,
    root: tree.root,
    sealedRoot: tree.roots.get(sealed),
    checkpoints: signed,
  }
  return result
})

/** The stored tree's right edge at that size, once it is the tree that is trusted. */
const trusted = Effect.fnUntraced(function* ({ size, root }: Checkpoint.Checkpoint) {
  const edge = yield* Stored.tiles(Tiles.edgeOf(size))
  const found = yield* Effect.try({
    try: () => Tree.rootOf(size, Tiles.reader(edge, sha256), sha256),
    catch: () => undefined,
  }).pipe(Effect.orElseSucceed(() => undefined))
  if (found === undefined || Buffer.compare(found, root) !== 0) return yield* new OtherTree({ size })
  const start: events.Start = { size, edge }
  return start
})
