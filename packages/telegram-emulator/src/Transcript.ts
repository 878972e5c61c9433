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

/** Over all calls since the start or the last reset, also those that the transcript no longer keeps. */
export const Counts = Schema.Struct({
  calls: Schema.Int,
  /** Calls that came before the `retry_after` that the bot had been given was over. */
  early: Schema.Int,
  /** Answers with 429, the early ones among them. */
  tooManyRequests: Schema.Int,
  /** By method, in lower case: calls that Telegram took. */
  succeeded: Schema.Record(Schema.String, Schema.Int),
})
export type Counts = typeof Counts.Type

export class Transcript {
  readonly #entries: Array<TranscriptEntry> = []
  readonly #limit: number
  readonly #onNews: () => void
  #number = 0
  #cleared = 0
  #early = 0
  #tooManyRequests = 0
  readonly #succeeded = new Map<string, number>()

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

  markEarly(entry: OpenEntry): void {
    entry.early = true
    this.#early += 1
  }

  close(entry: OpenEntry, answer: { readonly ok: boolean; readonly error_code?: number } | undefined): void {
    if (answer !== undefined) entry.answer = answer
    if (answer?.error_code === 429) this.#tooManyRequests += 1
    if (answer?.ok === true) {
      const method = entry.method.toLowerCase()
      this.#succeeded.set(method, (this.#succeeded.get(method) ?? 0) + 1)
    }
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

  get counts(): Counts {
    return {
      calls: this.#number - this.#cleared,
      early: this.#early,
      tooManyRequests: this.#tooManyRequests,
      succeeded: Object.fromEntries(this.#succeeded),
    }
  }

  clear(): void {
    this.#entries.length = 0
    this.#cleared = this.#number
    this.#early = 0
    this.#tooManyRequests = 0
    this.#succeeded.clear()
  }
}
