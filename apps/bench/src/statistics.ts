/** What rounds and latencies come down to. */

/** The median of all rounds, and the least and the largest. Rounds differ because the machine does; so does the spread. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly largest: number
}

/** Of at least one value; NaN otherwise. Between two middle values, their mean. */
export const spread = (values: ReadonlyArray<number>): Spread => {
  const sorted = values.toSorted(ascending)
  const middle = (sorted.length - 1) / 2
  return {
    median: (at(sorted, Math.floor(middle)) + at(sorted, Math.ceil(middle))) / 2,
    least: at(sorted, 0),
    largest: at(sorted, sorted.length - 1),
  }
}

/** By nearest rank: the least value that is not below `percent` of all. `sorted` ascends; NaN when it is empty. */
export const percentile = (sorted: ReadonlyArray<number>, percent: number): number =>
  at(sorted, Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1))

export const ascending = (a: number, b: number): number => a - b

const at = (values: ReadonlyArray<number>, index: number): number => values[index] ?? Number.NaN
