/** How much of a loop runs: what fits into CI, or, with `PAYLOG_FULL=1`, what is promised. */
const isFull = process.env["PAYLOG_FULL"] === "1"

export const ciOrFull = (ci: number, full: number): number => (isFull ? full : ci)

/** For a test's time-out, in milliseconds. */
export const timeLimit = (ci: number): number => (isFull ? 60 * 60_000 : ci)
