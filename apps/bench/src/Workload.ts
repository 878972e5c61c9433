/** What callers ask for: the same steps and the same payload, whoever carries them out. */
import { randomUUID } from "node:crypto"

export type Outcome = "Appended" | "Duplicate" | "Conflict"

/** One append. */
export interface Step {
  readonly key: string
  readonly stream: string
  /** The version that the stream is said to be at; `undefined` for whichever it is. */
  readonly expected: number | undefined
  /** How it must end. */
  readonly outcome: Outcome
}

export interface Mix {
  readonly callers: number
  /** Per append. */
  readonly events: number
  readonly payload: Payload
  /** One append in ten, at a version that the stream is not at. */
  readonly conflicts?: boolean
  /** One append in ten, as the last one again: same key, same content. */
  readonly duplicates?: boolean
  /** All callers append to one stream, at whichever version it is. */
  readonly hot?: boolean
}

/** As objects: making JSON of them is part of everybody's work. */
export interface Payload {
  readonly data: { readonly text: string }
  readonly metadata: Readonly<Record<string, string>>
}

/** About 100 bytes of data. */
export const small: Payload = { data: { text: "x".repeat(90) }, metadata: {} }

/** About 1.6 KB: data that a provider sent, metadata that says where from. */
export const large: Payload = { data: { text: "x".repeat(1200) }, metadata: { trace: "y".repeat(370) } }

export const eventType = "Happened"

/**
 * The steps of one caller, without end. A stream lives for three to five appends, as an invoice does, then the next one
 * begins; whose it is nobody else touches.
 */
export function* steps(mix: Mix): Generator<Step, never> {
  if (mix.hot === true)
    while (true) yield { key: randomUUID(), stream: "bench-hot", expected: undefined, outcome: "Appended" }
  for (let count = 1, life = 3; ; life = life === 5 ? 3 : life + 1) {
    const stream = `bench-${randomUUID()}`
    for (let age = 0; age < life; age++, count++) {
      const expected = age * mix.events
      const step: Step = { key: randomUUID(), stream, expected, outcome: "Appended" }
      if (mix.conflicts === true && count % 10 === 0) {
        const wrong = expected === 0 ? 1 : expected - mix.events
        yield { key: randomUUID(), stream, expected: wrong, outcome: "Conflict" }
        count += 1
      }
      yield step
      if (mix.duplicates === true && count % 10 === 9) {
        yield { ...step, outcome: "Duplicate" }
        count += 1
      }
    }
  }
}
