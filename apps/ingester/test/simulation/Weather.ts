/** What can go wrong at the moment, in percent of calls, and how often each thing truly did. */
import type { Dice } from "./Dice.ts"

export interface Weather {
  /** The store answers "unavailable" and did nothing. */
  readonly storeRefuses: number
  /** The store did it, and the answer is lost. */
  readonly answerLost: number
  /** The store answers "overloaded" to an append and did nothing. */
  readonly overloaded: number
  /** A call to the store takes seconds. */
  readonly storeSlow: number
  /** A wake-up between processes is lost. */
  readonly wakeupLost: number
  /** A call to the provider takes up to half a minute. */
  readonly providerSlow: number
  /** A connection between us and the provider breaks on the way there, or on the way back. */
  readonly cut: number
}

export const calm: Weather = {
  storeRefuses: 0,
  answerLost: 0,
  overloaded: 0,
  storeSlow: 0,
  wakeupLost: 0,
  providerSlow: 0,
  cut: 0,
}

/** Bad in some ways and not in others, so that no fault hides behind another. */
export const bad = (dice: Dice): Weather => {
  const upTo = (most: number) => (dice.percent(40) ? 0 : dice.between(1, most))
  return {
    storeRefuses: upTo(20),
    answerLost: upTo(20),
    overloaded: upTo(8),
    storeSlow: upTo(12),
    wakeupLost: upTo(60),
    providerSlow: upTo(25),
    cut: upTo(20),
  }
}

export class Tally {
  readonly counts = new Map<string, number>()
  readonly #trace: (line: string) => void

  constructor(trace: (line: string) => void = () => {}) {
    this.#trace = trace
  }

  count(what: string, n = 1): void {
    if (n === 1) this.#trace(what)
    this.counts.set(what, (this.counts.get(what) ?? 0) + n)
  }

  add(other: Tally): void {
    for (const [what, n] of other.counts) this.count(what, n)
  }

  get(what: string): number {
    return this.counts.get(what) ?? 0
  }
}
