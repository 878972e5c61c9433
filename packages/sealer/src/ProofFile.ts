/** Proofs of one stream, for whoever does not have the log: see `@paylog/transparency/Verifier` for what they show. */
import * as ProofFile from "@paylog/transparency/ProofFile"
import { verifyProof } from "@paylog/transparency/Verifier"
import { Effect, Schema } from "effect"
import * as Checkpoints from "./Checkpoints.ts"
import { LogKeys } from "./LogKeys.ts"
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
  override readonly message = `The log is not what was signed, and nothing is proven: ${this.reason}. "paylog verify" says more`
}

/** An event tells of another stream where this cannot be left out. */
export class Undisclosable extends Schema.TaggedError<Undisclosable>()("Undisclosable", { reason: Schema.String }) {
  override readonly message = `This cannot be shown to others: ${this.reason}`
}

/**
 * The text of a file `paylog-proof/1`: all events of a stream, in the newest checkpoint that holds. It is checked as whoever gets it
 * will check it, with the log's own keys: it holds, or this fails. Three queries more than reading the events; provide the
 * `Database` of a transaction for all of it to be of one moment.
 */
export const prove = Effect.fn("ProofFile.prove")(function* (stream: string) {
  const { origin, verifiers } = yield* LogKeys
  const events = yield* StoredColumns.ofStream(stream)
  const last = events.at(-1)
  if (last === undefined) return yield* new StreamAbsent({ stream })
  const { newest } = yield* Checkpoints.look
  if (newest === undefined || newest.size < last.position)
    return yield* new NotSigned({ position: last.position, size: newest?.size ?? 0 })
  const { size, note } = newest
  const contents = { stream, events, size, note }
  const read = yield* Tiles.reader(ProofFile.nodes(contents), size)
  const text = yield* Effect.try({
    try: () => ProofFile.write(contents, read, sha256),
    catch: (error) => {
      if (error instanceof ProofFile.NamesAnother) return new Undisclosable({ reason: error.message })
      throw error
    },
  })
  const checked = yield* Effect.promise(() => verifyProof(text, verifiers, { origin, hash: sha256 }))
  return checked.holds ? text : yield* new SealBroken({ reason: checked.problem })
})
