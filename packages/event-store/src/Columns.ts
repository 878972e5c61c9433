/**
 * Many rows as the parameters of one statement: a column each, for `unnest($1::text[], $2::bigint[], …)`. They are arrays in
 * Postgres's binary format, which the server takes apart with a fraction of the work that it has with rows in JSON.
 */
import { bigintsOrNull, integersOrNull, textsOrNull, timesOrNull } from "./internal/arrays.ts"
import { Messages } from "./internal/Messages.ts"

/** Makes a column of what `of` gives of each row. */
export type Column<Value> = <Row>(rows: ReadonlyArray<Row>, of: (row: Row) => Value | null) => Uint8Array

type WriteArray<Value> = <Row>(to: Messages, rows: ReadonlyArray<Row>, of: (row: Row) => Value | null) => void

/** One buffer for all: what was written is copied before anybody else writes. */
const messages = new Messages()

const column =
  <Value>(write: WriteArray<Value>): Column<Value> =>
  (rows, of) => {
    write(messages, rows, of)
    // Without its length in bytes, which `pg` puts before every parameter.
    return Buffer.from(messages.take().subarray(4))
  }

/** `text[]`; cast an element where the column is of another type: `amount::numeric`. Well-formed strings without U+0000 only. */
export const texts = column(textsOrNull)
/** `integer[]`, of whole numbers of 32 bits. */
export const integers = column(integersOrNull)
/** `bigint[]`, of 64 bits. */
export const bigints = column(bigintsOrNull)
/** `timestamptz[]`, of milliseconds since 1970. */
export const times = column(timesOrNull)
