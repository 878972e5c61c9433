/** What people and programs read. */
import { Effect } from "effect"
import { type Ended, failed } from "./Ended.ts"

/**
 * The text on stdout. Done when all of it is written: a process may end with half of it still in a pipe. Fails when it cannot
 * be, as on a full disk. Whoever reads no more, as `head`, wants no more: that is no failure.
 */
export const text = (text: string): Effect.Effect<void, Ended> =>
  Effect.callback((resume) => {
    const { stdout } = process
    // The write's callback has the error; its event may not end the process.
    if (stdout.listenerCount("error") === 0) stdout.on("error", () => {})
    stdout.write(text, (error?: NodeJS.ErrnoException | null) =>
      resume(
        error && error.code !== "EPIPE"
          ? Effect.fail(failed(`stdout cannot be written: ${error.message}`))
          : Effect.void,
      ),
    )
  })

/** The text and a line break. */
export const line = (line: string): Effect.Effect<void, Ended> => text(`${line}\n`)

/** One JSON document; a `bigint` is a string. */
export const jsonText = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? part.toString() : part), 2)

/** The same on stdout. */
export const json = (value: unknown) => line(jsonText(value))

/** Rows under headings, each column as wide as it has to be. Columns in `right` (numbers, from 0) end on one line. */
export const tableText = (
  headings: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  { right = [] }: { readonly right?: ReadonlyArray<number> } = {},
): string => {
  const widths = headings.map((heading, column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), heading.length),
  )
  const row = (cells: ReadonlyArray<string>) =>
    cells
      .map((cell, column) =>
        right.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd()
  return [headings, ...rows].map(row).join("\n")
}

/** The same on stdout. */
export const table = (...args: Parameters<typeof tableText>) => line(tableText(...args))

const numbers = new Intl.NumberFormat("en")
/** 1234567 as 1,234,567. */
export const number = (value: number | bigint): string =>
  numbers.format(typeof value === "number" ? Math.round(value) : value)

/** "1 event", "1,234 events": of words whose plural has an s, unless `many` says it. */
export const count = (value: number | bigint, one: string, many = `${one}s`): string =>
  `${number(value)} ${value === 1 || value === 1n ? one : many}`

/** A length of time to the precision that a person cares about: "240 ms", "12 s", "3 min", "5 h". */
export const duration = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  return `${Math.round(ms / 3_600_000)} h`
}

export { plain } from "@paylog/payments/plain"
