/**
 * A query on a connection of `pg` whose rows are read from the wire: events, mostly. Half of the time in which a log of small
 * events was read went into making strings, of numbers on the server and of columns here; so numbers come in binary, and texts
 * are cut from the bytes.
 */
import type { Connection, Submittable } from "pg"
import type { Statement, WireRows } from "../Database.ts"
import type { RecordedEvent } from "../EventStore.ts"
import { epochMs, integers, texts } from "./arrays.ts"
import type { Callback } from "./ask.ts"
import { Messages } from "./Messages.ts"
import { takeRows } from "./rowsApart.ts"

/** What is known of a connection: the statements it has by name, and a buffer for one query at a time. */
interface Known {
  readonly prepared: Set<string>
  readonly messages: Messages
}

const connections = new WeakMap<Connection, Known>()

export class WireQuery<Row> implements Submittable {
  /** `pg` puts its time-out around it, so it is looked up when it is called. */
  callback: Callback<ReadonlyArray<Row>>
  readonly #statement: Statement
  readonly #wireRows: WireRows
  #values: ReadonlyArray<unknown>
  #rows: Array<Row> = []
  /** Once it was submitted: until then the rows of the connection are another's. */
  #connection: Connection | undefined
  #onPrepared = (): void => {}

  /** A statement without a name is parsed each time: behind a proxy, the next query may meet another connection. */
  constructor(statement: Statement, values: ReadonlyArray<unknown>, callback: Callback<ReadonlyArray<Row>>) {
    const { rows = "events" } = statement
    this.#statement = statement
    this.#wireRows = rows === "events" ? events : rows
    this.#values = values
    this.callback = callback
  }

  submit(connection: Connection): void {
    const { name, text } = this.#statement
    const { formats, read } = this.#wireRows
    const known = connections.get(connection) ?? { prepared: new Set(), messages: new Messages() }
    connections.set(connection, known)
    const { messages, prepared } = known
    this.#connection = connection
    if (!prepared.has(name)) {
      const onPrepared = () => void (name !== "" && prepared.add(name))
      this.#onPrepared = onPrepared
      connection.once("parseComplete", onPrepared)
      messages.message("P", () => {
        messages.cString(name)
        messages.cString(text)
        messages.int16(0)
      })
    }
    messages.message("B", () => {
      messages.cString("")
      messages.cString(name)
      messages.int16(this.#values.length)
      for (const value of this.#values) messages.int16(isInBinary(value) ? 1 : 0)
      messages.int16(this.#values.length)
      for (const value of this.#values) writeValue(messages, value)
      messages.int16(formats.length)
      for (const format of formats) messages.int16(format)
    })
    messages.message("E", () => {
      messages.cString("")
      messages.int32(0)
    })
    messages.message("S", () => {})
    const rows = this.#rows
    // oxlint-disable-next-line no-unsafe-type-assertion -- the statement says what its rows are
    takeRows(connection, (buffer, start) => void rows.push(read(buffer, start) as Row))
    connection.stream.write(messages.take())
  }

  handleCommandComplete(): void {}

  /** Of a query that was given up: after its time-out, until the connection is gone, `pg` brings the rows that still come. */
  handleDataRow(): void {}

  handleReadyForQuery(): void {
    this.callback(null, this.#end())
  }

  handleError(error: Error): void {
    this.#end()
    this.callback(error, [])
  }

  /** What `pg` keeps of the query reaches neither values nor rows from now on. */
  #end(): ReadonlyArray<Row> {
    if (this.#connection !== undefined) {
      this.#connection.off("parseComplete", this.#onPrepared)
      takeRows(this.#connection, undefined)
    }
    const rows = this.#rows
    this.#rows = []
    this.#values = []
    return rows
  }
}

/** Arrays that are not empty. Of an empty one nobody can tell of what it is. */
const isInBinary = (value: unknown): value is ReadonlyArray<unknown> => Array.isArray(value) && value.length > 0

const writeValue = (messages: Messages, value: unknown): void => {
  if (value === null || value === undefined) messages.int32(-1)
  else if (typeof value === "string") messages.text(value)
  else if (typeof value === "number" || typeof value === "bigint") messages.text(value.toString())
  else if (!Array.isArray(value)) throw new Error(`A query of rows from the wire takes no ${typeof value}`)
  else if (value.length === 0) messages.text("{}")
  else if (typeof value[0] === "number") integers(messages, value, Number)
  else texts(messages, value, String)
}

/** The event of a row: its number of columns, then each column after its length. */
const eventIn = (row: Buffer, start: number): RecordedEvent => {
  let at = start + 2
  // Below 2^53 by far, and faster than to make a `bigint` of the bytes.
  const position = BigInt(row.readUInt32BE(at + 4) * 0x1_0000_0000 + row.readUInt32BE(at + 8))
  const version = row.readInt32BE(at + 16)
  const schemaVersion = row.readInt32BE(at + 24)
  const recordedAtMs =
    Math.round((row.readInt32BE(at + 32) * 0x1_0000_0000 + row.readUInt32BE(at + 36)) / 1000) + epochMs
  at += 40
  const idAt = at + 4
  const streamAt = idAt + row.readInt32BE(at) + 4
  const streamEnd = streamAt + row.readInt32BE(streamAt - 4)
  const typeAt = streamEnd + 4
  const typeEnd = typeAt + row.readInt32BE(streamEnd)
  const dataAt = typeEnd + 4
  const dataEnd = dataAt + row.readInt32BE(typeEnd)
  const metadataAt = dataEnd + 4
  const metadataEnd = metadataAt + row.readInt32BE(dataEnd)
  // Of id, stream and type at once. As many characters as bytes: each byte is one, and they stand where the bytes do.
  const names = row.toString("utf8", idAt, typeEnd)
  const plain = names.length === typeEnd - idAt
  return {
    position,
    stream: plain ? names.slice(streamAt - idAt, streamEnd - idAt) : row.toString("utf8", streamAt, streamEnd),
    version,
    id: plain ? names.slice(0, streamAt - 4 - idAt) : row.toString("utf8", idAt, streamAt - 4),
    type: plain ? names.slice(typeAt - idAt) : row.toString("utf8", typeAt, typeEnd),
    schemaVersion,
    data: row.toString("utf8", dataAt, dataEnd),
    metadata: row.toString("utf8", metadataAt, metadataEnd),
    recordedAtMs,
  }
}

/** Columns: position, version, schema version, time; id, stream, type, data, metadata. The first four in binary. */
const events: WireRows = { formats: [1, 1, 1, 1, 0, 0, 0, 0, 0], read: eventIn }
