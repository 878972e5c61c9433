/** CSV after RFC 4180, that a spreadsheet opens without running anything. */
import { Effect, Stream } from "effect"
import { Csv } from "effect/encoding"

/** The records under their column names, as one text; without `headers`, what follows such a text. Cells that are left out are empty. */
export const csv = <Column extends string>(
  columns: ReadonlyArray<Column>,
  records: Iterable<Partial<Readonly<Record<Column, string>>>>,
  { headers = true }: { readonly headers?: boolean } = {},
): Effect.Effect<string> =>
  Stream.fromIterable(records).pipe(
    Stream.map((record) => Object.fromEntries(columns.map((column) => [column, inert(record[column] ?? "")]))),
    Stream.pipeThroughChannel(Csv.encodeString({ columns: [...columns], headers })),
    Stream.runCollect,
    Effect.map((parts) => parts.join("")),
  )

/**
 * A cell that a spreadsheet would take for a formula gets an apostrophe in front, which it shows as text. A number is one,
 * also below zero.
 */
export const inert = (cell: string): string =>
  /^[\s\p{Cc}]*[=+\-@＝＋－＠]|^[\t\r\n]/u.test(cell) && !/^-?\d+(\.\d+)?$/.test(cell) ? `'${cell}` : cell
