/**
 * Rows of an answer as the bytes that they came in. `pg` makes a string of every column before anybody may say which it
 * wants, and columns in binary do not survive that. What it reads goes through here first: rows go to whoever asked for
 * them, and everything else goes on to `pg`.
 */
import { EventEmitter } from "node:events"
import { Socket } from "node:net"
import { Client, type ClientConfig, type Connection } from "pg"

/** A row ("DataRow" in the Postgres manual's message formats) without its type and length: `buffer` from `start` on. The bytes are another's afterwards. */
export type TakeRow = (buffer: Buffer, start: number) => void

const takers = new WeakMap<Connection, Taker>()

/** Until the next call, the connection's rows go to `take`; to `pg` when it is `undefined`. False: the connection is no `RowsApart`'s. */
export const takeRows = (connection: Connection, take: TakeRow | undefined): boolean => {
  const taker = takers.get(connection)
  if (taker !== undefined) taker.take = take
  return taker !== undefined
}

interface Taker {
  take: TakeRow | undefined
}

/** A connection of `pg`, as it looks from the inside: it calls this once its stream speaks the protocol, and listens to what it is given. */
interface Listening {
  attachListeners(stream: EventEmitter): void
}

/** A client whose rows can be taken apart from the rest. */
export class RowsApart extends Client {
  constructor(config?: ClientConfig) {
    super({ ...config, stream: socketFor })
    // oxlint-disable-next-line no-unsafe-type-assertion -- `pg` 8.23 has it, its types do not; without it no connection would be made
    const { connection } = this as unknown as { readonly connection: Connection & Listening }
    const taker: Taker = { take: undefined }
    takers.set(connection, taker)
    const attachListeners = connection.attachListeners.bind(connection)
    connection.attachListeners = (stream) => {
      const rest = new EventEmitter()
      attachListeners(rest)
      // The bytes come in a buffer that is used again, and `pg` keeps what is not whole.
      const sort = sorting(taker, (bytes) => void rest.emit("data", Buffer.from(bytes)))
      stream.on("data", sort)
      stream.on("end", () => void rest.emit("end"))
    }
  }
}

/**
 * A socket that reads into one buffer, again and again. By itself Node takes 64 KiB for each read, of which an answer in pieces
 * of 8 KiB fills an eighth: memory that has the collector go through the whole heap some ten times a second.
 */
const socketFor = (config?: { readonly ssl?: unknown }): Socket => {
  const ssl = config?.ssl
  // What TLS unwraps comes in buffers of its own.
  if (ssl !== undefined && ssl !== false) return new Socket()
  const buffer = Buffer.allocUnsafeSlow(readBytes)
  const socket: Socket = new Socket({
    onread: {
      buffer,
      callback: (bytes) => {
        socket.emit("data", buffer.subarray(0, bytes))
        return true
      },
    },
  })
  return socket
}

const readBytes = 64 * 1024

const dataRow = 0x44
/** A message is its type, a byte; its length, four, which counts itself; and the rest. */
const headBytes = 5

/** What is called with the server's bytes, in whatever pieces they come, from the beginning of a message on. */
export const sorting = (taker: Taker, pass: (bytes: Buffer) => void): ((chunk: Buffer) => void) => {
  /** The beginning of a message whose length is not known yet. */
  let head: Buffer = Buffer.alloc(0)
  /** How many bytes of a message that is passed on are still to come. */
  let passing = 0
  /** A row that has come in part. */
  let row: Buffer | undefined
  let rowAt = 0

  return (bytes) => {
    let chunk = bytes
    let at = 0
    if (head.length > 0) {
      chunk = Buffer.concat([head, chunk])
      head = Buffer.alloc(0)
    } else if (passing > 0) {
      at = Math.min(passing, chunk.length)
      passing -= at
    } else if (row !== undefined) {
      at = Math.min(row.length - rowAt, chunk.length)
      chunk.copy(row, rowAt, 0, at)
      rowAt += at
      if (rowAt < row.length) return
      const whole = row
      row = undefined
      taker.take?.(whole, headBytes)
      chunk = chunk.subarray(at)
      at = 0
    }
    let passed = 0
    const passUpTo = (to: number) => {
      if (to > passed) pass(passed === 0 && to === chunk.length ? chunk : chunk.subarray(passed, to))
    }
    while (at < chunk.length) {
      if (chunk.length - at < headBytes) {
        passUpTo(at)
        head = Buffer.from(chunk.subarray(at))
        return
      }
      const length = chunk.readUInt32BE(at + 1) + 1
      const end = at + length
      if (chunk[at] !== dataRow || taker.take === undefined) {
        passing = Math.max(0, end - chunk.length)
        at = Math.min(end, chunk.length)
        continue
      }
      passUpTo(at)
      if (end <= chunk.length) taker.take(chunk, at + headBytes)
      else {
        row = Buffer.allocUnsafe(length)
        rowAt = chunk.copy(row, 0, at)
      }
      at = Math.min(end, chunk.length)
      passed = at
    }
    passUpTo(at)
  }
}
