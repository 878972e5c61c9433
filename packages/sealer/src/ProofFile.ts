/** Proofs of one stream, for whoever does not have the log: see `@paylog/transparency/Verifier` for what they show. */
import { entryOf, type StoredColumns as Columns } from "@paylog/transparency/Entry"
import * as ProofFile from "@paylog/transparency/ProofFile"
import * as Tree from "@paylog/transparency/Tree"
import { Effect, Schema } from "effect"
import * as Checkpoints from "./Checkpoints.ts"
import { sha256 } from "./sha256.ts"
import * as StoredColumns from "./StoredColumns.ts"
import * as Tiles from "./Tiles.ts"

/** The log has no event of it. */
export class StreamAbsent extends Schema.TaggedError<StreamAbsent>()("StreamAbsent", { stream: Schema.String }) {
  override readonly message = `The log has no event of ${this.stream}`
}

/** No checkpoint holds the stream's last event yet. */
export class NotSigned extends Schema.TaggedError<NotSigned>()("NotSigned", {
  position: Schema.BigInt,
  size: Schema.Int,
}) {
  override readonly message = `The last event is at position ${this.position}, and the newest checkpoint is of ${this.size} events: once the next one is signed, this can be proven`
}

/** What is stored is not what was signed, so nothing is proven. */
export class SealBroken extends Schema.TaggedError<SealBroken>()("SealBroken", { reason: Schema.String }) {
  override readonly message = `The log is not what was signed: ${this.reason}. "paylog verify" says more`
}

/** An event tells of another stream where this cannot be left out. */
export class Undisclosable extends Schema.TaggedError<Undisclosable>()("Undisclosable", { reason: Schema.String }) {
  override readonly message = `This cannot be shown to others: ${this.reason}`
}

/**
 * The text of a file `paylog-proof/1`: all events of a stream, in the newest checkpoint. It holds, or this fails. Three queries
 * more than reading the events; provide the `Database` of a transaction for all of it to be of one moment.
 */
export const prove = Effect.fn("ProofFile.prove")(function* (stream: string) {
  const events = yield* StoredColumns.ofStream(stream)
  const last = events.at(-1)
  if (last === undefined) return yield* new StreamAbsent({ stream })
  const checkpoint = yield* Checkpoints.latest()
  if (checkpoint === undefined || checkpoint.size < last.position)
    return yield* new NotSigned({ position: last.position, size: checkpoint?.size ?? 0 })
  const { size, root, note } = checkpoint
  const contents = { stream, events, size, note }
  const read = yield* Tiles.reader(ProofFile.nodes(contents), size)
  for (const event of events)
    if (!isIn(event, size, root, read))
      return yield* new SealBroken({
        reason: `the event at position ${event.position} is not in the checkpoint of ${size}`,
      })
  return yield* Effect.try({
    try: () => ProofFile.write(contents, read, sha256),
    catch: (error) => {
      if (error instanceof ProofFile.NamesAnother) return new Undisclosable({ reason: error.message })
      throw error
    },
  })
})

const isIn = (event: Columns, size: number, root: Uint8Array, read: Tree.HashReader): boolean => {
  const index = Number(event.position) - 1
  const leaf = Tree.leafHash(entryOf(event, sha256), sha256)
  return Tree.checkInclusion(Tree.proveInclusion(index, size, read, sha256), { index, leaf, size, root }, sha256)
}
