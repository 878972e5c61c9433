/** The keys of a log: one signs, all verify. */
import * as Checkpoint from "@paylog/transparency/Checkpoint"
import * as Note from "@paylog/transparency/Note"
import { Context, Effect, Schema } from "effect"

/** A note that is no checkpoint of this log, or that none of its keys has signed. */
export class NotOurs extends Schema.TaggedError<NotOurs>()("NotOurs", { reason: Schema.String }) {
  override readonly message = `The outside checkpoint is not signed by a key of this log (${this.reason})`
}

export class LogKeys extends Context.Service<
  LogKeys,
  {
    /** The log's name. */
    readonly origin: string
    /** Where there is none, nothing is signed. */
    readonly signer: Note.Signer | undefined
    readonly verifiers: ReadonlyArray<Note.Verifier>
  }
>()("sealer/LogKeys") {}

/** The text of a note, whose first line is a log's name. Fails unless a known key of that name has signed it. */
export const openNote = Effect.fnUntraced(function* (note: string | Uint8Array) {
  const { verifiers } = yield* LogKeys
  return yield* attempt(async () => {
    const { text, signatures } = await Note.open(note, verifiers)
    const [origin = ""] = text.split("\n")
    if (!signatures.some(({ name }) => name === origin)) throw new NotOurs({ reason: `no key of ${origin} has` })
    return text
  })
})

/** The checkpoint that a note is; its origin may be another one. Fails unless a known key has signed it under its own name. */
export const openCheckpoint = Effect.fnUntraced(function* (note: string | Uint8Array) {
  const text = yield* openNote(note)
  return yield* attempt(async () => Checkpoint.parse(text))
})

const attempt = <A>(open: () => Promise<A>) =>
  Effect.tryPromise({
    try: open,
    catch: (error) =>
      error instanceof NotOurs ? error : new NotOurs({ reason: error instanceof Error ? error.message : "unknown" }),
  })
