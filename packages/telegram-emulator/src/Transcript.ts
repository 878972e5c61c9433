/** Every call that the bots made, in order of arrival. */
import { Schema } from "effect"

export const TranscriptEntry = Schema.Struct({
  /** 1, 2, 3 …, over all bots. */
  number: Schema.Int,
  atMs: Schema.Finite,
  /** The bot's id; none when the token was wrong. */
  bot: Schema.optionalKey(Schema.Int),
  /** As the bot wrote it. */
  method: Schema.String,
  parameters: Schema.Record(Schema.String, Schema.String),
  /** Whether the call came as the answer to a webhook delivery, and so got no answer itself. */
  inWebhookAnswer: Schema.optionalKey(Schema.Boolean),
  /** Whether the bot had been told to wait, and did not. */
  early: Schema.optionalKey(Schema.Boolean),
  /** The kind of fault that hit it. */
  fault: Schema.optionalKey(Schema.String),
  /** Telegram's JSON; none while the call waits, nor when a fault left it without. */
  answer: Schema.optionalKey(Schema.Unknown),
})
export type TranscriptEntry = typeof TranscriptEntry.Type

/** A call whose end is not known yet. */
export type OpenEntry = { -readonly [K in keyof TranscriptEntry]: TranscriptEntry[K] }

export class Transcript {
  readonly #entries: Array<TranscriptEntry> = []
  readonly #limit: number
  readonly #onNews: () => void
  #number = 0

  /** Keeps the last `limit` calls. `onNews` is called after each call that began or ended. */
  constructor(limit: number, onNews: () => void) {
    this.#limit = limit
    this.#onNews = onNews
  }

  open(call: Omit<TranscriptEntry, "number">): OpenEntry {
    const entry = { number: ++this.#number, ...call }
    this.#entries.push(entry)
    // Not at every call: each time, all the others move.
    if (this.#entries.length > this.#limit * 1.1) this.#entries.splice(0, this.#entries.length - this.#limit)
    this.#onNews()
    return entry
  }

  close(entry: OpenEntry, answer: unknown): void {
    if (answer !== undefined) entry.answer = answer
    this.#onNews()
  }

  /** All that are kept, oldest first; not a copy. */
  get entries(): ReadonlyArray<TranscriptEntry> {
    return this.#entries
  }

  /** A copy of those with a number above `after`. */
  read(after: number): ReadonlyArray<TranscriptEntry> {
    const oldest = this.#entries[0]?.number ?? 0
    return this.#entries.slice(Math.max(after - oldest + 1, 0))
  }

  clear(): void {
    this.#entries.length = 0
  }
}
