/** The whole check of a log, over what `Database` shows: a moment of it. */
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { sha256 } from "@paylog/sealer/sha256"
import * as Stored from "@paylog/sealer/Tiles"
import type * as Checkpoint from "@paylog/transparency/Checkpoint"
import type * as Note from "@paylog/transparency/Note"
import * as Tiles from "@paylog/transparency/Tiles"
import * as Tree from "@paylog/transparency/Tree"
import { Effect } from "effect"
import { different } from "../Ended.ts"
import * as attachments from "./attachments.ts"
import * as catalog from "./catalog.ts"
import * as checkpoints from "./checkpoints.ts"
import * as disorder from "./disorder.ts"
import * as events from "./events.ts"
import * as evidence from "./evidence.ts"
import { Findings } from "./Finding.ts"
import type { Result } from "./report.ts"

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

/** Reads each event, each delivery that one names, and the tree, once; `tell` hears how far it has come. */
export const check = Effect.fnUntraced(function* (
  { keys, storeKeys, outside, since }: Given,
  tell: (progress: { readonly done: number; readonly total: number }) => void,
) {
  const findings = new Findings()
  const evidences = new evidence.Evidences(storeKeys, findings)
  const sealed = yield* Stored.size
  const head = Number(yield* headNow)
  const start = since === undefined ? events.beginning : yield* trusted(since)
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
  const all = [...(yield* checkpoints.ofDatabase(findings, keys, start.size)), ...outside]
  const tree = yield* events.verifyEvents(findings, {
    start,
    head,
    sealed,
    sizes: all.map(({ checkpoint }) => checkpoint.size).toSorted((a, b) => a - b),
    each: evidences.page,
    tell: (done) => tell({ done, total: Math.max(0, head - start.size) }),
  })
  evidences.end()
  yield* disorder.find(findings, start.size)
  // All attachments are too many for what is to cost only what is new.
  const erased = since === undefined ? yield* attachments.find(findings) : undefined
  yield* catalog.compare(findings)
  const signed = checkpoints.compare(findings, all, { ...tree, size: head })
  const result: Result = {
    findings,
    evidences,
    erased,
    sealed,
    head,
    start: start.size,
    root: tree.root,
    checkpoints: signed,
  }
  return result
})

/** The head in the moment that is read: the store of the environment would read another one. */
const headNow = Effect.gen(function* () {
  const rows = yield* (yield* Database).query<{ readonly head: bigint }>(headStatement)
  return rows[0]?.head ?? 0n
})

/** The stored tree's right edge at that size, once it is the tree that is trusted. */
const trusted = Effect.fnUntraced(function* ({ size, root }: Checkpoint.Checkpoint) {
  const edge = yield* Stored.tiles(Tiles.edgeOf(size))
  const found = yield* Effect.try({
    try: () => Tree.rootOf(size, Tiles.reader(edge, sha256), sha256),
    catch: () => undefined,
  }).pipe(Effect.orElseSucceed(() => undefined))
  if (found === undefined || Buffer.compare(found, root) !== 0)
    return yield* different(
      `The stored tree is not the one that you trust: at ${size} events it has another root. Run it without --since, and with --checkpoint: that says where`,
    )
  const start: events.Start = { size, edge }
  return start
})

const headStatement = Statement.fromFile(new URL("../../sql/head.sql", import.meta.url))
