/** How far the log reaches, and the events that stand outside of it: before its first position, or past a gap that nobody can fill. */
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { Effect } from "effect"
import type { Findings } from "../Finding.ts"

/** A longer run of positions without events, of which nothing was sealed either, ends the log: what comes after it is named and no part of the tree. */
const longestGap = 4096

/**
 * The last position of the log, of which `sealed` events are said to be sealed. Reads by indexes: the entries, and the events that
 * are not sealed. It is exact: there are no 2⁵³ events without such a gap.
 */
export const endOf = Effect.fnUntraced(function* (start: number, sealed: number) {
  const { query } = yield* Database
  const [extent] = yield* query<Extent>(extentStatement, [BigInt(start), BigInt(sealed)])
  const { until, head, later } = extent ?? { until: 0n, head: 0n, later: 0n }
  if (head - until - later <= longestGap) return Number(head)
  const [gap] = yield* query<{ readonly end: bigint }>(gapStatement, [until, longestGap])
  return Number(gap?.end ?? head)
})

interface Extent {
  readonly until: bigint
  readonly head: bigint
  readonly later: bigint
}

/** Adds a finding for each event that is not among the positions 1 to `end`, and answers how many there are. An index look-up. */
export const findOutside = Effect.fnUntraced(function* (findings: Findings, end: number) {
  const rows = yield* (yield* Database).query<Outside>(outsideStatement, [end])
  for (const { position, stream, version } of rows)
    findings.add({
      kind: "Outside",
      position,
      detail: `an event that is not of the log: version ${version} of the stream ${stream}, ${
        position < 1 ? "before the first position" : "after a gap that nothing fills"
      }`,
    })
  const outside = Number(rows[0]?.outside ?? 0n)
  // Past what is listed, they are counted.
  findings.count += outside - rows.length
  return outside
})

interface Outside {
  readonly position: bigint
  readonly stream: string
  readonly version: number
  readonly outside: bigint
}

/** Adds a finding when the table has other than `known` events: what no look-up by position finds. One pass over an index. */
export const compareRows = Effect.fnUntraced(function* (findings: Findings, known: number) {
  const [row] = yield* (yield* Database).query<{ readonly rows: bigint }>(rowsStatement)
  const rows = row?.rows ?? 0n
  if (rows !== BigInt(known))
    findings.add({ kind: "Outside", detail: `the table has ${rows} events, and by their positions ${known} are found` })
})

const statement = (name: string) => Statement.fromFile(new URL(`../../sql/${name}.sql`, import.meta.url))
const extentStatement = statement("extent")
const gapStatement = statement("gap")
const outsideStatement = statement("outside")
const rowsStatement = statement("rows")
